//! A blocking HTTP client that hides nothing: the simulator runs on threads of its own.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

use actix_wechat::simulator::{Account, Builder, Consent, Person, Simulator};

pub(super) const CALLBACK: &str = "http%3A%2F%2F127.0.0.1%3A8008%2Fpage";
pub(super) const WECHAT: &str =
    "Mozilla/5.0 (iPhone) Mobile/15E148 MicroMessenger/7.0.5(0x17000523) NetType/4G Language/zh_CN";

/// One answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(super) fn location(&self) -> &str {
        assert_eq!(self.status, 302, "{}", self.text());
        self.header("location").expect("a redirect has a Location")
    }

    /// The code that the redirect carries.
    #[track_caller]
    pub(super) fn code(&self) -> String {
        parameter(self.location(), "code").expect("a code")
    }

    #[track_caller]
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    #[track_caller]
    pub(super) fn errcode(&self) -> i64 {
        self.json()["errcode"]
            .as_i64()
            .unwrap_or_else(|| panic!("no errcode: {}", self.text()))
    }

    /// The address of the link with this text.
    #[track_caller]
    pub(super) fn link(&self, text: &str) -> String {
        let page = self.text();
        let end = page
            .find(text)
            .unwrap_or_else(|| panic!("no {text} in {page}"));
        let start = page[..end].rfind("href=\"").expect("a link") + "href=\"".len();
        let href = page[start..].split('"').next().unwrap_or_default();
        href.replace("&amp;", "&")
    }
}

pub(super) fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split('#').next()?.split_once('?')?.1;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(own, _)| *own == name)
        .map(|(_, value)| value.to_owned())
        .next_back()
}

pub(super) fn start(builder: Builder) -> Simulator {
    actix_web::rt::System::new()
        .block_on(builder.start())
        .expect("a free port")
}

/// A simulator that asks nobody.
pub(super) fn automatic() -> Simulator {
    start(Simulator::builder().consent(Consent::Automatic))
}

/// One that plays a single account without asking anybody.
pub(super) fn with(account: Account) -> Simulator {
    start(
        Simulator::builder()
            .account(account)
            .consent(Consent::Automatic),
    )
}

pub(super) fn get(sim: &Simulator, path: &str) -> Answer {
    request(sim, "GET", path, &[], "").expect("an answer")
}

pub(super) fn get_as(sim: &Simulator, path: &str, headers: &[(&str, &str)]) -> Answer {
    request(sim, "GET", path, headers, "").expect("an answer")
}

/// One request on a connection of its own; a path may be a whole address.
pub(super) fn request(
    sim: &Simulator,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    answer(exchange(sim, method, path, headers, body)?)
}

/// One request on a connection that there is already; the `Host` is among the headers.
pub(super) fn request_at(
    mut stream: impl Read + Write,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    write(&mut stream, method, path, headers, body)?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw)?;
    answer(raw)
}

fn answer(raw: Vec<u8>) -> io::Result<Answer> {
    let end = raw
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let answer = Answer {
        status: status.ok_or(io::ErrorKind::InvalidData)?,
        head,
        body: raw[end + 4..].to_vec(),
    };
    match answer
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok())
    {
        Some(length) if answer.body.len() < length => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(answer),
    }
}

/// All bytes of the answer until the connection closes.
pub(super) fn exchange(
    sim: &Simulator,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    send(sim, method, path, headers, body)?.read_to_end(&mut raw)?;
    Ok(raw)
}

pub(super) fn send(
    sim: &Simulator,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<TcpStream> {
    let host = sim.url().trim_start_matches("http://");
    let path = path.strip_prefix(sim.url()).unwrap_or(path);
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let named = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"));
    let host = [("Host", host)];
    let all = [if named { &[] } else { &host[..] }, headers].concat();
    write(&mut stream, method, path, &all, body)?;
    Ok(stream)
}

fn write(
    stream: &mut impl Write,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<()> {
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes())
}

pub(super) fn authorize(account: &Account, scope: &str) -> String {
    format!(
        "/connect/oauth2/authorize?appid={}&redirect_uri={CALLBACK}&response_type=code&scope={scope}&state=a1B2c3",
        account.appid()
    )
}

pub(super) fn access_token(account: &Account, code: &str) -> String {
    format!(
        "/sns/oauth2/access_token?appid={}&secret={}&code={code}&grant_type=authorization_code",
        account.appid(),
        account.secret()
    )
}

pub(super) fn userinfo(tokens: &serde_json::Value) -> String {
    let text = |name: &str| tokens[name].as_str().unwrap_or_default().to_owned();
    format!(
        "/sns/userinfo?access_token={}&openid={}&lang=zh_CN",
        text("access_token"),
        text("openid")
    )
}

/// The tokens of a login by this person.
#[track_caller]
pub(super) fn log_in(sim: &Simulator, person: &Person, scope: &str) -> serde_json::Value {
    let code = sim.mint_code(sim.account().appid(), person, scope);
    let tokens = get(sim, &access_token(sim.account(), &code)).json();
    assert_eq!(tokens["errcode"], serde_json::Value::Null);
    tokens
}
