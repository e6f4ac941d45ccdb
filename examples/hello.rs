//! The smallest honest app: a page for whoever is logged in at WeChat.

use actix_session::storage::CookieSessionStore;
use actix_web::{App, HttpServer, cookie::Key, web};
use actix_wechat::{Wechat, WechatUser, simulator::Simulator};

async fn page(user: WechatUser) -> String {
    format!("你好，{}！", user.display_name())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::var("LISTEN").unwrap_or("127.0.0.1:8008".to_owned());
    let simulator = Simulator::start().await?;
    let wechat = Wechat::simulated(&simulator)
        .public_url(format!("http://{listen}"))
        .build()?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let session = wechat.session(CookieSessionStore::default(), key.clone());
        App::new()
            .app_data(wechat.worker())
            .wrap(session.build())
            .route("/", web::get().to(page))
    });
    Ok(server.bind(listen)?.run().await?)
}
