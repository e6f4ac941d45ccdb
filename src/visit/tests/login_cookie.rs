use actix_web::{
    cookie::{SameSite, time},
    http::header::{HeaderName, HeaderValue},
};
use proptest::prelude::*;

use super::*;
use crate::{samples::a_cookie, scope::Scope};

const NOW: u64 = 1_700_000_000;
const NONCE: &str = "0123456789abcdefABCDEF0123456789";
const NAME: &str = "wechat.wx1";

fn pending(rounds: u8, issued_at: u64) -> LoginCookie {
    LoginCookie::Pending {
        rounds,
        issued_at,
        nonce: NONCE.to_owned(),
    }
}

fn a_valid_cookie() -> impl Strategy<Value = LoginCookie> {
    a_cookie(NOW + 1 - LIFETIME.as_secs()..NOW + 1, "[0-9A-Za-z]{32}")
}

#[test]
fn value_is_version_rounds_time_and_nonce() {
    let table = [
        (pending(2, NOW), format!("1.2.{NOW}.{NONCE}")),
        (
            LoginCookie::Completed {
                rounds: 1,
                issued_at: NOW,
            },
            format!("1.1.{NOW}."),
        ),
    ];
    for (cookie, value) in table {
        assert_eq!(cookie.encode(), value);
        assert_eq!(LoginCookie::parse(&value, NOW), Some(cookie));
    }
}

#[test]
fn malformed_value_is_none() {
    let values = [
        "".to_owned(),
        "1".to_owned(),
        "1.0".to_owned(),
        format!("1.0.{NOW}"),
        format!("0.0.{NOW}.{NONCE}"),
        format!("2.0.{NOW}.{NONCE}"),
        format!(".0.{NOW}.{NONCE}"),
        format!("1.4.{NOW}.{NONCE}"),
        format!("1.256.{NOW}.{NONCE}"),
        format!("1..{NOW}.{NONCE}"),
        format!("1.+1.{NOW}.{NONCE}"),
        format!("1.-1.{NOW}.{NONCE}"),
        format!("1.0.+{NOW}.{NONCE}"),
        format!("1.0..{NONCE}"),
        format!("1.0.99999999999999999999.{NONCE}"),
        format!("1.0.{}.{NONCE}", u64::MAX),
        format!("1.0.{NOW}.{}", &NONCE[1..]),
        format!("1.0.{NOW}.{NONCE}0"),
        format!("1.0.{NOW}._{}", &NONCE[1..]),
        format!("1.0.{NOW}.{NONCE}."),
        format!("1.0.{NOW}.{NONCE}.x"),
        format!("1.0.{NOW}.."),
        format!(" 1.0.{NOW}.{NONCE}"),
        format!("\"1.0.{NOW}.{NONCE}\""),
    ];
    for value in values {
        assert_eq!(LoginCookie::parse(&value, NOW), None, "{value:?}");
    }
}

#[test]
fn value_lives_ten_minutes() {
    let table = [
        (NOW, true),
        (NOW - 599, true),
        (NOW - 600, false),
        (0, false),
        // Another server's clock may be a little ahead.
        (NOW + 60, true),
        (NOW + 61, false),
    ];
    for (issued_at, valid) in table {
        for cookie in [
            pending(0, issued_at),
            LoginCookie::Completed {
                rounds: 0,
                issued_at,
            },
        ] {
            let parsed = LoginCookie::parse(&cookie.encode(), NOW);
            assert_eq!(parsed, valid.then_some(cookie), "{issued_at}");
        }
    }
    assert_eq!(
        LoginCookie::parse(&pending(0, 0).encode(), 0),
        Some(pending(0, 0))
    );
}

#[test]
fn young_nonce_is_shared_and_keeps_its_age() {
    for ago in [0, 1, 299] {
        let current = pending(0, NOW - ago);
        assert_eq!(
            LoginCookie::pend(Some(&current), 2, NOW),
            pending(2, NOW - ago),
            "{ago}"
        );
    }
    let currents = [
        None,
        Some(pending(1, NOW - 300)),
        Some(LoginCookie::Completed {
            rounds: 1,
            issued_at: NOW,
        }),
    ];
    for current in currents {
        let made = LoginCookie::pend(current.as_ref(), 1, NOW);
        let LoginCookie::Pending {
            rounds: 1,
            issued_at: NOW,
            nonce,
        } = &made
        else {
            panic!("{made:?}");
        };
        assert!(is_nonce(nonce) && nonce != NONCE, "{nonce}");
        assert_ne!(
            LoginCookie::pend(current.as_ref(), 1, NOW),
            made,
            "a nonce is made twice"
        );
    }
}

#[test]
fn only_a_completed_login_has_just_completed() {
    let table = [(0, true), (59, true), (60, false)];
    for (ago, expected) in table {
        let completed = LoginCookie::Completed {
            rounds: 0,
            issued_at: NOW - ago,
        };
        assert_eq!(completed.has_just_completed(NOW), expected, "{ago}");
        assert!(!pending(0, NOW - ago).has_just_completed(NOW));
    }
}

fn headers(lines: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(
            HeaderName::from_static("cookie"),
            HeaderValue::from_bytes(line).unwrap(),
        );
    }
    headers
}

#[test]
fn the_one_cookie_of_the_name_is_found() {
    let ours = format!("{NAME}=1.0.{NOW}.{NONCE}");
    let other = ours.replace(".0.", ".1.");
    let in_line = |line: &str| LoginCookie::find(&headers(&[line.as_bytes()]), NAME, NOW);
    let found = Some(pending(0, NOW));

    assert_eq!(LoginCookie::find(&headers(&[]), NAME, NOW), None);
    let lines = [
        ours.clone(),
        format!("a=b; {ours}; c=d"),
        format!("a=b;{ours};c"),
        format!("x{ours}; {ours}; {}", ours.replace("wx1", "wx2")),
        format!("; =; ;{ours};;"),
        format!("WECHAT.WX1=1; {ours}"),
    ];
    for line in lines {
        assert_eq!(in_line(&line), found, "{line}");
    }
    let two = [
        format!("{ours}; {ours}"),
        format!("{ours}; {other}"),
        format!("{NAME}=; {ours}"),
        format!("{ours}; {NAME}=garbage"),
    ];
    for line in two {
        assert_eq!(in_line(&line), None, "{line}");
    }
    let (ours, other) = (ours.as_bytes(), other.as_bytes());
    assert_eq!(
        LoginCookie::find(&headers(&[b"a=b", ours]), NAME, NOW),
        found
    );
    assert_eq!(LoginCookie::find(&headers(&[ours, other]), NAME, NOW), None);
    assert_eq!(
        LoginCookie::find(&headers(&[b"a=\xff", ours]), NAME, NOW),
        found
    );
    assert_eq!(
        LoginCookie::find(&headers(&[&[ours, b"\xff"].concat()]), NAME, NOW),
        None
    );
}

#[test]
fn state_carries_a_digest_of_the_nonce() {
    // Each byte that sha256sum says of it, modulo 62, among digits and letters.
    let digest = "vOdlU9gCOXPonClQbdHjrqagDFnylsY1";
    assert_eq!(pending(0, NOW).challenge().as_deref(), Some(digest));
    let completed = LoginCookie::Completed {
        rounds: 0,
        issued_at: NOW,
    };
    assert_eq!(completed.challenge(), None);
    assert_eq!(completed.issued_at(), NOW);
    assert_eq!(pending(0, NOW - 1).issued_at(), NOW - 1);
}

#[test]
fn login_to_another_account_is_known_by_its_cookie() {
    let state = State {
        rounds: 0,
        scope: Scope::UserInfo,
        own_codes: 0,
        challenge: pending(0, NOW).challenge().unwrap(),
    };
    let of_another = State {
        challenge: NONCE.to_owned(),
        ..state.clone()
    };
    let value = pending(0, NOW).encode();
    let expired = pending(0, NOW - 600).encode();
    let completed = format!("1.0.{NOW}.");
    let table = [
        (format!("wechat.wx2={value}"), true),
        (
            format!("a=b; wechat.wx2={completed}; wechat.wx3={value}"),
            true,
        ),
        // This account's own, another app's, or worth nothing.
        (format!("{NAME}={value}"), false),
        (format!("__Host-wechat.wx2={value}"), false),
        (format!("wx2={value}"), false),
        (format!("wechat.wx2={expired}"), false),
        (format!("wechat.wx2={completed}"), false),
        (String::new(), false),
    ];
    for (line, expected) in table {
        let headers = headers(&[line.as_bytes()]);
        let is_elsewhere = |state| LoginCookie::is_elsewhere(&headers, NAME, false, state, NOW);
        assert_eq!(is_elsewhere(&state), expected, "{line}");
        assert!(!is_elsewhere(&of_another), "{line}");
    }
    let secure = headers(&[format!("__Host-wechat.wx2={value}").as_bytes()]);
    assert!(LoginCookie::is_elsewhere(
        &secure,
        "__Host-wechat.wx1",
        true,
        &state,
        NOW
    ));
}

#[test]
fn cookie_is_for_this_host_and_a_login_long() {
    let pending = pending(1, NOW - 100);
    for secure in [true, false] {
        let cookie = Cookie::parse(pending.set_cookie(NAME, secure, NOW)).unwrap();
        assert_eq!(cookie.name_value(), (NAME, pending.encode().as_str()));
        assert_eq!(cookie.max_age(), Some(time::Duration::seconds(500)));
        assert_eq!(cookie.path(), Some("/"));
        assert_eq!(cookie.http_only(), Some(true));
        assert_eq!(cookie.same_site(), Some(SameSite::Lax));
        assert_eq!(cookie.secure().unwrap_or_default(), secure);
        assert_eq!(cookie.domain(), None);

        let taken_back = Cookie::parse(removal(NAME, secure)).unwrap();
        assert_eq!(taken_back.name_value(), (NAME, ""));
        assert_eq!(taken_back.max_age(), Some(time::Duration::ZERO));
        assert_eq!(taken_back.path(), Some("/"));
        assert_eq!(taken_back.secure().unwrap_or_default(), secure);
    }
    assert_eq!(cookie_name("wx1", true), "__Host-wechat.wx1");
    assert_eq!(cookie_name("wx1", false), "wechat.wx1");
}

proptest! {
    #[test]
    fn cookie_comes_back(cookie in a_valid_cookie(), secure: bool) {
        let sent = Cookie::parse(cookie.set_cookie(NAME, secure, NOW)).unwrap().stripped().to_string();
        prop_assert!(sent.len() < 100);
        prop_assert_eq!(LoginCookie::find(&headers(&[sent.as_bytes()]), NAME, NOW), Some(cookie));
    }

    #[test]
    fn garbage_is_never_more_than_it_says(value in "\\PC{0,60}|[12]\\.[0-4]\\.1[67][0-9]{8}\\.[0-9A-Za-z]{0,33}") {
        if let Some(cookie) = LoginCookie::parse(&value, NOW) {
            prop_assert!(cookie.rounds() <= State::MAX_ROUNDS);
            prop_assert!(cookie.nonce().is_none_or(is_nonce));
            // Leading zeros are the one freedom of the form.
            prop_assert_eq!(LoginCookie::parse(&cookie.encode(), NOW), Some(cookie));
        }
    }

    #[test]
    fn completed_login_matches_no_state(rounds in 0..=State::MAX_ROUNDS, ago in 0..600_u64) {
        let value = LoginCookie::Completed { rounds, issued_at: NOW - ago }.encode();
        let completed = LoginCookie::parse(&value, NOW).unwrap();
        prop_assert_eq!(completed.nonce(), None);
    }
}
