//! A stand-in for WeChat's API that answers, byte for byte, as it is told.

use std::{cell::RefCell, future, net::SocketAddr, rc::Rc, time::Duration};

use actix_web::rt::{self, time::timeout};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
};

/// Ends a test that would hang.
pub(crate) const GUARD: Duration = Duration::from_secs(30);

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: watch::Sender<Seen>,
}

/// What came to an upstream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) asked: Vec<Asked>,
    /// How many connections were made.
    pub(crate) connections: usize,
    /// Those that the client has ended.
    pub(crate) ended: Vec<usize>,
}

/// One request, and the connection that it came on.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) connection: usize,
    pub(crate) head: String,
}

/// What to do about a request.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    /// Say this, and wait for the next one.
    Answer(String),
    /// Say this, be it nothing, and end the connection.
    Close(String),
    /// Say this, and reset the connection.
    Reset(String),
    Hang,
}

impl Asked {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &str {
        let target = self.line().split(' ').nth(1).unwrap_or_default();
        target.split('?').next().unwrap_or_default()
    }
}

impl Seen {
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.asked.iter().map(Asked::line).collect()
    }

    pub(crate) fn paths(&self) -> Vec<&str> {
        self.asked.iter().map(Asked::path).collect()
    }
}

impl Upstream {
    pub(crate) async fn start<Answering>(answer: impl Fn(Asked) -> Answering + 'static) -> Self
    where
        Answering: Future<Output = Then> + 'static,
    {
        Self::start_at("127.0.0.1:0", answer).await
    }

    pub(crate) async fn start_at<Answering>(
        address: &str,
        answer: impl Fn(Asked) -> Answering + 'static,
    ) -> Self
    where
        Answering: Future<Output = Then> + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = watch::Sender::new(Seen::default());
        let (telling, answer) = (seen.clone(), Rc::new(answer));
        rt::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                telling.send_modify(|seen| seen.connections += 1);
                let (telling, answer) = (telling.clone(), answer.clone());
                rt::spawn(async move {
                    let answer = |head| answer(Asked { connection, head });
                    if converse(stream, connection, answer, &telling)
                        .await
                        .is_none()
                    {
                        telling.send_modify(|seen| seen.ended.push(connection));
                    }
                });
            }
        });
        Self { address, seen }
    }

    /// Answers its requests one after the other, whatever they ask; hangs after the last.
    pub(crate) async fn scripted(answers: impl IntoIterator<Item = Then>) -> Self {
        let answers = RefCell::new(answers.into_iter().collect::<Vec<_>>().into_iter());
        Self::start(move |_| future::ready(answers.borrow_mut().next().unwrap_or(Then::Hang))).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits until it has seen so much, but not for ever.
    pub(crate) async fn until(&self, is_so: impl FnMut(&Seen) -> bool) {
        let mut seen = self.seen.subscribe();
        let waiting = timeout(GUARD, seen.wait_for(is_so));
        waiting.await.expect("it comes to that").unwrap();
    }
}

/// `None` once the client has ended the connection.
async fn converse<Answering: Future<Output = Then>>(
    mut stream: TcpStream,
    connection: usize,
    answer: impl Fn(String) -> Answering,
    telling: &watch::Sender<Seen>,
) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let asked = Asked {
            connection,
            head: head.clone(),
        };
        telling.send_modify(|seen| seen.asked.push(asked));
        let (text, is_last) = match answer(head).await {
            Then::Answer(text) => (text, false),
            Then::Close(text) => (text, true),
            Then::Reset(text) => {
                stream.set_zero_linger().unwrap();
                (text, true)
            }
            Then::Hang => future::pending().await,
        };
        stream.write_all(text.as_bytes()).await.ok()?;
        if is_last {
            return Some(());
        }
    }
}

/// An answer that leaves the connection open.
pub(crate) fn answer(status: u16, body: &str) -> Then {
    let length = body.len();
    Then::Answer(format!(
        "HTTP/1.1 {status} X\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}

/// An address at which connections are refused, as long as the value lives: nobody else gets it.
pub(crate) struct Refusing {
    pub(crate) address: SocketAddr,
    _socket: TcpSocket,
}

impl Refusing {
    pub(crate) fn start() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            _socket: socket,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// An address at which connections are neither made nor refused, as long as the value lives.
pub(crate) struct Silent {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
    _queued: TcpStream,
}

impl Silent {
    pub(crate) async fn start() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        // A queue with room for one connection that nobody takes.
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let queued = TcpStream::connect(address).await.unwrap();
        Self {
            address,
            listener,
            _queued: queued,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The queue itself: whoever takes the connection in it makes room for the next.
    pub(crate) fn listener(&self) -> &TcpListener {
        &self.listener
    }
}
