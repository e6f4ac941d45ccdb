use actix_web::{
    cookie::{Cookie, SameSite, time},
    http::header::{HeaderName, HeaderValue},
};
use proptest::prelude::*;

use super::*;
use crate::{samples::a_cookie, scope::Scope};

impl Pending {
    fn encode(&self) -> String {
        let mut value = String::new();
        self.write(&mut value);
        value
    }
}

const SECONDS: u64 = 1_700_000_000;
const NOW: Moment = Moment::from_millis(SECONDS * 1_000 + 123);
const NONCE: &str = "0123456789abcdefABCDEF0123456789";
const NAME: &str = "wechat.wx1";
/// Each byte that FNV-1a says of `/p`, modulo 62, among digits and letters.
const ADDRESS: &str = "7SO7uW2C";

fn account(appid: &str, secure: bool, secret: &str) -> LoginCookies {
    LoginCookies::new(appid, secure, secret.as_bytes())
}

fn ours() -> LoginCookies {
    account("wx1", false, "s3cret")
}

/// `ago` in seconds; what is less than none lies ahead.
fn at(ago: i64) -> Moment {
    let millis = i64::try_from(NOW.millis()).unwrap() - ago * 1_000;
    Moment::from_millis(u64::try_from(millis).unwrap())
}

fn nonce() -> Nonce {
    Nonce::parse(NONCE).unwrap()
}

/// To the second, as a cookie has it.
fn pending(rounds: u8, ago: i64) -> Pending {
    Pending {
        rounds,
        issued_at: Moment::from_seconds(at(ago).seconds()).unwrap(),
        nonce: nonce(),
        address: Trace::parse(ADDRESS).unwrap(),
    }
}

fn completed(rounds: u8, ago: i64) -> Completed {
    let at = at(ago);
    Completed { rounds, at }
}

/// A cookie's value, as it is set.
fn value(cookies: &LoginCookies, cookie: impl Into<LoginCookie>) -> String {
    let line = cookies.set(&cookie.into(), NOW);
    Cookie::parse(line).unwrap().value().to_owned()
}

impl From<Pending> for LoginCookie {
    fn from(pending: Pending) -> Self {
        Self::Pending(pending)
    }
}

impl From<Completed> for LoginCookie {
    fn from(completed: Completed) -> Self {
        Self::Completed(completed)
    }
}

#[test]
fn value_is_version_rounds_time_and_what_it_is_for() {
    let table: [(LoginCookie, String); 2] = [
        (
            pending(2, 0).into(),
            format!("2.2.{SECONDS}.{NONCE}.{ADDRESS}"),
        ),
        (
            completed(1, 0).into(),
            format!("2.1.{}.Lkdih3Kje1zNC7at", NOW.millis()),
        ),
    ];
    for (cookie, expected) in table {
        assert_eq!(value(&ours(), cookie), expected);
        assert_eq!(ours().parse(&expected, NOW), Some(cookie));
    }
}

#[test]
fn malformed_value_is_none() {
    let values = [
        "".to_owned(),
        "2".to_owned(),
        "2.".to_owned(),
        "2.0".to_owned(),
        format!("2.0.{SECONDS}"),
        format!("2.0.{SECONDS}.{NONCE}"),
        // Of another version.
        format!("1.0.{SECONDS}.{NONCE}"),
        format!("1.0.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("3.0.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("22.0.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("20.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!(".0.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("0.{SECONDS}.{NONCE}.{ADDRESS}"),
        // Rounds.
        format!("2.4.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("2.256.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("2..{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("2.+1.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("2.-1.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("2.a.{SECONDS}.{NONCE}.{ADDRESS}"),
        // Time.
        format!("2.0.+{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("2.0..{NONCE}.{ADDRESS}"),
        format!("2.0.99999999999999999999.{NONCE}.{ADDRESS}"),
        format!("2.0.{}.{NONCE}.{ADDRESS}", u64::MAX),
        format!("2.0.{}.{NONCE}.{ADDRESS}", u64::MAX / 1_000 + 1),
        format!("2.0.{}.{NONCE}.{ADDRESS}", NOW.millis()),
        // Nonce.
        format!("2.0.{SECONDS}..{ADDRESS}"),
        format!("2.0.{SECONDS}.{}.{ADDRESS}", &NONCE[1..]),
        format!("2.0.{SECONDS}.{NONCE}0.{ADDRESS}"),
        format!("2.0.{SECONDS}._{}.{ADDRESS}", &NONCE[1..]),
        format!("2.0.{SECONDS}.é{}.{ADDRESS}", &NONCE[2..]),
        // Address.
        format!("2.0.{SECONDS}.{NONCE}."),
        format!("2.0.{SECONDS}.{NONCE}.{}", &ADDRESS[1..]),
        format!("2.0.{SECONDS}.{NONCE}.{ADDRESS}0"),
        format!("2.0.{SECONDS}.{NONCE}._{}", &ADDRESS[1..]),
        format!("2.0.{SECONDS}.{NONCE}.é{}", &ADDRESS[2..]),
        // More than it should be.
        format!("2.0.{SECONDS}.{NONCE}.{ADDRESS}."),
        format!("2.0.{SECONDS}.{NONCE}.{ADDRESS}.x"),
        format!("2.0.{SECONDS}.."),
        format!("2.0.{SECONDS}..."),
        format!(" 2.0.{SECONDS}.{NONCE}.{ADDRESS}"),
        format!("\"2.0.{SECONDS}.{NONCE}.{ADDRESS}\""),
    ];
    for value in values {
        assert_eq!(ours().parse(&value, NOW), None, "{value:?}");
    }
}

#[test]
fn pending_login_lives_ten_minutes_and_a_completed_one_a_minute() {
    // Seconds ago, and whether a pending and a completed login are still good.
    let table = [
        (0, true, true),
        (59, true, true),
        (60, true, false),
        (599, true, false),
        (600, false, false),
        (1_600_000_000, false, false),
        // Another server's clock may be a little ahead.
        (-60, true, true),
        (-61, false, false),
        (-600, false, false),
    ];
    for (ago, is_pending, is_completed) in table {
        let now = Moment::from_seconds(SECONDS).unwrap();
        let pending = Pending {
            issued_at: Moment::from_seconds(at(ago).seconds()).unwrap(),
            ..pending(0, 0)
        };
        let completed = Completed {
            rounds: 0,
            at: pending.issued_at,
        };
        for (cookie, is_valid) in [
            (LoginCookie::from(pending), is_pending),
            (completed.into(), is_completed),
        ] {
            let parsed = ours().parse(&value(&ours(), cookie), now);
            assert_eq!(parsed, is_valid.then_some(cookie), "{ago}");
        }
    }
    // To the millisecond.
    for (millis, is_valid) in [(59_999, true), (60_000, false)] {
        let at = Moment::from_millis(NOW.millis() - millis);
        let value = value(&ours(), Completed { rounds: 0, at });
        assert_eq!(ours().parse(&value, NOW).is_some(), is_valid, "{millis}");
    }
    // At the epoch itself.
    let epoch = Moment::from_millis(0);
    let first = Pending {
        issued_at: epoch,
        ..pending(0, 0)
    };
    assert_eq!(Pending::parse(&first.encode(), epoch), Some(first));
}

#[test]
fn only_this_accounts_voucher_is_believed() {
    let cookie = completed(1, 5);
    let at = cookie.at.millis();
    let vouched = value(&ours(), cookie);
    let voucher = vouched.rsplit('.').next().unwrap();
    let of = |cookies: LoginCookies| value(&cookies, cookie);
    let swapped = |char: char| {
        if char.is_ascii_lowercase() {
            char.to_ascii_uppercase()
        } else {
            char.to_ascii_lowercase()
        }
    };
    assert_eq!(ours().parse(&vouched, NOW), Some(cookie.into()));
    let forged = [
        // Of another account of this server, of another server, and of this one by its other name.
        of(account("wx2", false, "s3cret")),
        of(account("wx1", false, "other")),
        of(account("wx1", true, "s3cret")),
        of(account("wx1", false, "")),
        // For other rounds or another moment.
        format!("2.0.{at}.{voucher}"),
        format!("2.2.{at}.{voucher}"),
        format!("2.1.{}.{voucher}", at + 1),
        format!("2.1.{}.{voucher}", at - 1),
        format!("2.1.{}.{voucher}", at / 1_000),
        // Guessed, cut, longer, or none.
        format!("2.1.{at}.{}", "0".repeat(VOUCHER_LEN)),
        format!("2.1.{at}.{}", &voucher[1..]),
        format!("2.1.{at}.{}", &voucher[..VOUCHER_LEN - 1]),
        format!("2.1.{at}.{voucher}0"),
        format!(
            "2.1.{at}.{}",
            voucher.chars().map(swapped).collect::<String>()
        ),
        format!("2.1.{at}.{}", voucher.chars().rev().collect::<String>()),
        format!("2.1.{at}."),
        format!("2.1.{at}"),
        format!("2.1.{at}.{voucher}."),
        format!("1.1.{at}."),
        format!("2.1.{at}.{NONCE}"),
    ];
    for value in forged {
        assert_ne!(value, vouched);
        assert_eq!(ours().parse(&value, NOW), None, "{value}");
    }
    // Each of its characters counts.
    for at in 0..VOUCHER_LEN {
        let mut value = vouched.clone().into_bytes();
        let last = value.len() - VOUCHER_LEN;
        value[last + at] = if value[last + at] == b'0' { b'1' } else { b'0' };
        let value = String::from_utf8(value).unwrap();
        assert_eq!(ours().parse(&value, NOW), None, "{value}");
    }
}

#[test]
fn path_is_known_again_with_one_code_more() {
    let addresses = [
        ("/p", "/p", 0),
        ("/p?", "/p", 0),
        ("/p?x=1", "/p", 0),
        ("/p?state=S", "/p", 0),
        ("/p?codec=1&Code=2&x=code", "/p", 0),
        ("/p?code=C", "/p", 1),
        ("/p?code", "/p", 1),
        ("/p?y&code=&state=S&x=1", "/p", 1),
        ("/p?a&code=a&code=b", "/p", 2),
        ("/p?code&code&state&x=1&code", "/p", 3),
        ("/p/", "/p/", 0),
        ("/p/?code=C", "/p/", 1),
        ("/P", "/P", 0),
        ("/P?code=C&x=1", "/P", 1),
        ("/", "/", 0),
        ("/?code=C", "/", 1),
        ("/code=C", "/code=C", 0),
        ("/小?code=C?code=D", "/小", 1),
    ];
    for (sent, sent_path, sent_codes) in addresses {
        let pending = Pending::renew(None, 0, sent, NOW);
        for (address, path, codes) in addresses {
            let expected = path == sent_path && codes == sent_codes + 1;
            let found = pending.is_for_one_code_less(address);
            assert_eq!(found, expected, "{sent} {address}");
        }
    }
    let address = Pending::renew(None, 0, "/p?x=1", NOW).address;
    assert_eq!(address.as_str(), ADDRESS);
    // A login that tabs share is for the address of the last one.
    let shared = Pending::renew(Some(&pending(0, 1).into()), 0, "/q", NOW);
    assert_eq!(shared.nonce, nonce());
    assert!(shared.is_for_one_code_less("/q?code=C"));
    assert!(!shared.is_for_one_code_less("/p?code=C"));
}

#[test]
fn young_nonce_is_shared_and_keeps_its_age() {
    for ago in [0, 1, 299] {
        let current = pending(0, ago);
        let renewed = Pending::renew(Some(&current.into()), 2, "/p", NOW);
        assert_eq!(
            renewed,
            Pending {
                rounds: 2,
                ..current
            },
            "{ago}"
        );
    }
    let currents: [Option<LoginCookie>; 3] = [
        None,
        Some(pending(1, 300).into()),
        Some(completed(1, 0).into()),
    ];
    for current in currents {
        let made = Pending::renew(current.as_ref(), 1, "/p", NOW);
        assert_ne!(made.nonce, nonce(), "{made:?}");
        assert_eq!((made.rounds, made.issued_at), (1, NOW), "{made:?}");
        let again = Pending::renew(current.as_ref(), 1, "/p", NOW);
        assert_ne!(again.nonce, made.nonce, "a nonce is made twice");
    }
}

#[test]
fn one_round_more_is_counted_up_to_three_where_a_cookie_comes_back() {
    assert_eq!(Pending::one_round_more(None, "/p", NOW), None);
    for (before, after) in [(0, 1), (1, 2), (2, 3), (3, 3)] {
        let currents: [LoginCookie; 2] = [pending(before, 0).into(), completed(before, 0).into()];
        for current in currents {
            let next = Pending::one_round_more(Some(&current), "/q", NOW).unwrap();
            let next = next.pending().unwrap();
            assert_eq!(next.rounds, after, "{current:?}");
            assert!(next.is_for_one_code_less("/q?code=C"), "{current:?}");
            assert_eq!(next.nonce == nonce(), current.pending().is_some());
        }
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
    let ours = format!("{NAME}={}", pending(0, 0).encode());
    let other = ours.replace("=2.0.", "=2.1.");
    assert_ne!(ours, other);
    let find = |lines: &[&[u8]]| self::ours().find(&headers(lines), NOW);
    let in_line = |line: &str| find(&[line.as_bytes()]);
    let found = Some(LoginCookie::from(pending(0, 0)));

    assert_eq!(find(&[]), None);
    let lines = [
        ours.clone(),
        format!("a=b; {ours}; c=d"),
        format!("a=b;{ours};c"),
        format!("x{ours}; {ours}; {}", ours.replace("wx1", "wx2")),
        format!("; =; ;{ours};;"),
        format!("\t{} \t;", ours.replace('=', " = ")),
        format!("WECHAT.WX1=1; {ours}"),
        // Other cookies beside it, for a browser and for us, whatever others make of their names.
        format!("%77echat.wx1=1; {ours}"),
        format!("wechat%2Ewx1=1; {ours}"),
        format!("{}; {ours}", ours.replacen('w', "%77", 1)),
        format!("\u{2000}{other}; {ours}"),
        format!("{}; {ours}", other.replacen('=', "\u{a0}=", 1)),
        format!("\u{a0}{ours}; \u{3000}{ours}; {ours}"),
        format!("__Host-{ours}; {ours}"),
    ];
    for line in lines {
        assert_eq!(in_line(&line), found, "{line}");
    }
    let none = [
        format!("{ours}; {ours}"),
        format!("{ours}; {other}"),
        format!("{NAME}=; {ours}"),
        format!("{ours}; {NAME}=garbage"),
        format!("\t{NAME} = x; {ours}"),
        // Not of the name.
        format!("%77{}", &ours[1..]),
        format!("\u{2000}{ours}"),
        format!("__Host-{ours}"),
        ours.replace("wx1", "WX1"),
        // A value is not trimmed of more than space and tab, nor decoded, nor unquoted.
        format!("{ours}\u{2000}"),
        ours.replace("=2.", "=\u{a0}2."),
        ours.replace("=2.", "=%32."),
        format!("{NAME}=\"{}\"", pending(0, 0).encode()),
    ];
    for line in none {
        assert_eq!(in_line(&line), None, "{line}");
    }
    let (ours, other) = (ours.as_bytes(), other.as_bytes());
    assert_eq!(find(&[b"a=b", ours]), found);
    assert_eq!(find(&[ours, other]), None);
    // Bytes that are no text hide nothing.
    assert_eq!(find(&[b"a=\xff", ours]), found);
    assert_eq!(find(&[&[b"a=\xff; \xff=b; ", ours].concat()]), found);
    assert_eq!(find(&[&[ours, b"\xff"].concat()]), None);
}

#[test]
fn state_carries_a_digest_of_the_nonce() {
    // Each byte that sha256sum says of it, modulo 62, among digits and letters.
    let digest = "vOdlU9gCOXPonClQbdHjrqagDFnylsY1";
    assert_eq!(pending(0, 0).challenge().as_str(), digest);
    assert_eq!(LoginCookie::from(completed(0, 0)).pending(), None);
}

#[test]
fn login_to_another_account_is_known_by_its_cookie() {
    let state = State {
        rounds: 0,
        scope: Scope::UserInfo,
        own_codes: 0,
        challenge: pending(0, 0).challenge(),
    };
    let of_another = State {
        challenge: nonce(),
        ..state
    };
    let value = pending(0, 0).encode();
    let expired = pending(0, 600).encode();
    let completed = self::value(&account("wx2", false, "s3cret"), completed(0, 0));
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
        (format!("%77echat.wx2={value}"), false),
        (format!("\u{2000}wechat.wx2={value}"), false),
        (format!("wechat.wx2={expired}"), false),
        (format!("wechat.wx2={completed}"), false),
        (String::new(), false),
    ];
    for (line, expected) in table {
        let headers = headers(&[line.as_bytes()]);
        let is_elsewhere = |state| ours().is_elsewhere(&headers, state, NOW);
        assert_eq!(is_elsewhere(&state), expected, "{line}");
        assert!(!is_elsewhere(&of_another), "{line}");
    }
    let secure = headers(&[format!("__Host-wechat.wx2={value}").as_bytes()]);
    assert!(account("wx1", true, "s3cret").is_elsewhere(&secure, &state, NOW));
}

#[test]
fn cookie_is_for_this_host_and_as_long_as_it_is_good() {
    for (secure, name) in [(true, "__Host-wechat.wx1"), (false, NAME)] {
        let cookies = account("wx1", secure, "s3cret");
        assert_eq!((cookies.name.as_str(), cookies.secure), (name, secure));
        let table: [(String, Option<LoginCookie>, i64); 5] = [
            (
                cookies.set(&pending(1, 100).into(), NOW),
                Some(pending(1, 100).into()),
                499,
            ),
            // A nonce that was made in this very moment.
            (
                cookies.set(
                    &Pending {
                        issued_at: NOW,
                        ..pending(1, 0)
                    }
                    .into(),
                    NOW,
                ),
                Some(pending(1, 0).into()),
                600,
            ),
            (
                cookies.set(&completed(1, 0).into(), NOW),
                Some(completed(1, 0).into()),
                60,
            ),
            // A shared result has the moment of its login, and its session sticks as long.
            (
                cookies.set(&completed(1, 20).into(), NOW),
                Some(completed(1, 20).into()),
                60,
            ),
            (cookies.removal(), None, 0),
        ];
        for (line, expected, seconds) in table {
            let cookie = Cookie::parse(line.as_str()).unwrap();
            assert_eq!(cookie.name(), name);
            assert_eq!(cookies.parse(cookie.value(), NOW), expected, "{line}");
            assert_eq!(cookie.value().is_empty(), expected.is_none(), "{line}");
            let left = time::Duration::seconds(seconds);
            assert_eq!(cookie.max_age(), Some(left), "{line}");
            assert_eq!(cookie.path(), Some("/"), "{line}");
            assert_eq!(cookie.http_only(), Some(true), "{line}");
            assert_eq!(cookie.same_site(), Some(SameSite::Lax), "{line}");
            assert_eq!(cookie.secure().unwrap_or_default(), secure, "{line}");
            assert_eq!(cookie.domain(), None, "{line}");
        }
    }
}

fn a_valid_cookie() -> impl Strategy<Value = LoginCookie> {
    a_cookie(SECONDS - 599..SECONDS + 1, "[0-9A-Za-z]{32}").prop_map(|cookie| match cookie {
        // Which are good for less long.
        LoginCookie::Completed(completed) => LoginCookie::Completed(Completed {
            at: Moment::from_millis(NOW.millis() - completed.at.millis() % 60_000),
            ..completed
        }),
        pending => pending,
    })
}

proptest! {
    #[test]
    fn cookie_comes_back(cookie in a_valid_cookie(), secure: bool) {
        let cookies = account("wx1", secure, "s3cret");
        let sent = Cookie::parse(cookies.set(&cookie, NOW)).unwrap().stripped().to_string();
        prop_assert!(sent.len() < 100);
        prop_assert!(sent.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_=".contains(&byte)));
        prop_assert_eq!(cookies.find(&headers(&[sent.as_bytes()]), NOW), Some(cookie));
    }

    #[test]
    fn garbage_is_never_more_than_it_says(
        value in "\\PC{0,60}|[123]\\.[0-4]\\.(1[67][0-9]{8}|1700000[0-9]{6})\\.[0-9A-Za-z]{0,33}(\\.[0-9A-Za-z]{7,9})?",
    ) {
        if let Some(cookie) = ours().parse(&value, NOW) {
            prop_assert!(cookie.rounds() <= State::MAX_ROUNDS);
            // Nobody guesses a voucher.
            let pending = cookie.pending().unwrap();
            // Leading zeros are the one freedom of the form.
            prop_assert_eq!(Pending::parse(&pending.encode(), NOW), Some(*pending));
        }
    }

    #[test]
    fn completed_login_matches_no_state(rounds in 0..=State::MAX_ROUNDS, ago in 0..60_i64) {
        let value = value(&ours(), completed(rounds, ago));
        let completed = ours().parse(&value, NOW).unwrap();
        prop_assert_eq!(completed.rounds(), rounds);
        prop_assert_eq!(completed.pending(), None);
        prop_assert_eq!(Pending::parse(&value, NOW), None);
    }
}
