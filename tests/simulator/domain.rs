//! WeChat's look at the verification file.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::mpsc::{Receiver, channel},
    thread,
};

use actix_web::rt::System;

use crate::client::*;

const FILE: &str = "MP_verify_0123456789abcdef.txt";
const CONTENT: &str = "0123456789abcdef";

/// A site that answers so, by path; tells the heads of what it was asked.
fn site(answers: &[(&'static str, &str)]) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let answers: Vec<_> = answers
        .iter()
        .map(|(path, answer)| (*path, (*answer).to_owned()))
        .collect();
    let (tell, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("a head");
                head.extend(byte);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let found = answers.iter().find(|(own, _)| *own == path);
            let answer = found.map_or("404 Not Found\r\n\r\n", |(_, answer)| answer);
            let (status, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).expect("a reader");
            if tell.send(head.to_lowercase()).is_err() {
                return;
            }
        }
    });
    (address, asked)
}

#[test]
fn a_domain_is_taken_by_its_file_alone() {
    let sim = automatic();
    let ok = format!("200 OK\r\n\r\n{CONTENT}");
    let to = |location: &str| format!("302 Found\r\nlocation: {location}\r\n\r\n");
    let own = "/MP_verify_0123456789abcdef.txt";
    let within = "/mp/MP_verify_0123456789abcdef.txt";
    for (domain, answers, refusal) in [
        ("shop.example.cn", vec![(own, ok.clone())], None),
        ("shop.example.cn/mp", vec![(within, ok.clone())], None),
        ("shop.example.cn/mp/", vec![(within, ok.clone())], None),
        ("shop.example.cn/mp", vec![(own, ok.clone())], Some("404")),
        (
            "shop.example.cn",
            vec![(own, format!("{ok}\n"))],
            Some("differs"),
        ),
        (
            "shop.example.cn",
            vec![(own, "200 OK\r\n\r\n<html>log in</html>".to_owned())],
            Some("differs"),
        ),
        (
            "shop.example.cn",
            vec![(own, "500 Oops\r\n\r\n".to_owned())],
            Some("500"),
        ),
        (
            "shop.example.cn",
            vec![(own, to("/there")), ("/there", ok.clone())],
            None,
        ),
        (
            "shop.example.cn",
            vec![
                (own, to("https://Shop.example.cn/there")),
                ("/there", ok.clone()),
            ],
            None,
        ),
        (
            "shop.example.cn",
            vec![
                (own, to("https://evil.example/there")),
                ("/there", ok.clone()),
            ],
            Some("another host"),
        ),
        (
            "shop.example.cn",
            vec![(own, to("//evil.example/there")), ("/there", ok.clone())],
            Some("another host"),
        ),
        (
            "shop.example.cn",
            vec![
                (own, to("https://shop.example.cn.evil.example/")),
                ("/", ok.clone()),
            ],
            Some("another host"),
        ),
        (
            "shop.example.cn",
            vec![(own, to(own))],
            Some("too many redirects"),
        ),
        (
            "shop.example.cn",
            vec![(own, format!("200 OK\r\n\r\n{}", "x".repeat(100_000)))],
            Some("cannot be read"),
        ),
    ] {
        let answers: Vec<_> = answers
            .iter()
            .map(|(path, answer)| (*path, answer.as_str()))
            .collect();
        let (at, asked) = site(&answers);
        let check = sim.check_domain(domain, at, FILE, CONTENT.as_bytes());
        let checked = System::new().block_on(check);
        match (&checked, refusal) {
            (Ok(()), None) => {}
            (Err(error), Some(refusal)) if error.to_string().contains(refusal) => {}
            _ => panic!("{domain} {answers:?}: {checked:?}"),
        }
        let head = asked.recv().expect("a request");
        assert!(head.contains("\r\nhost: shop.example.cn\r\n"), "{head}");
    }
}

#[test]
fn only_a_verification_file_on_this_machine_is_asked_for() {
    let sim = automatic();
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = nobody.local_addr().expect("an address");
    let check = |at: &str, file: &str| {
        let at = at.parse().expect("an address");
        let check = sim.check_domain("shop.example.cn", at, file, b"");
        System::new()
            .block_on(check)
            .expect_err("refused")
            .to_string()
    };
    let at = at.to_string();
    for file in [
        "",
        "index.html",
        "MP_verify_.txt",
        "MP_verify_0123456789abcde.txt",
        "MP_verify_0123456789abcdef",
        "MP_verify_0123456789abcde/.txt",
        "../MP_verify_0123456789abcdef.txt",
    ] {
        assert!(check(&at, file).contains("no verification file"), "{file}");
    }
    assert!(check("192.0.2.1:80", FILE).contains("only loopback"));
    drop(nobody);
    assert!(check(&at, FILE).contains("does not answer"));
}
