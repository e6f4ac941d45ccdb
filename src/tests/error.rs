use std::{
    error::Error as _,
    time::{Duration, SystemTime},
};

use actix_web::{http::header, test::TestRequest};

use super::*;
use crate::{
    account::{builder::Builder, snapshot::Snapshot},
    alphanumeric::Alphanumeric,
    answer::Reply,
    clock::Moment,
    exchange::outcome::Failure,
    samples,
    sns::errcode::{Call, Fault},
    visit::{
        Visit,
        decide::{Instead, Round},
        login_cookie::{Completed, LoginCookie, Pending},
    },
};

type Settings = fn(Builder) -> Builder;

fn plain(builder: Builder) -> Builder {
    builder
}

fn to_guests(builder: Builder) -> Builder {
    builder.snapshot(Snapshot::Guest("/guest".to_owned()))
}

fn asking(builder: Builder) -> Builder {
    builder.ask_first("why")
}

#[cfg(feature = "qrcode")]
fn qr(builder: Builder) -> Builder {
    builder.outside(crate::account::outside::Outside::qr())
}

fn page() -> TestRequest {
    TestRequest::with_uri("/p?x=1")
}

fn long_page() -> TestRequest {
    TestRequest::with_uri(&format!("/p?{}", "x".repeat(3_000)))
}

fn page_with_unreadable_cookies() -> TestRequest {
    page().insert_header(("cookie", &b"a=\xff"[..]))
}

/// The error that one answer of an account with these settings is.
fn error<Say>(settings: Settings, request: TestRequest, say: Say) -> LoginError
where
    Say: FnOnce(crate::Wechat, Visit) -> Reply,
{
    let (wechat, visit) = samples::visit(settings, request);
    LoginError::new(Answer::Registered(say(wechat, visit)))
}

fn login(settings: Settings, request: TestRequest) -> LoginError {
    let round = Round {
        before: 0,
        cookie: true,
        session_lost: false,
    };
    error(settings, request, |wechat, visit| {
        Reply::new(wechat, visit, Instead::Depart(round))
    })
}

fn stop(settings: Settings, request: TestRequest, reason: Reason) -> LoginError {
    error(settings, request, |wechat, visit| {
        Reply::stop(wechat, visit, Failure::plain(reason))
    })
}

fn refuse(html: bool) -> LoginError {
    error(plain, page(), |wechat, visit| {
        Reply::new(wechat, visit, Instead::Refuse { html })
    })
}

fn clean(cookie: Option<LoginCookie>) -> LoginError {
    error(plain, page(), |wechat, visit| {
        Reply::clean(wechat, visit, cookie)
    })
}

#[test]
fn error_tells_its_reason_and_the_call_behind_it() {
    let call_error = CallError::new(Call::Profile, Fault::Errcode(48001));
    let failed = error(plain, page(), |wechat, visit| {
        let failure = Failure {
            error: Some(Box::new(call_error.clone())),
            ..Failure::plain(Reason::Misconfigured)
        };
        Reply::stop(wechat, visit, failure)
    });
    assert_eq!(failed.reason(), Reason::Misconfigured);
    assert_eq!(failed.call_error(), Some(&call_error));
    assert_eq!(failed.source().unwrap().to_string(), call_error.to_string());
    assert_eq!(failed.to_string(), Reason::Misconfigured.to_string());
    let debug = format!("{failed:?}");
    assert!(
        debug.contains("Misconfigured") && debug.contains("48001"),
        "{debug}"
    );
    assert!(!debug.contains("s3cret"), "{debug}");
    assert_eq!(failed.status_code(), failed.error_response().status());

    let declined = stop(plain, page(), Reason::Declined);
    assert_eq!(declined.reason(), Reason::Declined);
    assert_eq!(declined.call_error(), None);
    assert!(declined.source().is_none());
}

#[test]
fn status_is_the_one_of_the_answer() {
    use Reason::{AddressTooLong, Completed, CookiesOff, LoginRequired, Misconfigured};
    let unregistered = |html| LoginError::new(Answer::Unregistered { html });
    let mut table = vec![
        (unregistered(false), Misconfigured, 500),
        (unregistered(true), Misconfigured, 500),
        (refuse(false), LoginRequired, 401),
        (refuse(true), LoginRequired, 401),
        (login(plain, page()), LoginRequired, 302),
        (login(plain, long_page()), AddressTooLong, 414),
        (login(asking, page()), LoginRequired, 200),
        (login(asking, long_page()), AddressTooLong, 414),
        #[cfg(feature = "qrcode")]
        (login(qr, page()), LoginRequired, 200),
        // Its address would be refused in WeChat.
        #[cfg(feature = "qrcode")]
        (login(qr, long_page()), AddressTooLong, 414),
        (clean(None), Completed, 302),
        (
            stop(plain, page_with_unreadable_cookies(), Reason::SessionLost),
            CookiesOff,
            403,
        ),
        (
            stop(to_guests, page(), Reason::Snapshot),
            Reason::Snapshot,
            302,
        ),
        (
            stop(to_guests, page(), Reason::Declined),
            Reason::Declined,
            403,
        ),
    ];
    for (reason, status) in [
        (Reason::Declined, 403),
        (Reason::CodeRefused, 403),
        (Reason::Busy, 503),
        (Reason::Unreachable, 502),
        (Reason::TimedOut, 504),
        (Reason::MalformedAnswer, 502),
        (Reason::Misconfigured, 500),
        (Reason::AccountRefused, 403),
        (Reason::Snapshot, 200),
        (Reason::SessionLost, 500),
        (Reason::CookiesOff, 403),
        (Reason::StateLost, 403),
        (Reason::HookFailed, 500),
    ] {
        table.push((stop(plain, page(), reason), reason, status));
    }
    for (err, reason, status) in table {
        assert_eq!(err.reason(), reason);
        assert_eq!(err.status_code().as_u16(), status, "{reason:?}");
        let response = err.error_response();
        assert_eq!(response.status().as_u16(), status, "{reason:?}");
        let head = response.headers();
        assert_eq!(head.get(header::CACHE_CONTROL).unwrap(), "no-store");
        assert_eq!(head.get(header::REFERRER_POLICY).unwrap(), "no-referrer");
        let is_redirect = status == 302;
        assert_eq!(
            head.contains_key(header::LOCATION),
            is_redirect,
            "{reason:?}"
        );
    }
}

#[test]
fn who_may_come_back_is_told_when() {
    for (retry_after, expected) in [(None, None), (Some(5), Some("5")), (Some(60), Some("60"))] {
        let busy = error(plain, page(), |wechat, visit| {
            let failure = Failure {
                retry_after,
                ..Failure::plain(Reason::Busy)
            };
            Reply::stop(wechat, visit, failure)
        });
        let response = busy.error_response();
        let told = response.headers().get(header::RETRY_AFTER);
        assert_eq!(told.map(|told| told.to_str().unwrap()), expected);
    }
}

/// What of an answer is drawn by chance: where it leads, and the cookie that it sets.
fn drawn(err: &LoginError) -> Vec<String> {
    let response = err.error_response();
    [header::LOCATION, header::SET_COOKIE]
        .iter()
        .flat_map(|name| response.headers().get_all(name))
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

fn six_minutes_ago() -> Moment {
    Moment::from(SystemTime::now() - Duration::from_secs(360))
}

/// However often it is looked at, and in whatever order.
#[test]
fn answer_is_decided_once() {
    let looks: [fn(&LoginError); 5] = [
        |_| (),
        |err| assert_ne!(err.reason(), Reason::Declined),
        |err| assert_ne!(err.status_code(), 418),
        |err| drop(format!("{err:?} {err}")),
        |err| drop(err.error_response()),
    ];
    let kept = LoginCookie::Pending(Pending {
        rounds: 1,
        // Too old for another login to share its nonce.
        issued_at: six_minutes_ago(),
        nonce: Alphanumeric::of([0; 32]),
        address: Alphanumeric::of([0; 8]),
    });
    let completed = LoginCookie::Completed(Completed {
        rounds: 1,
        at: six_minutes_ago(),
    });
    let to_guest = |cookie: &LoginCookie| {
        let (wechat, visit) = samples::visit(to_guests, page());
        let visit = Visit {
            cookie: Some(*cookie),
            ..visit
        };
        let failure = Failure::plain(Reason::Snapshot);
        LoginError::new(Answer::Registered(Reply::stop(wechat, visit, failure)))
    };
    let answers: [&dyn Fn() -> LoginError; 5] = [
        &|| login(plain, page()),
        &|| login(asking, page()),
        &|| clean(Some(kept)),
        &|| to_guest(&kept),
        &|| to_guest(&completed),
    ];
    for (number, answer) in answers.iter().enumerate() {
        for look in looks {
            let err = answer();
            look(&err);
            let first = drawn(&err);
            assert!(!first.is_empty(), "{number}");
            look(&err);
            assert_eq!(drawn(&err), first, "{number}");
        }
    }
    // By chance, and not by what the request says.
    let one = login(plain, page());
    assert_ne!(drawn(&one), drawn(&login(plain, page())));
}
