//! The app under test: every kind of handler, two workers, a simulator and a clock of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use actix_session::{Session, SessionMiddleware, storage::CookieSessionStore};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, cookie::Key, rt, web};
use actix_wechat::{
    Builder, Wechat, WechatOpenId, WechatUser, login,
    simulator::{Account, Simulator},
};

use crate::{Port, wechat};

/// A clock that stands still until it is turned; simulator and library share it.
#[derive(Clone)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_700_000_000_000)))
    }

    pub fn advance(&self, seconds: u64) {
        self.advance_millis(seconds * 1_000);
    }

    pub fn advance_millis(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// To what another server's clock may say.
    pub fn turn_back(&self, seconds: u64) {
        self.0.fetch_sub(seconds * 1_000, Ordering::SeqCst);
    }

    pub fn reader(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let millis = Arc::clone(&self.0);
        move || SystemTime::UNIX_EPOCH + Duration::from_millis(millis.load(Ordering::SeqCst))
    }
}

pub struct TestApp {
    pub simulator: Simulator,
    pub clock: Clock,
    pub url: String,
    _port: Port,
}

impl TestApp {
    /// 小明 is logged in to WeChat and consents at once.
    pub async fn spawn() -> Self {
        Self::spawn_with(|builder| builder).await
    }

    /// The same with other settings.
    pub async fn spawn_with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let (app, wechat) = Self::prepare(settings).await;
        let key = Key::generate();
        serve(&app.url, move |config| {
            config.service(
                web::scope("")
                    .app_data(wechat.worker())
                    .wrap(session(&key))
                    .configure(routes),
            );
        });
        app
    }

    /// A simulator and an account at it, for apps of another shape.
    pub async fn prepare(settings: impl FnOnce(Builder) -> Builder) -> (Self, Wechat) {
        let clock = Clock::new();
        let simulator = wechat::start(Simulator::builder().clock(clock.reader())).await;
        let port = Port::new();
        let url = port.url();
        let builder = Wechat::simulated(&simulator)
            .public_url(&url)
            .login_path("/login")
            .clock(clock.reader());
        let wechat = settings(builder).build().expect("settings that work");
        let app = Self {
            simulator,
            clock,
            url,
            _port: port,
        };
        (app, wechat)
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

/// The appid of the second of [`two_accounts`].
pub const OTHER: &str = "wx2222222222222222";

/// Two accounts at one simulator, and the port that their app is served at.
pub async fn two_accounts() -> ([Wechat; 2], Port, Simulator) {
    let other = Account::official(OTHER, "another_secret", "127.0.0.1")
        .any_redirect(true)
        .gate_user_agent(false);
    let both = Simulator::builder().account(Account::test()).account(other);
    let simulator = wechat::start(both).await;
    let port = Port::new();
    let one = Wechat::simulated(&simulator).public_url(port.url());
    let two = Wechat::simulated(&simulator)
        .appid(OTHER)
        .secret("another_secret")
        .public_url(port.url());
    let accounts = [one, two].map(|builder| builder.build().expect("settings that work"));
    (accounts, port, simulator)
}

/// A session in a cookie, good on plain http.
pub fn session(key: &Key) -> SessionMiddleware<CookieSessionStore> {
    SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
        .cookie_secure(false)
        .build()
}

/// Serves on two workers at an address of loopback, until the test ends.
pub fn serve(url: &str, configure: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static) {
    let server = HttpServer::new(move || App::new().configure(configure.clone()))
        .workers(2)
        .disable_signals()
        .bind(&url["http://".len()..])
        .expect("a free port");
    rt::spawn(server.run());
}

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/user", web::get().to(user))
        .route("/openid", web::get().to(openid))
        .route("/both", web::get().to(both))
        .route("/maybe", web::get().to(maybe))
        .route("/comment", web::post().to(user))
        .route("/login", web::get().to(login))
        .route("/logout", web::get().to(logout))
        .route("/cart/add", web::get().to(add_to_cart))
        .route("/entries", web::get().to(entries))
        .route("/plant", web::get().to(plant))
        .route("/cart", web::get().to(cart));
}

async fn user(user: WechatUser) -> String {
    user.nickname
}

async fn openid(visitor: WechatOpenId) -> String {
    visitor.openid
}

async fn both(visitor: WechatOpenId, user: WechatUser) -> String {
    assert_eq!(visitor.openid, user.openid);
    user.nickname
}

async fn maybe(user: Option<WechatUser>) -> String {
    user.map_or_else(|| "guest".to_owned(), |user| user.nickname)
}

async fn logout(req: HttpRequest) -> HttpResponse {
    WechatUser::forget(&req);
    HttpResponse::Ok().body("out")
}

async fn add_to_cart(session: Session) -> HttpResponse {
    match session.insert("cart", "a book") {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(err) => HttpResponse::InternalServerError().body(err.to_string()),
    }
}

async fn cart(session: Session) -> String {
    session.get("cart").ok().flatten().unwrap_or_default()
}

/// The names of all that the session holds.
async fn entries(session: Session) -> String {
    let mut names: Vec<String> = session.entries().keys().cloned().collect();
    names.sort_unstable();
    names.join(" ")
}

/// `?NAME=JSON` as an entry of the session, whoever's it is.
async fn plant(
    entries: web::Query<Vec<(String, String)>>,
    session: Session,
) -> actix_web::Result<HttpResponse> {
    for (name, json) in entries.into_inner() {
        let value: serde_json::Value = serde_json::from_str(&json)?;
        session.insert(name, value)?;
    }
    Ok(HttpResponse::Ok().finish())
}
