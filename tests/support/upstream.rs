//! WeChat's API host as a script has it, and what may stand before it: connections that end at any
//! point, addresses that lead nowhere, a proxy.

use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
    net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::raw;

/// What becomes of one request, in the order of the script.
#[derive(Clone, Debug)]
pub enum Act {
    /// Status 200 and this JSON, on a connection that stays open.
    Answer(String),
    /// Ended with the request unread, as by a server that has just given the connection up.
    EndUnread(End),
    /// The request is read, then these bytes come, and no more.
    Say(Vec<u8>, End),
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Closed,
    Reset,
}

/// One request that was read.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The connection that it came on, counted from 0.
    pub connection: usize,
    pub target: String,
}

#[derive(Default)]
struct Script {
    acts: VecDeque<Act>,
    asked: Vec<Asked>,
    /// The connection of each act that was played, read or not.
    played: Vec<usize>,
    connections: usize,
    /// Answers wait until so many requests are there.
    together: usize,
    /// What becomes of each request on one of the first so many connections.
    given_up: Option<(usize, Act)>,
}

/// A server that does what its script says; what is not in it, is closed.
#[derive(Clone)]
pub struct Upstream {
    pub url: String,
    script: Arc<Mutex<Script>>,
}

impl Upstream {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let script: Arc<Mutex<Script>> = Arc::default();
        let shared = Arc::clone(&script);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = {
                    let mut script = shared.lock().expect("the script");
                    script.connections += 1;
                    script.connections - 1
                };
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, connection, &shared));
            }
        });
        Self { url, script }
    }

    /// What comes next.
    pub fn play(&self, acts: impl IntoIterator<Item = Act>) {
        let mut script = self.script.lock().expect("the script");
        script.acts = acts.into_iter().collect();
        script.asked.clear();
        script.played.clear();
    }

    /// Lets answers wait until so many requests are there, each on a connection of its own.
    pub fn answer_together(&self, requests: usize) {
        self.script.lock().expect("the script").together = requests;
    }

    /// Lets this become of each request on one of the connections that there are by now; the script
    /// is for the new ones.
    pub fn give_up(&self, act: Act) {
        let mut script = self.script.lock().expect("the script");
        script.given_up = Some((script.connections, act));
        script.together = 0;
    }

    /// The requests that were read since.
    pub fn asked(&self) -> Vec<Asked> {
        self.script.lock().expect("the script").asked.clone()
    }

    /// The connections on which something of the script came about.
    pub fn played(&self) -> Vec<usize> {
        self.script.lock().expect("the script").played.clone()
    }
}

fn serve(mut stream: TcpStream, connection: usize, script: &Mutex<Script>) {
    loop {
        // Until the request comes.
        if !matches!(stream.peek(&mut [0]), Ok(1)) {
            return;
        }
        let act = {
            let mut script = script.lock().expect("the script");
            script.played.push(connection);
            match &script.given_up {
                Some((first, act)) if connection < *first => Some(act.clone()),
                _ => script.acts.pop_front(),
            }
        };
        let Some(act) = act else { return };
        if let Act::EndUnread(end) = act {
            // A close with bytes unread would be a reset by itself.
            match end {
                End::Closed => {
                    let _ = stream.shutdown(Shutdown::Write);
                    let _ = stream.read(&mut [0; 4096]);
                }
                End::Reset => raw::reset(stream),
            }
            return;
        }
        let Some(head) = read_head(&mut stream) else {
            return;
        };
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let asked = Asked { connection, target };
        script.lock().expect("the script").asked.push(asked);
        match act {
            Act::Answer(json) => {
                let is_early = || {
                    let script = script.lock().expect("the script");
                    script.asked.len() < script.together
                };
                while is_early() {
                    thread::sleep(Duration::from_millis(1));
                }
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n{json}",
                    json.len()
                );
                if stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
            Act::Say(bytes, end) => {
                let _ = stream.write_all(&bytes);
                match end {
                    End::Closed => drop(stream),
                    End::Reset => raw::reset(stream),
                }
                return;
            }
            Act::EndUnread(_) => return,
        }
    }
}

/// A request's head, to its empty line.
fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 64 * 1024 || stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// An address that takes no connection and refuses none, as behind a firewall that drops packets:
/// its queue is full.
pub struct DeadAddress {
    pub address: SocketAddr,
    _full: Vec<Socket>,
}

impl DeadAddress {
    /// At this port, or at a free one for 0.
    pub fn at(ip: IpAddr, port: u16) -> Self {
        let domain = Domain::for_address(SocketAddr::new(ip, port));
        let socket = || Socket::new(domain, Type::STREAM, None).expect("a socket");
        let listener = socket();
        listener
            .bind(&SocketAddr::new(ip, port).into())
            .expect("an address");
        listener.listen(0).expect("a queue");
        let address = listener.local_addr().ok().and_then(|it| it.as_socket());
        let address = address.expect("an address");
        let mut full = vec![listener];
        for _ in 0..16 {
            let client = socket();
            let patience = Duration::from_millis(300);
            let is_taken = client.connect_timeout(&SockAddr::from(address), patience);
            full.push(client);
            if is_taken.is_err() {
                return Self {
                    address,
                    _full: full,
                };
            }
        }
        panic!("the queue of {address} does not fill");
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// How a proxy answers to CONNECT.
#[derive(Clone, Debug)]
pub enum Proxying {
    /// Opens the way, for whoever brings this in `Proxy-Authorization`, and answers 407 to others.
    For(Option<String>),
    /// Says this and closes.
    Saying(&'static str),
    /// Opens the way with this head.
    Opening(&'static str),
    Silent,
}

/// An HTTP proxy that opens ways by CONNECT.
pub struct Proxy {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn start(proxying: Proxying) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let shared = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (proxying, heads) = (proxying.clone(), Arc::clone(&shared));
                thread::spawn(move || open_way(stream, &proxying, &heads));
            }
        });
        Self { address, heads }
    }

    /// The heads of all requests.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("the heads").clone()
    }
}

fn open_way(mut client: TcpStream, proxying: &Proxying, heads: &Mutex<Vec<String>>) {
    let Some(head) = read_head(&mut client) else {
        return;
    };
    heads.lock().expect("the heads").push(head.clone());
    let target = head.split(' ').nth(1).unwrap_or_default();
    let open = match proxying {
        Proxying::Silent => {
            let _ = client.read(&mut [0]);
            return;
        }
        Proxying::Saying(words) => {
            let _ = client.write_all(words.as_bytes());
            return;
        }
        Proxying::Opening(head) => head,
        Proxying::For(wanted) => {
            let brought = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_it = name.eq_ignore_ascii_case("proxy-authorization");
                is_it.then(|| value.trim().to_owned())
            });
            if brought != *wanted {
                let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                    Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
                let _ = client.write_all(refusal.as_bytes());
                return;
            }
            "HTTP/1.1 200 Connection established\r\n\r\n"
        }
    };
    let Ok(host) = TcpStream::connect(target) else {
        let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
        return;
    };
    if client.write_all(open.as_bytes()).is_err() {
        return;
    }
    let (Ok(mut back), Ok(mut away)) = (client.try_clone(), host.try_clone()) else {
        return;
    };
    let (mut client, mut host) = (client, host);
    thread::spawn(move || {
        let _ = std::io::copy(&mut host, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut client, &mut away);
    let _ = away.shutdown(Shutdown::Both);
}
