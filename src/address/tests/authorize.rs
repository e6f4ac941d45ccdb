use proptest::prelude::*;

use super::*;
use crate::samples::{OURS, a_page, a_state, public};

#[test]
fn authorize_url_is_the_documented_one() {
    let redirect_uri = "https://shop.example.cn/wechat8008/index";
    let mut state = State::parse(OURS).unwrap();
    let rest = "?appid=wx0123456789abcdef&redirect_uri=https%3A%2F%2Fshop.example.cn%2Fwechat8008%2Findex&response_type=code&scope={scope}&state={state}#wechat_redirect";
    for (scope, path) in [
        (Scope::Base, "oauth2/authorize"),
        (Scope::UserInfo, "oauth2/authorize"),
        (Scope::Login, "qrconnect"),
    ] {
        state.scope = scope;
        let expected = format!("https://open.weixin.qq.com/connect/{path}{rest}")
            .replace("{scope}", scope.name())
            .replace("{state}", &state.encode());
        let url = authorize(
            "https://open.weixin.qq.com",
            "wx0123456789abcdef",
            &encode(redirect_uri),
            &state,
            "",
        );
        assert_eq!(url, expected);
    }
}

#[test]
fn encode_leaves_only_what_needs_no_escape() {
    assert_eq!(encode("azAZ09-._*"), "azAZ09-._*");
    assert_eq!(
        encode("a b&c=d+e%/?#:~é"),
        "a+b%26c%3Dd%2Be%25%2F%3F%23%3A%7E%C3%A9"
    );
}

#[test]
fn encode_has_a_quick_look_that_changes_nothing() {
    for char in '\0'..='\x7f' {
        let text = char.to_string();
        let thorough: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        assert_eq!(encode(&text), thorough, "{text:?}");
    }
    assert!(matches!(encode("azAZ09-._"), Cow::Borrowed(_)));
}

proptest! {
    #[test]
    fn authorize_carries_the_page_exactly(page in a_page(), state in a_state()) {
        let public = public("https://shop.example.cn/pre");
        let (page, encoded) = (public.page(&page), public.encoded_page(&page));
        let url = url::Url::parse(&authorize("https://open.weixin.qq.com", "wx1", &encoded, &state, "")).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let expected = [
            ("appid", "wx1"),
            ("redirect_uri", page.as_str()),
            ("response_type", "code"),
            ("scope", state.scope.name()),
            ("state", &state.encode()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        prop_assert_eq!(pairs, expected);
        prop_assert_eq!(url.fragment(), Some("wechat_redirect"));
    }
}
