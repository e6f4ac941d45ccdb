//! What a stranger can make of what a browser shows: nothing.

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_web::{FromRequest as _, cookie::Key, middleware::from_fn, web};
use actix_wechat::{
    WechatUser, require_user,
    simulator::{Consent, Endpoint, Person},
};

use support::{
    Page, Visitor,
    app::{OTHER, TestApp, routes, serve, two_accounts},
};

#[actix_web::test]
async fn a_callback_url_is_no_credential() {
    let app = TestApp::spawn().await;
    let victim = Visitor::new();
    let start = victim.get(&app.at("/user")).await;
    let state = start.location_param("state").expect("a state");
    let callback = victim.get(&start.location()).await.location();
    let name = format!("wechat.{}", app.simulator.account().appid());
    let cookie = victim.cookie(&app.url, &name).expect("a login cookie");
    let issued_at = cookie.split('.').nth(2).expect("a time").to_owned();

    // With the code unspent, and again with its result still shared.
    for exchanges in [0, 1] {
        let thief = Visitor::new();
        thief.set_cookie(&app.url, &name, &format!("1.0.{issued_at}.{}", &state[2..]));
        let answer = thief.get(&callback).await;
        assert!(answer.is_authorize(), "{answer:?}");
        assert_eq!(app.simulator.count(Endpoint::AccessToken), exchanges);
        victim.visit(&callback).await.assert_status(200);
    }
}

#[actix_web::test]
async fn a_code_is_worth_nothing_in_another_login() {
    let app = TestApp::spawn().await;
    let (victim, thief) = (Visitor::new(), Visitor::new());
    let start = victim.get(&app.at("/user")).await;
    let callback = victim.get(&start.location()).await.location();
    victim.visit(&callback).await.assert_status(200);

    // The result is still shared, but with the victim's own login.
    let state = |page: &Page| page.location_param("state").expect("a state");
    let own = thief.get(&app.at("/user")).await;
    let stolen = callback.replace(&state(&start), &state(&own));
    let answer = thief.get(&stolen).await;
    assert_eq!(answer.location(), app.at("/user"));
    assert_eq!(thief.get(&app.at("/maybe")).await.body, "guest");
    assert_eq!(app.simulator.count(Endpoint::AccessToken), 2);
}

#[actix_web::test]
async fn the_back_button_after_a_log_out_logs_nobody_in() {
    let app = TestApp::spawn().await;
    let visitor = Visitor::new();
    let start = visitor.get(&app.at("/user")).await;
    let callback = visitor.get(&start.location()).await.location();
    let name = format!("wechat.{}", app.simulator.account().appid());
    let pending = visitor.cookie(&app.url, &name).expect("a login cookie");
    visitor.visit(&callback).await.assert_status(200);
    app.clock.advance(5);
    visitor.get(&app.at("/logout")).await.assert_status(200);
    // A second tab's late answer has put the pending login back.
    visitor.set_cookie(&app.url, &name, &pending);
    let back = visitor.get(&callback).await;
    assert_eq!(back.location(), app.at("/user"));
    assert_eq!(visitor.get(&app.at("/maybe")).await.body, "guest");
}

#[actix_web::test]
async fn declining_a_page_with_a_code_of_its_own_spends_nothing() {
    let app = TestApp::spawn().await;
    app.simulator.set_consent(Consent::Refuse);
    let visitor = Visitor::new();
    let page = visitor.visit(&app.at("/user?code=INVITE")).await;
    page.assert_status(403);
    assert!(page.body.contains("code=INVITE\""), "{}", page.body);
    assert_eq!(app.simulator.count(Endpoint::AccessToken), 0);
    app.simulator.set_consent(Consent::Automatic);
    let page = visitor.visit(&app.at("/user?code=INVITE")).await;
    page.assert_status(200);
    assert_eq!(page.url, app.at("/user?code=INVITE"));
}

#[actix_web::test]
async fn the_guard_of_one_account_leaves_anothers_callback_alone() {
    let ([outer, inner], port) = two_accounts().await;
    let url = port.url();
    let key = Key::generate();
    serve(&url, move |config| {
        let session = SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
            .cookie_secure(false)
            .build();
        let pay = web::scope("/pay")
            .app_data(inner.worker())
            .configure(routes);
        let guarded = web::scope("/in").wrap(from_fn(require_user)).service(pay);
        config.service(
            web::scope("")
                .app_data(outer.worker())
                .wrap(session)
                .service(guarded),
        );
    });
    let page = Visitor::new().visit(&format!("{url}/in/pay/openid")).await;
    page.assert_status(200);
    assert_eq!(page.body, Person::named("小明").openid(OTHER));
}

#[actix_web::test]
async fn a_made_up_user_can_log_out_without_an_account() {
    async fn out(req: actix_web::HttpRequest, _: WechatUser) -> String {
        WechatUser::forget(&req);
        let user = WechatUser::extract(&req).await;
        user.is_ok().to_string()
    }
    let app =
        actix_web::test::init_service(actix_web::App::new().route("/", web::get().to(out))).await;
    let request = actix_web::test::TestRequest::get().uri("/").to_request();
    WechatUser::fake("小明").sign_in(&request);
    let body = actix_web::test::call_and_read_body(&app, request).await;
    assert_eq!(body, "false");
}
