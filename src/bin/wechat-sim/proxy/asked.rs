use std::io;

use actix_web::rt::net::TcpStream;
use httparse::{EMPTY_HEADER, Request, Status};
use tokio::io::AsyncReadExt as _;

const LONGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 100;

/// What the client wants of the proxy.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    /// In lower case, without a dot at its end.
    pub(super) host: String,
    pub(super) port: u16,
    /// The head to send on, of a request that is no CONNECT.
    pub(super) forward: Option<Vec<u8>>,
}

impl Asked {
    /// Leaves what follows the head in `read`; `None` for what no proxy can make sense of.
    pub(super) async fn read(
        client: &mut TcpStream,
        read: &mut Vec<u8>,
    ) -> io::Result<Option<Self>> {
        loop {
            if client.read_buf(read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut headers = [EMPTY_HEADER; MOST_HEADERS];
            let mut request = Request::new(&mut headers);
            match request.parse(read) {
                Ok(Status::Complete(length)) => {
                    let asked = Self::of(&request);
                    read.drain(..length);
                    return Ok(asked);
                }
                Ok(Status::Partial) if read.len() < LONGEST_HEAD => {}
                _ => return Ok(None),
            }
        }
    }

    pub(super) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }

    fn of(request: &Request<'_, '_>) -> Option<Self> {
        let (method, path) = (request.method?, request.path?);
        if method == "CONNECT" {
            let (host, port) = host_and_port(path, None)?;
            return Some(Self {
                method: method.to_owned(),
                host,
                port,
                forward: None,
            });
        }
        let rest = path.strip_prefix("http://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = host_and_port(authority, Some(80))?;
        let slash = if path.starts_with('/') { "" } else { "/" };
        let mut head =
            format!("{method} {slash}{path} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
        for header in request.headers.iter() {
            if !is_dropped(header.name) {
                head.extend_from_slice(header.name.as_bytes());
                head.extend_from_slice(b": ");
                head.extend_from_slice(header.value);
                head.extend_from_slice(b"\r\n");
            }
        }
        // The next request may be for another host.
        head.extend_from_slice(b"connection: close\r\n\r\n");
        Some(Self {
            method: method.to_owned(),
            host,
            port,
            forward: Some(head),
        })
    }
}

/// Those between client and proxy, and the host, which is said already.
fn is_dropped(header: &str) -> bool {
    let dropped = [
        "connection",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
    ];
    dropped.iter().any(|name| header.eq_ignore_ascii_case(name))
}

fn host_and_port(authority: &str, default: Option<u16>) -> Option<(String, u16)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, default?),
    };
    let host = host.trim_start_matches('[').trim_end_matches([']', '.']);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    let good = !host.is_empty() && host.bytes().all(fits);
    good.then(|| (host.to_ascii_lowercase(), port))
}
