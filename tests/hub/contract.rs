//! The contract, row by row.

use super::{OPEN, assert_page, encode, get, raw, sent_to, start};

#[test]
fn an_authorize_url_goes_on_to_wechat_with_the_hub_in_the_targets_place() {
    let hub = start(&[]);
    let target = encode("https://shop.example.com/p?a=1&b=%2B#/r");
    let at_hub = encode(&format!(
        "{}/return?to=https://shop.example.com/p?a=1%26b=%252B%23/r",
        hub.url
    ));
    let rows = [
        (
            format!("appid=wx1&redirect_uri={target}&response_type=code&scope=snsapi_base&state=S"),
            format!("appid=wx1&redirect_uri={at_hub}&response_type=code&scope=snsapi_base&state=S"),
        ),
        // Any order, and what else WeChat takes.
        (
            format!(
                "state=S&lang=en&forcePopup=true&scope=snsapi_userinfo&component_appid=wx2&response_type=code&redirect_uri={target}&appid=wx1&connect_redirect=1"
            ),
            format!(
                "appid=wx1&redirect_uri={at_hub}&response_type=code&scope=snsapi_userinfo&state=S&lang=en&forcePopup=true&component_appid=wx2&connect_redirect=1"
            ),
        ),
        // As it came: nothing is decoded, added or judged that is WeChat's to judge.
        (
            format!("redirect_uri={target}&state=%e4%Bd+%2b%26&scope=a,b&x&y=&=z&appid="),
            format!("appid=&redirect_uri={at_hub}&scope=a,b&state=%e4%Bd+%2b%26&x&y=&=z"),
        ),
        // The frame of wxLogin.js.
        (
            format!(
                "appid=wx1&scope=snsapi_login&redirect_uri={target}&state=&login_type=jssdk&self_redirect=default&styletype=&sizetype=&bgcolor=&rst="
            ),
            format!(
                "appid=wx1&redirect_uri={at_hub}&scope=snsapi_login&state=&login_type=jssdk&self_redirect=default&styletype=&sizetype=&bgcolor=&rst="
            ),
        ),
    ];
    for path in ["/connect/oauth2/authorize", "/connect/qrconnect"] {
        for (query, expected) in &rows {
            let answer = get(&hub, &format!("{path}?{query}"));
            assert_eq!(
                sent_to(&answer),
                format!("{OPEN}{path}?{expected}#wechat_redirect"),
            );
        }
    }
    assert!(!hub.log().contains("WARN"), "{}", hub.log());
}

#[test]
fn what_one_page_forwarders_take_is_taken_too() {
    let hub = start(&[]);
    let target = encode("http://localhost:8008/cb");
    let at_hub = encode(&format!("{}/return?to=http://localhost:8008/cb", hub.url));
    let rows = [
        ("snsapi_base", "oauth2/authorize", "snsapi_base"),
        ("snsapi_userinfo", "oauth2/authorize", "snsapi_userinfo"),
        ("snsapi_login", "qrconnect", "snsapi_login"),
        // Their default.
        ("", "oauth2/authorize", "snsapi_base"),
    ];
    for (asked, path, scope) in rows {
        let target = format!("/?appid=wx1&scope={asked}&state=S&redirect_uri={target}");
        assert_eq!(
            sent_to(&get(&hub, &target)),
            format!(
                "{OPEN}/connect/{path}?appid=wx1&redirect_uri={at_hub}&response_type=code&scope={scope}&state=S#wechat_redirect"
            ),
        );
    }
}

/// The address that WeChat comes back to, as it was sent out.
fn way_back(hub: &super::Demo, target: &str) -> String {
    let query = format!("appid=wx1&redirect_uri={}", encode(target));
    let answer = get(hub, &format!("/connect/oauth2/authorize?{query}"));
    let location = url::Url::parse(sent_to(&answer)).expect("an address");
    let back = location
        .query_pairs()
        .find(|(name, _)| name == "redirect_uri");
    let (_, back) = back.expect("a redirect_uri");
    back.strip_prefix(&hub.url).expect("the hub").to_owned()
}

#[test]
fn what_wechat_appends_goes_back_to_the_target() {
    let hub = start(&[]);
    let rows = [
        ("https://shop.example.com", "https://shop.example.com/?", ""),
        (
            "https://shop.example.com/p",
            "https://shop.example.com/p?",
            "",
        ),
        (
            "https://shop.example.com/p?x=1",
            "https://shop.example.com/p?x=1&",
            "",
        ),
        (
            "https://shop.example.com/p?x=%26+%2B&&y#",
            "https://shop.example.com/p?x=%26+%2B&&y&",
            "#",
        ),
        (
            "https://shop.example.com/p#/r?q",
            "https://shop.example.com/p?",
            "#/r?q",
        ),
        // Of the target's own, and told apart by their place.
        (
            "https://shop.example.com/p?code=own&state=own&appid=own&to=own",
            "https://shop.example.com/p?code=own&state=own&appid=own&to=own&",
            "",
        ),
        (
            "http://localhost:8008/p?中=文",
            "http://localhost:8008/p?%E4%B8%AD=%E6%96%87&",
            "",
        ),
        ("https://example.cn/shop", "https://example.cn/shop?", ""),
        (
            "https://example.cn/shop/a/b?../..",
            "https://example.cn/shop/a/b?../..&",
            "",
        ),
    ];
    let appended = [
        "code=021wn10w3otnc23Qtt0w3QFXD62wn10D&state=a1B2c3",
        "code=C&state=S&appid=wx1",
        "state=S",
        "state=S&code=C",
        "code=C&state=",
        // A shared link, and odd characters up to WeChat's 128 bytes.
        "code=C&state=S&from=singlemessage&isappinstalled=0",
        &format!("code=C&state=%e4%Bd%A0+%2b!'()*~;:@,$/?{}", "x".repeat(94)),
    ];
    for (target, before, after) in rows {
        let back = way_back(&hub, target);
        for appended in appended {
            let answer = get(&hub, &format!("{back}&{appended}"));
            assert_eq!(sent_to(&answer), format!("{before}{appended}{after}"));
        }
    }
    // A visitor whom WeChat gives nothing at all.
    let answer = get(&hub, &way_back(&hub, "https://shop.example.com/p?x=1#f"));
    assert_eq!(sent_to(&answer), "https://shop.example.com/p?x=1#f");
    // Encoded in another way, and in another place.
    let answer = get(
        &hub,
        "/return?code=C&to=https%3A%2F%2Fshop.example.com%2Fp%3Fa%3D1&state=S",
    );
    assert_eq!(
        sent_to(&answer),
        "https://shop.example.com/p?a=1&code=C&state=S"
    );
    // No code is logged.
    assert!(!hub.log().contains("021wn10"), "{}", hub.log());
}

#[test]
fn who_may_not_go_on_reads_why_and_the_operator_too() {
    let hub = start(&[("WECHAT_HUB_APPIDS", "wx1, wx2")]);
    let shop = "https://shop.example.com/p";
    let evil = "https://evil.example/p?secret";
    // Query with `TO` for the parameter's name, the origin named, and what names the problem.
    let rows: &[(&str, &str, &str)] = &[
        (
            &format!("appid=wx1&TO={}", encode(evil)),
            "https://evil.example",
            "没有登记",
        ),
        (
            &format!("appid=wx1&TO={}", encode("http://localhost:8009")),
            "http://localhost:8009",
            "没有登记",
        ),
        (
            &format!(
                "appid=wx1&TO={}",
                encode("https://u:secret@shop.example.com/")
            ),
            "https://shop.example.com",
            "不是规范",
        ),
        (
            &format!("appid=wx1&TO={}", encode("javascript:alert(1)")),
            "javascript:",
            "不是规范",
        ),
        (
            &format!("appid=wx3&TO={}", encode(shop)),
            "https://shop.example.com",
            "wx3",
        ),
        (
            &format!("appid=wx1&appid=wx1&TO={}", encode(shop)),
            "https://shop.example.com",
            "重复",
        ),
        (
            &format!("appid=wx1&state=1&state=2&TO={}", encode(shop)),
            "https://shop.example.com",
            "重复",
        ),
        (
            &format!("appid=wx1&TO={}&TO={}", encode(shop), encode(evil)),
            "https://evil.example",
            "重复",
        ),
        (
            &format!("appid=wx1&TO={}&TO={}", encode(evil), encode(shop)),
            "https://evil.example",
            "重复",
        ),
        ("appid=wx1&state=secret", "", "redirect_uri"),
        ("", "", "redirect_uri"),
        (
            &format!(
                "appid=wx1&TO={}",
                encode(&format!("{}/return?to={shop}", hub.url))
            ),
            &hub.url,
            "中转自己",
        ),
    ];
    for (path, parameter) in [
        ("/connect/oauth2/authorize", "redirect_uri"),
        ("/connect/qrconnect", "redirect_uri"),
        ("/", "redirect_uri"),
        ("/return", "to"),
    ] {
        for (query, origin, says) in rows {
            let before = hub.log().len();
            let answer = get(&hub, &format!("{path}?{}", query.replace("TO", parameter)));
            assert_page(&answer, 403);
            let body = answer.body.replace("&#x2F;", "/");
            assert!(body.contains(origin), "{query}: {body}");
            assert!(body.contains(says), "{query}: {body}");
            assert!(!body.contains("secret"), "{query}: {body}");
            let log = hub.logged(before, "wechat.hub.refused");
            let field = log.split("origin=\"").nth(1).unwrap_or_default();
            let field = field.split('"').next().unwrap_or_default();
            assert_eq!(field.is_empty(), origin.is_empty(), "{query}: {log}");
            assert!(field.contains(origin), "{query}: {log}");
            assert!(log.contains("WARN"), "{query}: {log}");
            assert!(!log.contains("secret"), "{query}: {log}");
        }
    }
    // No appid: WeChat's own way back has none, an app's authorize URL must.
    let target = encode(shop);
    let answer = get(
        &hub,
        &format!("/connect/oauth2/authorize?redirect_uri={target}"),
    );
    assert_page(&answer, 403);
    sent_to(&get(&hub, &format!("/return?to={target}&code=C")));
    for appid in ["wx1", "wx2", "%77x2"] {
        let query = format!("appid={appid}&redirect_uri={target}");
        sent_to(&get(&hub, &format!("/connect/oauth2/authorize?{query}")));
    }
}

#[test]
fn the_page_is_in_the_visitors_language() {
    let hub = start(&[]);
    let target = "/connect/oauth2/authorize?redirect_uri=https://evil.example";
    for (language, says) in [
        ("en", "allowed origins"),
        ("zh-CN,en;q=0.5", "没有登记"),
        ("zh-TW", "沒有登記"),
    ] {
        let answer = raw::get(&hub.url, target, &[("accept-language", language)]);
        let answer = answer.expect("an answer");
        assert_page(&answer, 403);
        assert!(answer.body.contains(says), "{answer:#?}");
        let host = hub.url.trim_start_matches("http://");
        assert!(
            answer.body.contains(&format!("<bdi>{host}</bdi>")),
            "{answer:#?}"
        );
    }
}

#[test]
fn a_long_address_is_warned_about_and_one_too_long_is_a_page() {
    let hub = start(&[]);
    let ask = |length: usize| {
        let target = encode("https://shop.example.com/");
        get(
            &hub,
            &format!(
                "/connect/oauth2/authorize?redirect_uri={target}&appid={}",
                "x".repeat(length)
            ),
        )
    };
    let base = sent_to(&ask(0)).len();
    for (length, warned, status) in [
        (1_000, false, 302),
        (1_001, true, 302),
        (3_000, true, 302),
        (3_001, true, 414),
        (20_000, true, 414),
    ] {
        let before = hub.log().len();
        let answer = ask(length - base);
        if status == 302 {
            assert_eq!(sent_to(&answer).len(), length);
        } else {
            assert_page(&answer, status);
            assert!(answer.body.contains("网址太长"), "{answer:#?}");
        }
        // An answer later than its log line.
        get(&hub, "/connect/oauth2/authorize");
        let log = hub.logged(before, "wechat.hub.refused");
        assert_eq!(
            log.matches("wechat.hub.long_url:").count(),
            usize::from(warned),
            "{log}"
        );
        assert_eq!(log.contains(&format!("length={length}")), warned, "{log}");
    }
}

#[test]
fn other_methods_and_other_paths_are_not_answered() {
    let hub = start(&[]);
    let query = format!(
        "appid=wx1&redirect_uri={0}&to={0}",
        encode("https://shop.example.com/")
    );
    for path in [
        "/",
        "/connect/oauth2/authorize",
        "/connect/qrconnect",
        "/return",
    ] {
        for method in [
            "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "FROB",
        ] {
            let target = format!("{path}?{query}");
            let request = raw::request(method, &hub.url, &target, &[("content-length", "0")]);
            let answer = raw::send(&hub.url, &request).expect("an answer");
            assert_eq!(answer.status, 405, "{method} {path}: {answer:#?}");
            assert_eq!(answer.header("allow"), "GET", "{method} {path}");
            assert_eq!(answer.header("location"), "", "{method} {path}");
        }
    }
    for path in [
        "/connect",
        "/connect/",
        "/connect/oauth2",
        "/connect/oauth2/authorize/",
        "/returned",
        "//return",
    ] {
        let answer = get(&hub, &format!("{path}?{query}"));
        assert_eq!(answer.status, 404, "{path}: {answer:#?}");
    }
    let healthy = get(&hub, "/healthz");
    assert_eq!((healthy.status, healthy.body.as_str()), (200, "ok"));
}

#[test]
fn a_hub_below_a_path_is_found_whether_a_proxy_strips_it_or_not() {
    for (public_url, prefix) in [
        ("https://login.example.cn/wx/pre", "/wx/pre"),
        ("https://login.example.cn/wx/pre/", "/wx/pre"),
        ("https://login.example.cn/%E4%B8%AD", "/%E4%B8%AD"),
    ] {
        let hub = start(&[("WECHAT_PUBLIC_URL", public_url)]);
        let target = encode("https://shop.example.com/");
        let back = encode(&format!(
            "https://login.example.cn{prefix}/return?to=https://shop.example.com/"
        ));
        for prefix in ["", prefix] {
            let query = format!("appid=wx1&redirect_uri={target}&scope=snsapi_base");
            for path in ["/connect/oauth2/authorize", "/connect/qrconnect", "/"] {
                let answer = get(&hub, &format!("{prefix}{path}?{query}"));
                let location = sent_to(&answer);
                assert!(
                    location.contains(&format!("&redirect_uri={back}&")),
                    "{location}"
                );
            }
            let answer = get(&hub, &format!("{prefix}/return?to={target}&code=C"));
            assert_eq!(sent_to(&answer), "https://shop.example.com/?code=C");
            assert_eq!(get(&hub, &format!("{prefix}/healthz")).status, 200);
        }
        assert_eq!(get(&hub, &format!("/wx/return?to={target}")).status, 404);
        sent_to(&get(
            &hub,
            &format!("{prefix}?appid=1&redirect_uri={target}"),
        ));
    }
}

#[test]
fn no_header_changes_an_address() {
    let hub = start(&[]);
    let target = format!(
        "/?appid=wx1&redirect_uri={}",
        encode("https://shop.example.com/")
    );
    let honest = get(&hub, &target);
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-prefix", "/evil"),
        ("x-original-url", "/evil"),
        ("forwarded", "host=evil.example;proto=gopher"),
    ] {
        let answer = raw::get(&hub.url, &target, &[(name, value)]).expect("an answer");
        assert_eq!(sent_to(&answer), sent_to(&honest), "{name}: {value}");
    }
    let absolute = get(&hub, &format!("http://evil.example{target}"));
    assert_eq!(sent_to(&absolute), sent_to(&honest));
}
