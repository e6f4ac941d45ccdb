use proptest::prelude::*;

use super::*;
use crate::samples::{OURS, a_page, public};

#[test]
fn public_url_is_an_origin_and_a_prefix() {
    let cases = [
        (
            "https://shop.example.cn",
            "https://shop.example.cn/p?x",
            "/p?x",
        ),
        (
            "https://shop.example.cn/",
            "https://shop.example.cn/p?x",
            "/p?x",
        ),
        (
            " https://SHOP.example.cn:443 ",
            "https://shop.example.cn/p?x",
            "/p?x",
        ),
        ("http://127.0.0.1:8008", "http://127.0.0.1:8008/p?x", "/p?x"),
        ("http://[::1]:80", "http://[::1]/p?x", "/p?x"),
        (
            "https://shop.example.cn/pre/fix/",
            "https://shop.example.cn/pre/fix/p?x",
            "/pre/fix/p?x",
        ),
        (
            "https://中文.example.cn/路",
            "https://xn--fiq228c.example.cn/%E8%B7%AF/p?x",
            "/%E8%B7%AF/p?x",
        ),
    ];
    for (text, page, path) in cases {
        let public = public(text);
        assert_eq!(public.page("/p?x"), page, "{text}");
        assert_eq!(public.path("/p?x"), path, "{text}");
    }
}

#[test]
fn page_without_a_path_stays_on_the_host() {
    let public = public("https://shop.example.cn");
    // What a request line may hold instead of a path.
    assert_eq!(public.page("*"), "https://shop.example.cn/*");
    assert_eq!(
        public.page(".evil.example"),
        "https://shop.example.cn/.evil.example"
    );
    assert_eq!(
        public.page("@evil.example"),
        "https://shop.example.cn/@evil.example"
    );
    assert_eq!(public.page(""), "https://shop.example.cn");
}

#[test]
fn public_url_says_what_is_wrong() {
    let cases = [
        ("", "absolute URL"),
        ("shop.example.cn", "absolute URL"),
        ("/shop", "absolute URL"),
        ("//shop.example.cn", "absolute URL"),
        ("https://", "absolute URL"),
        ("ftp://shop.example.cn", "must begin with `https://`"),
        ("file:///etc", "must begin with `https://`"),
        ("shop:8008", "must begin with `https://`"),
        ("https://user@shop.example.cn", "user name"),
        ("https://:word@shop.example.cn", "user name"),
        ("https://shop.example.cn?x", "before any `?` or `#`"),
        ("https://shop.example.cn/?", "before any `?` or `#`"),
        ("https://shop.example.cn/#x", "before any `?` or `#`"),
        ("https://shop.example.cn//evil.example", "empty part"),
        // What a parser would repair in silence.
        ("http:///shop.example.cn", "absolute URL"),
        ("http:shop.example.cn", "absolute URL"),
        ("https:/shop.example.cn", "absolute URL"),
        ("https:\\\\shop.example.cn", "back slash"),
        ("https://shop.example.cn\\pre", "back slash"),
        ("https://shop\t.example.cn", "spaces"),
        ("https://shop.example\n.cn", "spaces"),
        ("ht\ntps://shop.example.cn", "spaces"),
        ("https://shop.example.cn/a b", "spaces"),
        ("https://shop.example.cn\u{3000}", "spaces"),
        ("\"https://shop.example.cn\"", "quotes"),
        ("'https://shop.example.cn'", "quotes"),
        ("<https://shop.example.cn>", "quotes"),
        ("https://@shop.example.cn", "user name"),
        ("https://shop.example.cn:", "port"),
        ("https://shop.example.cn:080", "port"),
        ("https://shop.example.cn:0", "port"),
        ("http://127.1:8008", "four numbers"),
        ("http://2130706433", "four numbers"),
        ("http://0x7f.0.0.1", "four numbers"),
        ("http://0177.0.0.1", "four numbers"),
        ("http://１２７.0.0.1", "four numbers"),
        ("https://shop。example.cn", "plainly"),
        ("https://ｓhop.example.cn", "plainly"),
        ("https://%73hop.example.cn", "plainly"),
        ("https://shop.example.cn/a/../b", "`..` part"),
        ("https://shop.example.cn/./a", "`..` part"),
        ("https://shop.example.cn/%2E%2e/a", "`..` part"),
    ];
    for (text, problem) in cases {
        let err = PublicUrl::parse(text).unwrap_err();
        assert!(err.contains(problem), "{text:?}: {err}");
    }
}

#[test]
fn public_url_knows_its_kind() {
    // https, loopback, port, address
    let cases = [
        ("https://shop.example.cn", [true, false, false, false]),
        ("http://shop.example.cn:8080", [false, false, true, false]),
        ("http://localhost:8008", [false, true, true, false]),
        ("http://shop.localhost", [false, true, false, false]),
        ("http://notlocalhost", [false, false, false, false]),
        ("http://127.0.0.1", [false, true, false, true]),
        ("http://127.9.9.9", [false, true, false, true]),
        ("https://[::1]:8443", [true, true, true, true]),
        ("https://192.0.2.1:443", [true, false, false, true]),
        ("http://[2001:db8::1]", [false, false, false, true]),
    ];
    for (text, expected) in cases {
        let url = public(text);
        let kind = [
            url.is_https(),
            url.is_loopback(),
            url.has_port(),
            url.is_ip(),
        ];
        assert_eq!(kind, expected, "{text}");
    }
}

#[test]
fn return_to_stays_on_the_site() {
    let cases = [
        ("/", Some("/")),
        ("/cart?a=b+c%2B#d", Some("/cart?a=b+c%2B#d")),
        ("/a//b", Some("/a//b")),
        ("/@evil.example", Some("/@evil.example")),
        ("/https://evil.example", Some("/https://evil.example")),
        ("/?next=//evil.example", Some("/?next=//evil.example")),
        ("/a/../b", Some("/b")),
        ("/../../b", Some("/b")),
        ("/购物", Some("/%E8%B4%AD%E7%89%A9")),
        ("", None),
        ("cart", None),
        ("?x", None),
        ("#x", None),
        ("//evil.example", None),
        ("///evil.example", None),
        ("/\\evil.example", None),
        ("\\\\evil.example", None),
        ("/a\\b", None),
        ("/..//evil.example", None),
        ("/.//evil.example", None),
        ("/.//x", None),
        ("/a/..//evil.example", None),
        ("/%2e%2e//evil.example", None),
        ("/%2e//evil.example", None),
        ("/\t/evil.example", None),
        ("\t//evil.example", None),
        ("/\n/evil.example", None),
        ("/\u{7f}", None),
        ("/\u{85}", None),
        ("/a\0", None),
        (" //evil.example", None),
        ("https://evil.example/", None),
        // The site's own absolute address is a path of it.
        ("https://shop.example.cn/", Some("/")),
        ("https://shop.example.cn", Some("/")),
        ("HTTPS://SHOP.example.cn:443/a?b#c", Some("/a?b#c")),
        ("https://shop.example.cn?x", Some("/?x")),
        ("https://shop.example.cn/\\evil.example", None),
        ("https://shop.example.cn//evil.example", None),
        ("https://shop.example.cn@evil.example/", None),
        ("https://user@shop.example.cn/", None),
        ("https://shop.example.cn.evil.example/", None),
        ("https://shop.example.cn:8443/", None),
        ("http://shop.example.cn/", None),
        ("https:shop.example.cn/", None),
        ("https:/shop.example.cn/", None),
        ("https:///shop.example.cn/", None),
        ("javascript:alert(1)", None),
        ("@evil.example", None),
        (".evil.example", None),
        (":80", None),
    ];
    for (wanted, expected) in cases {
        let page = public("https://shop.example.cn").return_to(wanted);
        assert_eq!(page.as_deref(), expected, "{wanted:?}");
    }
    // Behind a prefix the page is what the app itself is asked for, and above it nothing is ours.
    let cases = [
        ("/cart", Some("/cart")),
        // `location.pathname`, behind a proxy that strips the prefix.
        ("/pre/cart", Some("/cart")),
        ("/pre", Some("/")),
        ("/pre?x", Some("/?x")),
        ("/prefix", Some("/prefix")),
        ("/pre//evil.example", None),
        ("https://shop.example.cn/pre/cart", Some("/cart")),
        ("https://shop.example.cn/pre", Some("/")),
        ("https://shop.example.cn/cart", None),
        ("https://shop.example.cn/prefix", None),
        ("/../pre/cart", Some("/cart")),
        ("/../other", None),
        ("/../prefix", None),
        ("/..", None),
        ("/..//evil.example", None),
        ("/../pre//evil.example", None),
    ];
    for (wanted, expected) in cases {
        let page = public("https://shop.example.cn/pre").return_to(wanted);
        assert_eq!(page.as_deref(), expected, "{wanted:?}");
    }
}

#[test]
fn referred_page_is_one_of_the_app() {
    let callback = format!("https://shop.example.cn/pre/a?x=1&code=C&state={OURS}");
    let cases = [
        ("https://shop.example.cn/pre/a?x=%FF#y", Some("/a?x=%FF")),
        ("https://shop.example.cn/pre/", Some("/")),
        (callback.as_str(), Some("/a?x=1")),
        ("https://shop.example.cn/pre", Some("/")),
        ("https://shop.example.cn/pre?x#y", Some("/?x")),
        ("https://shop.example.cn/pre/pre/a", Some("/pre/a")),
        ("https://shop.example.cn/", None),
        ("https://shop.example.cn/prefix", None),
        ("https://shop.example.cn/pre//evil.example", None),
        ("http://shop.example.cn/pre/a", None),
        ("https://shop.example.cn:8443/pre/a", None),
        ("https://shop.example.cn.evil.example/pre/a", None),
        ("https://shop.example.cn@evil.example/pre/a", None),
        ("https://evil.example/pre/a", None),
        ("/pre/a", None),
        ("about:client", None),
        ("", None),
    ];
    for (referer, expected) in cases {
        let page = public("https://shop.example.cn/pre").referred(referer, None);
        assert_eq!(page.as_deref(), expected, "{referer:?}");
    }
}

#[test]
fn base_url_is_loopback_by_its_host_alone() {
    let is_loopback_url = |text: &str| is_loopback(&base_url(text).unwrap());
    assert!(is_loopback_url("http://127.0.0.1:1/x"));
    assert!(!is_loopback_url("http://127.0.0.1.example.cn"));
    assert!(!is_loopback_url("http://localhost.example.cn"));
    assert!(!is_loopback(&Url::parse("data:,localhost").unwrap()));
}

proptest! {
    #[test]
    fn page_never_leaves_the_origin(page in a_page(), prefix in "(/[a-z]{1,5}){0,2}") {
        let public = public(&format!("https://shop.example.cn{prefix}"));
        let address = Url::parse(&public.page(&page)).unwrap();
        prop_assert_eq!(address.origin(), public.url.origin());
    }

    #[test]
    fn no_return_to_leaves_the_site(
        wanted in prop_oneof![
            any::<String>(),
            "[/\\\\.@:?#%25eE\t\n a购-]{0,16}",
            "/[/\\\\.@:?#%25eE\t\n a购-]{0,16}",
            "(/|//|/\\.|/\\.\\.|/%2e|/%2E%2e|\\\\|/pre|/x){1,6}(evil\\.example)?",
            "https?:/{0,3}[a-z@:.\\\\/]{0,24}",
        ],
        prefix in prop_oneof![Just(""), Just("/pre")],
    ) {
        let public = public(&format!("https://shop.example.cn{prefix}"));
        for page in [public.return_to(&wanted), public.referred(&wanted, None)].into_iter().flatten() {
            prop_assert!(page.bytes().all(|byte| byte.is_ascii_graphic()), "{page}");
            // Both as an address and, as a browser reads a `Location`, as a path.
            let from = Url::parse("https://shop.example.cn/login?return_to=x").unwrap();
            for address in [Url::parse(&public.page(&page)), from.join(&public.path(&page))] {
                let address = address.unwrap();
                prop_assert_eq!(address.origin(), public.url.origin());
                prop_assert_eq!(address[url::Position::BeforePath..].strip_prefix(prefix), Some(page.as_str()));
            }
            prop_assert_eq!(public.return_to(&public.name_for_return(&page)), Some(page));
        }
    }
}

#[test]
fn parent_domains_are_those_that_can_set_a_cookie() {
    let cases: [(&str, &[&str]); 5] = [
        (
            "https://a.b.example.cn",
            &["a.b.example.cn", "b.example.cn", "example.cn"],
        ),
        ("https://example.cn", &["example.cn"]),
        ("http://localhost:8008", &[]),
        ("http://127.0.0.1", &[]),
        ("http://[::1]", &[]),
    ];
    for (url, expected) in cases {
        let url = public(url);
        assert_eq!(
            url.parent_domains().collect::<Vec<_>>(),
            expected,
            "{url:?}"
        );
    }
}
