//! What asks as a program and not as a person: 401, and nothing begins.

use actix_web::http::Method;

use super::{PROFILE, assert_authorize, assert_headers, calls, openid_of, wechat};
use support::{Page, Visitor, demo::Demo};

const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const JSON: &str = "application/json, text/plain, */*";

/// What somebody gets who is not logged in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gets {
    WeChat,
    HtmlRefusal,
    JsonRefusal,
}
use Gets::{HtmlRefusal, JsonRefusal, WeChat};

type Headers = &'static [(&'static str, &'static str)];

const ROWS: &[(Headers, Gets)] = &[
    // People.
    (&[("accept", HTML)], WeChat),
    (&[("accept", "")], WeChat),
    (&[("accept", "*/*")], WeChat),
    (&[("accept", "text/html")], WeChat),
    (&[("accept", "TEXT/HTML")], WeChat),
    (
        &[("accept", "application/json;q=0.1, text/html;q=0.2")],
        WeChat,
    ),
    (&[("accept", "text/html, application/json")], WeChat),
    (
        &[("accept", HTML), ("x-requested-with", "com.tencent.mm")],
        WeChat,
    ),
    (
        &[
            ("accept", HTML),
            ("x-requested-with", "com.android.browser"),
        ],
        WeChat,
    ),
    (
        &[
            ("accept", HTML),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-user", "?1"),
        ],
        WeChat,
    ),
    (
        &[
            ("accept", HTML),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("x-requested-with", "com.tencent.mm"),
        ],
        WeChat,
    ),
    // Scripts.
    (&[("accept", JSON)], JsonRefusal),
    (&[("accept", "application/json")], JsonRefusal),
    (&[("accept", "text/plain")], JsonRefusal),
    (
        &[("accept", "application/json, text/html;q=0.9")],
        HtmlRefusal,
    ),
    (&[("accept", "text/html;q=0, */*")], JsonRefusal),
    (
        &[("accept", HTML), ("x-requested-with", "XMLHttpRequest")],
        JsonRefusal,
    ),
    (
        &[("accept", HTML), ("x-requested-with", "xmlhttprequest")],
        JsonRefusal,
    ),
    (
        &[("accept", ""), ("x-requested-with", "XMLHttpRequest")],
        JsonRefusal,
    ),
    (
        &[("accept", "*/*"), ("x-requested-with", "XMLHttpRequest")],
        JsonRefusal,
    ),
    (
        &[
            ("accept", "*/*"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-dest", "empty"),
        ],
        JsonRefusal,
    ),
    (
        &[
            ("accept", HTML),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-dest", "empty"),
        ],
        JsonRefusal,
    ),
    (
        &[
            ("accept", HTML),
            ("sec-fetch-mode", "same-origin"),
            ("sec-fetch-dest", "empty"),
        ],
        JsonRefusal,
    ),
    (
        &[("accept", ""), ("sec-fetch-mode", "no-cors")],
        JsonRefusal,
    ),
    // Images, frames, what is fetched ahead.
    (
        &[
            ("accept", "image/avif,image/webp,*/*;q=0.8"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", "image"),
        ],
        JsonRefusal,
    ),
    (
        &[("accept", "image/avif,image/webp,*/*;q=0.8")],
        JsonRefusal,
    ),
    (
        &[
            ("accept", HTML),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ],
        HtmlRefusal,
    ),
    (
        &[
            ("accept", HTML),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "embed"),
        ],
        HtmlRefusal,
    ),
    (&[("accept", HTML), ("purpose", "prefetch")], HtmlRefusal),
    (
        &[("accept", HTML), ("sec-purpose", "prefetch")],
        HtmlRefusal,
    ),
    (
        &[("accept", HTML), ("sec-purpose", "prefetch;prerender")],
        HtmlRefusal,
    ),
    (
        &[
            ("accept", HTML),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ],
        HtmlRefusal,
    ),
];

#[track_caller]
fn assert_gets(page: &Page, gets: Gets, row: &str) {
    if gets == WeChat {
        assert!(page.is_authorize(), "{row}: {page:#?}");
        assert_headers(page);
        return;
    }
    assert_eq!(page.status, 401, "{row}: {page:#?}");
    assert_headers(page);
    assert!(page.header("location").is_empty(), "{row}: {page:#?}");
    assert!(page.set_cookies().is_empty(), "{row}: {page:#?}");
    if gets == HtmlRefusal {
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{row}: {page:#?}"
        );
    } else {
        assert_eq!(
            page.header("content-type"),
            "application/json",
            "{row}: {page:#?}"
        );
        let json: serde_json::Value = serde_json::from_str(&page.body).expect("JSON");
        assert_eq!(
            json,
            serde_json::json!({"error": "login_required", "login_url": "/login?return_to=%2F"}),
            "{row}"
        );
    }
}

#[actix_web::test]
async fn who_asks_decides_what_they_get() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    for path in [PROFILE, "/api/me", "/openid"] {
        for (headers, gets) in ROWS {
            let visitor = Visitor::new();
            let page = visitor.get_with(&demo.at(path), headers).await;
            assert_gets(&page, *gets, &format!("{path} {headers:?}"));
        }
    }
    assert_eq!(calls(&wechat), (0, 0));
}

/// With a login under way and its code at hand nothing else happens either.
#[actix_web::test]
async fn a_program_never_completes_a_login() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let callback = visitor.callback(&demo.at(PROFILE)).await;
    for (headers, gets) in ROWS.iter().filter(|(_, gets)| *gets != WeChat) {
        let page = visitor.get_with(&callback, headers).await;
        assert_gets(&page, *gets, &format!("{headers:?}"));
    }
    assert_eq!(calls(&wechat), (0, 0));
    visitor.visit(&callback).await.assert_status(200);
    assert_eq!(calls(&wechat), (1, 1));
}

#[actix_web::test]
async fn what_changes_things_is_never_sent_to_wechat() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    for (headers, gets) in ROWS {
        let page = visitor
            .send(Method::POST, &demo.at("/comment"), headers)
            .await;
        let gets = match gets {
            // No redirect, so a page instead; a client that names no HTML reads JSON.
            WeChat
                if headers.iter().any(|(name, value)| {
                    *name == "accept" && !value.to_lowercase().contains("html")
                }) =>
            {
                JsonRefusal
            }
            WeChat => HtmlRefusal,
            refusal => *refusal,
        };
        assert_gets(&page, gets, &format!("POST {headers:?}"));
    }
    // A callback's parameters on it are worth nothing.
    let back = visitor.callback(&demo.at(PROFILE)).await;
    let query = back
        .split_once('?')
        .map(|(_, query)| query)
        .unwrap_or_default();
    let page = visitor.post(&demo.at(&format!("/comment?{query}"))).await;
    page.assert_status(401);
    assert_eq!(calls(&wechat), (0, 0));
}

#[actix_web::test]
async fn the_login_url_leads_back_to_the_page_that_asked() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let state = format!("0u{}", "a".repeat(32));
    let callback = format!("/shop?a=1&code=x&state={state}&b=2");
    let rows = [
        ("/shop", "/shop"),
        ("/shop?a=1&b=2", "/shop?a=1&b=2"),
        ("/", "/"),
        ("", "/"),
        ("/shop?code=own&state=theirs", "/shop?code=own&state=theirs"),
        (callback.as_str(), "/shop?a=1&b=2"),
        ("/a%20b?c=%FF", "/a%20b?c=%FF"),
        ("/shop#top", "/shop"),
        // The login page itself is a page like any other, but nobody returns to it.
    ];
    let ask = async |referer: &str| {
        let page = Visitor::new()
            .get_with(
                &demo.at("/api/me"),
                &[("accept", "application/json"), ("referer", referer)],
            )
            .await;
        page.assert_status(401);
        let json: serde_json::Value = serde_json::from_str(&page.body).expect("JSON");
        json["login_url"].as_str().expect("text").to_owned()
    };
    let return_to = |login_url: &str| {
        assert!(login_url.starts_with("/login?return_to="), "{login_url}");
        let url = url::Url::parse("http://x").and_then(|base| base.join(login_url));
        let url = url.expect("an address");
        let mut pairs = url.query_pairs();
        let (_, value) = pairs.next().expect("a parameter");
        assert_eq!(pairs.next(), None, "{login_url}");
        value.into_owned()
    };
    for (referer, wanted) in rows {
        let login_url = ask(&demo.at(referer)).await;
        assert_eq!(return_to(&login_url), wanted, "{referer}");
    }
    let port = demo.url.rsplit(':').next().unwrap_or_default();
    let strangers = [
        "https://evil.example/shop".to_owned(),
        format!("http://evil.example:{port}/shop"),
        format!("https://127.0.0.1:{port}/shop"),
        format!("{}.evil.example/shop", demo.url),
        format!("{}@evil.example/shop", demo.url),
        demo.at("//evil.example/shop"),
        demo.at("/\\evil.example/shop"),
        demo.at("/a/..//evil.example"),
        "/shop".to_owned(),
        "about:blank".to_owned(),
        "javascript:alert(1)".to_owned(),
        "http://".to_owned(),
        "%".to_owned(),
    ];
    for referer in strangers {
        let login_url = ask(&referer).await;
        let page = return_to(&login_url);
        assert!(
            !page.contains("evil") && !page.contains("shop"),
            "{referer}: {login_url}"
        );
        assert_eq!(page, "/", "{referer}");
    }
    // And it does lead there.
    let visitor = Visitor::new();
    let login_url = ask(&demo.at("/wechat8008/index?a=1")).await;
    let page = visitor.visit(&demo.at(&login_url)).await;
    page.assert_status(200);
    assert_eq!(page.url, demo.at("/wechat8008/index?a=1"));
}

#[actix_web::test]
async fn a_known_user_is_known_to_programs_too() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
    for (headers, _) in ROWS {
        for path in [PROFILE, "/api/me", "/openid"] {
            let page = visitor.get_with(&demo.at(path), headers).await;
            assert_eq!(page.status, 200, "{path} {headers:?}: {page:#?}");
        }
        let page = visitor
            .send(Method::POST, &demo.at("/comment"), headers)
            .await;
        assert_eq!(page.status, 200, "{headers:?}: {page:#?}");
    }
    assert_eq!(calls(&wechat), (1, 1));
    assert!(openid_of(&demo, &visitor).await.is_some());
}

#[actix_web::test]
async fn several_programs_at_once_do_not_disturb_a_login() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let asked = visitor.get(&demo.at(PROFILE)).await;
    let cookies = visitor.cookie_header(&demo.url);
    for (headers, _) in ROWS.iter().filter(|(_, gets)| *gets != WeChat) {
        visitor.get_with(&demo.at("/api/me"), headers).await;
    }
    assert_eq!(visitor.cookie_header(&demo.url), cookies);
    let page = visitor.visit(&assert_authorize(&asked)).await;
    page.assert_status(200);
}
