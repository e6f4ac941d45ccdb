//! Connections to WeChat's hosts: all addresses of a host raced, or through a proxy.

use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection, Host};
use actix_web::rt::{net::TcpStream, time::timeout};
use awc::http::Uri;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::lookup_host,
};
use url::Url;

use crate::address::public_url::base_url;

/// How long one address has for itself before the next one is tried, too (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);
/// The head of a proxy's answer is a few hundred bytes.
const PROXY_HEAD_LIMIT: usize = 8 * 1024;

/// An HTTP proxy, which is asked to CONNECT.
#[derive(Clone)]
pub(crate) struct Proxy {
    host: String,
    port: u16,
    authorization: Option<SecretString>,
}

impl PartialEq for Proxy {
    fn eq(&self, other: &Self) -> bool {
        let authorization = |proxy: &Self| {
            let known = proxy.authorization.as_ref();
            known.map(|it| it.expose_secret().to_owned())
        };
        (&self.host, self.port) == (&other.host, other.port)
            && authorization(self) == authorization(other)
    }
}

impl Proxy {
    /// Says in the error what the text should have been; it may hold a password, and is not
    /// repeated.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        const WANTED: &str =
            "must be like `http://127.0.0.1:3128` or `http://user:password@proxy.example.cn:3128`";
        let text = text.trim_matches(' ');
        let rest = text.strip_prefix("http://").ok_or(WANTED)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        // What ends an authority, and what a parser drops or repairs in silence.
        let is_odd = |char: char| {
            matches!(char, '/' | '\\' | '?' | '#') || char.is_whitespace() || char.is_control()
        };
        if authority.contains(is_odd) {
            return Err(WANTED);
        }
        // A password may hold an `@`, encoded or not.
        let host = authority.rsplit('@').next().unwrap_or_default();
        let bare = base_url(&["http://", host].concat()).map_err(|_| WANTED)?;
        let url = Url::parse(text).map_err(|_| WANTED)?;
        let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
        let has_user = !url.username().is_empty() || url.password().is_some();
        let authorization = has_user.then(|| {
            let user = decode(url.username());
            let password = decode(url.password().unwrap_or_default());
            let pair = [user.as_slice(), b":", &password].concat();
            SecretString::from(format!("Basic {}", BASE64_STANDARD.encode(pair)))
        });
        Ok(Self {
            host: bare.host_str().unwrap_or_default().to_owned(),
            port: bare.port_or_known_default().unwrap_or(80),
            authorization,
        })
    }

    /// Opens a way to a host, on a connection to the proxy.
    async fn connect(&self, stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(authorization) = &self.authorization {
            request.push_str("Proxy-Authorization: ");
            request.push_str(authorization.expose_secret());
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::with_capacity(256);
        // Byte by byte: what follows the head is the host's.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= PROXY_HEAD_LIMIT {
                return Err(io::Error::other("the proxy's answer is too long"));
            }
            head.push(stream.read_u8().await?);
        }
        let is_open = head.starts_with(b"HTTP/1.") && head.get(8..10) == Some(b" 2");
        if is_open {
            Ok(())
        } else {
            let status = head.get(9..12).unwrap_or_default().escape_ascii();
            Err(io::Error::other(format!(
                "the proxy refuses to connect: {status}"
            )))
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Makes the connections of a client.
#[derive(Clone)]
pub(crate) struct Connect {
    proxy: Option<Rc<Proxy>>,
    /// How long a host has, all its addresses together.
    pub(crate) patience: Duration,
}

impl Connect {
    pub(crate) fn new(proxy: Option<Proxy>, patience: Duration) -> Self {
        Self {
            proxy: proxy.map(Rc::new),
            patience,
        }
    }

    async fn connect(self, uri: &Uri) -> io::Result<TcpStream> {
        let host = uri.hostname();
        let port = Host::port(uri).unwrap_or(443);
        let connecting = async {
            let Some(proxy) = &self.proxy else {
                return race(&resolve(host, port).await?).await;
            };
            let mut stream = race(&resolve(&proxy.host, proxy.port).await?).await?;
            proxy.connect(&mut stream, host, port).await?;
            Ok(stream)
        };
        timeout(self.patience, connecting)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Service<ConnectInfo<Uri>> for Connect {
    type Response = Connection<Uri, TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, info: ConnectInfo<Uri>) -> Self::Future {
        let (connect, uri) = (self.clone(), info.request().clone());
        Box::pin(async move {
            let stream = connect.connect(&uri).await.map_err(ConnectError::Io)?;
            // A login waits for each answer before it asks again.
            stream.set_nodelay(true).map_err(ConnectError::Io)?;
            Ok(Connection::new(uri, stream))
        })
    }
}

async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(in_turn(lookup_host((host, port)).await?.collect()))
}

/// The addresses of both families by turns, beginning with the family that the system puts first
/// (RFC 8305, section 4): where one of them leads nowhere, the second address is of the other.
fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, others): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let (mut preferred, mut others) = (preferred.into_iter(), others.into_iter());
    let mut ordered = Vec::new();
    loop {
        let pair = [preferred.next(), others.next()];
        if pair.iter().all(Option::is_none) {
            return ordered;
        }
        ordered.extend(pair.into_iter().flatten());
    }
}

/// The first connection that succeeds. Each address has a head start before the next one, which
/// begins at once where an address fails.
async fn race(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut waiting = addresses.iter();
    let mut running = FuturesUnordered::new();
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    loop {
        if let Some(address) = waiting.next() {
            running.push(TcpStream::connect(*address));
        } else if running.is_empty() {
            return Err(last);
        }
        let ended = if waiting.len() == 0 {
            running.next().await
        } else {
            timeout(HEAD_START, running.next()).await.unwrap_or(None)
        };
        match ended {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(err)) => last = err,
            // The head start is over.
            None => {}
        }
    }
}

#[cfg(test)]
#[path = "tests/connect.rs"]
mod tests;
