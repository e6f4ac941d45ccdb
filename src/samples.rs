//! Made-up values, for the tests.

use std::ops::Range;

use actix_web::test::TestRequest;
use proptest::prelude::*;

use crate::{
    account::Wechat, account::builder::Builder, address::callback::clean,
    address::public_url::PublicUrl, address::state::State, answer::asked::Asked, scope::Scope,
    visit::login_cookie::LoginCookie,
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
        Some((path, query)) => clean(path, Some(query)).into_owned(),
        None => clean(address, None).into_owned(),
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
            challenge,
        })
}

/// A login cookie of these seconds, pending with this nonce or completed.
pub(crate) fn a_cookie(
    issued_at: Range<u64>,
    nonce: impl Strategy<Value = String>,
) -> impl Strategy<Value = LoginCookie> {
    let parts = (any::<bool>(), 0..=State::MAX_ROUNDS, issued_at, nonce);
    parts.prop_map(|(completed, rounds, issued_at, nonce)| {
        if completed {
            LoginCookie::Completed { rounds, issued_at }
        } else {
            LoginCookie::Pending {
                rounds,
                issued_at,
                nonce,
            }
        }
    })
}

/// A request to an account of these settings.
pub(crate) fn asked(
    settings: impl FnOnce(Builder) -> Builder,
    request: TestRequest,
    scope: Scope,
) -> Asked {
    let builder = Wechat::builder()
        .appid("wx1")
        .secret("s3cret")
        .public_url("http://127.0.0.1:8008")
        .own_client();
    let wechat = settings(builder).build().unwrap();
    Asked::new(&wechat, &request.to_http_request(), None, None, scope, 0)
}
