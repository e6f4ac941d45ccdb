use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
};

use actix_web::rt::System;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}

#[test]
fn answer_is_read_whatever_wechat_did_to_it() {
    let table: [(&[u8], Value); 12] = [
        (
            br#"{"errcode":0,"errmsg":"ok"}"#,
            json!({ "errcode": 0, "errmsg": "ok" }),
        ),
        (b"{}", json!({})),
        (b" \r\n\t{ }\n", json!({})),
        ("\u{feff}{\"a\":1}".as_bytes(), json!({ "a": 1 })),
        (br#"{"a":"https:\/\/x"}"#, json!({ "a": "https://x" })),
        (
            "{\"a\":\"👨\u{200d}👩\"}".as_bytes(),
            json!({ "a": "👨\u{200d}👩" }),
        ),
        // Control characters as they are, between tokens and within strings.
        (
            b"{\x00\"a\"\x07:\"b\x08\x14\x1fc\"}",
            json!({ "a": "b   c" }),
        ),
        // Escaped ones are left to the reader of the field.
        (br#"{"a":"\u0007"}"#, json!({ "a": "\u{7}" })),
        // Characters that were cut in half, at the end and in the middle.
        (b"{\"a\":\"b\xe5\xb0\"}", json!({ "a": "b\u{fffd}" })),
        (b"{\"a\":\"\xf0\x9f\x98c\"}", json!({ "a": "\u{fffd}c" })),
        // The bytes of a character above are no control characters.
        (b"{\"a\":\"\xe4\xbd\x84\"}", json!({ "a": "\u{4f44}" })),
        (br#"{"a":1,"a":2}"#, json!({ "a": 2 })),
    ];
    for (body, expected) in table {
        assert_eq!(
            parse(body),
            Some(object(expected)),
            "{}",
            body.escape_ascii()
        );
    }
}

#[test]
fn what_is_no_object_is_no_answer() {
    let bodies: [&[u8]; 14] = [
        b"",
        b" ",
        b"null",
        b"0",
        b"[]",
        br#""{}""#,
        br#"{"openid":"oABC""#,
        br#"{"openid":"#,
        b"{}{}",
        b"{'a':1}",
        b"callback({})",
        b"<html><body>502 Bad Gateway</body></html>",
        b"\xff\xfe{\x00}\x00",
        br#"{"a":1,}"#,
    ];
    for body in bodies {
        assert_eq!(parse(body), None, "{}", body.escape_ascii());
    }
    let deep = "[".repeat(50_000);
    assert_eq!(parse(format!("{{\"a\":{deep}").as_bytes()), None);
}

#[test]
fn errcode_is_zero_a_number_or_nonsense() {
    let table = [
        (json!({}), Some(0)),
        (json!({ "errcode": null }), Some(0)),
        (json!({ "errcode": "" }), Some(0)),
        (json!({ "errcode": 0 }), Some(0)),
        (json!({ "errcode": "0" }), Some(0)),
        (json!({ "errcode": 40029 }), Some(40029)),
        (json!({ "errcode": "48001" }), Some(48001)),
        (json!({ "errcode": -1 }), Some(-1)),
        (json!({ "errcode": "-1" }), Some(-1)),
        (json!({ "errcode": true }), None),
        (json!({ "errcode": [] }), None),
        (json!({ "errcode": "invalid code" }), None),
        (json!({ "errcode": 0.5 }), None),
    ];
    for (answer, expected) in table {
        assert_eq!(errcode(&object(answer.clone())), expected, "{answer}");
    }
}

#[test]
fn answer_with_an_errcode_is_a_failure() {
    let failure = |body: &str| read(Call::Exchange, body.as_bytes()).unwrap_err();
    let refused =
        failure(r#"{"errcode":40163,"errmsg":"code been used, rid: 65a77521-0a1b2c3d-4e5f6071"}"#);
    assert_eq!(refused.errcode(), Some(40163));
    assert_eq!(refused.rid(), Some("65a77521-0a1b2c3d-4e5f6071"));
    let refused = failure(r#"{"openid":"oABC","access_token":"59_a","errcode":"40029"}"#);
    assert_eq!((refused.errcode(), refused.rid()), (Some(40029), None));
    for body in ["", "<html>", r#"{"errcode":"busy"}"#] {
        assert_eq!(
            failure(body),
            CallError::new(Call::Exchange, Fault::Malformed),
            "{body}"
        );
    }
    assert!(read(Call::Check, br#"{"errcode":0,"errmsg":"ok"}"#).is_ok());
}

#[test]
fn exchanged_code_is_an_openid_and_a_token() {
    let table = [
        (
            json!({ "access_token": "59_a", "openid": "oABC" }),
            Some((None, false)),
        ),
        (
            json!({ "access_token": "59_a", "openid": "oABC", "unionid": "oXYZ", "is_snapshotuser": 1 }),
            Some((Some("oXYZ"), true)),
        ),
        (
            json!({ "access_token": "59_a", "openid": "oABC", "unionid": "", "is_snapshotuser": "1" }),
            Some((None, true)),
        ),
        (
            json!({ "access_token": "59_a", "openid": "oABC", "is_snapshotuser": 0 }),
            Some((None, false)),
        ),
        (json!({ "access_token": "59_a", "openid": "" }), None),
        (json!({ "access_token": "", "openid": "oABC" }), None),
        (json!({ "access_token": "59_a" }), None),
        (json!({ "openid": "oABC" }), None),
    ];
    for (answer, expected) in table {
        let exchanged = Exchanged::read(&object(answer.clone()));
        let told = exchanged
            .as_ref()
            .map(|told| (told.unionid.as_deref(), told.is_snapshotuser));
        assert_eq!(told, expected, "{answer}");
        if let Some(told) = exchanged {
            assert_eq!(
                (told.openid.as_str(), told.tokens.scope()),
                ("oABC", "snsapi_base")
            );
        }
    }
}

#[test]
fn rid_is_taken_from_the_message() {
    let rid_of = |errmsg| rid(errmsg);
    let table = [
        (
            "invalid code, rid: 65a77521-0a1b2c3d-4e5f6071",
            Some("65a77521-0a1b2c3d-4e5f6071"),
        ),
        (
            "code been used rid: 65a77521-0a1b2c3d-4e5f6071 more",
            Some("65a77521-0a1b2c3d-4e5f6071"),
        ),
        ("rid: a, rid: b", Some("b")),
        ("invalid code, hints: [ req_id: Q ]", None),
        ("invalid code", None),
        ("rid: ", None),
        ("rid: ?", None),
        ("", None),
    ];
    for (errmsg, expected) in table {
        assert_eq!(rid_of(errmsg).as_deref(), expected, "{errmsg:?}");
    }
    // Nothing from outside is written to a log at length.
    let long = format!("rid: {}", "a".repeat(1_000));
    assert_eq!(rid_of(&long).unwrap().len(), 64);
}

#[test]
fn needed_is_text_that_says_something() {
    let table = [
        (json!({ "openid": "oABC" }), Some("oABC")),
        (json!({ "openid": "o\u{7f}C" }), Some("o C")),
        (json!({ "openid": "" }), None),
        (json!({ "openid": null }), None),
        (json!({ "openid": 7 }), None),
        (json!({ "openid": ["oABC"] }), None),
        (json!({ "other": "oABC" }), None),
    ];
    for (answer, expected) in table {
        assert_eq!(
            needed(&object(answer.clone()), "openid").as_deref(),
            expected,
            "{answer}"
        );
    }
}

#[test]
fn optional_is_none_where_nothing_is_said() {
    let table = [
        (json!({ "unionid": "oXYZ" }), Some("oXYZ")),
        (json!({ "unionid": 7 }), Some("7")),
        (json!({ "unionid": "" }), None),
        (json!({ "unionid": null }), None),
        (json!({}), None),
    ];
    for (answer, expected) in table {
        assert_eq!(
            optional(&object(answer.clone()), "unionid").as_deref(),
            expected,
            "{answer}"
        );
    }
}

#[test]
fn tokens_need_an_access_token_alone() {
    let secs =
        |answer: Value| tokens(&object(answer), "").map(|tokens| tokens.expires_in().as_secs());
    let table = [
        (
            json!({ "access_token": "59_a", "expires_in": 7200 }),
            Some(7200),
        ),
        (
            json!({ "access_token": "59_a", "expires_in": "300" }),
            Some(300),
        ),
        (json!({ "access_token": "59_a", "expires_in": -1 }), Some(0)),
        (json!({ "access_token": "59_a" }), Some(0)),
        (json!({ "access_token": "", "expires_in": 7200 }), None),
        (json!({ "access_token": 59, "expires_in": 7200 }), None),
        (json!({ "expires_in": 7200 }), None),
    ];
    for (answer, expected) in table {
        assert_eq!(secs(answer.clone()), expected, "{answer}");
    }
    let answer =
        json!({ "access_token": "59_a", "refresh_token": "59_r", "scope": "snsapi_login" });
    let told = tokens(&object(answer), "snsapi_base").unwrap();
    assert_eq!(
        (told.access_token(), told.refresh_token()),
        ("59_a", "59_r")
    );
    assert_eq!(told.scope(), "snsapi_login");
    let answer = json!({ "access_token": "59_a", "refresh_token": null, "scope": "" });
    let told = tokens(&object(answer), "snsapi_base").unwrap();
    assert_eq!((told.refresh_token(), told.scope()), ("", "snsapi_base"));
}

#[test]
fn failed_call_says_what_it_means_at_that_call() {
    use Reason::{Busy, LoginRequired, MalformedAnswer, Misconfigured, TimedOut, Unreachable};
    let table = [
        (Call::Exchange, Fault::Errcode(40001), Misconfigured),
        (Call::Exchange, Fault::Errcode(40014), MalformedAnswer),
        (Call::Exchange, Fault::Errcode(40029), LoginRequired),
        (Call::Exchange, Fault::Errcode(42002), MalformedAnswer),
        (Call::Profile, Fault::Errcode(40001), LoginRequired),
        (Call::Profile, Fault::Errcode(42002), MalformedAnswer),
        // The visitor's tokens are worth nothing any more.
        (Call::Refresh, Fault::Errcode(40030), LoginRequired),
        (Call::Refresh, Fault::Errcode(42002), LoginRequired),
        (Call::Refresh, Fault::Errcode(42007), LoginRequired),
        (Call::Refresh, Fault::Errcode(41003), Misconfigured),
        (Call::Refresh, Fault::Errcode(-1), Busy),
        (Call::Refresh, Fault::Unconnected, Unreachable),
        (Call::Check, Fault::Broken, Unreachable),
        (Call::Check, Fault::TimedOut, TimedOut),
        (Call::Check, Fault::Errcode(99999), MalformedAnswer),
    ];
    for (call, fault, reason) in table {
        let err = CallError::new(call, fault);
        assert_eq!(err.reason(), reason, "{err:?}");
        assert_eq!(err.to_string(), reason.to_string());
        let errcode = match fault {
            Fault::Errcode(errcode) => Some(errcode),
            _ => None,
        };
        assert_eq!((err.errcode(), err.rid()), (errcode, None), "{err:?}");
    }
}

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

proptest! {
    #[test]
    fn any_body_is_an_answer_or_none(body: Vec<u8>) {
        if let Some(answer) = parse(&body) {
            let _ = (errcode(&answer), rid(&text(&answer, "errmsg")), tokens(&answer, ""));
        }
    }

    #[test]
    fn any_text_of_wechats_is_read(nickname: Vec<u8>) {
        // All but what ends a string: so WeChat has sent nicknames.
        let nickname: Vec<u8> = nickname.into_iter().filter(|byte| !b"\"\\".contains(byte)).collect();
        let body = [br#"{"errcode":0,"nickname":""#, nickname.as_slice(), br#"","sex":1}"#].concat();
        let answer = parse(&body).unwrap();
        prop_assert_eq!(number(&answer, "sex"), Some(1));
        prop_assert!(!text(&answer, "nickname").contains(char::is_control));
    }
}
