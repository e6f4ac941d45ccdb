//! The tests that an app on this crate would have, as the guide shows and describes them.

use std::{future::Future, pin::Pin};

use actix_web::{App, FromRequest, HttpRequest, dev::Payload, test, web};
use actix_wechat::WechatUser;

async fn page(user: WechatUser) -> String {
    format!("你好，{}！", user.display_name())
}

#[actix_web::test]
async fn a_user_is_greeted() {
    let app = test::init_service(App::new().route("/", web::get().to(page))).await;
    let request = test::TestRequest::get().uri("/").to_request();
    WechatUser::fake("小明").sign_in(&request);
    let greeting = test::call_and_read_body(&app, request).await;
    assert_eq!(greeting, "你好，小明！");
}

/// A user type of the app's own, made of WeChat's.
struct Member {
    openid: String,
}

impl FromRequest for Member {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = WechatUser::from_request(req, payload);
        Box::pin(async move {
            let openid = user.await?.openid;
            Ok(Self { openid })
        })
    }
}

#[actix_web::test]
async fn a_fake_user_becomes_one_of_the_apps_own() {
    let whose = async |member: Member| member.openid;
    let app = App::new().route("/", web::get().to(whose));
    let app = test::init_service(app).await;
    let user = WechatUser::fake("小明");
    let request = test::TestRequest::get().uri("/").to_request();
    user.clone().sign_in(&request);
    let openid = test::call_and_read_body(&app, request).await;
    assert_eq!(openid, user.openid);
}

#[actix_web::test]
async fn nobody_is_sent_to_wechat_and_no_further() {
    let wechat = actix_wechat::Wechat::builder()
        .appid("wx0123456789abcdef")
        .secret("secret")
        .public_url("https://shop.example.cn")
        .client(actix_wechat::awc::Client::default)
        .build()
        .expect("settings that work");
    let session = actix_session::SessionMiddleware::new(
        actix_session::storage::CookieSessionStore::default(),
        actix_web::cookie::Key::generate(),
    );
    let app = App::new()
        .app_data(wechat.worker())
        .wrap(session)
        .route("/", web::get().to(page));
    let app = test::init_service(app).await;
    let answer = test::call_service(&app, test::TestRequest::get().uri("/").to_request()).await;
    assert_eq!(answer.status(), 302);
    let location = answer.headers().get("location").expect("a way on");
    let location = location.to_str().expect("plain text");
    assert!(
        location.starts_with("https://open.weixin.qq.com/"),
        "{location}"
    );
}
