//! An HTTP proxy: what is asked for at WeChat's hosts is answered here.

use std::{cell::RefCell, collections::HashSet, io, net::SocketAddr, rc::Rc, time::Duration};

use actix_web::rt::{
    self,
    net::{TcpListener, TcpStream},
    time::timeout,
};
use actix_wechat::simulator::{HOSTS, Simulator};
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};

use self::{asked::Asked, refusal::Refusal};

mod asked;
mod refusal;

const PATIENCE: Duration = Duration::from_secs(10);

/// As many refused hosts are told on the terminal, each once.
const MOST_TOLD: usize = 100;

/// Where requests go.
#[derive(Debug)]
pub(crate) struct Ways {
    pub(crate) simulator: Simulator,
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    /// Whether others' hosts are passed on.
    pub(crate) pass_through: bool,
}

/// Serves until the runtime ends.
pub(crate) fn start(listener: std::net::TcpListener, ways: Ways) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let ways = Rc::new(Proxy {
        ways,
        told: RefCell::default(),
    });
    rt::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((client, _)) => {
                    let ways = ways.clone();
                    // Its errors are those of a client that went away.
                    rt::spawn(async move { ways.serve(client).await });
                }
                // Out of file handles, most likely: some come back.
                Err(_) => rt::time::sleep(Duration::from_millis(50)).await,
            }
        }
    });
    Ok(())
}

struct Proxy {
    ways: Ways,
    told: RefCell<HashSet<String>>,
}

impl Proxy {
    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let mut read = Vec::new();
        let asked = match timeout(PATIENCE, Asked::read(&mut client, &mut read)).await {
            Ok(asked) => asked?,
            Err(_) => return Ok(()),
        };
        let answered = match &asked {
            Some(asked) => self.connect(asked).await,
            None => Err(Refusal::bad_request()),
        };
        let mut server = match answered {
            Ok(server) => server,
            Err(refusal) => {
                self.tell(&refusal);
                client.write_all(refusal.answer().as_bytes()).await?;
                return client.shutdown().await;
            }
        };
        server.set_nodelay(true)?;
        client.set_nodelay(true)?;
        match asked.map(|asked| asked.forward) {
            Some(Some(head)) => server.write_all(&head).await?,
            _ => {
                client
                    .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    .await?
            }
        }
        server.write_all(&read).await?;
        copy_bidirectional(&mut client, &mut server).await?;
        Ok(())
    }

    fn tell(&self, refusal: &Refusal) {
        if let Some((method, host)) = &refusal.foreign {
            self.ways.simulator.record_refused(method, host);
            let mut told = self.told.borrow_mut();
            if told.len() < MOST_TOLD && told.insert(host.clone()) {
                eprintln!("wechat-sim: proxy: {}", refusal.reason);
            }
        }
    }

    async fn connect(&self, asked: &Asked) -> Result<TcpStream, Refusal> {
        let Asked {
            method, host, port, ..
        } = asked;
        let ways = &self.ways;
        let authority = asked.authority();
        let reached = match (HOSTS.contains(&host.as_str()), port) {
            (true, 443) => TcpStream::connect(ways.https).await,
            (true, 80) => TcpStream::connect(ways.http).await,
            (true, _) => return Err(Refusal::foreign(method, &authority)),
            (false, _) if ways.pass_through => {
                match timeout(PATIENCE, TcpStream::connect((host.as_str(), *port))).await {
                    Ok(reached) => reached,
                    Err(_) => return Err(Refusal::unreachable(&authority, "no answer in time")),
                }
            }
            (false, _) => return Err(Refusal::foreign(method, &authority)),
        };
        reached.map_err(|error| Refusal::unreachable(&authority, &error.to_string()))
    }
}
