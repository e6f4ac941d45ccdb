//! The login in front of what takes no user: a scope, strict queries, static files.

use actix_web::{
    FromRequest as _, HttpRequest, HttpResponse, cookie::Key, middleware::from_fn, web,
};
use actix_wechat::{WechatUser, require_user, simulator::Endpoint};
use serde::Deserialize;

use support::{
    Visitor,
    app::{TestApp, serve, session},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    page: u32,
}

/// A promo code, and how an order stands: names that WeChat's answer has, too.
#[derive(Deserialize)]
struct Promotion {
    code: Option<String>,
    state: Option<String>,
}

async fn promotion(user: WechatUser, own: web::Query<Promotion>) -> String {
    format!("{} {:?} {:?}", user.nickname, own.code, own.state)
}

async fn orders(user: WechatUser, query: web::Query<Strict>) -> String {
    format!("{} {}", user.nickname, query.page)
}

/// Logs out, and tells whether the rest of the request still has a user.
async fn out(req: HttpRequest) -> String {
    WechatUser::forget(&req);
    WechatUser::extract(&req).await.is_ok().to_string()
}

async fn cached() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("cache-control", "public, max-age=60"))
        .finish()
}

async fn guarded() -> TestApp {
    let (app, wechat) = TestApp::prepare(|it| it).await;
    let key = Key::generate();
    serve(&app.url, move |config| {
        let guarded = web::scope("/guarded")
            .wrap(from_fn(require_user))
            .route("/orders", web::get().to(orders))
            .route("/out", web::get().to(out))
            .route("/promotion", web::get().to(promotion))
            .route("/cached", web::get().to(cached))
            .route("/none", web::get().to(HttpResponse::NoContent))
            .service(actix_files::Files::new(
                "/files",
                env!("CARGO_MANIFEST_DIR"),
            ));
        config.service(
            web::scope("")
                .app_data(wechat.worker())
                .wrap(session(&key))
                .route("/bare", web::get().to(orders))
                .service(guarded),
        );
    });
    app
}

#[actix_web::test]
async fn a_strict_query_works_behind_the_guard() {
    let app = guarded().await;
    let visitor = Visitor::new();
    let page = visitor.visit(&app.at("/guarded/orders?page=2")).await;
    assert_eq!(page.assert_status(200).body, "小明 2");
    assert_eq!(app.simulator.count(Endpoint::AccessToken), 1);
}

/// The account may be the guarded scope's own, in either order.
#[actix_web::test]
async fn a_guard_finds_the_account_of_its_own_scope() {
    for data_first in [true, false] {
        let (app, wechat) = TestApp::prepare(|it| it).await;
        let key = Key::generate();
        serve(&app.url, move |config| {
            let guard = || from_fn(require_user);
            let orders = web::resource("/orders").route(web::get().to(orders));
            let scope = web::scope("/own").service(orders);
            let within = web::scope("").wrap(session(&key));
            config.service(if data_first {
                within.service(scope.app_data(wechat.worker()).wrap(guard()))
            } else {
                within.service(scope.wrap(guard()).app_data(wechat.worker()))
            });
        });
        let page = Visitor::new().visit(&app.at("/own/orders?page=2")).await;
        assert_eq!(
            page.assert_status(200).body,
            "小明 2",
            "data first: {data_first}"
        );
    }
}

/// The page's own `code` and `state` reach the handler, and never WeChat's.
#[actix_web::test]
async fn a_query_with_fields_of_wechats_names_works_behind_the_guard() {
    let app = guarded().await;
    for (query, told) in [
        ("", "None None"),
        ("?code=SUMMER", r#"Some("SUMMER") None"#),
        ("?state=paid", r#"None Some("paid")"#),
        ("?state=paid&code=SUMMER", r#"Some("SUMMER") Some("paid")"#),
        ("?code=&state=", r#"Some("") Some("")"#),
    ] {
        let visitor = Visitor::new();
        let url = app.at(&format!("/guarded/promotion{query}"));
        for _ in 0..2 {
            let page = visitor.visit(&url).await;
            assert_eq!(page.assert_status(200).body, format!("小明 {told}"));
            assert_eq!(page.url, url);
        }
    }
}

#[actix_web::test]
async fn without_the_guard_a_strict_query_refuses_the_callback() {
    let app = guarded().await;
    Visitor::new()
        .visit(&app.at("/bare?page=2"))
        .await
        .assert_status(400);
}

#[actix_web::test]
async fn static_files_are_served_after_the_login() {
    let app = guarded().await;
    let visitor = Visitor::new();
    let file = app.at("/guarded/files/LICENSE-MIT");
    let page = visitor.visit(&file).await;
    assert!(page.assert_status(200).body.starts_with("MIT License"));
    let program = visitor.snapshot();
    program.drop_cookie(&app.url, "id");
    program
        .get_with(&file, &[("accept", "image/png")])
        .await
        .assert_status(401);
}

/// What is meant for one is served to nobody else, unless the app says so.
#[actix_web::test]
async fn what_says_nothing_of_caches_is_private() {
    let app = guarded().await;
    let visitor = Visitor::new();
    visitor
        .visit(&app.at("/guarded/orders?page=2"))
        .await
        .assert_status(200);
    for (path, status, cached) in [
        ("/guarded/files/LICENSE-MIT", 200, "private, no-cache"),
        ("/guarded/files/no-such-file", 404, "private, no-cache"),
        ("/guarded/orders?page=2", 200, "private, no-cache"),
        ("/guarded/none", 204, "private, no-cache"),
        ("/guarded/cached", 200, "public, max-age=60"),
    ] {
        let page = visitor.get(&app.at(path)).await;
        page.assert_status(status);
        assert_eq!(page.header("cache-control"), cached, "{path}");
    }
    // Asked whether it has changed, too.
    let file = visitor.get(&app.at("/guarded/files/LICENSE-MIT")).await;
    let known = [("if-none-match", file.header("etag"))];
    let page = visitor.get_with(&file.url, &known).await;
    page.assert_status(304);
    assert_eq!(page.header("cache-control"), "private, no-cache");
    // What the login itself answers is never kept.
    for accept in ["text/html", "application/json"] {
        let page = Visitor::new()
            .get_with(&file.url, &[("accept", accept)])
            .await;
        assert_eq!(page.header("cache-control"), "no-store", "{page:?}");
    }
}

/// The callback on a file's address is cleaned before the file is served: this browser's or
/// anybody's.
#[actix_web::test]
async fn a_file_is_never_served_on_an_address_with_a_code() {
    let app = guarded().await;
    let visitor = Visitor::new();
    let file = app.at("/guarded/files/LICENSE-MIT");
    let pages = visitor.travel(&format!("{file}?v=1")).await;
    let clean = format!("{file}?v=1");
    assert_eq!(
        pages.last().map(|page| page.url.as_str()),
        Some(clean.as_str())
    );
    for page in &pages {
        assert!(
            !page.url.contains("code=") || page.status == 302,
            "{page:?}"
        );
    }
    let state = format!("0u{}", "a".repeat(32));
    let page = visitor
        .get(&format!("{file}?v=1&code=x&state={state}"))
        .await;
    assert_eq!(page.assert_status(302).location(), clean);
}

#[actix_web::test]
async fn a_log_out_behind_the_guard_is_for_the_same_request_too() {
    let app = guarded().await;
    let page = Visitor::new().visit(&app.at("/guarded/out")).await;
    assert_eq!(page.assert_status(200).body, "false");
}
