//! A website app alone: every login by QR code, and none within WeChat.

use actix_web::{cookie::Key, web};
use actix_wechat::{
    Outside, Wechat,
    simulator::{Account, Endpoint, Person, Simulator},
};

use support::{
    Port, Visitor,
    app::{routes, serve, session},
    wechat,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const WECOM: &str = "Mozilla/5.0 wxwork/4.1.30 MicroMessenger/7.0.1 Language/zh";
const APPID: &str = "wx3eb0000000000001";

/// An app whose account is a website app, where it is served, and its WeChat.
async fn site() -> (Simulator, Wechat, Port) {
    let website = Account::website(APPID, "s3cret", "127.0.0.1").any_redirect(true);
    let simulator = wechat::start(Simulator::builder().account(website)).await;
    let port = Port::new();
    let account = Wechat::simulated(&simulator)
        .public_url(port.url())
        .login_path("/login")
        .build()
        .expect("a website app");
    let (wechat, key) = (account.clone(), Key::generate());
    serve(&port.url(), move |config| {
        config.service(
            web::scope("")
                .app_data(wechat.worker())
                .wrap(session(&key))
                .configure(routes),
        );
    });
    (simulator, account, port)
}

#[actix_web::test]
async fn every_login_is_by_qr_code() {
    let (simulator, account, port) = site().await;
    assert_eq!(account.appid(), APPID);
    let at = |path: &str| format!("{}{path}", port.url());
    let person = Person::named("小明");
    for user_agent in [FIREFOX, WECOM, ""] {
        for (path, body) in [
            ("/user", "小明".to_owned()),
            ("/openid", person.openid(APPID)),
            ("/both", "小明".to_owned()),
        ] {
            let visitor = Visitor::new().with_user_agent(user_agent);
            let asked = visitor.get(&at(path)).await;
            let location = asked.location();
            assert!(location.contains("/connect/qrconnect?"), "{asked:?}");
            assert_eq!(asked.location_param("appid").as_deref(), Some(APPID));
            assert_eq!(
                asked.location_param("scope").as_deref(),
                Some("snsapi_login")
            );
            let state = asked.location_param("state").expect("a state");
            let code = simulator.mint_code(APPID, &person, "snsapi_login");
            let page = visitor
                .visit(&at(&format!("{path}?code={code}&state={state}")))
                .await;
            assert_eq!(
                (page.assert_status(200).body.as_str(), &page.url),
                (&*body, &at(path))
            );
            visitor.get(&at("/logout")).await.assert_status(200);
            assert!(visitor.get(&at(path)).await.is_authorize());
        }
    }
    assert_eq!(simulator.count(Endpoint::AccessToken), 9);
}

#[actix_web::test]
async fn within_wechat_nobody_is_sent_anywhere() {
    let (simulator, _account, port) = site().await;
    let at = |path: &str| format!("{}{path}", port.url());
    let visitor = Visitor::new();
    for path in ["/user?a=1", "/openid", "/login"] {
        let page = visitor.get(&at(path)).await;
        page.assert_status(200);
        assert!(page.body.contains("浏览器"), "{}", page.body);
        assert_eq!(page.set_cookies(), Vec::<String>::new());
    }
    assert_eq!(visitor.get(&at("/maybe")).await.body, "guest");
    let json = [("accept", "application/json")];
    for refused in [
        visitor.get_with(&at("/user"), &json).await,
        visitor.post(&at("/comment")).await,
    ] {
        refused.assert_status(401);
    }
    // A link that somebody shared from another browser.
    let shared = at(&format!("/user?code=x&state=0l{}", "a".repeat(32)));
    visitor.get(&shared).await.assert_status(200);
    let long = at(&format!("/user?a={}", "a".repeat(3_000)));
    visitor.get(&long).await.assert_status(414);
    assert_eq!(simulator.count(Endpoint::AccessToken), 0);
}

#[test]
fn an_official_account_stays_one() {
    let website = || Outside::website(APPID, "s3cret");
    for (builder, setting) in [
        (Wechat::builder().outside(website()).appid("wx1"), "secret"),
        (Wechat::builder().outside(website()).secret("x"), "appid"),
        (
            Wechat::builder().outside(Outside::website("", "x")),
            "outside: appid",
        ),
        (
            Wechat::builder().outside(Outside::website("wx1", " ")),
            "outside: secret",
        ),
        (Wechat::builder().outside(Outside::redirect()), "appid"),
    ] {
        let refused = builder.public_url("https://shop.example.cn").build();
        assert_eq!(refused.expect_err("a refusal").setting(), setting);
    }
}
