//! How an app wires the library: forgotten, replaced, handled by itself.

use actix_web::web;
use actix_wechat::{
    Builder, Localized, LoginError, Outside, Reason, Wechat, WechatUser,
    simulator::{Endpoint, Fault},
    verification_file,
};

use support::{
    Port, Visitor,
    app::{TestApp, routes, serve},
    raw,
    raw::Raw,
};

#[actix_web::test]
async fn a_forgotten_registration_is_an_answer_and_no_panic() {
    let port = Port::new();
    let url = port.url();
    serve(&url, |config| {
        config.configure(routes);
    });
    let page = Visitor::new().get(&format!("{url}/user")).await;
    page.assert_status(500);
    assert!(page.header("content-type").starts_with("text/html"));
    let json = Visitor::new()
        .get_with(&format!("{url}/user"), &[("accept", "application/json")])
        .await;
    assert_eq!(json.assert_status(500).body, r#"{"error":"misconfigured"}"#);
    assert_eq!(
        Visitor::new().get(&format!("{url}/maybe")).await.body,
        "guest"
    );
}

#[actix_web::test]
async fn a_page_of_the_apps_own_takes_the_place_of_ours() {
    let template = "{{ reason }} {{ why }} {{ lang }} {{ site_name }} \
        <{{ retry_url }}> {{ qr_svg | safe }}";
    let busy: fn(Builder) -> Builder = |it| it;
    for (name, settings, status, begins) in [
        ("busy.html", busy, 503, "busy  zh-CN 127.0.0.1 <http:"),
        (
            "ask_first.html",
            |it| it.ask_first("shops ship to &lt;names&gt;"),
            200,
            " shops ship to &amp;lt;names&amp;gt; zh-CN 127.0.0.1 <http:",
        ),
        (
            "outside.html",
            |it| it.outside(Outside::qr()),
            200,
            "  zh-CN 127.0.0.1 <http:",
        ),
    ] {
        let app = TestApp::spawn_with(|it| settings(it).template(name, template)).await;
        app.simulator
            .fault(Endpoint::AccessToken, Fault::Errcode(-1));
        let visitor = match name {
            "outside.html" => Visitor::new().with_user_agent("Mozilla/5.0 (X11; Linux x86_64)"),
            _ => Visitor::new(),
        };
        let page = visitor.visit(&app.at("/user?a=1&b=%22")).await;
        page.assert_status(status);
        let body = &page.body;
        assert!(body.starts_with(begins), "{name}: {body}");
        let escaped = ["user?a=1&amp;b=%22", "user%3Fa%3D1%26b%3D%2522"];
        assert!(
            escaped.iter().any(|url| body.contains(url)),
            "{name}: {body}"
        );
        assert_eq!(
            body.ends_with("</svg>"),
            name == "outside.html",
            "{name}: {body}"
        );
    }
}

#[actix_web::test]
async fn a_handler_may_answer_a_failure_itself() {
    async fn own(user: Result<WechatUser, LoginError>) -> Result<String, LoginError> {
        match user {
            Err(err) if err.reason() == Reason::Declined => Ok("as you like".to_owned()),
            other => other.map(|user| user.nickname),
        }
    }
    let (app, wechat) = TestApp::prepare(|it| it).await;
    serve(&app.url, move |config| {
        config.service(
            web::scope("")
                .app_data(wechat.worker())
                .route("/own", web::get().to(own)),
        );
    });
    let visitor = Visitor::new();
    let start = visitor.get(&app.at("/own")).await;
    assert!(start.is_authorize(), "{start:?}");
    let state = start.location_param("state").expect("a state");
    let page = visitor.get(&app.at(&format!("/own?state={state}"))).await;
    assert_eq!(page.assert_status(200).body, "as you like");
}

#[actix_web::test]
async fn the_verification_file_is_served_as_it_is() {
    let port = Port::new();
    let url = port.url();
    let content: &[u8] = b"abcdefABCDEF0123";
    serve(&url, move |config| {
        let file = verification_file("MP_verify_abcdefABCDEF0123.txt", content);
        config.service(file.expect("a name of WeChat's"));
    });
    let page = Visitor::new()
        .get(&format!("{url}/MP_verify_abcdefABCDEF0123.txt"))
        .await;
    assert_eq!(page.assert_status(200).body.as_bytes(), content);
    assert_eq!(page.header("content-type"), "text/plain");
    for name in [
        "MP_verify_short.txt",
        "../MP_verify_abcdefABCDEF0123.txt",
        "MP_verify_abcdefABCDEF012/.txt",
    ] {
        assert!(verification_file(name, content).is_err(), "{name}");
    }
}

#[actix_web::test]
async fn a_form_that_needs_a_login_leads_back_to_where_it_stood() {
    let app = TestApp::spawn().await;
    let form = [
        ("referer", app.at("/cart?a=1")),
        ("sec-fetch-mode", "navigate".to_owned()),
        ("sec-fetch-dest", "document".to_owned()),
    ];
    let headers: Vec<_> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let page = Visitor::new()
        .send(actix_web::http::Method::POST, &app.at("/comment"), &headers)
        .await;
    page.assert_status(401);
    assert!(
        page.body.contains("/login?return_to=%2Fcart%3Fa%3D1"),
        "{}",
        page.body
    );
    assert!(page.body.contains("表单没有提交"), "{}", page.body);
}

#[actix_web::test]
async fn an_address_that_is_too_long_leads_home() {
    let app = TestApp::spawn().await;
    let page = Visitor::new()
        .get(&app.at(&format!("/user?{}", "x".repeat(4_000))))
        .await;
    page.assert_status(414);
    let home = format!("href=\"{}\"", app.at("/"));
    assert!(page.body.contains(&home), "{}", page.body);
}

#[actix_web::test]
async fn a_page_in_a_frame_leads_to_the_page_itself() {
    let app = TestApp::spawn().await;
    let frame = [
        ("referer", "https://example.cn/around"),
        ("accept", "text/html"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "iframe"),
    ];
    let page = Visitor::new().get_with(&app.at("/user?a=1"), &frame).await;
    page.assert_status(401);
    assert!(page.body.contains(&app.at("/user?a=1")), "{}", page.body);
    assert!(!page.body.contains("return_to"), "{}", page.body);
    assert!(page.body.contains("请先登录"), "{}", page.body);
}

/// Byte for byte, while the app is served on this thread.
async fn ask(method: &str, url: &str, headers: &[(&str, &str)]) -> Raw {
    let target = &url[url.find("/user").expect("a path")..];
    let mut request = format!("{method} {target} HTTP/1.1\r\nhost: a\r\naccept: text/html\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("connection: close\r\n\r\n");
    let url = url.to_owned();
    let answer = web::block(move || raw::send(&url, request.as_bytes())).await;
    answer.expect("a thread").expect("an answer")
}

#[actix_web::test]
async fn the_apps_words_are_in_the_visitors_language() {
    let why = Localized::new("查看订单")
        .zh_hant("查看訂單")
        .en("See your orders");
    let name = Localized::new("山茶书店").en("Camellia <Books>");
    let app = TestApp::spawn_with(|it| it.ask_first(why).site_name(name)).await;
    for (lines, lang, why, name) in [
        (&["zh-CN"][..], "zh-CN", "查看订单", "山茶书店"),
        (&["zh-HK"], "zh-Hant", "查看訂單", "山茶书店"),
        // Two lines of the header.
        (
            &["zh-TW;q=0.1", "en"],
            "en",
            "See your orders",
            "Camellia &lt;Books&gt;",
        ),
        (&["fr"], "zh-CN", "查看订单", "山茶书店"),
    ] {
        let headers: Vec<_> = lines
            .iter()
            .map(|line| ("accept-language", *line))
            .collect();
        let page = ask("GET", &app.at("/user"), &headers).await;
        assert_eq!(page.status, 200, "{page:?}");
        for wanted in [
            format!("<html lang=\"{lang}\">"),
            format!(">{why}<"),
            format!(">{name}<"),
        ] {
            assert!(page.body.contains(&wanted), "{wanted}: {page:?}");
        }
    }
}

#[actix_web::test]
async fn a_long_address_has_no_code_and_a_head_nothing_drawn() {
    let (app, wechat) = TestApp::prepare(|it| it.outside(Outside::qr())).await;
    serve(&app.url, move |config| {
        let page = web::resource("/user").app_data(wechat.worker());
        config.service(page.to(async |_: WechatUser| ""));
    });
    let room = 500 - app.at("/user?").len();
    for (fill, drawn) in [(0, true), (room, true), (room + 1, false), (2_500, false)] {
        let url = app.at(&format!("/user?{}", "x".repeat(fill)));
        let page = ask("GET", &url, &[]).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(page.body.contains("<svg xmlns"), drawn, "{page:?}");
        assert!(
            page.body
                .contains(&app.at(&format!("/user?{}", "x".repeat(fill))))
        );
        assert!(page.body.len() < 40_000 + fill, "{}", page.body.len());
        let head = ask("HEAD", &url, &[]).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{head:?}");
        for name in ["content-type", "content-security-policy", "cache-control"] {
            assert_eq!(head.header(name), page.header(name), "{name}");
        }
        // It is not known without the page, and a wrong one would be a lie.
        assert_eq!(head.all("content-length"), [""; 0], "{head:?}");
    }
}

#[actix_web::test]
async fn a_name_that_shows_nothing_is_refused() {
    for name in [Localized::new(" "), Localized::new("山茶").en("")] {
        let builder = Wechat::builder()
            .appid("wx1")
            .secret("secret")
            .public_url("http://127.0.0.1")
            .open_url("http://127.0.0.1:1")
            .api_url("http://127.0.0.1:1");
        let refused = builder.site_name(name).build().unwrap_err();
        assert_eq!(refused.setting(), "site_name");
    }
}
