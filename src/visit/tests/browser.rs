use actix_web::http::header::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

const CHROME: &str = "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const DOCUMENT: &str = "sec-fetch-mode: navigate | sec-fetch-dest: document";

/// Headers, written `name: value | name: value`.
fn headers(text: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in text.split(" | ").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    headers
}

fn is_own(origin: &[u8]) -> bool {
    origin == b"https://shop.example.cn"
}

#[test]
fn only_get_and_head_are_navigations() {
    let chrome = headers(CHROME);
    let table = [
        (Method::GET, Some(Navigation::Get)),
        (Method::HEAD, Some(Navigation::Head)),
        (Method::POST, None),
        (Method::PUT, None),
        (Method::PATCH, None),
        (Method::DELETE, None),
        (Method::OPTIONS, None),
    ];
    for (method, expected) in table {
        assert_eq!(navigation(&method, &chrome, is_own), expected, "{method}");
    }
}

#[test]
fn each_kind_of_request_is_told_apart() {
    // Whether it is a navigation, and whether its refusal is HTML.
    let table = [
        // Browsers: today's, on plain http, old WeChat's with the mode alone, Android's WeChat.
        (
            "{chrome} | {document} | sec-fetch-site: none | sec-fetch-user: ?1",
            true,
            true,
        ),
        ("{chrome}", true, true),
        ("{chrome} | sec-fetch-mode: navigate", true, true),
        (
            "{chrome} | {document} | x-requested-with: com.tencent.mm",
            true,
            true,
        ),
        // curl.
        ("", true, false),
        ("accept: */*", true, false),
        ("accept:  */* ", true, false),
        // Scripts.
        (
            "accept: text/html, */* | x-requested-with: XMLHttpRequest",
            false,
            false,
        ),
        (
            "accept: text/html | x-requested-with: xmlhttprequest",
            false,
            false,
        ),
        (
            "{chrome} | x-requested-with: com.tencent.mm | x-requested-with: XMLHttpRequest",
            false,
            false,
        ),
        (
            "accept: */* | sec-fetch-mode: cors | sec-fetch-dest: empty",
            false,
            false,
        ),
        (
            "accept: text/html | sec-fetch-mode: same-origin",
            false,
            false,
        ),
        // Parts of pages.
        (
            "accept: image/avif,*/* | sec-fetch-mode: no-cors | sec-fetch-dest: image",
            false,
            false,
        ),
        (
            "{chrome} | sec-fetch-mode: navigate | sec-fetch-dest: iframe",
            false,
            true,
        ),
        (
            "{chrome} | sec-fetch-dest: document | sec-fetch-dest: iframe",
            false,
            true,
        ),
        ("accept: image/webp,*/*", false, false),
        // Pages that nobody looks at yet.
        ("{chrome} | {document} | sec-purpose: prefetch", false, true),
        (
            "{chrome} | {document} | sec-purpose: Prefetch;prerender",
            false,
            true,
        ),
        ("{chrome} | purpose: prefetch", false, true),
        ("{chrome} | purpose: pre", true, true),
        // JSON before HTML, beside it, after it.
        ("accept: application/json", false, false),
        ("accept: application/json, */*", false, false),
        ("accept: application/json, text/html;q=0.9", false, false),
        ("accept: application/json, text/html", false, false),
        ("accept: text/html, application/json", true, true),
        (
            "accept: text/html;q=0.5, application/json;q=0.5",
            true,
            true,
        ),
        (
            "accept: application/json;q=0.5, text/html;q=0.5",
            false,
            false,
        ),
        (
            "accept: application/json;q=0.4, text/html;q=0.5",
            true,
            true,
        ),
        (
            "accept: application/json;q=0.4, text/html;q=0.5, application/json;q=0.6",
            false,
            false,
        ),
        ("accept: application/json | accept: text/html", false, false),
        ("accept: text/html | accept: application/json", true, true),
        ("accept: */* | accept: application/json", false, false),
        (
            "{chrome} | {document} | accept: application/json",
            true,
            true,
        ),
        (
            "{document} | accept: application/json, text/html;q=0.9",
            false,
            false,
        ),
        // Another protocol, and another site's script.
        (
            "{chrome} | upgrade: websocket | connection: upgrade",
            false,
            true,
        ),
        ("accept: */* | upgrade: websocket", false, false),
        ("{chrome} | origin: https://evil.example", false, true),
        (
            "{chrome} | {document} | origin: http://shop.example.cn",
            false,
            true,
        ),
        ("{chrome} | origin: https://shop.example.cn", true, true),
        ("{chrome} | origin: null", true, true),
        ("accept: text/html, application/json;q=0.9", true, true),
        (
            "accept: TEXT/HTML;Q=0.5, Application/JSON; q=0.4",
            true,
            true,
        ),
        (
            "accept: text/html;q=0.1, text/html;q=0.9, application/json;q=0.5",
            true,
            true,
        ),
        // HTML is not wanted, or not named.
        ("accept: text/html;q=0, */*", false, false),
        ("accept: text/html;q=much", false, false),
        ("accept: text/html;q=NaN", false, false),
        ("accept: */*;q=0.8", false, false),
        ("accept: text/*", false, false),
        ("accept: ", false, false),
        ("accept: é", false, false),
    ];
    for (text, is_navigation, html) in table {
        let text = text
            .replace("{chrome}", CHROME)
            .replace("{document}", DOCUMENT);
        let headers = headers(&text);
        let expected = is_navigation.then_some(Navigation::Get);
        assert_eq!(
            navigation(&Method::GET, &headers, is_own),
            expected,
            "{text}"
        );
        assert_eq!(wants_html(&headers), html, "{text}");
    }
}

#[test]
fn wechat_is_known_by_its_name_and_wecom_is_not_wechat() {
    let table = [
        (
            "Mozilla/5.0 (Linux; Android 12) MicroMessenger/8.0.40(0x28002837) NetType/WIFI",
            true,
        ),
        (
            "Mozilla/5.0 (iPhone) MicroMessenger/8.0.40 miniProgram/wx0123456789abcdef",
            true,
        ),
        ("mozilla micromessenger/6", true),
        (
            "Mozilla/5.0 (Linux) wxwork/4.1.0 MicroMessenger/7.0.1",
            false,
        ),
        (
            "Mozilla/5.0 (Linux) MicroMessenger/7.0.1 WXWork/4.1.0",
            false,
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0", false),
        ("", false),
    ];
    for (agent, expected) in table {
        let headers = headers(&format!("user-agent: {agent}"));
        assert_eq!(is_wechat(&headers), expected, "{agent}");
    }
    assert!(!is_wechat(&HeaderMap::new()));
}

proptest! {
    #[test]
    fn any_header_is_judged(
        name in prop::sample::select(vec![
            "accept", "purpose", "sec-purpose", "sec-fetch-mode", "sec-fetch-dest",
            "user-agent", "x-requested-with", "origin", "upgrade",
        ]),
        value in "[ -{}~\\u{80}-\\u{ff}]{0,40}|(text/html|application/json|\\*/\\*|;q=[-0-9.a-z]{0,4}|,| ){0,8}",
    ) {
        let headers = headers(&format!("{name}: {value}"));
        let is_navigation = navigation(&Method::GET, &headers, is_own).is_some();
        prop_assert_eq!(navigation(&Method::HEAD, &headers, is_own).is_some(), is_navigation);
        prop_assert_eq!(navigation(&Method::POST, &headers, is_own), None);
        let _ = (wants_html(&headers), is_wechat(&headers));
    }
}
