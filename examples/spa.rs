//! A single page app: its script asks for data, learns from a 401 where to log in, and comes back
//! to the very page that it ran on. Open <http://127.0.0.1:8008>.

use actix_session::storage::CookieSessionStore;
use actix_web::{App, HttpResponse, HttpServer, Responder, cookie::Key, http::header, web};
use actix_wechat::{Wechat, WechatUser, login, simulator::Simulator};

/// Open to everybody; the script below does the rest. `same-origin` lets the server see which page
/// asked, so that the login leads back to it.
const SHELL: &str = r#"<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<title>单页应用</title>
<p id="who">…</p>
<script>
fetch("/api/me", { headers: { accept: "application/json" } }).then(async answer => {
  const data = await answer.json();
  if (answer.status === 401) location.assign(data.login_url);
  else document.getElementById("who").textContent = data.nickname;
});
</script>
</html>
"#;

async fn shell() -> impl Responder {
    HttpResponse::Ok()
        .insert_header(header::ContentType::html())
        .body(SHELL)
}

async fn me(user: WechatUser) -> impl Responder {
    web::Json(user)
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::var("LISTEN").unwrap_or("127.0.0.1:8008".to_owned());
    let simulator = Simulator::start().await?;
    let wechat = Wechat::simulated(&simulator)
        .public_url(format!("http://{listen}"))
        .login_path("/login")
        .build()?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let session = wechat
            .session(CookieSessionStore::default(), key.clone())
            .build();
        App::new()
            .app_data(wechat.worker())
            .wrap(session)
            .route("/", web::get().to(shell))
            .route("/api/me", web::get().to(me))
            .route("/login", web::get().to(login))
    });
    Ok(server.bind(listen)?.run().await?)
}
