//! What a stranger can make of what a browser shows.

use actix_web::{FromRequest as _, cookie::Key, middleware::from_fn, web};
use actix_wechat::{
    WechatUser, require_user,
    simulator::{Consent, Endpoint, Person},
};

use support::{
    Visitor,
    app::{OTHER, TestApp, routes, serve, session, two_accounts},
};

#[actix_web::test]
async fn no_login_cookie_can_be_made_from_a_callback_url() {
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

/// WeChat has no PKCE: who brings a code first, in a login of their own, is who it was given to. So
/// codes must not be read on their way, and logs be without queries.
#[actix_web::test]
async fn an_unspent_code_is_a_bearer_credential() {
    let app = TestApp::spawn().await;
    let code = Visitor::new().callback(&app.at("/openid")).await;
    let code = code
        .split("code=")
        .nth(1)
        .and_then(|it| it.split('&').next());
    let thief = Visitor::new();
    let asked = thief.get(&app.at("/openid")).await;
    let state = asked.location_param("state").expect("a state");
    let stolen = format!("/openid?code={}&state={state}", code.expect("a code"));
    let page = thief.visit(&app.at(&stolen)).await;
    let victim = Person::named("小明").openid(app.simulator.account().appid());
    assert_eq!(page.assert_status(200).body, victim);
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
    let ([outer, inner], port, _simulator) = two_accounts().await;
    let url = port.url();
    let key = Key::generate();
    serve(&url, move |config| {
        let pay = web::scope("/pay")
            .app_data(inner.worker())
            .configure(routes);
        let guarded = web::scope("/in").wrap(from_fn(require_user)).service(pay);
        config.service(
            web::scope("")
                .app_data(outer.worker())
                .wrap(session(&key))
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
