//! Every page of a login, configured by the environment.
//!
//! | variable | default |
//! | --- | --- |
//! | `LISTEN` | `127.0.0.1:8008`; all of a host name's addresses |
//! | `WORKERS` | as many as processors |
//! | `SESSION_KEY` | 128 hex digits; without it a new one at each start, which logs everybody out |
//! | `REDIS_URL` | sessions in a cookie |
//! | `WECHAT_PUBLIC_URL` | `http://` and `LISTEN` |
//! | `RUST_LOG` | `info` |
//!
//! and the other `WECHAT_*` variables of `Wechat::from_env`. With `WECHAT_OUTSIDE=website` and its
//! two variables alone it is the demo of a site with a website app and no official account.
//!
//! Without credentials it starts WeChat's side on a loopback port of its own:
//! `cargo run --features simulator --example demo`, then open <http://127.0.0.1:8008>.

use std::{
    collections::HashMap,
    env,
    io::IsTerminal as _,
    net::{SocketAddr, ToSocketAddrs as _},
    process::ExitCode,
    time::Duration,
};

use actix_session::storage::{
    CookieSessionStore, LoadError, RedisSessionStore, SaveError, SessionKey, SessionStore,
    UpdateError,
};
use actix_web::{
    App, FromRequest, Handler, HttpRequest, HttpResponse, HttpServer, Resource, Responder,
    cookie::{Key, time},
    error::{ErrorInternalServerError, ErrorNotFound},
    http::header::{self, ContentType},
    rt::time::timeout,
    web,
};
use actix_wechat::{
    Builder, Outside, Wechat, WechatOpenId, WechatUser, Worker, login, logout,
    simulator::{Account, Simulator},
    wx_login,
};
use deadpool_redis::{Config as RedisConfig, Pool, PoolConfig, Runtime};
use tera::{Context, Tera};
use tracing_subscriber::EnvFilter;

/// Not longer than a visitor waits, so that a lost Redis is an answer and not a silence.
const REDIS_TIMEOUT: Duration = Duration::from_millis(500);
/// How long an idle connection may take to show that it still lives, before another one is made.
const REDIS_RECYCLE: Duration = Duration::from_millis(100);
const REDIS_START: Duration = Duration::from_secs(5);
/// The website app of the demo's own simulator.
const SIMULATED_WEBSITE: (&str, &str) = ("wx5100000000000002", "51000000000000000000000000000002");
const LOGIN_PATH: &str = "/login";
/// Of the options for WeChat's QR code in the page `/desktop`.
const WX_LOGIN_PATH: &str = "/wx_login";
const SITE_NAME: &str = "actix-wechat";
/// Pictures may come from any host: WeChat's, or the simulator's.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
    img-src http: https:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Why the demo does not start.
enum Refusal {
    /// The configuration cannot work: exit status 2.
    Configuration(String),
    /// The machine does not play along: exit status 1.
    Machine(String),
}

impl From<actix_wechat::ConfigError> for Refusal {
    fn from(err: actix_wechat::ConfigError) -> Self {
        Self::Configuration(err.to_string())
    }
}

fn configuration(problem: impl Into<String>) -> Refusal {
    Refusal::Configuration(problem.into())
}

#[actix_web::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refusal::Configuration(problem)) => {
            eprintln!("demo: {problem}");
            ExitCode::from(2)
        }
        Err(Refusal::Machine(problem)) => {
            eprintln!("demo: {problem}");
            ExitCode::from(1)
        }
    }
}

async fn run() -> Result<(), Refusal> {
    log_to_stderr()?;
    let settings = Settings::from_env()?;
    let redis = settings.redis_url.as_deref().map(redis_pool).transpose()?;
    let wechat = account(&settings).await?;
    match redis {
        Some(pool) => {
            let store = redis_sessions(pool).await?;
            serve(&settings, wechat, move || store.clone()).await
        }
        None => serve(&settings, wechat, CookieSessionStore::default).await,
    }
}

fn log_to_stderr() -> Result<(), Refusal> {
    let filter = match variable("RUST_LOG")? {
        None => EnvFilter::new("info"),
        Some(wanted) => EnvFilter::try_new(wanted)
            .map_err(|err| configuration(format!("`RUST_LOG` must be a log filter: {err}")))?,
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Colours are for eyes: in a file they would part what an operator searches for.
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}

/// The demo's own variables; those of the login are read by the library.
struct Settings {
    listen: Vec<SocketAddr>,
    default_public_url: String,
    workers: Option<usize>,
    session_key: Option<Key>,
    redis_url: Option<String>,
}

impl Settings {
    fn from_env() -> Result<Self, Refusal> {
        let listen = variable("LISTEN")?.unwrap_or_else(|| "127.0.0.1:8008".to_owned());
        let addresses: Vec<SocketAddr> = listen
            .to_socket_addrs()
            .map_err(|_| configuration("`LISTEN` must be host and port, like `127.0.0.1:8008`"))?
            .collect();
        let workers = match variable("WORKERS")? {
            None => None,
            Some(workers) => Some(
                workers
                    .parse()
                    .ok()
                    .filter(|workers| (1..=1024).contains(workers))
                    .ok_or_else(|| configuration("`WORKERS` must be a number from 1 to 1024"))?,
            ),
        };
        let session_key = match variable("SESSION_KEY")? {
            Some(digits) => Some(Key::from(&key_bytes(&digits)?)),
            None => None,
        };
        Ok(Self {
            listen: addresses,
            default_public_url: format!("http://{listen}"),
            workers,
            session_key,
            redis_url: variable("REDIS_URL")?,
        })
    }
}

fn variable(name: &str) -> Result<Option<String>, Refusal> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(configuration(format!("`{name}` is not UTF-8"))),
    }
}

fn key_bytes(digits: &str) -> Result<Vec<u8>, Refusal> {
    let wanted = || configuration("`SESSION_KEY` must be 128 hex digits");
    if digits.len() != 128 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wanted());
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wanted()))
        .collect()
}

/// The account of the environment, or a simulated one where there is none and nobody else can come.
async fn account(settings: &Settings) -> Result<Wechat, Refusal> {
    let public_url = variable("WECHAT_PUBLIC_URL")?;
    let mut builder = Wechat::from_env()?
        .login_path(LOGIN_PATH)
        .site_name(SITE_NAME);
    if public_url.is_none() {
        builder = builder.public_url(&settings.default_public_url);
    }
    let outside_by_qr = variable("WECHAT_OUTSIDE")?.as_deref() == Some("website");
    let names_website = variable("WECHAT_WEBSITE_APPID")?.is_some()
        || variable("WECHAT_WEBSITE_APPSECRET")?.is_some();
    if builder.has_credentials() || (outside_by_qr && names_website) {
        return Ok(builder.build()?);
    }
    let public_url = public_url.as_ref().unwrap_or(&settings.default_public_url);
    let endpoints_set =
        variable("WECHAT_OPEN_URL")?.is_some() || variable("WECHAT_API_URL")?.is_some();
    let listens_to_others = settings
        .listen
        .iter()
        .any(|address| !address.ip().is_loopback());
    if endpoints_set || names_website || listens_to_others || !is_loopback(public_url) {
        // A server that lost its environment must not let anybody in.
        return Err(configuration(
            "`WECHAT_APPID` and `WECHAT_APPSECRET` are missing; without them the demo runs only with a website app, by `WECHAT_OUTSIDE=website`, or on loopback, with neither `WECHAT_OPEN_URL`, `WECHAT_API_URL` nor a `WECHAT_WEBSITE_…` set",
        ));
    }
    simulated(builder, outside_by_qr).await
}

async fn simulated(mut builder: Builder, outside_by_qr: bool) -> Result<Wechat, Refusal> {
    let mut simulator = Simulator::builder().account(Account::test().bound(outside_by_qr));
    if outside_by_qr {
        let (appid, secret) = SIMULATED_WEBSITE;
        let website = Account::website(appid, secret, "127.0.0.1").any_redirect(true);
        simulator = simulator.account(website);
        builder = builder.outside(Outside::website(appid, secret));
    }
    let simulator = simulator
        .start()
        .await
        .map_err(|err| Refusal::Machine(format!("the simulator cannot start: {err}")))?;
    let wechat = builder.simulated(&simulator).build()?;
    eprintln!(
        "demo: no credentials, so WeChat is simulated at {}",
        simulator.url()
    );
    Ok(wechat)
}

fn is_loopback(public_url: &str) -> bool {
    let Ok(url) = url::Url::parse(public_url) else {
        return false;
    };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Pooled: the plain constructor of the store waits for a lost Redis for minutes.
fn redis_pool(url: &str) -> Result<Pool, Refusal> {
    let mut config = RedisConfig::from_url(url);
    let pool = config.pool.insert(PoolConfig::default());
    pool.timeouts.recycle = Some(REDIS_RECYCLE);
    config
        .create_pool(Some(Runtime::Tokio1))
        .map_err(|_| configuration("`REDIS_URL` must be like `redis://127.0.0.1:6379`"))
}

async fn redis_sessions(pool: Pool) -> Result<InTime, Refusal> {
    let unreachable =
        || Refusal::Machine("cannot reach Redis within 5 s; check `REDIS_URL`".to_owned());
    timeout(REDIS_START, pool.get())
        .await
        .map_err(|_| unreachable())?
        .map_err(|_| unreachable())?;
    RedisSessionStore::builder_pooled(pool)
        .cache_keygen(|key| format!("session:{key}"))
        .build()
        .await
        .map(InTime)
        .map_err(|_| unreachable())
}

/// A session as it is stored: JSON by name.
type SessionState = HashMap<String, String>;

/// Answers in time, whatever Redis does. The pool's own time-outs do not suffice: they do not bound
/// a command, and where all idle connections hang, they bound each of them.
#[derive(Clone)]
struct InTime(RedisSessionStore);

impl SessionStore for InTime {
    async fn load(&self, key: &SessionKey) -> Result<Option<SessionState>, LoadError> {
        match timeout(REDIS_TIMEOUT, self.0.load(key)).await {
            Ok(loaded) => loaded,
            Err(late) => Err(LoadError::Other(late.into())),
        }
    }

    async fn save(
        &self,
        state: SessionState,
        ttl: &time::Duration,
    ) -> Result<SessionKey, SaveError> {
        match timeout(REDIS_TIMEOUT, self.0.save(state, ttl)).await {
            Ok(saved) => saved,
            Err(late) => Err(SaveError::Other(late.into())),
        }
    }

    async fn update(
        &self,
        key: SessionKey,
        state: SessionState,
        ttl: &time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        match timeout(REDIS_TIMEOUT, self.0.update(key, state, ttl)).await {
            Ok(updated) => updated,
            Err(late) => Err(UpdateError::Other(late.into())),
        }
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &time::Duration) -> anyhow::Result<()> {
        timeout(REDIS_TIMEOUT, self.0.update_ttl(key, ttl)).await?
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        timeout(REDIS_TIMEOUT, self.0.delete(key)).await?
    }
}

async fn serve<S>(
    settings: &Settings,
    wechat: Wechat,
    store: impl Fn() -> S + Clone + Send + 'static,
) -> Result<(), Refusal>
where
    S: SessionStore + 'static,
{
    let templates = web::Data::new(templates()?);
    let key = settings.session_key.clone().unwrap_or_else(|| {
        tracing::warn!("`SESSION_KEY` is not set: a random key, so a restart logs everybody out");
        Key::generate()
    });
    let home = settings.default_public_url.clone();
    let mut server = HttpServer::new(move || {
        let session = wechat.session(store(), key.clone()).build();
        App::new()
            .app_data(wechat.worker())
            .app_data(templates.clone())
            .service(get_and_head("/healthz", async || "ok"))
            .service(web::scope("").wrap(session).configure(routes))
    });
    if let Some(workers) = settings.workers {
        server = server.workers(workers);
    }
    let cannot =
        |err| Refusal::Machine(format!("cannot listen where `LISTEN` says, {home}: {err}"));
    let server = server.bind(settings.listen.as_slice()).map_err(cannot)?;
    eprintln!("demo: open {home}");
    server
        .run()
        .await
        .map_err(|err| Refusal::Machine(err.to_string()))
}

fn routes(pages: &mut web::ServiceConfig) {
    pages
        .service(get_and_head("/", index))
        .service(get_and_head("/wechat8008/index", profile))
        .route("/api/me", web::get().to(me))
        .route("/openid", web::get().to(openid))
        .route("/comment", web::post().to(comment))
        .route(LOGIN_PATH, web::get().to(login))
        .route("/desktop", web::get().to(desktop))
        .route("/desktop.js", web::get().to(desktop_script))
        .route(WX_LOGIN_PATH, web::get().to(wx_login))
        .route("/logout", web::post().to(logout));
}

fn get_and_head<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args, Output: Responder>,
    Args: FromRequest + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
}

/// Compiled in, so that the working directory does not matter. They share the frame of the login's
/// own pages.
fn templates() -> Result<Tera, Refusal> {
    let mut tera = Tera::new();
    tera.add_raw_templates([
        (
            "layout.html",
            include_str!("../templates/login/layout.html"),
        ),
        ("desktop.html", include_str!("../templates/desktop.html")),
        ("home.html", include_str!("../templates/home.html")),
        ("index.html", include_str!("../templates/index.html")),
    ])
    .map_err(|err| Refusal::Machine(err.to_string()))?;
    Ok(tera)
}

fn render(tera: &Tera, template: &str, context: &Context) -> actix_web::Result<HttpResponse> {
    render_under(CONTENT_SECURITY_POLICY, tera, template, context)
}

fn render_under(
    content_security_policy: &str,
    tera: &Tera,
    template: &str,
    context: &Context,
) -> actix_web::Result<HttpResponse> {
    let page = tera
        .render(template, context)
        .map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::html())
        // Pages of a person: no proxy's and no back button's.
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, content_security_policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(page))
}

fn context(worker: Option<&Worker>) -> Context {
    let path =
        |path: &str| worker.map_or_else(|| path.to_owned(), |it| it.wechat().public_path(path));
    let mut context = Context::new();
    context.insert("lang", "zh-CN");
    context.insert("site_name", SITE_NAME);
    context.insert("home", &path("/"));
    context.insert("profile", &path("/wechat8008/index"));
    context.insert("login", &path(LOGIN_PATH));
    context.insert("logout", &path("/logout"));
    context
}

async fn index(
    user: Option<WechatUser>,
    req: HttpRequest,
    tera: web::Data<Tera>,
) -> actix_web::Result<HttpResponse> {
    let mut context = context(req.app_data());
    if let Some(user) = user {
        context.insert("name", user.display_name());
    }
    render(&tera, "home.html", &context)
}

async fn profile(
    user: WechatUser,
    req: HttpRequest,
    tera: web::Data<Tera>,
) -> actix_web::Result<HttpResponse> {
    let mut context = context(req.app_data());
    context.insert("name", user.display_name());
    context.insert("picture", &user.picture(actix_wechat::PictureSize::Px132));
    context.insert("user", &user);
    render(&tera, "index.html", &context)
}

/// WeChat's QR code within a page of our own.
async fn desktop(worker: Worker, tera: web::Data<Tera>) -> actix_web::Result<HttpResponse> {
    let wechat = worker.wechat();
    if !wechat.has_website_app() {
        return Err(ErrorNotFound("there is no website app"));
    }
    let mut context = context(Some(&worker));
    let frames = origin(wechat.open_url()).unwrap_or_default();
    // A simulator serves WeChat's script itself.
    let scripts = match frames.as_str() {
        "https://open.weixin.qq.com" => "https://res.wx.qq.com",
        simulator => simulator,
    };
    context.insert(
        "wechats_script",
        &format!("{scripts}/connect/zh_CN/htmledition/js/wxLogin.js"),
    );
    context.insert("script", &wechat.public_path("/desktop.js"));
    context.insert("wx_login", &wechat.public_path(WX_LOGIN_PATH));
    let policy = format!(
        "{CONTENT_SECURITY_POLICY}; script-src 'self' {scripts}; frame-src {frames}; connect-src 'self'"
    );
    render_under(&policy, &tera, "desktop.html", &context)
}

fn origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    Some(url.origin().ascii_serialization())
}

async fn desktop_script() -> impl Responder {
    include_str!("../templates/desktop.js")
        .customize()
        .insert_header((header::CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
}

async fn me(user: WechatUser) -> impl Responder {
    web::Json(user)
        .customize()
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
}

async fn openid(visitor: WechatOpenId) -> impl Responder {
    text(visitor.openid)
}

async fn comment(user: WechatUser) -> impl Responder {
    text(format!("ok {}", user.nickname))
}

fn text(body: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::plaintext())
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(body)
}
