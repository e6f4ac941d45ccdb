//! Whatever an address looks like, nobody is sent where the operator did not allow it.

use super::{Demo, OPEN, assert_page, encode, get, raw, sent_to, start};

/// Targets that no list covers, however much they look like one: `shop.example.com`,
/// `localhost:8008` and `example.cn/shop` are allowed.
const HOSTILE: &[&str] = &[
    // Other places.
    "https://evil.example/",
    "http://shop.example.com/",
    "https://localhost:8008/",
    "https://shop.example.com.evil.example/",
    "https://shop.example.com.",
    "https://shop.example.com./",
    "https://evilshop.example.com/",
    "https://a.shop.example.com/",
    "https://example.com/",
    "https://example.com/shop.example.com",
    "https://evil.example/https://shop.example.com/",
    "https://evil.example?https://shop.example.com/",
    "https://evil.example#https://shop.example.com/",
    "https://evil.example;shop.example.com/",
    // User names.
    "https://user@shop.example.com/",
    "https://user:word@shop.example.com/",
    "https://@shop.example.com/",
    "https://:@shop.example.com/",
    "https://shop.example.com@evil.example/",
    "https://shop.example.com:443@evil.example/",
    "https://shop.example.com%40evil.example/",
    "https://shop.example.com%2F@evil.example/",
    // Back slashes.
    "https:\\\\shop.example.com/",
    "https://shop.example.com\\@evil.example/",
    "https://evil.example\\@shop.example.com/",
    "https://evil.example\\.shop.example.com/",
    "https://shop.example.com/\\evil.example",
    "https://shop.example.com\\",
    "\\\\evil.example",
    // No scheme, or not this one.
    "",
    "/",
    "//evil.example/",
    "//shop.example.com/",
    "///evil.example",
    "shop.example.com",
    "shop.example.com/p",
    "https:shop.example.com",
    "https:/shop.example.com/",
    "https:///shop.example.com/",
    "https:////evil.example/",
    "https//shop.example.com/",
    "://shop.example.com/",
    "javascript:alert(1)",
    "javascript://shop.example.com/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://shop.example.com/",
    "ws://localhost:8008/",
    "blob:https://shop.example.com/x",
    "view-source:https://shop.example.com/",
    "weixin://dl/business",
    "intent://shop.example.com/#Intent;scheme=https;end",
    // White space and control characters.
    " https://shop.example.com/",
    "\thttps://shop.example.com/",
    "ht\ttps://shop.example.com/",
    "https:\n//shop.example.com/",
    "https://shop.exam\tple.com/",
    "https://shop.example.com\n.evil.example/",
    "https://shop.example.com /",
    "https://shop.example.com/\r\nLocation: https://evil.example/",
    "https://shop.example.com/\r\n\r\n<script>alert(1)</script>",
    "https://shop.example.com/\nset-cookie: a=b",
    "https://shop.example.com/\0",
    "https://shop.example.com/\u{7f}",
    "https://shop.example.com/\u{85}",
    "\u{feff}https://shop.example.com/",
    "https://shop.example.com\u{a0}/",
    // Hosts that a parser would put right.
    "https://shop%2eexample.com/",
    "https://%73hop.example.com/",
    "https://shop.example.com%2f.evil.example/",
    "https://shop.example.com%00.evil.example/",
    "https://ｓｈｏｐ.example.com/",
    "https://shop。example.com/",
    "https://shop.exam\u{ad}ple.com/",
    "https://shop.еxample.com/",
    "https://xn--shop-.example.com/",
    "https://[shop.example.com]/",
    "http://[::1]:8008/",
    "http://[::ffff:127.0.0.1]:8008/",
    "http://127.0.0.1:8008/",
    "http://127.1:8008/",
    "http://2130706433:8008/",
    "http://０x7f.1:8008/",
    "http://localhost.:8008/",
    // Ports.
    "http://localhost/",
    "http://localhost:80/",
    "http://localhost:8009/",
    "http://localhost:08008/",
    "http://localhost:８００８/",
    "http://localhost:73544/",
    "http://localhost:+8008/",
    "http://localhost:8008:8008/",
    "http://localhost:8008@evil.example/",
    "http://localhost: 8008/",
    "http://localhost:/",
    "https://shop.example.com:/",
    "https://shop.example.com:80/",
    "https://shop.example.com:0/",
    // Out of the path.
    "https://example.cn",
    "https://example.cn/",
    "https://example.cn/admin",
    "https://example.cn/shopping",
    "https://example.cn/shop.evil",
    "https://example.cn/SHOP",
    "https://example.cn//shop",
    "https://example.cn/%73hop",
    "https://example.cn/?/shop",
    "https://example.cn/#/shop",
    "https://example.cn/shop;/../admin",
    "https://example.cn/shop/..",
    "https://example.cn/shop/../",
    "https://example.cn/shop/../admin",
    "https://example.cn/shop/./../admin",
    "https://example.cn/shop//../../admin",
    "https://example.cn/shop/%2e%2e/admin",
    "https://example.cn/shop/%2E./admin",
    "https://example.cn/shop/..%2fadmin",
    "https://example.cn/shop%2f..%2fadmin",
    "https://example.cn/shop/..%5cadmin",
    "https://example.cn/shop/..\\admin",
    "https://example.cn/shop/%252e%252e/admin",
    "https://example.cn/shop/%25252e%25252e/admin",
    "https://example.cn/shop/..;/admin",
    "https://example.cn/shop/..;a=b/admin",
    "https://example.cn/shop/..%00/admin",
    "https://example.cn/shop/.%0a./admin/..",
    "https://example.cn/admin/../shop/../admin",
    // Encoded once too often.
    "https%3A%2F%2Fshop.example.com%2F",
    "https%253A%252F%252Fevil.example%252F",
];

/// The same place in another spelling: sent on, in the spelling of the list.
const SAME_PLACE: &[(&str, &str)] = &[
    ("HTTPS://SHOP.EXAMPLE.COM/P", "https://shop.example.com/P"),
    ("https://shop.example.com:443/", "https://shop.example.com/"),
    // Browsers stay on the origin, whatever follows it.
    (
        "https://shop.example.com//evil.example",
        "https://shop.example.com//evil.example",
    ),
    (
        "https://shop.example.com/@evil.example",
        "https://shop.example.com/@evil.example",
    ),
    (
        "https://shop.example.com?@evil.example",
        "https://shop.example.com/?@evil.example",
    ),
    (
        "https://shop.example.com#@evil.example",
        "https://shop.example.com/#@evil.example",
    ),
    (
        "https://shop.example.com/https://evil.example",
        "https://shop.example.com/https://evil.example",
    ),
    (
        "https://shop.example.com/?next=//evil.example",
        "https://shop.example.com/?next=//evil.example",
    ),
    (
        "https://shop.example.com/%0d%0aSet-Cookie:a=b",
        "https://shop.example.com/%0d%0aSet-Cookie:a=b",
    ),
    (
        "https://shop.example.com/\"><script>",
        "https://shop.example.com/%22%3E%3Cscript%3E",
    ),
    (
        "https://example.cn/shop//admin",
        "https://example.cn/shop//admin",
    ),
];

/// Every form of a request that names this target, on the way out and on the way back.
fn requests(encoded: &str) -> [String; 5] {
    [
        format!(
            "/connect/oauth2/authorize?appid=wx1&redirect_uri={encoded}&response_type=code&scope=snsapi_base&state=S"
        ),
        format!(
            "/connect/qrconnect?appid=wx1&redirect_uri={encoded}&response_type=code&scope=snsapi_login&state=S"
        ),
        format!("/?appid=wx1&scope=snsapi_base&state=S&redirect_uri={encoded}"),
        format!("/return?to={encoded}&code=C&state=S"),
        format!("/return?code=C&state=S&to={encoded}"),
    ]
}

/// Percent-encoded byte for byte, so that nothing is lost on the way to the hub.
fn encode_all(text: &[u8]) -> String {
    text.iter().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn no_hostile_address_leaves_the_list() {
    assert!(HOSTILE.len() >= 100);
    let hub = start(&[]);
    for target in HOSTILE {
        for encoded in [
            encode_all(target.as_bytes()),
            encode(target).replace('+', "%20"),
        ] {
            for request in requests(&encoded) {
                let answer = get(&hub, &request);
                assert_page(&answer, 403);
                assert!(!answer.body.contains("<script"), "{target:?}: {answer:#?}");
                assert!(!answer.head.contains("a=b"), "{target:?}: {answer:#?}");
            }
        }
    }
    assert!(!hub.log().contains("panicked"), "{}", hub.log());
}

#[test]
fn another_spelling_of_an_allowed_place_is_sent_to_the_lists() {
    let hub = start(&[]);
    for (target, expected) in SAME_PLACE {
        let [out, .., back, _] = requests(&encode_all(target.as_bytes()));
        let answer = get(&hub, &out);
        let location = sent_to(&answer);
        assert!(
            location.starts_with(&format!("{OPEN}/connect/")),
            "{location}"
        );
        let answer = get(&hub, &back);
        let (base, fragment) = match expected.split_once('#') {
            Some((base, fragment)) => (base, format!("#{fragment}")),
            None => (*expected, String::new()),
        };
        let joint = if base.contains('?') { '&' } else { '?' };
        assert_eq!(
            sent_to(&answer),
            format!("{base}{joint}code=C&state=S{fragment}"),
            "{target:?}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_no_address() {
    let hub = start(&[]);
    for target in [
        &b"https://shop.example.com/\xff"[..],
        b"https://shop.example.com/\xc0\xae\xc0\xae/",
        b"https://shop\xff.example.com/",
        b"\xff\xfehttps://shop.example.com/",
        b"https://shop.example.com/\xed\xa0\x80",
    ] {
        for request in requests(&encode_all(target)) {
            assert_page(&get(&hub, &request), 403);
        }
    }
}

#[test]
fn a_parameter_that_can_be_read_in_two_ways_is_refused() {
    let hub = start(&[]);
    let shop = encode("https://shop.example.com/");
    let evil = encode("https://evil.example/");
    for query in [
        format!("TO={shop}&TO={evil}"),
        format!("TO={evil}&TO={shop}"),
        format!("TO={shop}&TO={shop}"),
        format!("TO={shop}&TO"),
        format!("TO={shop}&TO="),
        format!("TO&TO={shop}"),
        format!("TO={shop}&ENCODED={evil}"),
        format!("ENCODED={evil}&TO={shop}"),
        format!("TO={shop}&TO+={evil}"),
        format!("TO={shop}&%20TO={evil}"),
        format!("TO={shop}&TO%00={evil}"),
        format!("TO={shop}&appid=wx1&appid=wx2"),
        format!("TO={shop}&appid=wx1&%61ppid=wx2"),
        format!("TO={shop}&appid=wx1&appid"),
        format!("TO={shop}&state=1&state=1"),
        format!("TO={shop}&state=1&st%61te=2"),
        format!("TO={shop}&code=1&code=2"),
        format!("TO={shop}&code=1&%63ode=2"),
        format!("TO={}&state=1", "%"),
        format!("TO={shop}%&state=1%zz").replace(&shop, "https://shop.example.com%zz"),
        "TO".to_owned(),
        "TO=".to_owned(),
        "&&&".to_owned(),
        "=".to_owned(),
    ] {
        for (path, name, encoded) in [
            (
                "/connect/oauth2/authorize",
                "redirect_uri",
                "redirect%5Furi",
            ),
            ("/connect/qrconnect", "redirect_uri", "%72edirect_uri"),
            ("/", "redirect_uri", "redirect%5furi"),
            ("/return", "to", "%74o"),
        ] {
            let query = query.replace("TO", name).replace("ENCODED", encoded);
            assert_page(&get(&hub, &format!("{path}?{query}")), 403);
        }
    }
    // Names that only resemble one are nobody's, and go on as they came.
    let answer = get(
        &hub,
        &format!("/return?to={shop}&To={evil}&to[]={evil}&redirect_uri={evil}&code=C"),
    );
    assert_eq!(
        sent_to(&answer),
        format!("https://shop.example.com/?To={evil}&to[]={evil}&redirect_uri={evil}&code=C")
    );
}

#[test]
fn a_hub_within_a_hub_is_refused_and_within_another_is_one_more_target() {
    let inner = start(&[]);
    let listed = format!("https://shop.example.com,{}", inner.url);
    let outer = start(&[("WECHAT_HUB_ORIGINS", &listed)]);
    // Itself, listed or not.
    let own = format!("https://shop.example.com,{}", outer.url);
    let itself = {
        let listen = outer.url.trim_start_matches("http://").to_owned();
        drop(outer);
        start(&[("LISTEN", &listen), ("WECHAT_HUB_ORIGINS", &own)])
    };
    let shop = "https://shop.example.com/";
    for nested in [
        format!("/return?to={shop}"),
        "/return".to_owned(),
        "/return/".to_owned(),
        "/%72eturn".to_owned(),
        format!("/connect/oauth2/authorize?redirect_uri={shop}"),
        format!("/connect/qrconnect?redirect_uri={shop}"),
        format!("/?redirect_uri={shop}"),
        String::new(),
    ] {
        let nested = itself.at(&nested);
        for request in requests(&encode(&nested)) {
            assert_page(&get(&itself, &request), 403);
        }
    }
    // Another hub: there the inner target is judged once more.
    let outer = start(&[("WECHAT_HUB_ORIGINS", &listed)]);
    for (target, goes) in [(shop, true), ("https://evil.example/", false)] {
        let through = inner.at(&format!("/return?to={}", encode(target)));
        let answer = get(
            &outer,
            &format!("/return?to={}&code=C&state=S", encode(&through)),
        );
        let next = sent_to(&answer)
            .strip_prefix(&inner.url)
            .expect("the other hub");
        let answer = get(&inner, next);
        if goes {
            assert_eq!(sent_to(&answer), "https://shop.example.com/?code=C&state=S");
        } else {
            assert_page(&answer, 403);
        }
    }
}

/// What is too long, or no HTTP, is answered somehow, and the next visitor as ever.
#[test]
fn what_is_no_request_for_a_hub_does_it_no_harm() {
    let hub = start(&[]);
    let long = "x".repeat(20_000);
    let huge = "x".repeat(400_000);
    let deep = "https://example.cn/shop/%".to_owned() + &"25".repeat(2_000) + "2e";
    let shop = encode("https://shop.example.com/");
    let targets = [
        format!("/connect/oauth2/authorize?redirect_uri={shop}{long}"),
        format!("/connect/oauth2/authorize?redirect_uri={shop}{huge}"),
        format!("/return?to={shop}&code={huge}"),
        format!("/return?to=https://evil.example/{long}"),
        format!("/return?to={}", encode(&deep)),
        format!("/return?{}", "to=&".repeat(5_000)),
        format!("/return?to={shop}#fragment"),
        format!("/return?to={shop}&state=\t&code=C"),
        format!("/return?to={shop}&state= &code=C"),
        format!("/return?to={shop}&state=<\"'`{{|}}^&code=C"),
        "*".to_owned(),
        "http://".to_owned(),
        "/return?\0".to_owned(),
    ];
    for target in targets {
        let shown = &target[..target.len().min(80)];
        let request = raw::request("GET", &hub.url, &target, &[]);
        if let Some(answer) = raw::send(&hub.url, &request) {
            let location = answer.header("location");
            let is_on_list = |origin: &str| location.starts_with(origin);
            assert!(
                location.is_empty() || is_on_list("https://shop.example.com/"),
                "{shown}: {location}"
            );
            assert!(answer.status < 500, "{shown}: {}", answer.status);
        }
        assert_alive(&hub, shown);
    }
    // Bytes beyond ASCII in the request line: on to the target as they came, or refused.
    for bytes in [&b"\xff\xfe"[..], "中文".as_bytes(), b"\xc3"] {
        let mut request = raw::request(
            "GET",
            &hub.url,
            &format!("/return?to={shop}&code=C&state=@"),
            &[],
        );
        let at = request
            .iter()
            .position(|byte| *byte == b'@')
            .expect("a place");
        request.splice(at..=at, bytes.iter().copied());
        if let Some(answer) = raw::send(&hub.url, &request) {
            let location = answer.header("location");
            let on_list = location.starts_with("https://shop.example.com/?code=C&state=");
            assert!(location.is_empty() || on_list, "{answer:#?}");
            assert!(answer.status < 500, "{answer:#?}");
        }
        assert_alive(&hub, "bytes");
    }
    assert!(!hub.log().contains("panicked"), "{}", hub.log());
}

#[track_caller]
fn assert_alive(hub: &Demo, after: &str) {
    assert_eq!(get(hub, "/healthz").status, 200, "after {after}");
}
