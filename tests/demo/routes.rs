//! Routes: what each takes and answers, for a guest and for a known user.

use actix_web::http::Method;
use actix_wechat::simulator::{Account, Person};

use super::{PROFILE, assert_headers, calls, openid_of, wechat, wechat_of};
use support::{Visitor, demo::Demo};

const HOME: &str = "/";

#[actix_web::test]
async fn everybody_may_see_the_home_page_and_it_says_who_they_are() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let guest = visitor.get(&demo.at(HOME)).await;
    guest.assert_status(200);
    assert!(guest.set_cookies().is_empty(), "a guest gets no cookie");
    assert!(guest.body.contains("href=\"&#x2F;login?") || guest.body.contains("href=\"/login?"));
    assert!(!guest.body.contains("/logout"), "{}", guest.body);

    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
    let known = visitor.get(&demo.at(HOME)).await;
    known.assert_status(200);
    assert!(known.body.contains("小明"), "{}", known.body);
    assert!(
        known.body.contains("<form method=\"post\""),
        "{}",
        known.body
    );
    assert!(!known.body.contains("login?return_to"), "{}", known.body);
}

/// A pure look: also where the URL carries what only a login's own page acts on.
#[actix_web::test]
async fn the_home_page_never_redirects_sets_a_cookie_or_exchanges() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let state = format!("0u{}", "a".repeat(32));
    for target in [
        "/?code=x".to_owned(),
        "/?state=y".to_owned(),
        format!("/?code=x&state={state}"),
        format!("/?state={state}"),
        format!("/?code=&state={state}"),
    ] {
        let visitor = Visitor::new();
        // Also with a pending login of another page.
        visitor.get(&demo.at(PROFILE)).await;
        let page = visitor.get(&demo.at(&target)).await;
        page.assert_status(200);
        assert!(page.set_cookies().is_empty(), "{target}: {page:#?}");
    }
    assert_eq!(calls(&wechat), (0, 0));
}

#[actix_web::test]
async fn the_user_as_json_has_wechats_field_names_and_never_a_token() {
    let old = Person::named("老王")
        .sex(2)
        .region("CN", "广东", "广州")
        .privilege(["chinaunicom"]);
    for (person, bound) in [(Person::named("小明"), false), (old, true)] {
        let wechat = wechat_of(Account::test().bound(bound)).await;
        wechat.sign_in(person.clone());
        let demo = Demo::start(&wechat, &[]);
        let visitor = Visitor::new();
        let page = visitor.visit(&demo.at("/api/me")).await;
        page.assert_status(200);
        assert!(page.header("content-type").starts_with("application/json"));
        let me: serde_json::Value = serde_json::from_str(&page.body).expect("JSON");
        let fields: Vec<&str> = me
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        let mut wanted = vec![
            "city",
            "country",
            "headimgurl",
            "nickname",
            "openid",
            "privilege",
            "province",
            "sex",
        ];
        if bound {
            wanted.push("unionid");
            assert_eq!(me["unionid"], person.unionid());
            assert_eq!(me["sex"], 2);
            assert_eq!(me["privilege"][0], "chinaunicom");
            assert_eq!(
                (&me["country"], &me["province"], &me["city"]),
                (&"CN".into(), &"广东".into(), &"广州".into())
            );
        } else {
            assert_eq!(me["sex"], 0);
            assert_eq!(me["privilege"], serde_json::json!([]));
            for field in ["province", "city", "country"] {
                assert_eq!(me[field], "", "{field}");
            }
        }
        assert_eq!(fields, wanted);
        assert_eq!(me["nickname"], person.name());
        assert_eq!(me["openid"], person.openid(wechat.account().appid()));
    }
}

#[actix_web::test]
async fn the_profile_page_shows_what_wechat_tells() {
    let wechat = wechat().await;
    let person = Person::named("老王")
        .sex(1)
        .region("CN", "广东", "广州")
        .headimgurl("https://thirdwx.qlogo.cn/mmopen/vi_32/abc/132");
    wechat.sign_in(person.clone());
    let demo = Demo::start(&wechat, &[]);
    let page = Visitor::new().visit(&demo.at(PROFILE)).await;
    page.assert_status(200);
    let openid = person.openid(wechat.account().appid());
    for wanted in ["老王", &openid, "男", "CN 广东 广州", "vi_32"] {
        assert!(page.body.contains(wanted), "{wanted}: {}", page.body);
    }
}

#[actix_web::test]
async fn every_route_takes_its_methods_only() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let guest = Visitor::new();
    let known = Visitor::new();
    known.visit(&demo.at(PROFILE)).await.assert_status(200);
    wechat.clear_calls();
    let anything = || {
        vec![
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::HEAD,
        ]
    };
    let rows = [
        ("/", vec![Method::GET, Method::HEAD]),
        (PROFILE, vec![Method::GET, Method::HEAD]),
        ("/api/me", vec![Method::GET]),
        ("/openid", vec![Method::GET]),
        ("/comment", vec![Method::POST]),
        ("/login", vec![Method::GET]),
        ("/logout", vec![Method::POST]),
        ("/desktop", vec![Method::GET]),
        ("/healthz", vec![Method::GET, Method::HEAD]),
        ("/nothing", vec![]),
    ];
    for (path, taken) in rows {
        for method in anything() {
            if taken.contains(&method) {
                continue;
            }
            for visitor in [&guest, &known] {
                let page = visitor.send(method.clone(), &demo.at(path), &[]).await;
                assert!(
                    matches!(page.status.as_u16(), 404 | 405),
                    "{method} {path}: {page:#?}"
                );
                assert!(page.set_cookies().is_empty(), "{method} {path}: {page:#?}");
            }
        }
    }
    assert_eq!(calls(&wechat), (0, 0));
    assert!(openid_of(&demo, &known).await.is_some());
}

/// The demo's own pages: nothing runs in them, nothing guesses at them, nobody else keeps them.
#[actix_web::test]
async fn each_page_of_the_demo_is_kept_to_itself() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let known = Visitor::new();
    known.visit(&demo.at(PROFILE)).await.assert_status(200);
    let guest = Visitor::new();
    for (visitor, method, path) in [
        (&guest, Method::GET, HOME),
        (&known, Method::GET, HOME),
        (&known, Method::GET, PROFILE),
        (&known, Method::GET, "/api/me"),
        (&known, Method::GET, "/openid"),
        (&known, Method::POST, "/comment"),
    ] {
        let page = visitor.send(method, &demo.at(path), &[]).await;
        page.assert_status(200);
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{page:?}");
        let cached = page.header("cache-control");
        assert_eq!(cached, "private, no-store", "{path}");
        if page.header("content-type").starts_with("text/html") {
            let policy = page.header("content-security-policy");
            for part in [
                "default-src 'none'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            ] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert!(!policy.contains("script-src"), "{path}: {policy}");
            assert!(!page.body.contains("<script"), "{path}: {}", page.body);
        }
    }
}

/// Monitors ask this way: the status and the headers of a GET, and no body.
#[actix_web::test]
async fn a_head_is_answered_like_a_get() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let known = Visitor::new();
    known.visit(&demo.at(PROFILE)).await.assert_status(200);
    for (path, visitor) in [
        ("/", Visitor::new()),
        ("/", known.clone()),
        ("/healthz", Visitor::new()),
        ("/healthz", known.clone()),
        (PROFILE, known),
    ] {
        let mut told = Vec::new();
        for method in [Method::GET, Method::HEAD] {
            let page = visitor.send(method.clone(), &demo.at(path), &[]).await;
            page.assert_status(200);
            assert!(page.set_cookies().is_empty(), "{method} {path}: {page:#?}");
            assert_eq!(page.body.is_empty(), method == Method::HEAD, "{path}");
            let names = [
                "content-length",
                "content-type",
                "cache-control",
                "content-security-policy",
                "x-content-type-options",
            ];
            told.push(names.map(|name| page.header(name).to_owned()));
        }
        assert_eq!(told[0], told[1], "{path}");
    }
}

#[actix_web::test]
async fn a_comment_names_its_user() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
    let page = visitor.post(&demo.at("/comment")).await;
    page.assert_status(200);
    assert_eq!(page.body, "ok 小明");
}

#[actix_web::test]
async fn health_is_told_without_a_session() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let known = Visitor::new();
    known.visit(&demo.at(PROFILE)).await.assert_status(200);
    for visitor in [Visitor::new(), known] {
        let page = visitor.get(&demo.at("/healthz")).await;
        page.assert_status(200);
        assert_eq!(page.body, "ok");
        assert!(page.set_cookies().is_empty(), "{page:#?}");
    }
    // Not even a broken session concerns it.
    let broken = Visitor::new();
    broken.set_cookie(&demo.url, "id", "garbage");
    broken.get(&demo.at("/healthz")).await.assert_status(200);
}

#[actix_web::test]
async fn logging_out_forgets_the_user_and_leads_home() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
    for _ in 0..2 {
        // The second time there is nobody to forget.
        let page = visitor.post(&demo.at("/logout")).await;
        page.assert_status(303);
        assert_eq!(page.location(), demo.at("/"));
        assert_eq!(openid_of(&demo, &visitor).await, None);
    }
    let guest = visitor.get(&demo.at("/")).await;
    assert!(!guest.body.contains("小明"), "{}", guest.body);
    let stranger = Visitor::new().post(&demo.at("/logout")).await;
    stranger.assert_status(303);
    assert!(stranger.set_cookies().is_empty(), "{stranger:#?}");
}

/// Another site's form cannot end a visit here; a front end of this site's can.
#[actix_web::test]
async fn only_this_site_and_its_front_ends_log_out() {
    const FRONT: &str = "https://www.example.cn";
    const EVIL: &str = "https://evil.example";
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[("WECHAT_RETURN_ORIGINS", FRONT)]);
    let rows: [(&[(&str, &str)], u16); 10] = [
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("sec-fetch-site", "cross-site"), ("origin", EVIL)], 403),
        (&[("origin", EVIL)], 403),
        (&[("sec-fetch-site", "cross-site"), ("origin", "null")], 403),
        (&[("sec-fetch-site", "same-site"), ("origin", FRONT)], 303),
        (&[("origin", FRONT)], 303),
        (&[("origin", &demo.url)], 303),
        (&[("sec-fetch-site", "same-origin")], 303),
        (&[("sec-fetch-site", "none")], 303),
    ];
    let visitor = Visitor::new();
    for (headers, status) in rows {
        visitor.visit(&demo.at(PROFILE)).await.assert_status(200);
        let out = visitor
            .send(Method::POST, &demo.at("/logout"), headers)
            .await;
        assert_eq!(out.status.as_u16(), status, "{headers:?}: {out:#?}");
        let is_in = openid_of(&demo, &visitor).await.is_some();
        assert_eq!(is_in, status == 403, "{headers:?}");
    }
}

#[actix_web::test]
async fn the_login_page_leads_only_to_pages_of_this_site() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let known = Visitor::new();
    known.visit(&demo.at(PROFILE)).await.assert_status(200);
    let own = |rest: &str| format!("return_to={}{rest}", demo.url);
    let [absolute, queried, bare, slashed, twice, loops] = [
        "/wechat8008/index",
        "/a%3Fb=1%26c=2%23top",
        "",
        "/",
        "//evil.example",
        "/login%3Freturn_to=/x",
    ]
    .map(own);
    let upper = format!("return_to={}/x", demo.url.replace("http", "HTTP"));
    let strange = [
        demo.url.replace("http:", "https:"),
        format!("{}.evil.example", demo.url),
        format!("{}@evil.example", demo.url),
        format!("{}0", demo.url),
        demo.url.replace("//", "//user@"),
        demo.url.replace("//", "//user:word@"),
        demo.url.replace("//", "/"),
        demo.url.replace("//", ""),
        demo.url.replace("//", "///"),
        demo.url.replace("//", "%5C%5C"),
        demo.url.replace("http:", ""),
        format!("%20{}", demo.url),
        format!("%09{}", demo.url),
        demo.url.replace("http", "ht%0Atp"),
        demo.url.replace("127.0.0.1", "127.0.0.1%09"),
        demo.url.replace("127.0.0.1", "localhost"),
    ]
    .map(|origin| format!("return_to={origin}/wechat8008/index"));
    let strange = strange.iter().map(|query| (query.as_str(), "/"));
    let rows = [
        (absolute.as_str(), "/wechat8008/index"),
        (&queried, "/a?b=1&c=2#top"),
        (&bare, "/"),
        (&slashed, "/"),
        (&twice, "/"),
        (&loops, "/"),
        (&upper, "/x"),
        ("return_to=/wechat8008/index", "/wechat8008/index"),
        (
            "return_to=%2Fwechat8008%2Findex%3Fa%3D1%26b%3D2",
            "/wechat8008/index?a=1&b=2",
        ),
        ("return_to=/", "/"),
        ("return_to=/a%2520b?c=%25FF", "/a%20b?c=%FF"),
        ("", "/"),
        ("return_to", "/"),
        ("return_to=", "/"),
        ("other=1", "/"),
        ("return_to=wechat8008", "/"),
        ("return_to=%20/x", "/"),
        ("return_to=//evil.example", "/"),
        ("return_to=///evil.example", "/"),
        ("return_to=/%5Cevil.example", "/"),
        ("return_to=%5C%5Cevil.example", "/"),
        ("return_to=/a/..//evil.example", "/"),
        ("return_to=/..//evil.example", "/"),
        ("return_to=/.//evil.example", "/"),
        ("return_to=/%2e%2e//evil.example", "/"),
        ("return_to=/%252e%252e//evil.example", "/"),
        ("return_to=/%09/evil.example", "/"),
        ("return_to=/%0A/evil.example", "/"),
        ("return_to=/%0D%0ASet-Cookie:%20a=b", "/"),
        ("return_to=/%00", "/"),
        ("return_to=https://evil.example/", "/"),
        ("return_to=http:evil.example", "/"),
        ("return_to=javascript:alert(1)", "/"),
        ("return_to=@evil.example", "/"),
        ("return_to=:80", "/"),
        ("return_to=/login", "/"),
        ("return_to=/login?return_to=/login", "/"),
        ("return_to=/./login", "/"),
        ("return_to=/x/../login%23top", "/"),
        ("return_to=/a&return_to=//evil.example", "/"),
        ("return_to=%FF", "/"),
        ("return_to=%", "/"),
    ];
    for (query, wanted) in rows.into_iter().chain(strange) {
        let page = known.get(&demo.at(&format!("/login?{query}"))).await;
        page.assert_status(303);
        assert_headers(&page);
        assert_eq!(page.header("location"), wanted, "{query}");
        assert_eq!(page.location(), demo.at(wanted), "{query}");
    }
}

#[actix_web::test]
async fn a_guest_comes_through_the_login_page_to_where_they_wanted() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let visitor = Visitor::new();
    let pages = visitor
        .travel(&demo.at("/login?return_to=%2Fwechat8008%2Findex%3Fa%3D1"))
        .await;
    let steps: Vec<u16> = pages.iter().map(|page| page.status.as_u16()).collect();
    assert_eq!(steps, [302, 302, 302, 303, 200], "{pages:#?}");
    assert_eq!(pages[4].url, demo.at("/wechat8008/index?a=1"));
    // The way of somebody who is in already is short.
    let again = visitor.travel(&demo.at("/login?return_to=/")).await;
    assert_eq!(again.len(), 2);
}
