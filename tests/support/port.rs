//! Ports that nobody else gets.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

/// A port of loopback, kept from everybody until it is dropped. Nobody listens there but who is
/// told to.
///
/// A server that reuses addresses, as all that the tests start do, can listen at an address that a
/// socket merely holds; the system gives a held one to nobody.
#[derive(Debug)]
pub struct Port {
    pub number: u16,
    _held: Option<Socket>,
}

impl Port {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_reuse_address(true).expect("its option");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&any.into()).expect("a free port on loopback");
        let address = socket.local_addr().ok().and_then(|it| it.as_socket());
        Self {
            number: address.expect("an address").port(),
            // Elsewhere a held address is taken for everybody.
            _held: cfg!(target_os = "linux").then_some(socket),
        }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.number)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}
