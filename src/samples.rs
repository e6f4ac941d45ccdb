//! Made-up values, for the tests.

use std::{
    ops::Range,
    time::{Duration, SystemTime},
};

use actix_web::test::TestRequest;
use proptest::prelude::*;

use crate::{
    account::{Wechat, builder::Builder},
    address::{
        callback::clean,
        public_url::PublicUrl,
        state::{Challenge, State},
    },
    alphanumeric::{Alphanumeric, Nonce},
    clock::Moment,
    scope::Scope,
    user::WechatUser,
    visit::{
        Visit,
        login_cookie::{Completed, LoginCookie, Pending},
    },
};

pub(crate) const OURS: &str = "0u0123456789abcdefABCDEF0123456789";
pub(crate) const CODE: &str = "021wn10w3otnc23Qtt0w3QFXD62wn10D";

pub(crate) fn public(text: &str) -> PublicUrl {
    PublicUrl::parse(text).unwrap()
}

/// What WeChat does to the page that it sends a visitor back to.
pub(crate) fn append(page: &str, parameters: &str) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}{parameters}")
}

pub(crate) fn cleaned(address: &str) -> String {
    match address.split_once('?') {
        Some((path, query)) => clean(path, Some(query), None).into_owned(),
        None => clean(address, None, None).into_owned(),
    }
}

/// A user of `wx1` who has told nothing.
pub(crate) fn user(openid: &str) -> WechatUser {
    let mut user = WechatUser::without_profile("wx1", openid.to_owned(), Scope::UserInfo);
    user.logged_in_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
    user
}

/// The same person at the website app `wx2`.
pub(crate) fn website_user(openid: &str, unionid: Option<&str>) -> WechatUser {
    WechatUser {
        appid: "wx2".to_owned(),
        unionid: unionid.map(ToOwned::to_owned),
        scope: Scope::Login.name(),
        ..user(openid)
    }
}

pub(crate) fn a_path() -> impl Strategy<Value = String> {
    // All that an HTTP request line lets through.
    prop_oneof![
        "/",
        "/[!$-;=@-_a-z|~\"{}]{0,20}",
        "(/[a-z%0-9A-F.]{0,4}){1,4}"
    ]
}

pub(crate) fn a_pair() -> impl Strategy<Value = String> {
    prop_oneof![
        "[!$%'-;=?-~]{0,12}",
        Just(String::new()),
        Just("code".to_owned()),
        Just("state".to_owned()),
        Just("code=".to_owned()),
        Just("code=S808996686".to_owned()),
        Just("state=mine".to_owned()),
        Just("codec=opus".to_owned()),
        Just("Code=1".to_owned()),
        Just("co%64e=1".to_owned()),
        Just("q=a+b%2Bc%20d".to_owned()),
        Just("name=%FF%fe%E5%B0".to_owned()),
        Just("=".to_owned()),
        // A callback of long ago, copied into a link.
        Just(format!("state={OURS}")),
    ]
}

pub(crate) fn a_page() -> impl Strategy<Value = String> {
    let query = prop::option::of(prop::collection::vec(a_pair(), 0..6));
    (a_path(), query).prop_map(|(path, query)| match query {
        Some(pairs) => format!("{path}?{}", pairs.join("&")),
        None => path,
    })
}

pub(crate) fn a_state() -> impl Strategy<Value = State> {
    let scope = prop::sample::select(Scope::ALL.to_vec());
    (
        0..=State::MAX_ROUNDS,
        scope,
        0..=State::MAX_OWN_CODES,
        "[0-9A-Za-z]{32}",
    )
        .prop_map(|(rounds, scope, own_codes, challenge)| State {
            rounds,
            scope,
            own_codes,
            challenge: Challenge::parse(&challenge).unwrap(),
        })
}

/// A login cookie of these seconds, pending with this nonce or completed.
pub(crate) fn a_cookie(
    seconds: Range<u64>,
    nonce: impl Strategy<Value = String>,
) -> impl Strategy<Value = LoginCookie> {
    let parts = (
        any::<bool>(),
        0..=State::MAX_ROUNDS,
        seconds,
        nonce,
        "[0-9A-Za-z]{8}",
    );
    parts.prop_map(|(completed, rounds, seconds, nonce, address)| {
        let at = Moment::from_millis(seconds * 1_000);
        if completed {
            LoginCookie::Completed(Completed { rounds, at })
        } else {
            LoginCookie::Pending(Pending {
                rounds,
                issued_at: at,
                nonce: Nonce::parse(&nonce).unwrap(),
                address: Alphanumeric::parse(&address).unwrap(),
            })
        }
    })
}

/// An account of these settings, and what a request to it says.
pub(crate) fn visit(
    settings: impl FnOnce(Builder) -> Builder,
    request: TestRequest,
) -> (Wechat, Visit) {
    let builder = Wechat::builder()
        .appid("wx1")
        .secret("s3cret")
        .public_url("http://127.0.0.1:8008")
        .client(awc::Client::default);
    let wechat = settings(builder).build().unwrap();
    let request = request.to_http_request();
    let visit = crate::extract::visit::<WechatUser>(&request, &wechat);
    (wechat, visit)
}
