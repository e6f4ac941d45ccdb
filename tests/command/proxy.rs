//! The proxy as sockets see it: WeChat's hosts end here, and nothing else goes anywhere.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use libtest_mimic::Trial;
use serde_json::Value;
use support::{Port, Visitor, trials};

use crate::desk::Desk;

pub(crate) fn trials() -> Vec<Trial> {
    trials![[];
        wechats_hosts_end_here,
        everything_else_is_refused_and_told,
        what_is_no_proxy_request_is_told_so,
        others_are_passed_on_where_that_is_wanted,
    ]
}

/// All that comes back until the other side closes.
fn say(proxy: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(proxy).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a limit");
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = Vec::new();
    // A reset ends it, too: of what was not read.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn address(url: &str) -> &str {
    url.trim_start_matches("http://")
}

async fn wechats_hosts_end_here() {
    let desk = Desk::new();
    let serving = desk.serve(&["--proxy", "127.0.0.1:0"]);
    let proxy = address(serving.line("proxy"));
    for target in [
        "http://api.weixin.qq.com/sns/auth?access_token=a&openid=b",
        "http://API.weixin.qq.com:80/sns/auth?access_token=a&openid=b",
        "http://hk.api.weixin.qq.com/sns/auth?access_token=a&openid=b",
    ] {
        let answer = say(
            proxy,
            &format!(
                "GET {target} HTTP/1.1\r\nHost: api.weixin.qq.com\r\nProxy-Connection: keep-alive\
                 \r\nConnection: keep-alive\r\n\r\n"
            ),
        );
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n"),
            "{target}: {answer}"
        );
        assert!(answer.contains("{\"errcode\":40001"), "{target}: {answer}");
    }
    let answer = say(
        proxy,
        "POST http://api.weixin.qq.com/sns/oauth2/access_token HTTP/1.1\r\nHost: x\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\n\r\nappid=wxnobody",
    );
    assert!(
        answer.contains("{\"errcode\":41004"),
        "the body came along: {answer}"
    );
    // Plain http within a tunnel: the port says what is spoken.
    for host in ["open.weixin.qq.com:80", "Open.WeiXin.QQ.com.:80"] {
        let tunnel = format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let inside =
            "GET /sns/auth HTTP/1.1\r\nHost: open.weixin.qq.com\r\nConnection: close\r\n\r\n";
        let answer = say(proxy, &(tunnel + inside));
        let established = "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n";
        assert!(answer.starts_with(established), "{host}: {answer}");
    }
    // TLS to clients that send nothing yet: the tunnel stands.
    let mut stream = BufReader::new(TcpStream::connect(proxy).expect("a connection"));
    stream
        .get_mut()
        .write_all(b"CONNECT api.weixin.qq.com:443 HTTP/1.1\r\n\r\n")
        .expect("it is sent");
    let mut line = String::new();
    stream.read_line(&mut line).expect("an answer");
    assert_eq!(line, "HTTP/1.1 200 Connection established\r\n");
}

async fn everything_else_is_refused_and_told() {
    let desk = Desk::new();
    let serving = desk.serve(&["--proxy", "127.0.0.1:0"]);
    let proxy = address(serving.line("proxy"));
    for (request, host) in [
        ("CONNECT example.com:443", "example.com:443"),
        ("CONNECT weixin.qq.com:443", "weixin.qq.com:443"),
        (
            "CONNECT api.weixin.qq.com.example.com:443",
            "api.weixin.qq.com.example.com:443",
        ),
        ("CONNECT api.weixin.qq.com:22", "api.weixin.qq.com:22"),
        ("CONNECT [::1]:80", "[::1]:80"),
        ("GET http://example.com/a?b=c", "example.com:80"),
        ("POST http://api.weixin.qq.com@example.com:8080/", ""),
    ] {
        let answer = say(proxy, &format!("{request} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        if host.is_empty() {
            assert!(head.starts_with("HTTP/1.1 400 "), "{answer}");
            continue;
        }
        let reason = format!(
            "{host} is not played by wechat-sim: name it in NO_PROXY, or start with --pass-through"
        );
        assert!(
            head.starts_with(&format!("HTTP/1.1 403 {reason}\r\n")),
            "{answer}"
        );
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["error"]["code"], "foreign_host");
        assert_eq!(body["error"]["message"], reason);
    }
    // The simulator's log has them, so that the page can show them.
    let http = serving.line("http");
    let calls = Visitor::new()
        .get(&format!("{http}/_control/v1/calls"))
        .await;
    let calls: Value = serde_json::from_str(&calls.body).expect("JSON");
    let strays = calls["strays"].as_array().expect("strays");
    let told: Vec<_> = strays
        .iter()
        .map(|stray| {
            (
                stray["method"].as_str(),
                stray["host"].as_str(),
                stray["reason"].as_str(),
            )
        })
        .collect();
    assert_eq!(told.len(), 6);
    assert_eq!(
        told[0],
        (
            Some("CONNECT"),
            Some("example.com:443"),
            Some("foreign_host")
        )
    );
    assert_eq!(
        told[5],
        (Some("GET"), Some("example.com:80"), Some("foreign_host"))
    );
}

async fn what_is_no_proxy_request_is_told_so() {
    let desk = Desk::new();
    let serving = desk.serve(&["--proxy", "127.0.0.1:0"]);
    let proxy = address(serving.line("proxy"));
    let long = format!(
        "GET http://example.com/{} HTTP/1.1\r\n\r\n",
        "a".repeat(40_000)
    );
    for request in [
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET https://api.weixin.qq.com/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT api.weixin.qq.com HTTP/1.1\r\n\r\n",
        "CONNECT :443 HTTP/1.1\r\n\r\n",
        "CONNECT api.weixin.qq.com:99999 HTTP/1.1\r\n\r\n",
        "CONNECT a b:443 HTTP/1.1\r\n\r\n",
        "CONNECT a\u{e9}:443 HTTP/1.1\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n",
        &long,
    ] {
        let answer = say(proxy, request);
        let begins = "HTTP/1.1 400 this is a proxy, for HTTPS_PROXY and HTTP_PROXY; the page is at \
                      the http address\r\n";
        assert!(answer.starts_with(begins), "{request}: {answer}");
    }
    // Who says nothing at all, or goes away, harms nobody.
    drop(TcpStream::connect(proxy).expect("a connection"));
    let answer = say(
        proxy,
        "GET http://api.weixin.qq.com/sns/auth HTTP/1.1\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

async fn others_are_passed_on_where_that_is_wanted() {
    let desk = Desk::new();
    let serving = desk.serve(&["--proxy", "127.0.0.1:0", "--pass-through"]);
    let proxy = address(serving.line("proxy"));
    // Answers each connection with what came in until the empty line.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let other = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).is_ok_and(|it| it > 0)
            {
            }
            let _ = stream.get_mut().write_all(head.as_bytes());
        }
    });
    let answer = say(
        proxy,
        &format!(
            "GET http://{other}/a?b=c HTTP/1.1\r\nHost: foreign\r\nX-Own: 1\r\n\
             Proxy-Authorization: Basic x\r\nKeep-Alive: 5\r\n\r\n"
        ),
    );
    assert_eq!(
        answer,
        format!("GET /a?b=c HTTP/1.1\r\nhost: {other}\r\nX-Own: 1\r\nconnection: close\r\n\r\n")
    );
    let answer = say(
        proxy,
        &format!("CONNECT {other} HTTP/1.1\r\n\r\nhello\r\n\r\n"),
    );
    assert_eq!(
        answer,
        "HTTP/1.1 200 Connection established\r\n\r\nhello\r\n\r\n"
    );
    // WeChat's hosts end here all the same.
    let answer = say(
        proxy,
        "GET http://api.weixin.qq.com/sns/auth HTTP/1.1\r\n\r\n",
    );
    assert!(answer.contains("\"errcode\":4"), "{answer}");
    let nobody = Port::new().address();
    let answer = say(proxy, &format!("CONNECT {nobody} HTTP/1.1\r\n\r\n"));
    assert!(
        answer.starts_with(&format!("HTTP/1.1 502 {nobody} cannot be reached: ")),
        "{answer}"
    );
}
