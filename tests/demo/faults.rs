//! What WeChat answers, and what the visitor gets: every errcode and every broken transport, at
//! both calls.

use std::{net::TcpListener, time::Duration};

use actix_wechat::simulator::{Endpoint, Fault, Simulator};

use super::{PROFILE, assert_authorize, assert_headers, calls, openid_of, wechat};
use support::{Page, Port, Visitor, demo::Demo};

use Endpoint::{AccessToken, UserInfo};

/// One row: what goes wrong at one of the calls, and all that follows.
#[derive(Clone, Debug)]
struct Row {
    endpoint: Endpoint,
    fault: Fault,
    /// 302 is the clean page, where a fresh login starts.
    status: u16,
    reason: &'static str,
    /// Calls to the exchange and to the profile.
    calls: (usize, usize),
}

fn at(endpoint: Endpoint, fault: Fault, status: u16, reason: &'static str, times: usize) -> Row {
    Row {
        endpoint,
        fault,
        status,
        reason,
        calls: match endpoint {
            UserInfo => (1, times),
            _ => (times, 0),
        },
    }
}

fn errcodes(
    endpoints: &[Endpoint],
    codes: &[i64],
    status: u16,
    reason: &'static str,
    times: usize,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in endpoints {
        for code in codes {
            rows.push(at(*endpoint, Fault::Errcode(*code), status, reason, times));
        }
    }
    rows
}

const BOTH: &[Endpoint] = &[AccessToken, UserInfo];

/// The errcodes of the protocol's §7, by the contract's table.
fn errcode_rows() -> Vec<Row> {
    let operators = [
        40002, 40003, 40013, 40066, 40125, 40164, 41001, 41002, 41003, 41004, 41009, 43001, 43003,
        48001, 48004, 40094, 41018, 61007, 61023, 10003, 10004, 10005, 10006, 10007, 10008, 10009,
        10010, 10011, 10012, 10013, 10014, 10015, 10016,
    ];
    // Of the media calls, of the future, and two that §7 gives to other calls.
    let others = [
        41005,
        41006,
        41007,
        42002,
        1,
        99999,
        -2,
        10002,
        10017,
        i64::MAX,
        i64::MIN,
    ];
    [
        errcodes(&[AccessToken], &[-1], 503, "busy", 2),
        errcodes(&[UserInfo], &[-1], 503, "busy", 3),
        errcodes(
            &[AccessToken],
            &[40029, 40163, 41008, 42003],
            302,
            "code_refused",
            1,
        ),
        errcodes(&[AccessToken], &[40001], 500, "misconfigured", 1),
        errcodes(&[AccessToken], &[40014, 42001], 502, "malformed_answer", 1),
        errcodes(&[UserInfo], &[40001, 40014, 42001], 302, "code_refused", 2),
        errcodes(BOTH, &[42007, 50001, 40030], 302, "code_refused", 1),
        errcodes(BOTH, &[40226, 50002, 50005], 403, "account_refused", 1),
        errcodes(BOTH, &[45009, 45011], 503, "busy", 1),
        errcodes(BOTH, &operators, 500, "misconfigured", 1),
        errcodes(BOTH, &others, 502, "malformed_answer", 1),
    ]
    .concat()
}

/// The wire and the body, at both calls.
fn transport_rows(elsewhere: &str) -> Vec<Row> {
    let secret_goes_with_it = format!("{elsewhere}/sns/oauth2/access_token");
    let body = |text: &str| Fault::Body(text.to_owned());
    let wrong = [
        Fault::Status(201),
        Fault::Status(204),
        Fault::Status(301),
        Fault::Status(304),
        Fault::Status(400),
        Fault::Status(403),
        Fault::Status(404),
        Fault::Status(429),
        Fault::Redirect(secret_goes_with_it),
        Fault::Redirect("/sns/userinfo".to_owned()),
        Fault::Html,
        Fault::Empty,
        Fault::Truncated,
        Fault::Malformed,
        Fault::Endless,
        Fault::Oversized,
        body("null"),
        body("[]"),
        body("\"ok\""),
        body("{}"),
        body("0"),
        body("{\"errcode\":\"none\"}"),
        body("{\"errcode\":{}}"),
        body("{\"errcode\":0,\"errmsg\":\"ok\"}"),
        body("{\"access_token\":1,\"openid\":2}"),
        body("{\"access_token\":\"59_a\",\"openid\":null}"),
        body("{\"access_token\":\"59_a\",\"openid\":\"\"}"),
        body("{\"access_token\":\"59_a\",\"openid\":[\"o\"]}"),
        body("{\"access_token\":\"\",\"openid\":\"oA\"}"),
        body("{\"openid\":\"oA\"}"),
        Fault::Bytes(vec![0xff; 100]),
        Fault::Bytes(vec![0; 100]),
        Fault::Bytes(b"{\"openid\":\"oA".repeat(9)),
        // Deeper than any reader's stack.
        Fault::Bytes(b"[".repeat(60_000)),
    ];
    let mut rows = Vec::new();
    for endpoint in BOTH {
        for fault in &wrong {
            rows.push(at(*endpoint, fault.clone(), 502, "malformed_answer", 1));
        }
    }
    let broken = [
        Fault::Close,
        Fault::Reset,
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Status(504),
    ];
    for fault in broken {
        // What comes before an answer is tried once more on a connection of its own.
        let exchanges = match fault {
            Fault::Close | Fault::Reset => 2,
            _ => 1,
        };
        rows.push(at(
            AccessToken,
            fault.clone(),
            502,
            "unreachable",
            exchanges,
        ));
        rows.push(at(UserInfo, fault, 502, "unreachable", 3));
    }
    rows.push(at(
        UserInfo,
        body("{\"openid\":\"somebody-else\",\"nickname\":\"x\"}"),
        502,
        "malformed_answer",
        1,
    ));
    for fault in [Fault::Close, Fault::Reset] {
        let spent = Fault::Spent(Box::new(fault));
        rows.push(at(AccessToken, spent, 502, "unreachable", 2));
    }
    rows.push(at(
        AccessToken,
        Fault::Spent(Box::new(Fault::Html)),
        502,
        "malformed_answer",
        1,
    ));
    rows
}

/// Plays one row, and the login after it.
async fn play(wechat: &Simulator, demo: &Demo, row: &Row) {
    let visitor = Visitor::new();
    let callback = visitor.callback(&demo.at("/wechat8008/index?a=1")).await;
    wechat.clear_calls();
    wechat.fault(row.endpoint, row.fault.clone());
    let mark = demo.log().len();
    let page = visitor.get(&callback).await;
    let again = visitor.get(&callback).await;
    wechat.clear_faults();

    assert_eq!(page.status.as_u16(), row.status, "{row:?}: {page:#?}");
    assert_eq!(calls(wechat), row.calls, "{row:?}");
    assert_headers(&page);
    let code = url::Url::parse(&callback)
        .expect("an address")
        .query_pairs()
        .find(|(key, _)| key == "code")
        .map(|(_, code)| code.into_owned())
        .expect("a code");
    assert_tells_nothing(wechat, &page, &code, row);
    assert_eq!(
        page.header("retry-after"),
        if matches!(row.fault, Fault::Errcode(45009 | 45011)) {
            "60"
        } else {
            ""
        },
        "{row:?}"
    );

    let log = demo.logged(mark, "wechat.login.failed");
    let events: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("wechat.login.failed"))
        .collect();
    assert_eq!(events.len(), 1, "one event a failure: {row:?}: {log}");
    let wanted = [
        format!("reason=\"{}\"", row.reason),
        format!("call=\"{}\"", row.endpoint.path()),
        "elapsed_ms=".to_owned(),
        format!("appid=\"{}\"", wechat.account().appid()),
        format!("host=\"{}\"", wechat.url().trim_start_matches("http://")),
    ];
    for wanted in wanted {
        assert!(events[0].contains(&wanted), "{wanted}: {row:?}: {log}");
    }
    if let Fault::Errcode(code) = row.fault {
        assert!(
            events[0].contains(&format!("errcode={code} ")),
            "{row:?}: {log}"
        );
        assert!(events[0].contains("rid=\""), "{row:?}: {log}");
    }
    if row.reason == "misconfigured" {
        let cure = events[0].split("cure=\"").nth(1).unwrap_or_default();
        assert!(
            !cure.starts_with('"') && cure.len() > 20,
            "no cure: {row:?}: {log}"
        );
    }
    if let Fault::Errcode(code @ (45009 | 45011)) = row.fault {
        let quota = if code == 45009 { "daily" } else { "minute" };
        assert!(events[0].contains(quota), "{row:?}: {log}");
    }
    assert!(!log.contains("panicked"), "{row:?}: {log}");

    // The code was tried: the same callback goes to the clean page, whatever became of it.
    assert_eq!(again.status, 302, "{row:?}: {again:#?}");
    assert_eq!(
        again.location(),
        demo.at("/wechat8008/index?a=1"),
        "{row:?}"
    );
    if row.status == 302 {
        assert_eq!(page.location(), again.location(), "{row:?}");
    } else {
        let button = demo.at("/wechat8008/index?a=1").replace('/', "&#x2F;");
        let plain = demo.at("/wechat8008/index?a=1");
        assert!(
            page.body.contains(&button) || page.body.contains(&plain),
            "{row:?}: {}",
            page.body
        );
    }
    // A failure that WeChat's word caused counts as a round; and the next login is fine.
    let next = visitor.get(&again.location()).await;
    assert_authorize(&next);
    if row.status == 302 {
        let state = next.location_param("state").unwrap_or_default();
        assert!(
            !state.starts_with('0'),
            "the round is counted: {row:?}: {state}"
        );
    }
    let page = visitor.visit(&next.location()).await;
    assert_eq!(page.status, 200, "{row:?}: {page:#?}");
    assert!(page.body.contains("小明"));
}

#[track_caller]
fn assert_tells_nothing(wechat: &Simulator, page: &Page, code: &str, row: &Row) {
    let told = format!("{:?} {}", page.headers, page.body);
    for hidden in [
        wechat.account().secret(),
        code,
        "59_a",
        "access_token",
        "errcode",
    ] {
        assert!(!told.contains(hidden), "{hidden} is told: {row:?}: {told}");
    }
}

#[actix_web::test]
async fn every_errcode_at_both_calls() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let rows = errcode_rows();
    assert!(rows.len() >= 90, "{}", rows.len());
    for row in rows {
        play(&wechat, &demo, &row).await;
    }
    assert!(!demo.log().contains(wechat.account().secret()));
}

#[actix_web::test]
async fn every_broken_answer_at_both_calls() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    elsewhere.set_nonblocking(true).expect("a listener");
    let address = format!("http://{}", elsewhere.local_addr().expect("an address"));
    for row in transport_rows(&address) {
        play(&wechat, &demo, &row).await;
    }
    // Nobody was sent there with the secret.
    let visit = elsewhere
        .accept()
        .expect_err("a redirect is never followed");
    assert_eq!(visit.kind(), std::io::ErrorKind::WouldBlock);
}

#[actix_web::test]
async fn no_answer_in_time_is_told_as_that() {
    let late = Duration::from_secs(30);
    let rows = [
        at(AccessToken, Fault::Hang, 504, "timed_out", 1),
        at(UserInfo, Fault::Hang, 504, "timed_out", 1),
        at(AccessToken, Fault::Delay(late), 504, "timed_out", 1),
        at(UserInfo, Fault::Delay(late), 504, "timed_out", 1),
        at(
            UserInfo,
            Fault::Late(Duration::from_secs(2), Box::new(Fault::Reset)),
            504,
            "timed_out",
            3,
        ),
    ];
    // Each waits for the deadline, so all of them at once.
    let tasks: Vec<_> = rows
        .into_iter()
        .map(|row| {
            actix_web::rt::spawn(async move {
                let wechat = wechat().await;
                let demo = Demo::start(&wechat, &[]);
                play(&wechat, &demo, &row).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a row");
    }
}

/// A login is worth a wait: two seconds at each call, and what a retry cures.
#[actix_web::test]
async fn what_passes_by_itself_is_not_shown_to_anybody() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let slow = Fault::Delay(Duration::from_secs(2));
    let rows: Vec<(Endpoint, Fault, usize, (usize, usize))> = vec![
        (AccessToken, slow.clone(), 1, (1, 1)),
        (UserInfo, slow, 1, (1, 1)),
        (AccessToken, Fault::BusyBeforeSpending, 1, (2, 1)),
        (AccessToken, Fault::Errcode(-1), 1, (2, 1)),
        (UserInfo, Fault::Errcode(-1), 1, (1, 2)),
        (UserInfo, Fault::Errcode(-1), 2, (1, 3)),
        (UserInfo, Fault::Close, 2, (1, 3)),
        (UserInfo, Fault::Reset, 2, (1, 3)),
        (UserInfo, Fault::Status(502), 2, (1, 3)),
        (UserInfo, Fault::Errcode(40001), 1, (1, 2)),
        (UserInfo, Fault::Errcode(40014), 1, (1, 2)),
        (UserInfo, Fault::Errcode(42001), 1, (1, 2)),
        (UserInfo, Fault::TransientToken, 1, (1, 2)),
    ];
    for (endpoint, fault, times, wanted) in rows {
        let visitor = Visitor::new();
        wechat.clear_calls();
        wechat.fault_times(endpoint, fault.clone(), times);
        let pages = visitor.travel(&demo.at(PROFILE)).await;
        assert_eq!(pages.len(), 4, "{fault:?}: {pages:#?}");
        pages[3].assert_status(200);
        assert_eq!(
            calls(&wechat),
            wanted,
            "{endpoint:?} {fault:?} {times} times"
        );
    }
    assert!(
        !demo.log().contains("wechat.login.failed"),
        "{}",
        demo.log()
    );
}

/// -1 after the code was spent: the retry is told 40163, and a fresh login follows by itself.
#[actix_web::test]
async fn a_code_that_was_spent_by_a_failure_is_followed_by_a_fresh_login() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    wechat.fault_times(AccessToken, Fault::BusyAfterSpending, 1);
    let pages = visitor.travel(&demo.at(PROFILE)).await;
    let sent = pages.iter().filter(|page| page.is_authorize()).count();
    assert_eq!(sent, 2, "{pages:#?}");
    pages.last().expect("a page").assert_status(200);
    assert_eq!(calls(&wechat), (3, 1));
    demo.logged(0, "errcode=40163");
}

/// Codes that are not good at WeChat itself, without any switch.
#[actix_web::test]
async fn what_wechat_itself_refuses() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    // An expired code: the visitor came back late.
    let visitor = Visitor::new();
    let back = visitor.callback(&demo.at(PROFILE)).await;
    wechat.advance(Duration::from_secs(301));
    let page = visitor.get(&back).await;
    assert_eq!(page.location(), demo.at(PROFILE));
    demo.logged(0, "errcode=40029");
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
    demo.logged(0, "wechat.login.completed");
    // A wrong secret, of a demo set up wrong.
    let mark = demo.log().len();
    let wrong = Demo::start(&wechat, &[("WECHAT_APPSECRET", "not-the-secret")]);
    Visitor::new()
        .visit(&wrong.at(PROFILE))
        .await
        .assert_status(500);
    let log = wrong.logged(0, "errcode=40125");
    assert!(log.contains("secret is wrong"), "{log}");
    assert_eq!(demo.log().len(), mark);
    // The visitor froze the account between the two calls.
    let visitor = Visitor::new();
    wechat.freeze(&actix_wechat::simulator::Person::named("小明"));
    visitor.visit(&demo.at(PROFILE)).await.assert_status(403);
    wechat.unfreeze(&actix_wechat::simulator::Person::named("小明"));
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
}

#[actix_web::test]
async fn where_no_connection_can_be_made() {
    let wechat = wechat().await;
    let nowhere = Port::new();
    let demo = Demo::start(&wechat, &[("WECHAT_API_URL", &nowhere.url())]);
    let visitor = Visitor::new();
    let back = visitor.callback(&demo.at(PROFILE)).await;
    let page = visitor.get(&back).await;
    page.assert_status(502);
    assert_headers(&page);
    let log = demo.logged(0, "wechat.login.failed");
    assert!(log.contains("reason=\"unreachable\""), "{log}");
    // Nothing was sent, so the code is as good as it was once WeChat can be reached again.
    let listen = nowhere.address().parse().expect("an address");
    let account = wechat.account().clone();
    let back_again = Simulator::builder()
        .account(account)
        .listen(listen)
        .start()
        .await
        .expect("a port");
    let page = visitor.get(&back).await;
    assert_eq!(back_again.count(AccessToken), 1, "{page:#?}");
    // That WeChat knows nothing of the code, so a fresh login follows.
    assert_eq!(page.location(), demo.at(PROFILE));
}

/// The retry where no connection was made: the first try finds nobody, the second finds WeChat.
#[actix_web::test]
async fn a_connection_that_was_not_made_is_tried_again() {
    // The profile's second and third try go to a WeChat that has gone for good after the exchange.
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let back = visitor.callback(&demo.at(PROFILE)).await;
    wechat.fault(
        UserInfo,
        Fault::Late(Duration::from_millis(300), Box::new(Fault::Close)),
    );
    let login = actix_web::rt::spawn({
        let visitor = visitor.clone();
        async move { visitor.get(&back).await }
    });
    support::until(|| calls(&wechat).1 > 0).await;
    assert_eq!(calls(&wechat), (1, 1));
    wechat.clone().stop().await;
    let page = login.await.expect("an answer");
    page.assert_status(502);
    demo.logged(0, "reason=\"unreachable\"");
    assert_eq!(openid_of(&demo, &visitor).await, None);
}

/// A slow or dead WeChat is nothing to somebody who is logged in.
#[actix_web::test]
async fn cached_pages_do_not_wait_for_wechat() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[("WORKERS", "1")]);
    let known = Visitor::new();
    known.visit(&demo.at(PROFILE)).await.assert_status(200);
    wechat.fault(AccessToken, Fault::Hang);
    let mut waiting = Vec::new();
    for _ in 0..5 {
        let visitor = Visitor::new();
        let back = visitor.callback(&demo.at(PROFILE)).await;
        waiting.push(actix_web::rt::spawn(
            async move { visitor.get(&back).await },
        ));
    }
    support::until(|| calls(&wechat).0 == 6).await;
    assert_eq!(calls(&wechat).0, 6, "five exchanges hang");
    known.get(&demo.at(PROFILE)).await.assert_status(200);
    // Answered by the one worker that they all wait at.
    assert!(waiting.iter().all(|task| !task.is_finished()));
    for _ in 0..20 {
        known.get(&demo.at(PROFILE)).await.assert_status(200);
    }
    for task in waiting {
        task.await.expect("an answer").assert_status(504);
    }
}
