//! A single page app: its script asks for data, learns from a 401 where to log in, and comes back
//! to the very page that it ran on. Open <http://127.0.0.1:8008>.
//!
//! `FRONT_END=127.0.0.1:8009` serves a second front end there, whose API and session are at the
//! first address.

use actix_cors::Cors;
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

/// The same at another address, which browsers do not tell the API: the script names it itself.
const FRONT_END: &str = r#"<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>另一个前端</title>
<p id="who">…</p>
<script>
const api = "API";
fetch(`${api}/api/me`, { credentials: "include", headers: { accept: "application/json" } })
  .then(async answer => {
    const back = encodeURIComponent(location.href);
    if (answer.status === 401) location.assign(`${api}/login?return_to=${back}`);
    else document.getElementById("who").textContent = (await answer.json()).nickname;
  });
</script>
</html>
"#;

async fn front_end(api: web::Data<String>) -> impl Responder {
    HttpResponse::Ok()
        .insert_header(header::ContentType::html())
        .body(FRONT_END.replace("API", &api))
}

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
    let elsewhere = std::env::var("FRONT_END").ok();
    let origin = elsewhere.as_ref().map(|it| format!("http://{it}"));
    let url = format!("http://{listen}");
    let simulator = Simulator::start().await?;
    let wechat = Wechat::simulated(&simulator)
        .public_url(&url)
        .login_path("/login")
        .return_origins(origin.clone())
        .build()?;
    if let Some(elsewhere) = elsewhere {
        let api = web::Data::new(url);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(api.clone())
                .route("/", web::get().to(front_end))
        });
        actix_web::rt::spawn(server.workers(1).bind(elsewhere)?.run());
    }
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let session = wechat
            .session(CookieSessionStore::default(), key.clone())
            .build();
        let cors = Cors::default()
            .allowed_methods(["GET"])
            .allowed_headers([header::ACCEPT])
            .supports_credentials();
        let cors = origin.iter().fold(cors, |cors, it| cors.allowed_origin(it));
        App::new()
            .app_data(wechat.worker())
            .wrap(session)
            .wrap(cors)
            .route("/", web::get().to(shell))
            .route("/api/me", web::get().to(me))
            .route("/login", web::get().to(login))
    });
    Ok(server.bind(listen)?.run().await?)
}
