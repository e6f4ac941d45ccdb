//! Whose session it is: kept, lost, inherited, stepped up.

use actix_web::web;
use actix_wechat::simulator::{Endpoint, Person};

use support::{
    Page, Visitor,
    app::{TestApp, routes, serve},
};

fn redirects_to_wechat(pages: &[Page]) -> usize {
    pages
        .iter()
        .filter(|page| page.is_authorize() && page.url.contains("/user"))
        .count()
}

#[actix_web::test]
async fn without_a_session_middleware_a_page_explains_after_three_redirects() {
    let (app, wechat) = TestApp::prepare(|it| it).await;
    serve(&app.url, move |config| {
        config.service(web::scope("").app_data(wechat.worker()).configure(routes));
    });
    let visitor = Visitor::new();
    let pages = visitor.travel(&app.at("/user")).await;
    assert_eq!(redirects_to_wechat(&pages), 3, "{pages:#?}");
    let last = pages.last().expect("a page");
    last.assert_status(500);
    assert!(last.body.contains("登录状态没有保存"), "{}", last.body);
    assert!(
        last.body.contains(&app.at("/user")),
        "its button is the page"
    );
    let again = visitor.get(&app.at("/user")).await;
    assert!(
        again
            .location_param("state")
            .expect("a state")
            .starts_with('0'),
        "the count is reset"
    );
}

#[actix_web::test]
async fn logging_out_and_in_again_counts_as_no_failure() {
    let app = TestApp::spawn().await;
    let visitor = Visitor::new();
    for name in ["小明", "小红", "小明", "小红", "小明"] {
        app.simulator.sign_in(Person::named(name));
        let page = visitor.visit(&app.at("/user")).await;
        assert_eq!(page.assert_status(200).body, name);
        visitor.get(&app.at("/logout")).await.assert_status(200);
        assert_eq!(visitor.get(&app.at("/maybe")).await.body, "guest");
    }
}

#[actix_web::test]
async fn nobody_inherits_another_users_session() {
    let app = TestApp::spawn().await;
    let visitor = Visitor::new();
    visitor.visit(&app.at("/user")).await.assert_status(200);
    visitor.get(&app.at("/cart/add")).await.assert_status(200);
    for (name, cart) in [("小明", "a book"), ("小红", "")] {
        visitor.get(&app.at("/logout")).await.assert_status(200);
        app.simulator.sign_in(Person::named(name));
        visitor.visit(&app.at("/user")).await.assert_status(200);
        assert_eq!(visitor.get(&app.at("/cart")).await.body, cart, "{name}");
    }
}

#[actix_web::test]
async fn a_guests_cart_survives_the_login() {
    let app = TestApp::spawn().await;
    let visitor = Visitor::new();
    visitor.get(&app.at("/cart/add")).await.assert_status(200);
    visitor.visit(&app.at("/user")).await.assert_status(200);
    assert_eq!(visitor.get(&app.at("/cart")).await.body, "a book");
}

#[actix_web::test]
async fn a_page_asks_for_what_it_needs_and_no_more() {
    // Path, then the scopes asked until it shows, coming from nothing.
    for (path, scopes) in [
        ("/openid", vec!["snsapi_base"]),
        ("/user", vec!["snsapi_userinfo"]),
        ("/both", vec!["snsapi_base", "snsapi_userinfo"]),
    ] {
        let app = TestApp::spawn().await;
        let visitor = Visitor::new();
        let pages = visitor.travel(&app.at(path)).await;
        pages.last().expect("a page").assert_status(200);
        let asked: Vec<String> = pages
            .iter()
            .filter(|page| page.url.starts_with(&app.url) && page.is_authorize())
            .filter_map(|page| page.location_param("scope"))
            .collect();
        assert_eq!(asked, scopes, "{path}");
        let profiles = scopes
            .iter()
            .filter(|scope| **scope == "snsapi_userinfo")
            .count();
        assert_eq!(app.simulator.count(Endpoint::UserInfo), profiles, "{path}");
    }
}

#[actix_web::test]
async fn a_session_that_keeps_the_older_login_is_a_lost_one() {
    let app = TestApp::spawn().await;
    let visitor = Visitor::new();
    visitor.visit(&app.at("/openid")).await.assert_status(200);
    let old = visitor.cookie(&app.url, "id").expect("a session");
    app.clock.advance(1);
    // The browser keeps the old cookie, as it does when the new one is too large.
    let mut redirects = 0;
    let mut page = visitor.get(&app.at("/user")).await;
    while page.status == 302 && redirects < 10 {
        redirects += usize::from(page.is_authorize() && page.url.starts_with(&app.url));
        visitor.set_cookie(&app.url, "id", &old);
        page = visitor.get(&page.location()).await;
    }
    page.assert_status(500);
    assert_eq!(redirects, 3);
}

#[actix_web::test]
async fn a_known_openid_steps_up_once_and_never_back() {
    let app = TestApp::spawn().await;
    let visitor = Visitor::new();
    let openid = visitor.visit(&app.at("/openid")).await.body;
    let step_up = visitor.get(&app.at("/user")).await;
    assert_eq!(
        step_up.location_param("scope").as_deref(),
        Some("snsapi_userinfo")
    );
    assert!(
        step_up
            .location_param("state")
            .expect("a state")
            .starts_with('0')
    );
    visitor.visit(&app.at("/user")).await.assert_status(200);
    for path in ["/openid", "/user", "/both"] {
        visitor.get(&app.at(path)).await.assert_status(200);
    }
    assert_eq!(visitor.get(&app.at("/openid")).await.body, openid);
}

#[actix_web::test]
async fn a_look_at_the_user_leaves_no_trace() {
    let app = TestApp::spawn().await;
    let visitor = Visitor::new();
    let page = visitor.get(&app.at("/maybe")).await;
    assert_eq!(page.assert_status(200).body, "guest");
    assert_eq!(page.set_cookies(), Vec::<String>::new());
    visitor.visit(&app.at("/user")).await.assert_status(200);
    assert_eq!(visitor.get(&app.at("/maybe")).await.body, "小明");
}

#[actix_web::test]
async fn a_callback_of_another_scope_is_never_exchanged() {
    let app = TestApp::spawn().await;
    let visitor = Visitor::new();
    let start = visitor.get(&app.at("/openid")).await;
    let callback = visitor.get(&start.location()).await.location();
    let moved = callback.replace("/openid?", "/user?");
    let answer = visitor.get(&moved).await;
    assert!(answer.is_authorize(), "{answer:?}");
    assert_eq!(answer.location_param("redirect_uri"), Some(app.at("/user")));
    assert_eq!(app.simulator.count(Endpoint::AccessToken), 0);
}
