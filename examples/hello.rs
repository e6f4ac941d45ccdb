//! The smallest app: a page for whoever is logged in at WeChat, and a log-out. Run it with
//! `WECHAT_PUBLIC_URL=http://127.0.0.1:8008 wechat-sim exec -- cargo run --example hello`.

use actix_session::storage::CookieSessionStore;
use actix_web::{App, HttpServer, cookie::Key, web, web::Html};
use actix_wechat::{Wechat, WechatUser, logout};

const HEAD: &str = r#"<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>你好</title>
<style>
body { margin: 20vh auto; max-width: 20rem; text-align: center; font: 1rem/1.6 system-ui }
button, a { display: block; box-sizing: border-box; width: 100%; padding: 0.75rem; border: 0;
  border-radius: 0.5rem; background: #07823f; color: #fff; font: inherit; text-decoration: none }
</style>"#;

async fn page(user: WechatUser) -> Html {
    let name = user
        .display_name()
        .replace('&', "&amp;")
        .replace('<', "&lt;");
    Html::new(format!(
        r#"{HEAD}<h1>你好，<bdi>{name}</bdi>！</h1>
<form method="post" action="/logout?return_to=/bye"><button>退出登录</button></form>"#
    ))
}

async fn bye() -> Html {
    Html::new(format!(
        r#"{HEAD}<h1>已退出登录</h1><a href="/">微信登录</a>"#
    ))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::var("LISTEN").unwrap_or("127.0.0.1:8008".to_owned());
    let wechat = Wechat::from_env()?.build()?;
    let key = match std::env::var("SESSION_KEY") {
        Ok(key) => Key::try_from(key.as_bytes()).map_err(|_| "`SESSION_KEY` is under 64 bytes")?,
        Err(_) => Key::generate(),
    };
    let server = HttpServer::new(move || {
        let session = wechat.session(CookieSessionStore::default(), key.clone());
        App::new()
            .app_data(wechat.worker())
            .wrap(session.build())
            .route("/", web::get().to(page))
            .route("/bye", web::get().to(bye))
            .route("/logout", web::post().to(logout))
    });
    Ok(server.bind(listen)?.run().await?)
}
