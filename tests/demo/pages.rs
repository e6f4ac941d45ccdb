//! The pages of the login itself: language, headers, no script, and a way on.

use actix_wechat::simulator::{Account, Consent, Endpoint, Fault, Snapshot};

use super::{PROFILE, assert_authorize, assert_headers, wechat, wechat_of};
use support::{Page, Visitor, demo::Demo, raw};

/// Everything in a page that leads somewhere.
fn links(page: &Page) -> Vec<String> {
    page.body
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|href| {
            href.replace("&#x2F;", "/")
                .replace("&amp;", "&")
                .replace("&#x3D;", "=")
        })
        .collect()
}

#[track_caller]
fn assert_page(page: &Page, status: u16, english: bool, way_on: Option<&str>) {
    page.assert_status(status);
    assert_headers(page);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let lang = if english {
        "lang=\"en\""
    } else {
        "lang=\"zh-CN\""
    };
    assert!(page.body.contains(lang), "{lang}: {}", page.body);
    let has_chinese = page
        .body
        .split("<body>")
        .nth(1)
        .unwrap_or_default()
        .chars()
        .any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char));
    // Names that WeChat shows in Chinese are told in Chinese on English pages too.
    assert!(english || has_chinese, "{}", page.body);
    assert!(page.body.contains("name=\"viewport\""), "{}", page.body);
    assert_eq!(
        links(page),
        way_on
            .into_iter()
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>(),
        "{}",
        page.body
    );
    for details in ["errcode", "rid:", "40125", "secret", "{{", "{%"] {
        assert!(!page.body.contains(details), "{details}: {}", page.body);
    }
}

#[actix_web::test]
async fn every_page_speaks_both_languages_and_offers_the_way_on() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let target = "/wechat8008/index?a=1&b=%22%3E";
    let clean = demo.at(target);
    let state = format!("{}u{}", 2, "a".repeat(32));
    for (language, english) in [
        ("zh-CN,zh;q=0.9", false),
        ("en-US,en;q=0.9", true),
        ("en;q=0.5,zh-CN;q=0.8", false),
        ("fr,en;q=0.5,zh;q=0.1", true),
        ("fr", false),
        ("", false),
        ("en;q=0", false),
        ("*", false),
        (";;q=,,=", false),
    ] {
        let headers = [("accept-language", language)];
        let declined = Visitor::new()
            .get_with(&format!("{clean}&state={state}"), &headers)
            .await;
        assert_page(&declined, 403, english, Some(&clean));
        let cookies_off = Visitor::new()
            .get_with(&format!("{clean}&code=x&state={state}"), &headers)
            .await;
        assert_page(&cookies_off, 403, english, Some(&clean));
        let too_long = Visitor::new()
            .get_with(
                &demo.at(&format!("{PROFILE}?{}", "x".repeat(4000))),
                &headers,
            )
            .await;
        too_long.assert_status(414);
        assert_headers(&too_long);
        let frame = [headers[0], ("sec-fetch-dest", "iframe")];
        let frame = Visitor::new().get_with(&clean, &frame).await;
        assert_page(&frame, 401, english, Some(&clean));
        for (fault, status) in [
            (Fault::Errcode(40125), 500),
            (Fault::Errcode(50002), 403),
            (Fault::Errcode(45009), 503),
            (Fault::Html, 502),
        ] {
            wechat.fault_times(Endpoint::AccessToken, fault, 1);
            let visitor = Visitor::new();
            let callback = visitor.callback(&clean).await;
            let page = visitor.get_with(&callback, &headers).await;
            let way_on = links(&page);
            // Where trying again is no use the page may leave it out, and never leads elsewhere.
            assert!(way_on.iter().all(|link| *link == clean), "{way_on:?}");
            assert_page(&page, status, english, way_on.first().map(String::as_str));
        }
    }
}

/// What the address or a header brings is text in a page, whatever it looks like.
#[actix_web::test]
async fn nothing_of_a_request_becomes_html() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[("WECHAT_OUTSIDE", "qr")]);
    let state = format!("0u{}", "a".repeat(32));
    for evil in [
        "'><script>alert(1)</script>",
        "{{1}}",
        "javascript:alert(1)",
        "'onload='x",
        "</a><b>",
    ] {
        for target in [
            format!("{PROFILE}?{evil}&state={state}"),
            format!("{PROFILE}?{evil}"),
        ] {
            for agent in [support::visitor::WECHAT_UA, "Firefox"] {
                let answer = raw::get(
                    &demo.url,
                    &target.replace('<', "%3C").replace('>', "%3E"),
                    &[
                        ("user-agent", agent),
                        ("referer", evil),
                        ("accept-language", evil),
                    ],
                )
                .expect("an answer");
                assert!(answer.status < 500, "{target}: {answer:?}");
                assert!(!answer.body.contains("<script"), "{target}: {answer:?}");
                assert!(!answer.body.contains("'onload"), "{target}: {answer:?}");
                assert!(
                    !answer.body.contains("href=\"javascript"),
                    "{target}: {answer:?}"
                );
            }
        }
    }
}

#[actix_web::test]
async fn a_snapshot_user_is_told_how_to_get_the_full_page_and_is_nobody() {
    for snapshot in [
        Snapshot::default(),
        Snapshot::default().profile(false),
        Snapshot::default().real_user(true),
    ] {
        let wechat = wechat_of(Account::test().snapshot(snapshot)).await;
        let demo = Demo::start(&wechat, &[]);
        let preview = Visitor::new();
        let pages = preview.travel(&demo.at(PROFILE)).await;
        assert_eq!(pages.len(), 3, "{pages:#?}");
        assert_page(&pages[2], 200, false, None);
        assert!(pages[2].body.contains("使用完整服务"), "{}", pages[2].body);
        assert!(pages[2].set_cookies().is_empty(), "{:#?}", pages[2]);
        assert_eq!(super::openid_of(&demo, &preview).await, None);
        assert_eq!(wechat.count(Endpoint::UserInfo), 0);
        // The same again, by a reload: the same page, and no second exchange.
        let again = preview.get(&pages[2].url).await;
        again.assert_status(200);
        assert_eq!(wechat.count(Endpoint::AccessToken), 1);

        // 使用完整服务: WeChat keeps the preview's cookies apart, so this is another jar.
        let full = Visitor::new();
        let url = wechat.full_service_url().expect("the way out");
        let page = full.visit(&url).await;
        page.assert_status(200);
        assert_eq!(page.url, demo.at(PROFILE));
        assert!(page.body.contains("小明"), "{}", page.body);
        // And with the same cookies.
        let url = wechat.full_service_url().expect("the way out");
        preview.visit(&url).await.assert_status(200);
        assert!(super::openid_of(&demo, &preview).await.is_some());
    }
}

/// WeChat says 1. Whatever else it may come to say, in either answer, is no user to keep.
#[actix_web::test]
async fn whatever_may_mean_a_snapshot_user_does() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let snapshots = [
        "1",
        "true",
        "1.0",
        "2",
        "-1",
        "0.5",
        "1e0",
        "10000000000000000000000",
        r#""1""#,
        r#""true""#,
        r#""false""#,
        r#""no""#,
        r#""00""#,
        r#"" ""#,
        r#""0 ""#,
        "[]",
        "[0]",
        "{}",
        r#""\u0031""#,
        r#""\ud83d""#,
    ];
    let users = ["null", "0", "false", r#""0""#, r#""""#, r#""\u0030""#];
    let rows = snapshots
        .map(|it| (it, true))
        .into_iter()
        .chain(users.map(|it| (it, false)));
    for (value, is_snapshot) in rows {
        for at_exchange in [true, false] {
            let field = format!(",\"is_snapshotuser\":{value}");
            let none = String::new();
            let (exchange, profile) = if at_exchange {
                (&field, &none)
            } else {
                (&none, &field)
            };
            let openid = "oABCDEFGHIJKLMNOPQRSTUVWXYZ0";
            wechat.clear_faults();
            let tokens = format!(r#"{{"access_token":"59_a","openid":"{openid}"{exchange}}}"#);
            wechat.fault(Endpoint::AccessToken, Fault::Body(tokens));
            let told = format!(r#"{{"openid":"{openid}","nickname":"微信用户"{profile}}}"#);
            wechat.fault(Endpoint::UserInfo, Fault::Body(told));
            let visitor = Visitor::new();
            let page = visitor.visit(&demo.at(PROFILE)).await;
            page.assert_status(200);
            let is_told = page.body.contains("使用完整服务");
            assert_eq!(is_told, is_snapshot, "{field} {at_exchange}: {}", page.body);
            let user = super::openid_of(&demo, &visitor).await;
            assert_eq!(user.is_none(), is_snapshot, "{field} {at_exchange}");
            let session = visitor.cookie(&demo.url, "id");
            assert_eq!(session.is_none(), is_snapshot, "{field} {at_exchange}");
            if at_exchange {
                // The silent login, too.
                let silent = Visitor::new().visit(&demo.at("/openid")).await;
                assert_eq!(silent.body == openid, !is_snapshot, "{field}");
            }
        }
    }
}

#[actix_web::test]
async fn asking_first_is_a_page_with_a_button_that_begins_the_login() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[("WECHAT_ASK_FIRST", "1")]);
    for (language, english) in [("zh-CN", false), ("en", true)] {
        let visitor = Visitor::new();
        let page = visitor
            .get_with(
                &demo.at("/wechat8008/index?a=1"),
                &[("accept-language", language)],
            )
            .await;
        let way_on = links(&page);
        assert_eq!(way_on.len(), 1, "{}", page.body);
        assert_page(&page, 200, english, Some(&way_on[0]));
        assert!(page.body.contains("微信登录"), "{}", page.body);
        assert!(
            way_on[0].contains("/connect/oauth2/authorize?"),
            "{way_on:?}"
        );
        assert!(way_on[0].ends_with("#wechat_redirect"), "{way_on:?}");
        let pages = visitor.travel(&way_on[0]).await;
        let last = pages.last().expect("a page");
        last.assert_status(200);
        assert_eq!(last.url, demo.at("/wechat8008/index?a=1"));
        assert!(last.body.contains("小明"), "{}", last.body);
    }
    // Nobody is asked for what asks nobody, nor after the tap on a link to log in, nor twice.
    let visitor = Visitor::new();
    assert_authorize(&visitor.get(&demo.at("/openid")).await);
    assert_authorize(&Visitor::new().get(&demo.at("/login")).await);
    let known = Visitor::new();
    known
        .visit(&demo.at("/login?return_to=/wechat8008/index"))
        .await
        .assert_status(200);
    assert_eq!(known.travel(&demo.at(PROFILE)).await.len(), 1);
    // A refusal leads back to the question.
    wechat.set_consent(Consent::Refuse);
    let visitor = Visitor::new();
    let page = visitor.get(&demo.at(PROFILE)).await;
    let declined = visitor.visit(&links(&page)[0]).await;
    assert_page(&declined, 403, false, Some(&demo.at(PROFILE)));
    let asked = visitor.get(&demo.at(PROFILE)).await;
    asked.assert_status(200);
    // Programs are told as ever.
    Visitor::new()
        .get_with(&demo.at("/api/me"), &[("accept", "application/json")])
        .await
        .assert_status(401);
}
