//! What the tests share: a visitor with a cookie jar, and the demo as a process of its own.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    unused_macros,
    reason = "each test binary uses its part, and is no library"
)]

pub mod by_hand;
pub mod crowd;
pub mod demo;
pub mod program;
pub mod raw;
pub mod visitor;
pub mod wechat;

pub use self::{
    visitor::{Page, Visitor},
    wechat::{wechat, wechat_of},
};

/// A port that was free a moment ago, from below those that the system gives to connections: one of
/// these would otherwise take it before a program that starts slowly can.
pub fn free_port() -> u16 {
    std::iter::repeat_with(|| rand::random_range(15_000..32_000))
        .take(1_000)
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port on loopback")
}

/// A port of loopback where nobody listens, kept from everybody until it is dropped.
pub struct DeadPort {
    pub url: String,
    _socket: socket2::Socket,
}

impl DeadPort {
    pub fn new() -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)
            .expect("a socket");
        let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&any.into()).expect("a free port on loopback");
        let address = socket.local_addr().ok().and_then(|it| it.as_socket());
        Self {
            url: format!("http://{}", address.expect("an address")),
            _socket: socket,
        }
    }
}
