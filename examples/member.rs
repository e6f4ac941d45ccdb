//! Handlers that take the app's own user: a row of a database, made at the login.
//!
//! The row is keyed by (appid, openid); the session holds WeChat's user, and `Member` is looked up
//! from it on each request. The file is `members.sqlite`, or what `MEMBERS` names.

use std::{
    env,
    error::Error,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use actix_session::storage::CookieSessionStore;
use actix_web::{
    App, FromRequest, HttpRequest, HttpServer, cookie::Key, dev::Payload,
    error::ErrorInternalServerError, web,
};
use actix_wechat::{Wechat, WechatUser, simulator::Simulator};
use rusqlite::{Connection, OptionalExtension as _, params};

/// A member of this site.
struct Member {
    id: i64,
    nickname: String,
    logins: i64,
}

impl FromRequest for Member {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, user) = (req.clone(), WechatUser::from_request(req, payload));
        Box::pin(async move {
            let user = user.await?;
            let members = req.app_data::<web::Data<Members>>().cloned();
            let members = members.ok_or_else(|| ErrorInternalServerError("no members"))?;
            let found = web::block(move || members.find(&user)).await?;
            if let Some(member) = found.map_err(ErrorInternalServerError)? {
                return Ok(member);
            }
            // A session that outlived the database: log in, and join, afresh.
            Err(WechatUser::log_in_again(&req).into())
        })
    }
}

/// The table of members.
#[derive(Clone)]
struct Members(Arc<Mutex<Connection>>);

impl Members {
    fn open(path: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute(
            "CREATE TABLE IF NOT EXISTS members (
                id INTEGER PRIMARY KEY, appid TEXT NOT NULL, openid TEXT NOT NULL,
                unionid TEXT, nickname TEXT NOT NULL, logins INTEGER NOT NULL,
                UNIQUE (appid, openid))",
            (),
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    fn find(&self, user: &WechatUser) -> rusqlite::Result<Option<Member>> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .query_row(
                "SELECT id, nickname, logins FROM members WHERE appid = ?1 AND openid = ?2",
                params![user.appid, user.openid],
                |row| {
                    Ok(Member {
                        id: row.get(0)?,
                        nickname: row.get(1)?,
                        logins: row.get(2)?,
                    })
                },
            )
            .optional()
    }

    /// Adds a member or brings one up to date. Two servers may do so for one login, each with a
    /// code of its own; the count may then be one too high, but nobody joins twice.
    fn log_in(&self, user: &WechatUser) -> rusqlite::Result<usize> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute(
            "INSERT INTO members (appid, openid, unionid, nickname, logins)
             VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (appid, openid) DO UPDATE SET
                unionid = coalesce(excluded.unionid, unionid),
                nickname = excluded.nickname,
                logins = logins + 1",
            params![user.appid, user.openid, user.unionid, user.display_name()],
        )
    }
}

async fn page(member: Member) -> String {
    format!(
        "member {}: {}, login {}",
        member.id, member.nickname, member.logins
    )
}

async fn logout(req: HttpRequest) -> &'static str {
    WechatUser::forget(&req);
    "bye"
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = env::var("LISTEN").unwrap_or("127.0.0.1:8008".to_owned());
    let members = Members::open(&env::var("MEMBERS").unwrap_or("members.sqlite".to_owned()))?;
    let joining = members.clone();
    let simulator = Simulator::start().await?;
    let wechat = Wechat::simulated(&simulator)
        .public_url(format!("http://{listen}"))
        .on_login(move |login| {
            let members = joining.clone();
            async move {
                web::block(move || members.log_in(&login.user)).await??;
                Ok::<(), Box<dyn Error>>(())
            }
        })
        .build()?;
    let (key, members) = (Key::generate(), web::Data::new(members));
    let server = HttpServer::new(move || {
        let session = wechat
            .session(CookieSessionStore::default(), key.clone())
            .build();
        App::new()
            .app_data(wechat.worker())
            .app_data(members.clone())
            .wrap(session)
            .route("/", web::get().to(page))
            .route("/logout", web::post().to(logout))
    });
    Ok(server.bind(listen)?.run().await?)
}
