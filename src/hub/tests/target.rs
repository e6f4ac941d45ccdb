use proptest::prelude::*;

use super::*;
use crate::hub::base::Base;

#[test]
fn a_target_goes_on_as_it_came() {
    let as_it_is = [
        "https://shop.example.com/",
        "https://shop.example.com/p?a=1&b=%E4%BD%A0+%2B&&c#/route?x",
        "https://shop.example.com/p?code=own&state=own#",
        "https://shop.example.com/a//b/%2F/.well-known/...",
        "https://shop.example.com/?",
        "https://shop.example.com/?x={'a':[1|2^`]}",
        "http://localhost:8008/p",
        "http://127.0.0.1:1/p",
        "http://[::1]:8008/p",
        "https://xn--fiq228c.example.cn/p",
        "https://shop.example.com/?next=https://other.example/../x",
    ];
    for text in as_it_is {
        let target = Target::parse(text).map(|target| target.to_string());
        assert_eq!(target.as_deref(), Some(text));
    }
    let put_right = [
        ("https://shop.example.com", "https://shop.example.com/"),
        ("https://shop.example.com?x", "https://shop.example.com/?x"),
        ("https://shop.example.com#x", "https://shop.example.com/#x"),
        (
            "HTTPS://Shop.Example.COM:443/P",
            "https://shop.example.com/P",
        ),
        ("http://localhost:80/p", "http://localhost/p"),
        (
            "https://shop.example.com/购?a=<b c>#\"",
            "https://shop.example.com/%E8%B4%AD?a=%3Cb%20c%3E#%22",
        ),
    ];
    for (text, expected) in put_right {
        let target = Target::parse(text).map(|target| target.to_string());
        assert_eq!(target.as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_wechat_appends_stands_behind_the_query_and_before_the_fragment() {
    let rows = [
        ("https://h.cn", "https://h.cn/?code=C&state=S"),
        ("https://h.cn/p#/r?x", "https://h.cn/p?code=C&state=S#/r?x"),
        (
            "https://h.cn/p?code=c#f",
            "https://h.cn/p?code=c&code=C&state=S#f",
        ),
        // As WeChat does it without a hub: it asks no more than whether there is a question mark.
        ("https://h.cn/p?", "https://h.cn/p?&code=C&state=S"),
        ("https://h.cn/p?a&", "https://h.cn/p?a&&code=C&state=S"),
    ];
    for (text, expected) in rows {
        let target = Target::parse(text).expect("an address");
        assert_eq!(target.with("code=C&state=S"), expected);
        assert_eq!(target.with(""), target.to_string());
    }
}

#[test]
fn what_has_to_be_repaired_is_no_target() {
    for text in [
        "",
        "/p",
        "//shop.example.com/p",
        "shop.example.com/p",
        "https:/shop.example.com",
        "https:shop.example.com",
        "https://",
        "https:///shop.example.com",
        "https:\\\\shop.example.com",
        "https://shop.example.com\\@evil.example",
        "https://shop.example.com/\\evil.example",
        "https://user@shop.example.com/",
        "https://user:word@shop.example.com/",
        "https://@shop.example.com/",
        "https://shop.example.com:/",
        "https://shop.example.com:0443/",
        "https://shop.example.com:x/",
        "https://shop.example.com:65536/",
        "https://shop.example.com:443:443/",
        "https://shop.example.com:+443/",
        "https://shop%2Eexample.com/",
        "https://shop.example.com%2F.evil.example/",
        "https://ｓhop.example.com/",
        "https://shop。example.com/",
        "https://中文.example.cn/",
        "http://１２７.0.0.1/",
        "http://127.1/",
        "http://0x7f.0.0.1/",
        "http://2130706433/",
        "http://127.0.0.01/",
        "http://[0:0::1]/",
        "http://[::1/",
        "http://[::1%25lo]/",
        "http://::1/",
        "https://shop example.com/",
        " https://shop.example.com/",
        "\thttps://shop.example.com/",
        "ht\ntps://shop.example.com/",
        "https://shop.example.com/\r\nset-cookie:a=b",
        "https://shop.example.com/\0",
        "https://shop.example.com/\u{85}",
        "ftp://shop.example.com/",
        "javascript://shop.example.com/%0aalert(1)",
        "data://shop.example.com/",
        "blob:https://shop.example.com/x",
        "https://shop.example.com/..",
        "https://shop.example.com/a/../b",
        "https://shop.example.com/a/./b",
        "https://shop.example.com/a/%2e%2E/b",
        "https://shop.example.com/a/.%2e/b",
        "https://shop.example.com/a/%252e%252e/b",
        "https://shop.example.com/a%2f..%2fb",
        "https://shop.example.com/a/..%5cb",
        "https://shop.example.com/a/..;/b",
        "https://shop.example.com/a/..;x=1/b",
        "https://shop.example.com/a/..%00/b",
        "https://shop.example.com/a/%20../b",
        "https://shop.example.com/%2525252525252e",
    ] {
        assert_eq!(Target::parse(text), None, "{text:?}");
    }
}

#[test]
fn a_base_covers_exactly_its_origin_and_its_path() {
    let below = |base: &str, target: &str| {
        let base = Base::parse(base).expect("a base");
        let target = Target::parse(target).expect("a target");
        base.below(&target).map(ToOwned::to_owned)
    };
    let shop = "https://example.cn/shop/";
    assert_eq!(below(shop, "https://example.cn/shop").as_deref(), Some(""));
    assert_eq!(
        below(shop, "https://example.cn/shop/a?/../b").as_deref(),
        Some("/a")
    );
    for elsewhere in [
        "https://example.cn/",
        "https://example.cn/shopping",
        "https://example.cn/shop;x/",
        "https://example.cn/SHOP/",
        "https://example.cn/%73hop/",
        "https://example.cn//shop/",
        "https://example.cn/?/shop/",
        "https://example.cn:8443/shop/",
        "http://example.cn/shop/",
        "http://example.cn:443/shop/",
        "https://example.cn./shop/",
        "https://a.example.cn/shop/",
        "https://example.cn.evil.example/shop/",
    ] {
        assert_eq!(below(shop, elsewhere), None, "{elsewhere}");
    }
    assert!(below("https://example.cn", "https://example.cn?x").is_some());
    assert!(below("http://[::1]:8008", "http://[::1]:8008/p").is_some());
}

#[test]
fn a_base_says_what_is_wrong() {
    let rows = [
        ("", "must be like"),
        ("shop.example.cn", "must be like"),
        ("https:shop.example.cn", "must be like"),
        ("http:///host", "must be like"),
        ("https://shop.example.cn\\x", "must be like"),
        ("https://shop.example.cn/\tx", "spaces, quotes"),
        ("https://shop.example.cn/a b", "spaces, quotes"),
        ("\"https://shop.example.cn\"", "spaces, quotes"),
        ("https://shop.example.cn/a/../b", "must be like"),
        ("https://中文.example.cn", "`xn--`"),
        ("https://shop.example.cn?", "before any `?`"),
        ("https://shop.example.cn/#", "before any `?`"),
        ("https://*.example.cn", "no wildcards"),
        ("https://shop.example.cn/*", "no wildcards"),
        ("https://shop.example.cn/%7bid%7d", "no wildcards"),
        ("https://shop.example.cn//x", "empty part"),
    ];
    for (text, problem) in rows {
        let err = Base::parse(text).unwrap_err();
        assert!(err.contains(problem), "{text:?}: {err}");
    }
}

proptest! {
    /// Whatever text is a target, browsers read it as the origin that it was judged by, and below
    /// the path that it was judged by.
    #[test]
    fn a_browser_reads_a_target_as_it_was_judged(
        text in prop_oneof![
            any::<String>(),
            "https?://[a-zA-Z0-9.:@%\\[\\]\\\\-]{0,20}[/?#\\\\]?\\PC{0,20}",
            "(HTTPS|https|http)://(shop\\.example\\.com|SHOP.example.com|127\\.1|\\[::1\\])(:443|:80|:|:8)?[/\\\\@?#.;%2eEfF5cC\t\n a购]{0,24}",
            "https://shop\\.example\\.com/pre(/|/\\.|/\\.\\.|%2e|%2E%2e|%2f|%252e|\\\\|;|/x|//){0,8}",
        ],
    ) {
        if let Some(target) = Target::parse(&text) {
            let address = target.with("code=C&state=S");
            prop_assert!(address.bytes().all(|byte| byte.is_ascii_graphic()), "{address}");
            let url = Url::parse(&address).unwrap();
            prop_assert_eq!(url.origin().ascii_serialization(), target.origin());
            prop_assert_eq!(url.username(), "");
            let base = Base::parse("https://shop.example.com/pre").unwrap();
            if base.below(&target).is_some() {
                let path = url.path();
                prop_assert!(path == "/pre" || path.starts_with("/pre/"), "{path}");
            }
            prop_assert_eq!(Target::parse(&target.to_string()), Some(target));
        }
    }
}
