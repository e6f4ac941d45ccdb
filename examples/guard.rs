//! Static files for logged-in visitors only: the guard stands in front of handlers that take no
//! user. Open <http://127.0.0.1:8008/members/README.md>.

use actix_files::Files;
use actix_session::storage::CookieSessionStore;
use actix_web::{App, HttpServer, cookie::Key, middleware::from_fn, web};
use actix_wechat::{Wechat, require_user, simulator::Simulator};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::var("LISTEN").unwrap_or("127.0.0.1:8008".to_owned());
    let simulator = Simulator::start().await?;
    let wechat = Wechat::simulated(&simulator)
        .public_url(format!("http://{listen}"))
        .build()?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let session = wechat
            .session(CookieSessionStore::default(), key.clone())
            .build();
        let members = web::scope("/members")
            .wrap(from_fn(require_user))
            .service(Files::new("", env!("CARGO_MANIFEST_DIR")));
        App::new()
            .app_data(wechat.worker())
            // What is wrapped last runs first: the guard finds the session loaded.
            .wrap(session)
            .service(members)
    });
    Ok(server.bind(listen)?.run().await?)
}
