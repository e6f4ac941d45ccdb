//! Requests byte for byte: what a client library would refuse to send, or would put right first.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// Only against a hang: no test measures by it.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Raw {
    pub status: u16,
    /// The whole head, with the empty line that ends it.
    pub head: String,
    pub body: String,
}

impl Raw {
    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    /// The first value of a header, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }
}

/// `127.0.0.1:8008` of `http://127.0.0.1:8008/…`.
pub fn address(url: &str) -> &str {
    let rest = url.strip_prefix("http://").expect("a plain http URL");
    rest.split('/').next().unwrap_or_default()
}

pub fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(address(url)).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// Sends these bytes and reads until the server closes; `None` where it says nothing at all.
pub fn send(url: &str, request: &[u8]) -> Option<Raw> {
    let mut stream = connect(url);
    // A server that has refused the head closes before it has read all of it.
    let _ = stream.write_all(request);
    read(&mut stream)
}

/// Reads what comes until the server closes.
pub fn read(stream: &mut TcpStream) -> Option<Raw> {
    let mut answer = Vec::new();
    // A reset after the answer leaves the answer.
    let _ = stream.read_to_end(&mut answer);
    if answer.starts_with(b"HTTP/1.1 100 ") {
        // Only a word in between.
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        answer.drain(..end);
    }
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Raw {
        status,
        head,
        body: String::from_utf8_lossy(&answer[end..]).into_owned(),
    })
}

/// A GET of a browser, closed after the answer. `target` and `headers` go out as they are; a `Host`
/// among them replaces the right one.
pub fn get(url: &str, target: &str, headers: &[(&str, &str)]) -> Option<Raw> {
    send(url, &request("GET", url, target, headers))
}

pub fn request(method: &str, url: &str, target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n");
    let given = |name: &str| {
        headers
            .iter()
            .any(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    if !given("host") {
        text.push_str(&format!("host: {}\r\n", address(url)));
    }
    if !given("accept") {
        text.push_str("accept: text/html,*/*;q=0.8\r\n");
    }
    if !given("user-agent") {
        text.push_str(&format!("user-agent: {}\r\n", crate::visitor::WECHAT_UA));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// Leaves without a good-bye: the other side sees a reset.
pub fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .expect("a linger time");
    drop(stream);
}
