//! Sessions in Redis: several servers share them, and a log-out ends one at once.
//!
//! `REDIS_URL` names the server, by default `redis://127.0.0.1:6379`.

use std::{env, error::Error, time::Duration};

use actix_session::{SessionMiddleware, storage::RedisSessionStore};
use actix_web::{App, HttpServer, cookie::Key, web};
use actix_wechat::{Wechat, WechatUser, simulator::Simulator};
use deadpool_redis::{Config, PoolConfig, Runtime, Timeouts};

async fn page(user: WechatUser) -> String {
    format!("你好，{}！", user.display_name())
}

/// The plain constructor of the store waits for minutes when Redis is gone. A pool with a time-out
/// on each step answers at once, and recovers by itself.
async fn sessions(url: &str) -> Result<RedisSessionStore, Box<dyn Error>> {
    let patience = Some(Duration::from_millis(500));
    let mut config = Config::from_url(url);
    config.pool = Some(PoolConfig {
        timeouts: Timeouts {
            wait: patience,
            create: patience,
            recycle: patience,
        },
        ..PoolConfig::default()
    });
    let pool = config.create_pool(Some(Runtime::Tokio1))?;
    // A wrong address should stop the start, not the first visitor.
    pool.get().await?;
    Ok(RedisSessionStore::builder_pooled(pool).build().await?)
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = env::var("LISTEN").unwrap_or("127.0.0.1:8008".to_owned());
    let redis = env::var("REDIS_URL").unwrap_or("redis://127.0.0.1:6379".to_owned());
    let store = sessions(&redis).await?;
    let simulator = Simulator::start().await?;
    let wechat = Wechat::simulated(&simulator)
        .public_url(format!("http://{listen}"))
        .build()?;
    // Several servers share this, too: read it from a secret store.
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let session = SessionMiddleware::builder(store.clone(), key.clone())
            .cookie_secure(wechat.is_https())
            .build();
        App::new()
            .app_data(wechat.worker())
            .wrap(session)
            .route("/", web::get().to(page))
    });
    Ok(server.bind(listen)?.run().await?)
}
