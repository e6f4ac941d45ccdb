//! Whole logins in the tests that an app on this crate would have, as the guide shows them.

use std::{error::Error, net::TcpListener};

use actix_session::storage::CookieSessionStore;
use actix_web::{App, HttpServer, cookie::Key, rt, web};
use actix_wechat::{
    Wechat, WechatUser, logout,
    simulator::{Account, Consent, Endpoint, Fault, Person, Simulator, Snapshot},
    testing::Browser,
};

async fn page(user: WechatUser) -> String {
    format!("你好，{}！", user.display_name())
}

fn start(simulator: &Simulator) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let home = format!("http://{}/", listener.local_addr()?);
    let wechat = Wechat::simulated(simulator).public_url(&home).build()?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let session = wechat.session(CookieSessionStore::default(), key.clone());
        App::new()
            .app_data(wechat.worker())
            .wrap(session.build())
            .route("/", web::get().to(page))
    });
    rt::spawn(server.workers(1).listen(listener)?.run());
    Ok(home)
}

#[actix_web::test]
async fn a_visitor_logs_in() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let home = start(&simulator)?;
    let page = Browser::new().open(&home).await?;
    assert_eq!((page.status.as_u16(), page.url), (200, home));
    Ok(())
}

#[actix_web::test]
async fn who_declines_can_try_again() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let (home, visitor) = (start(&simulator)?, Browser::new());
    simulator.set_consent(Consent::Refuse);
    assert_eq!(visitor.open(&home).await?.status, 403);
    simulator.set_consent(Consent::Ask);
    assert_eq!(visitor.open(&home).await?.status, 200);
    Ok(())
}

#[actix_web::test]
async fn while_wechat_is_down_a_page_says_so() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let home = start(&simulator)?;
    simulator.fault(Endpoint::AccessToken, Fault::Close);
    assert_eq!(Browser::new().open(&home).await?.status, 502);
    Ok(())
}

#[actix_web::test]
async fn a_snapshot_page_tells_the_way_on() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let home = start(&simulator)?;
    simulator.put_account(Account::test().snapshot(Snapshot::default()));
    let page = Browser::new().open(&home).await?;
    assert!(page.body.contains("使用完整服务"));
    Ok(())
}

#[actix_web::test]
async fn two_users_see_their_own_page() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let home = start(&simulator)?;
    for name in ["小明", "小红"] {
        simulator.sign_in(Person::named(name));
        let page = Browser::new().open(&home).await?;
        assert_eq!(page.body, format!("你好，{name}！"));
    }
    Ok(())
}

#[actix_web::test]
async fn an_expired_code_is_followed_by_a_fresh_login() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let home = start(&simulator)?;
    simulator.fault_times(Endpoint::AccessToken, Fault::Errcode(40029), 1);
    assert_eq!(Browser::new().open(&home).await?.status, 200);
    assert_eq!(simulator.count(Endpoint::AccessToken), 2);
    Ok(())
}

/// What a button, a form and a script do, in an app that asks first.
#[actix_web::test]
async fn a_browser_taps_sends_and_asks() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let home = format!("http://{}/", listener.local_addr()?);
    let builder = Wechat::simulated(&simulator).public_url(&home);
    let wechat = builder.ask_first("").login_path("/login").build()?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let session = wechat.session(CookieSessionStore::default(), key.clone());
        App::new()
            .app_data(wechat.worker())
            .wrap(session.build())
            .route("/", web::get().to(page))
            .route("/logout", web::post().to(logout))
    });
    rt::spawn(server.workers(1).listen(listener)?.run());

    let visitor = Browser::new();
    let refused = visitor.fetch(&home).await?;
    assert_eq!(refused.status, 401);
    assert!(refused.body.contains("login_url"), "{refused:?}");
    let asked = visitor.open(&home).await?;
    let button = asked.link("微信登录").ok_or("no button")?;
    let greeting = visitor.open(&button).await?;
    assert_eq!((greeting.status.as_u16(), &greeting.url), (200, &home));
    assert_eq!(visitor.fetch(&home).await?.body, greeting.body);
    let out = visitor.post(&format!("{home}logout")).await?;
    assert!(out.link("微信登录").is_some(), "{out:?}");
    // Another browser shares nothing with it.
    assert_eq!(Browser::new().fetch(&home).await?.status, 401);
    Ok(())
}

/// A server that leads nowhere is an error that names the address, and no panic.
#[actix_web::test]
async fn a_browser_says_where_it_got_lost() -> Result<(), Box<dyn Error>> {
    let server = actix_test::start(|| App::new().service(web::redirect("/loop", "/loop")));
    let lost = Browser::new().open(&server.url("/loop")).await;
    let problem = lost.expect_err("an error").to_string();
    assert_eq!(
        problem,
        format!("{}: the redirects do not end", server.url("/loop"))
    );
    Ok(())
}
