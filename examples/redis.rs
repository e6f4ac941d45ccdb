//! Sessions in Redis: several servers share them, and a log-out ends one at once.
//!
//! `REDIS_URL` names the server, by default `redis://127.0.0.1:6379`. An app of your own needs:
//!
//! ```sh
//! cargo add actix-session --features redis-session,redis-pool
//! cargo add anyhow                                       # the error of two of the store's methods
//! cargo add deadpool-redis@0.22 --features rt_tokio_1    # the version that actix-session uses
//! ```

use std::{collections::HashMap, env, error::Error};

use actix_session::storage::{
    LoadError, RedisSessionStore, SaveError, SessionKey, SessionStore, UpdateError,
};
use actix_web::{
    App, HttpServer,
    cookie::{Key, time::Duration},
    rt::time::timeout,
    web,
};
use actix_wechat::{Wechat, WechatUser, simulator::Simulator};
use deadpool_redis::{Config, PoolConfig, Runtime};

/// Not longer than a visitor waits, so that a lost Redis is an answer and not a silence.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(500);

async fn page(user: WechatUser) -> String {
    format!("你好，{}！", user.display_name())
}

/// Pooled: the plain constructor of the store waits for minutes when Redis is gone.
async fn sessions(url: &str) -> Result<InTime, Box<dyn Error>> {
    let mut config = Config::from_url(url);
    // How long an idle connection may take to show that it still lives, before another one is made.
    config.pool.insert(PoolConfig::default()).timeouts.recycle = Some(PATIENCE / 5);
    let pool = config.create_pool(Some(Runtime::Tokio1))?;
    // A wrong address should stop the start, not the first visitor.
    timeout(PATIENCE, pool.get()).await??;
    Ok(InTime(
        RedisSessionStore::builder_pooled(pool).build().await?,
    ))
}

/// A session as it is stored: JSON by name.
type State = HashMap<String, String>;

/// Answers in time, whatever Redis does. The pool's own time-outs do not suffice: they do not bound
/// a command, and where all idle connections hang, they bound each of them.
#[derive(Clone)]
struct InTime(RedisSessionStore);

impl SessionStore for InTime {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        match timeout(PATIENCE, self.0.load(key)).await {
            Ok(loaded) => loaded,
            Err(late) => Err(LoadError::Other(late.into())),
        }
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        match timeout(PATIENCE, self.0.save(state, ttl)).await {
            Ok(saved) => saved,
            Err(late) => Err(SaveError::Other(late.into())),
        }
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        match timeout(PATIENCE, self.0.update(key, state, ttl)).await {
            Ok(updated) => updated,
            Err(late) => Err(UpdateError::Other(late.into())),
        }
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> anyhow::Result<()> {
        timeout(PATIENCE, self.0.update_ttl(key, ttl)).await?
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        timeout(PATIENCE, self.0.delete(key)).await?
    }
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
        let session = wechat.session(store.clone(), key.clone()).build();
        App::new()
            .app_data(wechat.worker())
            .wrap(session)
            .route("/", web::get().to(page))
    });
    Ok(server.bind(listen)?.run().await?)
}
