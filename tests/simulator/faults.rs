use std::{
    io::{ErrorKind, Read},
    time::{Duration, Instant},
};

use actix_wechat::simulator::{Endpoint, Fault, Person, Simulator};

use super::client::*;

/// What a fault looks like from outside.
#[derive(Debug, PartialEq)]
enum Seen {
    /// The normal answer.
    Good,
    Errcode(i64),
    /// Another status than 200.
    Status(u16),
    /// Status 200, but no JSON.
    NoJson,
    /// The connection ended before the answer did, and how much of it had come.
    Broken(ErrorKind, bool),
}

fn look(sim: &Simulator, path: &str) -> Seen {
    let mut raw = Vec::new();
    let read = send(sim, "GET", path, &[], "").and_then(|mut stream| stream.read_to_end(&mut raw));
    if let Err(error) = read {
        return Seen::Broken(error.kind(), !raw.is_empty());
    }
    match request_from(&raw) {
        None => Seen::Broken(ErrorKind::UnexpectedEof, !raw.is_empty()),
        Some((status, _)) if status != 200 => Seen::Status(status),
        Some((_, body)) => match serde_json::from_slice::<serde_json::Value>(body) {
            Err(_) => Seen::NoJson,
            Ok(json) => json["errcode"].as_i64().map_or(Seen::Good, Seen::Errcode),
        },
    }
}

/// Status and body, if the body is as long as announced.
fn request_from(raw: &[u8]) -> Option<(u16, &[u8])> {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&raw[..end]).to_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length: usize = head
        .split("content-length: ")
        .nth(1)?
        .lines()
        .next()?
        .parse()
        .ok()?;
    (raw.len() == end + 4 + length).then_some((status, &raw[end + 4..]))
}

#[test]
fn each_fault_shows_as_itself_and_spends_the_code_only_if_it_says_so() {
    let spent = |fault| Fault::Spent(Box::new(fault));
    let sim = automatic();
    for (fault, seen, spends) in [
        (Fault::Errcode(45009), Seen::Errcode(45009), false),
        (Fault::BusyBeforeSpending, Seen::Errcode(-1), false),
        (Fault::BusyAfterSpending, Seen::Errcode(-1), true),
        (Fault::Status(502), Seen::Status(502), false),
        (Fault::Status(7), Seen::Status(502), false),
        (Fault::Delay(Duration::from_millis(1)), Seen::Good, true),
        (
            Fault::Late(Duration::from_millis(1), Box::new(Fault::Html)),
            Seen::NoJson,
            false,
        ),
        (
            Fault::Close,
            Seen::Broken(ErrorKind::UnexpectedEof, false),
            false,
        ),
        (
            Fault::Reset,
            Seen::Broken(ErrorKind::ConnectionReset, false),
            false,
        ),
        (
            Fault::Truncated,
            Seen::Broken(ErrorKind::UnexpectedEof, true),
            true,
        ),
        (Fault::Malformed, Seen::NoJson, true),
        (Fault::Html, Seen::NoJson, false),
        (Fault::Empty, Seen::NoJson, false),
        (Fault::Oversized, Seen::Good, true),
        (
            Fault::Body("{\"errcode\":\"40029\"}".to_owned()),
            Seen::Good,
            false,
        ),
        (
            Fault::Bytes(b"{\"a\":\"\xff\"}".to_vec()),
            Seen::NoJson,
            false,
        ),
        (
            Fault::ContentType("application/json; charset=gbk".to_owned()),
            Seen::Good,
            true,
        ),
        (Fault::ContentType("\r\nX: 1".to_owned()), Seen::Good, true),
        (
            Fault::Redirect("http://127.0.0.1:1/stolen".to_owned()),
            Seen::Status(302),
            false,
        ),
        (Fault::TransientToken, Seen::Good, true),
        (Fault::MinuteQuota(1), Seen::Good, true),
        (Fault::MinuteQuota(0), Seen::Errcode(45011), false),
        (
            spent(Fault::Reset),
            Seen::Broken(ErrorKind::ConnectionReset, false),
            true,
        ),
        (
            spent(Fault::Close),
            Seen::Broken(ErrorKind::UnexpectedEof, false),
            true,
        ),
        (spent(Fault::Status(500)), Seen::Status(500), true),
        (spent(Fault::Malformed), Seen::NoJson, true),
        (spent(spent(Fault::Delay(Duration::ZERO))), Seen::Good, true),
    ] {
        let code = sim.mint_code(
            sim.account().appid(),
            &Person::named("小明"),
            "snsapi_userinfo",
        );
        let path = access_token(sim.account(), &code);
        sim.clear_faults();
        sim.fault(Endpoint::AccessToken, fault.clone());
        assert_eq!(look(&sim, &path), seen, "{fault:?}");
        sim.clear_faults();
        let after = if spends {
            Seen::Errcode(40163)
        } else {
            Seen::Good
        };
        assert_eq!(look(&sim, &path), after, "after {fault:?}");
    }
}

#[test]
fn the_details_of_some_faults() {
    let sim = automatic();
    let answer = |fault| {
        sim.fault_times(Endpoint::UserInfo, fault, 1);
        let tokens = log_in(&sim, &Person::named("小明"), "snsapi_userinfo");
        get(&sim, &userinfo(&tokens))
    };
    assert_eq!(
        answer(Fault::ContentType("text/html".to_owned())).header("content-type"),
        Some("text/html")
    );
    assert_eq!(answer(Fault::Redirect("/x".to_owned())).location(), "/x");
    let oversized = answer(Fault::Oversized);
    assert!(oversized.body.len() > 1 << 20);
    assert_eq!(oversized.json()["nickname"], "小明");
    let started = Instant::now();
    assert_eq!(
        answer(Fault::Delay(Duration::from_millis(300))).json()["nickname"],
        "小明"
    );
    assert!(started.elapsed() >= Duration::from_millis(300));
    let unknown = answer(Fault::Errcode(99999)).text();
    assert!(
        unknown.starts_with(r#"{"errcode":99999,"errmsg":"#),
        "{unknown}"
    );
}

#[test]
fn hanging_lasts_until_the_client_leaves() {
    let sim = automatic();
    sim.fault(Endpoint::UserInfo, Fault::Hang);
    let mut stream = send(&sim, "GET", "/sns/userinfo", &[], "").expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_millis(500)))
        .expect("a time-out");
    let error = stream.read(&mut [0]).expect_err("no answer");
    assert!(
        matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{error}"
    );
    // Once our side is closed, so is the other.
    stream
        .shutdown(std::net::Shutdown::Write)
        .expect("an open connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a time-out");
    assert!(matches!(stream.read(&mut [0]), Ok(0)));
    assert_eq!(sim.count(Endpoint::UserInfo), 1);
}

#[test]
fn an_endless_body_is_endless() {
    let sim = automatic();
    sim.fault(Endpoint::UserInfo, Fault::Endless);
    let mut stream = send(&sim, "GET", "/sns/userinfo", &[], "").expect("a connection");
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    while total < 20 << 20 {
        let read = stream.read(&mut buffer).expect("more");
        assert_ne!(read, 0, "it ended after {total} bytes");
        total += read;
    }
    drop(stream);
    assert_eq!(get(&sim, "/sns/auth").errcode(), 41001, "others are served");
}

#[test]
fn queued_faults_come_before_lasting_ones() {
    let sim = automatic();
    let errcode = || get(&sim, "/sns/auth").errcode();
    sim.fault(Endpoint::Auth, Fault::Errcode(3));
    sim.fault_times(Endpoint::Auth, Fault::Errcode(1), 2);
    sim.fault_times(Endpoint::Auth, Fault::Errcode(2), 1);
    assert_eq!(
        [errcode(), errcode(), errcode(), errcode(), errcode()],
        [1, 1, 2, 3, 3]
    );
    assert_eq!(
        get(&sim, "/sns/userinfo").errcode(),
        41001,
        "another endpoint"
    );
    sim.clear_faults();
    assert_eq!(errcode(), 41001);
}

#[test]
fn a_token_is_refused_once_without_reason() {
    let sim = automatic();
    sim.fault(Endpoint::UserInfo, Fault::TransientToken);
    for _ in 0..2 {
        let tokens = log_in(&sim, &Person::named("小明"), "snsapi_userinfo");
        assert_eq!(get(&sim, &userinfo(&tokens)).errcode(), 40001);
        assert_eq!(get(&sim, &userinfo(&tokens)).json()["nickname"], "小明");
        assert_eq!(get(&sim, &userinfo(&tokens)).json()["nickname"], "小明");
    }
}

#[test]
fn the_minute_quota_goes_by_the_clock() {
    let at = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000 / 60 * 60);
    let sim = start(Simulator::builder().clock(move || at));
    sim.fault(Endpoint::Auth, Fault::MinuteQuota(2));
    let errcodes = || [(); 3].map(|()| get(&sim, "/sns/auth").errcode());
    assert_eq!(errcodes(), [41001, 41001, 45011]);
    sim.advance(Duration::from_secs(59));
    assert_eq!(errcodes(), [45011; 3]);
    sim.advance(Duration::from_secs(1));
    assert_eq!(errcodes(), [41001, 41001, 45011]);
}

#[test]
fn pages_fail_too() {
    let sim = automatic();
    let path = authorize(sim.account(), "snsapi_base");
    sim.fault_times(Endpoint::Authorize, Fault::Errcode(10009), 1);
    let page = get(&sim, &path);
    assert!(
        page.status == 200 && page.text().contains("10009"),
        "{}",
        page.text()
    );
    sim.fault_times(Endpoint::Authorize, Fault::Status(503), 1);
    assert_eq!(get(&sim, &path).status, 503);
    sim.fault_times(Endpoint::Authorize, Fault::Reset, 1);
    assert_eq!(
        look(&sim, &path),
        Seen::Broken(ErrorKind::ConnectionReset, false)
    );
    assert_eq!(get(&sim, &path).status, 302);
    sim.fault_times(Endpoint::QrConnect, Fault::Html, 1);
    assert!(
        get(&sim, "/connect/qrconnect")
            .text()
            .contains("系统维护中")
    );
    // A fault is a call like any other in the log.
    assert_eq!(sim.count(Endpoint::Authorize), 4);
}
