//! One account's settings: [`Wechat`], how it is built, and what is known of its set-up.

use std::{fmt, sync::Arc};

use actix_session::{config::SessionMiddlewareBuilder, storage::SessionStore};
use actix_web::cookie::Key;

use crate::{
    account::{doctor::Doctor, logins::Logins, shown::Shown},
    address::{origins::Origins, public_url::PublicUrl},
    clock::Clock,
    exchange::Exchanges,
    session::{Slot, middleware},
    sns::Endpoints,
    visit::login_cookie::LoginCookies,
};

pub(crate) mod builder;
pub(crate) mod check;
pub(crate) mod check_logins;
pub(crate) mod config_error;
pub(crate) mod doctor;
pub(crate) mod env;
pub(crate) mod logins;
pub(crate) mod outside;
pub(crate) mod shown;
pub(crate) mod snapshot;

/// The login of one account: an official account, optionally with a website app beside it, or a
/// website app alone.
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
pub struct Wechat(pub(crate) Arc<Account>);

/// What [`Builder::build`](builder::Builder::build) has checked, each room's part by itself.
pub(crate) struct Account {
    pub(crate) public: PublicUrl,
    pub(crate) return_origins: Origins,
    pub(crate) logins: Logins,
    pub(crate) cookies: LoginCookies,
    pub(crate) slot: Slot,
    pub(crate) shown: Shown,
    pub(crate) exchanges: Arc<Exchanges>,
    pub(crate) endpoints: Endpoints,
    pub(crate) clock: Clock,
    doctor: Doctor,
}

impl Account {
    /// By which its session entry, its cookie and its events are known.
    pub(crate) fn appid(&self) -> &str {
        &self.logins.account().appid
    }

    /// Whether an `Origin` header names this site.
    pub(crate) fn is_own_origin(&self, origin: &[u8]) -> bool {
        self.public.is_origin(origin) || self.return_origins.contain(origin)
    }
}

impl fmt::Debug for Wechat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wechat")
            .field("appid", &self.appid())
            .field("public_url", &self.0.public.page(""))
            .finish_non_exhaustive()
    }
}

impl Wechat {
    /// The official account's appid; the website app's where that is alone.
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
        self.0.appid()
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

    /// The host that visitors are sent to, without a slash at the end: WeChat's, or that of
    /// [`open_url`](crate::Builder::open_url). A page with WeChat's QR code in it shows a frame of it.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// # let wechat = actix_wechat::Wechat::builder().appid("wx0123456789abcdef").secret("secret")
    /// #     .public_url("https://shop.example.cn").build()?;
    /// assert_eq!(wechat.open_url(), "https://open.weixin.qq.com");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn open_url(&self) -> &str {
        self.0.logins.open_url()
    }

    /// Whether visitors can log in by QR code, with a website app ([`Outside::website`]).
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// # let wechat = actix_wechat::Wechat::builder().appid("wx0123456789abcdef").secret("secret")
    /// #     .public_url("https://shop.example.cn").build()?;
    /// assert!(!wechat.has_website_app());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`Outside::website`]: crate::Outside::website
    #[must_use]
    pub fn has_website_app(&self) -> bool {
        self.0.logins.website_appid().is_some()
    }

    /// actix-session's middleware with the defaults that a login wants; the app may change them.
    ///
    /// The cookie is `HttpOnly`, `SameSite=Lax`, encrypted and for all paths. On https it is also
    /// `Secure` and called `__Host-id`, so that no other host can set it; else it is called `id`.
    ///
    /// ```
    /// use actix_web::{App, cookie::Key};
    /// use actix_wechat::actix_session::storage::SessionStore;
    /// # use actix_wechat::Wechat;
    ///
    /// # fn example<Store: SessionStore + 'static>(wechat: &Wechat, store: Store, key: Key) {
    /// let app = App::new()
    ///     .app_data(wechat.worker())
    ///     .wrap(wechat.session(store, key).build());
    /// # let _ = app;
    /// # }
    /// ```
    pub fn session<Store: SessionStore>(
        &self,
        store: Store,
        key: Key,
    ) -> SessionMiddlewareBuilder<Store> {
        middleware::builder(store, key, self.is_https())
    }

    /// Looks for settings that can work, but probably do not do what was meant.
    ///
    /// [`Builder::build`](crate::Builder::build) logs the same as warnings. One thing shows only at
    /// the first login: a missing or misplaced `SessionMiddleware`, which ends on the page
    /// [`SessionLost`](crate::Reason::SessionLost) and is named in the log.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// let wechat = actix_wechat::Wechat::builder()
    ///     .appid("wx0123456789abcdef")
    ///     .secret("0123456789abcdef0123456789abcdef")
    ///     .public_url("https://shop.example.cn")
    ///     .in_flight(50)
    ///     .build()?;
    /// assert_eq!(wechat.doctor().to_string(), "nothing to complain of");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn doctor(&self) -> Doctor {
        self.0.doctor.clone()
    }
}
