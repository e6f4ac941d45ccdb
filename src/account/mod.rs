//! [`Wechat`]: one account's login, with its settings, shared by all workers.

pub(crate) mod builder;
pub(crate) mod config_error;
pub(crate) mod doctor;
pub(crate) mod env;
pub(crate) mod outside;
pub(crate) mod snapshot;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    account::outside::Outside,
    account::snapshot::Snapshot,
    address::authorize::authorize,
    address::public_url::PublicUrl,
    address::state::State,
    exchange::{Exchanges, Hook},
    localized::Localized,
    pages::Pages,
    scope::Scope,
    session::{self, Slot},
    worker::Worker,
};

/// The login of one account: an official account, and optionally the website app beside it.
///
/// Cheap to clone and shared between threads. Build it once, outside `HttpServer::new`, so that the
/// workers know of each other's logins; then register [`worker`](Self::worker) inside.
///
/// ```
/// use actix_wechat::Wechat;
/// use actix_web::App;
///
/// # fn main() -> Result<(), actix_wechat::ConfigError> {
/// let wechat = Wechat::builder()
///     .appid("wx0123456789abcdef")
///     .secret("0123456789abcdef0123456789abcdef")
///     .public_url("https://shop.example.cn")
///     .build()?;
/// let app = move || App::new().app_data(wechat.worker());
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Wechat(pub(crate) Arc<Settings>);

/// What [`Builder::build`] has checked.
pub(crate) struct Settings {
    pub(crate) account: Credentials,
    pub(crate) public: PublicUrl,
    pub(crate) open_url: String,
    pub(crate) api_url: String,
    pub(crate) deadline: Duration,
    pub(crate) max_age: Option<Duration>,
    pub(crate) session_key: String,
    pub(crate) cookie_name: String,
    pub(crate) login_path: Option<String>,
    pub(crate) outside: Outside,
    pub(crate) site_name: Localized,
    pub(crate) ask_first: Option<Localized>,
    pub(crate) snapshot: Snapshot,
    pub(crate) pages: Pages,
    pub(crate) hook: Option<Hook>,
    pub(crate) exchanges: Exchanges,
    pub(crate) clock: Clock,
}

pub(crate) struct Credentials {
    pub(crate) appid: String,
    pub(crate) secret: SecretString,
}

impl Credentials {
    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl fmt::Debug for Wechat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wechat")
            .field("appid", &self.0.account.appid)
            .field("public_url", &self.0.public.page(""))
            .finish_non_exhaustive()
    }
}

impl Wechat {
    /// What an [`App`](actix_web::App) registers: this account with an HTTP client of the worker.
    ///
    /// Call it inside `HttpServer::new`, where it runs once per worker; a client cannot be shared
    /// between threads, and connections to WeChat are kept warm within one.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// # let wechat = actix_wechat::Wechat::builder().appid("wx0123456789abcdef").secret("secret")
    /// #     .public_url("https://shop.example.cn").build()?;
    /// let app = move || actix_web::App::new().app_data(wechat.worker());
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn worker(&self) -> Worker {
        Worker::new(self.clone())
    }

    /// The same with an HTTP client of the app's own, for another TLS, a proxy or other limits.
    ///
    /// The client must not follow redirects (`disable_redirects`): the app secret is in the query.
    /// Keep it to HTTP/1.1, too, whose requests awc does not log.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// # let wechat = actix_wechat::Wechat::builder().appid("wx0123456789abcdef").secret("secret")
    /// #     .public_url("https://shop.example.cn").build()?;
    /// let app = move || {
    ///     let client = actix_wechat::awc::Client::builder().disable_redirects().finish();
    ///     actix_web::App::new().app_data(wechat.worker_with(client))
    /// };
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn worker_with(&self, client: awc::Client) -> Worker {
        Worker::with_client(self.clone(), client)
    }

    /// The official account's appid.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// # let wechat = actix_wechat::Wechat::builder().appid("wx0123456789abcdef").secret("secret")
    /// #     .public_url("https://shop.example.cn").build()?;
    /// assert_eq!(wechat.appid(), "wx0123456789abcdef");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn appid(&self) -> &str {
        &self.0.account.appid
    }

    /// Whether browsers reach the app by https, so that its session cookie should be `Secure`.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// # let wechat = actix_wechat::Wechat::builder().appid("wx0123456789abcdef").secret("secret")
    /// #     .public_url("https://shop.example.cn").build()?;
    /// assert!(wechat.is_https());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.public.is_https()
    }

    /// The path under which browsers know a page of the app: with the public URL's prefix, where
    /// a proxy strips one. For links and redirects that the app writes itself.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// # let wechat = actix_wechat::Wechat::builder().appid("wx0123456789abcdef").secret("secret")
    /// #     .public_url("https://example.cn/shop").build()?;
    /// assert_eq!(wechat.public_path("/cart"), "/shop/cart");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn public_path(&self, path: &str) -> String {
        self.0.public.path(path)
    }
}

impl Settings {
    /// Seconds since the Unix epoch.
    pub(crate) fn now(&self) -> u64 {
        session::seconds((self.clock)())
    }

    pub(crate) fn slot(&self) -> Slot<'_> {
        Slot {
            key: &self.session_key,
            appid: &self.account.appid,
            website: self.website().map(|website| website.appid.as_str()),
        }
    }

    pub(crate) fn website(&self) -> Option<&Credentials> {
        self.outside.credentials()
    }

    /// Whose login a scope belongs to.
    pub(crate) fn credentials(&self, scope: Scope) -> &Credentials {
        match (scope, self.website()) {
            (Scope::Login, Some(website)) => website,
            _ => &self.account,
        }
    }

    pub(crate) fn authorize_url(&self, page: &str, state: &State) -> String {
        let appid = &self.credentials(state.scope).appid;
        authorize(&self.open_url, appid, &self.public.page(page), state)
    }
}
