use proptest::prelude::*;

use super::*;
use crate::hub::{
    Hub,
    authorize::{Endpoint, authorize},
    callback::callback,
    refusal::Stop,
};

fn hub() -> Hub {
    Hub::builder()
        .public_url("https://login.example.cn/wx/")
        .origins(["https://shop.example.com", "https://login.example.cn"])
        .appids(["wx1"])
        .build()
        .expect("a hub")
}

#[track_caller]
fn refused<T>(result: Result<T, Stop>) -> (Problem, String) {
    match result.map(drop) {
        Err(Stop::Refused(refusal)) => (refusal.problem, refusal.origin),
        Err(Stop::TooLong { length, .. }) => panic!("too long: {length}"),
        Ok(()) => panic!("sent on"),
    }
}

#[test]
fn the_hub_sends_nobody_to_itself() {
    let hub = hub();
    for path in [
        "/wx",
        "/wx/",
        "/wx/return",
        "/wx/return/",
        "/wx/%72eturn",
        "/wx/connect/oauth2/authorize",
        "/wx/connect/qrconnect",
    ] {
        let target = format!("https://login.example.cn{path}");
        let going = authorize(
            &hub.0,
            Endpoint::OAuth2,
            &format!("appid=wx1&redirect_uri={target}"),
        );
        assert_eq!(refused(going).0, Problem::Nested, "{path}");
        let back = callback(&hub.0, &format!("to={target}&code=C"));
        assert_eq!(refused(back).0, Problem::Nested, "{path}");
    }
    // An app beside it is one like any other.
    let app = callback(&hub.0, "to=https://login.example.cn/wxapp&code=C");
    assert_eq!(app.unwrap(), "https://login.example.cn/wxapp?code=C");
}

#[test]
fn the_origin_is_named_without_the_rest_of_the_address() {
    let rows = [
        ("https://evil.example/?secret", "https://evil.example"),
        ("https://user:word@evil.example/", "https://evil.example"),
        (
            "https://shop.example.com@evil.example",
            "https://evil.example",
        ),
        (
            "https://shop.example.com\\@evil.example",
            "https://shop.example.com",
        ),
        ("javascript:alert(document.cookie)", "javascript:"),
        ("data:text/html,x", "data:"),
        ("//evil.example/p?secret", "evil.example"),
        ("shop.example.com/reset/token", "shop.example.com"),
        ("/reset/token", ""),
        ("//user:word@evil.example", "evil.example"),
        ("<script>", "<script>"),
        ("%0d%0aforged=1", "forged=1"),
        ("中文", ""),
        ("%ff", ""),
        ("", ""),
    ];
    for (target, origin) in rows {
        let query = format!("to={target}&code=C");
        let (_, named) = refused(callback(&hub().0, &query));
        assert_eq!(named, origin, "{target}");
    }
    let both = "to=https://evil.example&to=https://shop.example.com";
    let (problem, named) = refused(callback(&hub().0, both));
    assert_eq!(problem, Problem::Repeated);
    assert_eq!(named, "https://evil.example, https://shop.example.com");
    let long = format!("to=https://{}", "a".repeat(4_000));
    assert_eq!(refused(callback(&hub().0, &long)).1.len(), MAX_SHOWN);
}

proptest! {
    /// An app behind a hub gets what it would get from WeChat itself.
    #[test]
    fn there_and_back_nothing_changes(
        page in "/[a-z]{0,8}(\\?[ -\"$-\\[\\]-~]{0,40})?(#[ -\\[\\]-~]{0,20})?",
        state in "[!$'-*,-/:;?@A-Za-z0-9%+=_~]{0,128}",
    ) {
        let hub = hub();
        let target = format!("https://shop.example.com{page}");
        let encoded: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        // A browser or library encodes a space of an address as `%20`, never as `+`.
        let encoded = encoded.replace('+', "%20");
        let query = format!("state={state}&redirect_uri={encoded}&appid=wx1");
        let url = authorize(&hub.0, Endpoint::OAuth2, &query).unwrap().url;
        let (_, query) = url.split_once('?').unwrap();
        let (_, state_sent) = query.rsplit_once("&state=").unwrap();
        prop_assert_eq!(state_sent, format!("{state}#wechat_redirect"));
        let url = Url::parse(&url).unwrap();
        let mut pairs = url.query_pairs().filter(|(name, _)| name == "redirect_uri");
        let (_, redirect_uri) = pairs.next().unwrap();
        let query = redirect_uri.strip_prefix("https://login.example.cn/wx/return?").unwrap();
        let back = callback(&hub.0, &format!("{query}&code=C&state={state}")).unwrap();
        let direct = Target::parse(&target).unwrap().with(&format!("code=C&state={state}"));
        prop_assert_eq!(back, direct);
    }
}
