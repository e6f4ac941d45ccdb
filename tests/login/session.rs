//! What a page asks for, and what it says where no session is kept.

use actix_web::web;
use actix_wechat::simulator::Endpoint;

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
        visitor.get(&app.at(path)).await.assert_status(200);
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
