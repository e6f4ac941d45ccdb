use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::Duration,
};

use actix_web::rt::System;

use super::*;

type Asked = JoinHandle<(Vec<String>, Vec<TcpStream>)>;

/// A worker, and an upstream that answers its requests one after the other, byte for byte as told;
/// where it is told `None`, never. It ends with what it was asked and whom it left waiting.
fn upstream(deadline: Duration, answers: Vec<Option<String>>) -> (Worker, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut asked, mut waiting) = (Vec::new(), Vec::new());
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
                head.extend(byte);
            }
            let head = String::from_utf8(head).unwrap();
            asked.push(head.lines().next().unwrap_or_default().to_owned());
            match answer {
                // The client may have seen enough before the end.
                Some(answer) => drop(stream.write_all(answer.as_bytes())),
                None => waiting.push(stream),
            }
        }
        (asked, waiting)
    });
    (wechat(&url, deadline).worker(), asked)
}

fn wechat(api_url: &str, deadline: Duration) -> Wechat {
    let builder = Wechat::builder()
        .appid("wx1")
        .secret("s+cret")
        .public_url("http://127.0.0.1:8008");
    builder.api_url(api_url).deadline(deadline).build().unwrap()
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(10);

fn response(status: u16, body: &str) -> Option<String> {
    let length = body.len();
    Some(format!(
        "HTTP/1.1 {status} X\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

#[test]
fn calls_are_the_documented_ones() {
    let answer = r#"{"errcode":0,"access_token":"59_a","openid":"o/A"}"#;
    let (worker, asked) = upstream(LONG, vec![response(200, answer); 4]);
    assert!(!format!("{worker:?}").contains("s+cret"));
    assert!(format!("{worker:?}").contains("wx1"));
    System::new().block_on(async {
        let exchanged = worker.exchange(&worker.wechat.0.account, "c&d").await;
        assert_eq!(exchanged.ok().unwrap().openid, "o/A");
        assert!(worker.profile("59_a", "o/A").await.is_ok());
        let refreshed = worker.refresh("wx1", "59_r=").await.unwrap();
        assert_eq!((refreshed.access_token(), refreshed.scope()), ("59_a", ""));
        assert_eq!(worker.check("59_a", "o/A").await, Ok(true));
    });
    let calls = [
        "/sns/oauth2/access_token?appid=wx1&secret=s%2Bcret&code=c%26d&grant_type=authorization_code",
        "/sns/userinfo?access_token=59_a&openid=o%2FA&lang=zh_CN",
        "/sns/oauth2/refresh_token?appid=wx1&grant_type=refresh_token&refresh_token=59_r%3D",
        "/sns/auth?access_token=59_a&openid=o%2FA",
    ];
    let (asked, _) = asked.join().unwrap();
    assert_eq!(asked, calls.map(|call| format!("GET {call} HTTP/1.1")));
}

#[test]
fn each_kind_of_answer_is_told_apart() {
    let profile = r#"{"openid":"oABC"}"#;
    let of_size = |size: usize| format!("{profile}{}", " ".repeat(size - profile.len()));
    // Closed, and said so: a connection kept for the next request would be found dead by it.
    let cut = |head: &str| {
        let body = &profile[..12];
        Some(format!(
            "HTTP/1.1 {head}\r\nconnection: close\r\n\r\n{body}"
        ))
    };
    let table = [
        (response(200, profile), Ok(())),
        (response(299, profile), Ok(())),
        (response(200, &of_size(64 * 1024)), Ok(())),
        (
            response(200, &of_size(64 * 1024 + 1)),
            Err(Fault::Malformed),
        ),
        (response(200, r#"{"openid":"oXYZ"}"#), Err(Fault::Malformed)),
        (response(200, "{}"), Err(Fault::Malformed)),
        (
            response(200, r#"{"errcode":48001}"#),
            Err(Fault::Errcode(48001)),
        ),
        (response(404, profile), Err(Fault::Malformed)),
        (response(500, profile), Err(Fault::Broken)),
        (response(503, r#"{"errcode":-1}"#), Err(Fault::Broken)),
        // Not followed: the next answer is the next row's.
        (
            cut("302 X\r\nlocation: /sns/userinfo"),
            Err(Fault::Malformed),
        ),
        (cut("200 X\r\ncontent-length: 17"), Err(Fault::Malformed)),
        (Some("what?\r\n\r\n".to_owned()), Err(Fault::Malformed)),
        (Some("HTTP/1.1 200".to_owned()), Err(Fault::Broken)),
        (Some(String::new()), Err(Fault::Broken)),
    ];
    let answers = table.iter().map(|(answer, _)| answer.clone()).collect();
    let (worker, _asked) = upstream(LONG, answers);
    System::new().block_on(async {
        for (answer, expected) in table {
            let told = worker.profile("59_a", "oABC").await;
            let told = told.map(|_| ()).map_err(|err| err.fault);
            let start: String = answer.unwrap().chars().take(100).collect();
            assert_eq!(told, expected, "{start:?}");
        }
    });
}

#[test]
fn nobody_there_is_not_the_same_as_nobody_answering() {
    System::new().block_on(async {
        // Nobody can listen on port 0.
        let nobody = wechat("http://127.0.0.1:0", LONG).worker();
        let err = nobody.profile("59_a", "oABC").await.unwrap_err();
        assert_eq!(err, CallError::new(Call::Profile, Fault::Unconnected));

        let (worker, _asked) = upstream(SHORT, vec![None]);
        let err = worker.refresh("wx1", "59_r").await.unwrap_err();
        assert_eq!(err, CallError::new(Call::Refresh, Fault::TimedOut));

        // The app's own client may be less patient than the deadline.
        let (worker, _asked) = upstream(LONG, vec![None]);
        let impatient = awc::Client::builder().timeout(SHORT).finish();
        let worker = worker.wechat().worker_with(impatient);
        let err = worker.profile("59_a", "oABC").await.unwrap_err();
        assert_eq!(err, CallError::new(Call::Profile, Fault::TimedOut));
    });
}

#[test]
fn reset_within_the_body_is_a_broken_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let upstream = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // What is left unread makes a reset of the end.
        stream.read_exact(&mut [0]).unwrap();
        let start = b"HTTP/1.1 200 X\r\ncontent-length: 17\r\n\r\n{";
        stream.write_all(start).unwrap();
    });
    System::new().block_on(async {
        let told = wechat(&url, LONG).worker().profile("59_a", "oABC").await;
        assert_eq!(told, Err(CallError::new(Call::Profile, Fault::Broken)));
    });
    upstream.join().unwrap();
}

#[test]
fn token_is_good_or_not_or_cannot_be_checked() {
    let errcode = |errcode: i64| response(200, &format!(r#"{{"errcode":{errcode}}}"#));
    let failed = |fault| Err(CallError::new(Call::Check, fault));
    let table = [
        (errcode(0), Ok(true)),
        (errcode(40001), Ok(false)),
        (errcode(40003), Ok(false)),
        (errcode(40014), Ok(false)),
        (errcode(42001), Ok(false)),
        (errcode(42007), Ok(false)),
        (errcode(-1), failed(Fault::Errcode(-1))),
        (errcode(48001), failed(Fault::Errcode(48001))),
        (response(200, "{}"), failed(Fault::Malformed)),
        (response(500, ""), failed(Fault::Broken)),
    ];
    let answers = table.iter().map(|(answer, _)| answer.clone()).collect();
    let (worker, _asked) = upstream(LONG, answers);
    System::new().block_on(async {
        for (answer, expected) in table {
            assert_eq!(worker.check("59_a", "oABC").await, expected, "{answer:?}");
        }
    });
}
