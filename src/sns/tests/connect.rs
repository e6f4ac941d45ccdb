use std::str::FromStr as _;

use super::*;
use crate::sns::upstream::{GUARD, Refusing, Silent, Then, Upstream};

fn addresses(list: &[&str]) -> Vec<SocketAddr> {
    list.iter()
        .map(|address| address.parse().unwrap())
        .collect()
}

async fn raced(addresses: &[SocketAddr]) -> Result<SocketAddr, io::ErrorKind> {
    let raced = timeout(GUARD, race(addresses)).await.expect("an end");
    raced
        .map(|stream| stream.peer_addr().unwrap())
        .map_err(|err| err.kind())
}

#[test]
fn families_take_turns() {
    let (a4, b4, c4) = ("192.0.2.1:443", "192.0.2.2:443", "192.0.2.3:443");
    let (a6, b6) = ("[2001:db8::1]:443", "[2001:db8::2]:443");
    let table: [(&[&str], &[&str]); 8] = [
        (&[], &[]),
        (&[a4], &[a4]),
        (&[a4, b4], &[a4, b4]),
        (&[a4, a6], &[a4, a6]),
        (&[a6, b6, a4, b4], &[a6, a4, b6, b4]),
        (&[a4, b4, a6, b6], &[a4, a6, b4, b6]),
        (&[a6, a4, b4, c4], &[a6, a4, b4, c4]),
        (&[a4, b4, c4, a6], &[a4, a6, b4, c4]),
    ];
    for (resolved, ordered) in table {
        assert_eq!(
            in_turn(addresses(resolved)),
            addresses(ordered),
            "{resolved:?}"
        );
    }
}

#[actix_web::test]
async fn first_address_that_answers_wins() {
    let live = Upstream::scripted([]).await.address;
    let silent = [
        Silent::start().await,
        Silent::start().await,
        Silent::start().await,
    ];
    let [dead, second_dead, third_dead] = silent.each_ref().map(|silent| silent.address);
    let refusing = Refusing::start();
    let refused = refusing.address;
    let table: [&[SocketAddr]; 7] = [
        &[live],
        &[live, dead],
        &[dead, live],
        &[second_dead, live],
        &[dead, second_dead, third_dead, live],
        &[refused, dead, live],
        &[dead, refused, live],
    ];
    for addresses in table {
        assert_eq!(raced(addresses).await, Ok(live), "{addresses:?}");
    }
}

/// With a head start each, so many would take far longer than a host has.
#[actix_web::test]
async fn address_that_refuses_ends_its_head_start() {
    let live = Upstream::scripted([]).await.address;
    let refusing = Refusing::start();
    let mut all = vec![refusing.address; 40];
    all.push(live);
    let patience = Duration::from_secs(2);
    assert!(patience < 40 * HEAD_START);
    let connected = timeout(patience, raced(&all)).await;
    assert_eq!(connected, Ok(Ok(live)));
}

/// It has been slow, not dead.
#[actix_web::test]
async fn slow_address_still_counts_once_the_next_one_has_failed() {
    let slow = Silent::start().await;
    let refusing = Refusing::start();
    let refused = refusing.address;
    let addresses = [slow.address, refused];
    let (mut racing, waiting) = (Box::pin(raced(&addresses)), HEAD_START * 2);
    assert!(timeout(waiting, &mut racing).await.is_err(), "it gave up");
    // Room in its queue: the next segment that the system sends again is answered.
    let live = slow.address;
    let (queued, _) = slow.listener().accept().await.unwrap();
    assert_eq!(racing.await, Ok(live));
    drop(queued);
}

#[actix_web::test]
async fn without_any_address_that_answers_there_is_an_error() {
    let refusing = Refusing::start();
    let refused = refusing.address;
    assert_eq!(raced(&[]).await, Err(io::ErrorKind::NotFound));
    for many in [1, 2, 5] {
        let refused = vec![refused; many];
        assert_eq!(
            raced(&refused).await,
            Err(io::ErrorKind::ConnectionRefused),
            "{many}"
        );
    }
    let silent = Silent::start().await;
    let connect = Connect::new(None, Duration::from_millis(50));
    let uri = Uri::from_str(&format!("{}/sns/auth", silent.url())).unwrap();
    let err = connect.connect(&uri).await.unwrap_err();
    assert_eq!(err.kind(), io::ErrorKind::TimedOut);
}

#[actix_web::test]
async fn host_is_resolved_with_or_without_brackets() {
    for (host, expected) in [
        ("127.0.0.1", "127.0.0.1:80"),
        ("::1", "[::1]:80"),
        ("[::1]", "[::1]:80"),
    ] {
        assert_eq!(resolve(host, 80).await.unwrap(), addresses(&[expected]));
    }
    assert!(resolve("", 80).await.is_err());
}

/// What the proxy is told of who asks, decoded.
fn authorization(proxy: &Proxy) -> Option<String> {
    let header = proxy.authorization.as_ref()?.expose_secret();
    let pair = BASE64_STANDARD.decode(header.strip_prefix("Basic ")?);
    Some(String::from_utf8(pair.unwrap()).unwrap())
}

#[test]
fn proxy_is_a_host_a_port_and_perhaps_a_user() {
    let table = [
        ("http://127.0.0.1:3128", "127.0.0.1", 3128, None),
        (" http://127.0.0.1:3128/ ", "127.0.0.1", 3128, None),
        ("http://proxy.example.cn", "proxy.example.cn", 80, None),
        ("http://proxy.example.cn:80", "proxy.example.cn", 80, None),
        ("http://Proxy.Example.cn:443", "proxy.example.cn", 443, None),
        ("http://[::1]:3128", "[::1]", 3128, None),
        (
            "http://user:password@proxy.example.cn:3128",
            "proxy.example.cn",
            3128,
            Some("user:password"),
        ),
        ("http://user@[::1]:3128/", "[::1]", 3128, Some("user:")),
        ("http://user:@h:3128", "h", 3128, Some("user:")),
        ("http://:password@h:3128", "h", 3128, Some(":password")),
        ("http://@h:3128", "h", 3128, None),
        // Encoded or not.
        (
            "http://us%40er:p%40ss%3A%2F%23%3F%25@h:3128",
            "h",
            3128,
            Some("us@er:p@ss:/#?%"),
        ),
        ("http://user:p@ss:w@h:3128", "h", 3128, Some("user:p@ss:w")),
        ("http://user:密码@h:3128", "h", 3128, Some("user:密码")),
        ("http://user:%E5%AF%86@h:3128", "h", 3128, Some("user:密")),
        ("http://user:a+b%2b@h:3128", "h", 3128, Some("user:a+b+")),
    ];
    for (text, host, port, user) in table {
        let proxy = Proxy::parse(text).expect(text);
        assert_eq!((proxy.host.as_str(), proxy.port), (host, port), "{text}");
        assert_eq!(authorization(&proxy).as_deref(), user, "{text}");
    }
}

#[test]
fn what_is_no_proxy_is_refused_without_its_password() {
    let table = [
        "",
        " ",
        "proxy.example.cn:3128",
        "127.0.0.1:3128",
        "//127.0.0.1:3128",
        "https://127.0.0.1:3128",
        "HTTP://127.0.0.1:3128",
        "socks5://127.0.0.1:1080",
        "http:127.0.0.1:3128",
        "http:/127.0.0.1:3128",
        "http:///127.0.0.1:3128",
        "http://",
        "http:///",
        "http://:3128",
        "http://user:s3cret@",
        "http://user:s3cret@:3128",
        "http://h:0",
        "http://h:",
        "http://h:65536",
        "http://h:port",
        "http://user:s3cret@h:port",
        "http://h:3128/path",
        "http://h:3128//",
        "http://h:3128?a",
        "http://h:3128#a",
        "http://h :3128",
        "http://h\t:3128",
        "http://h\\:3128",
        "\"http://h:3128\"",
        "http://h:3128,http://i:3128",
        // What stands before the `@` is not what it seems: part of a path, a query, a fragment.
        "http://h/s3cret@h",
        "http://h/@h",
        "http://h?s3cret@h",
        "http://h#s3cret@h",
        "http://h:3128/s3cret@h:3128",
        "http://h\\s3cret@h",
        "http://user:s3cret/@h:3128",
        "http://user:s3cret#@h:3128",
        "http://user:s3cret?@h:3128",
        "http://h/user:s3cret@i:3128",
        // What a parser drops in silence.
        "http://user:s3\tcret@h:3128",
        "http://user:s3\ncret@h:3128",
        "http://user:s3 cret@h:3128",
        "http://user:s3cret@h:3128\n",
    ];
    for text in table {
        let refused = Proxy::parse(text).expect_err(text);
        assert!(
            refused.starts_with("must be like `http://") && !refused.contains("s3cret"),
            "{text}: {refused}"
        );
    }
}

#[test]
fn proxy_shows_neither_user_nor_password() {
    let proxy = Proxy::parse("http://user:s3cret@proxy.example.cn:3128").unwrap();
    let shown = format!("{proxy:?}");
    assert!(shown.contains("proxy.example.cn") && shown.contains("3128"));
    let encoded = BASE64_STANDARD.encode("user:s3cret");
    for secret in ["user", "s3cret", &encoded, "Basic"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// What comes of asking a proxy that answers so, and what it was asked.
async fn through(user: &str, answer: Then) -> (io::Result<TcpStream>, String) {
    let proxy = Upstream::scripted([answer]).await;
    let text = format!("http://{user}{}", proxy.address);
    let connect = Connect::new(Some(Proxy::parse(&text).unwrap()), GUARD);
    let uri = Uri::from_static("https://api.weixin.qq.com/sns/auth");
    let connected = connect.connect(&uri).await;
    let head = proxy.seen().asked[0].head.clone();
    (connected, head)
}

#[actix_web::test]
async fn proxy_is_asked_to_connect() {
    let head = "CONNECT api.weixin.qq.com:443 HTTP/1.1\r\nHost: api.weixin.qq.com:443\r\n";
    let encoded = BASE64_STANDARD.encode("us@er:p@ss");
    for (user, line) in [
        ("", String::new()),
        (
            "us%40er:p%40ss@",
            format!("Proxy-Authorization: Basic {encoded}\r\n"),
        ),
    ] {
        let opened = Then::Answer("HTTP/1.1 200 Connection established\r\n\r\n".to_owned());
        let (connected, asked) = through(user, opened).await;
        assert!(connected.is_ok(), "{user}");
        assert_eq!(asked, format!("{head}{line}\r\n"), "{user}");
    }
}

#[actix_web::test]
async fn host_of_the_call_is_named_with_its_port() {
    for (url, expected) in [
        ("http://api.weixin.qq.com/a", "api.weixin.qq.com:80"),
        ("https://api.weixin.qq.com/a", "api.weixin.qq.com:443"),
        ("https://127.0.0.1:8443/a", "127.0.0.1:8443"),
        ("http://[::1]:9000/a", "[::1]:9000"),
    ] {
        let proxy = Upstream::scripted([Then::Close(String::new())]).await;
        let parsed = Proxy::parse(&proxy.url()).unwrap();
        let connect = Connect::new(Some(parsed), GUARD);
        assert!(connect.connect(&Uri::from_static(url)).await.is_err());
        let seen = proxy.seen();
        assert_eq!(seen.lines(), [format!("CONNECT {expected} HTTP/1.1")]);
    }
}

#[actix_web::test]
async fn way_through_a_proxy_is_open_only_where_it_says_so() {
    let answer = |text: &str| Then::Answer(text.to_owned());
    let table = [
        (answer("HTTP/1.0 200 OK\r\n\r\n"), true),
        (answer("HTTP/1.1 200\r\nvia: a\r\nserver: b\r\n\r\n"), true),
        (answer("HTTP/1.1 204 X\r\n\r\n"), true),
        (
            answer("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
            false,
        ),
        (answer("HTTP/1.1 403 Forbidden\r\n\r\n"), false),
        (answer("HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n"), false),
        (answer("HTTP/1.1 502 Bad Gateway\r\n\r\n"), false),
        (answer("HTTP/1.1 100 Continue\r\n\r\n"), false),
        (answer("HTTP/2 200 OK\r\n\r\n"), false),
        (answer("200 OK\r\n\r\n"), false),
        (answer("what?\r\n\r\n"), false),
        (answer("\r\n\r\n"), false),
        (Then::Close(String::new()), false),
        (Then::Close("HTTP/1.1 200 OK\r\n".to_owned()), false),
        (Then::Reset("HTTP/1.1 2".to_owned()), false),
        // A head without an end, and one that is too long.
        (
            Then::Answer(format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(70_000))),
            false,
        ),
        (
            Then::Answer(format!(
                "HTTP/1.1 200 OK\r\na: {}\r\n\r\n",
                "b".repeat(PROXY_HEAD_LIMIT)
            )),
            false,
        ),
    ];
    for (answer, is_open) in table {
        let shown: String = format!("{answer:?}").chars().take(80).collect();
        let (connected, _) = through("user:s3cret@", answer).await;
        assert_eq!(connected.is_ok(), is_open, "{shown}");
        if let Err(err) = connected {
            assert!(!format!("{err:?} {err}").contains("s3cret"), "{shown}");
        }
    }
}

/// What follows the proxy's head is the host's, however it comes.
#[actix_web::test]
async fn bytes_behind_the_proxys_head_are_the_hosts() {
    let answer = Then::Answer("HTTP/1.1 200 OK\r\n\r\nhello".to_owned());
    let (connected, _) = through("", answer).await;
    let mut said = [0; 5];
    connected.unwrap().read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"hello");
}

#[actix_web::test]
async fn proxy_that_says_nothing_is_waited_for_no_longer_than_a_host() {
    let proxy = Upstream::scripted([Then::Hang]).await;
    let parsed = Proxy::parse(&proxy.url()).unwrap();
    let connect = Connect::new(Some(parsed), Duration::from_millis(50));
    let uri = Uri::from_static("https://api.weixin.qq.com/sns/auth");
    let err = connect.connect(&uri).await.unwrap_err();
    assert_eq!(err.kind(), io::ErrorKind::TimedOut);
}
