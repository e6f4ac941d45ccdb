//! [`Wechat`]: one account's settings, shared by all workers, and the builder that checks them.

use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use derive_more::{Display, Error};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    api::Worker,
    exchange::{Exchanges, Hook},
    hook::Login,
    pages::Pages,
    pending,
    session::{self, Slot},
    urls::{PublicUrl, Scope, State, base_url},
};

pub(crate) const OPEN_URL: &str = "https://open.weixin.qq.com";
pub(crate) const API_URL: &str = "https://api.weixin.qq.com";
const DEADLINE: Duration = Duration::from_secs(5);

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
    pub(crate) ask_first: Option<String>,
    pub(crate) snapshot: Snapshot,
    pub(crate) pages: Pages,
    pub(crate) hook: Option<Hook>,
    pub(crate) exchanges: Exchanges,
    clock: Clock,
}

pub(crate) struct Credentials {
    pub(crate) appid: String,
    secret: SecretString,
}

impl Credentials {
    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What a visitor gets whose browser is not WeChat's: one that says `MicroMessenger` but not
/// `wxwork`, which is WeCom. A mini-program's web-view counts as WeChat.
///
/// ```
/// # fn main() -> Result<(), actix_wechat::ConfigError> {
/// use actix_wechat::{Outside, Wechat};
///
/// let wechat = Wechat::builder()
///     .appid("wx0123456789abcdef")
///     .secret("0123456789abcdef0123456789abcdef")
///     .public_url("https://shop.example.cn")
///     .outside(Outside::website("wxfedcba9876543210", "fedcba9876543210fedcba9876543210"))
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct Outside(OutsideKind);

enum OutsideKind {
    Redirect,
    #[cfg(feature = "qrcode")]
    Qr,
    Website(Credentials),
}

impl Outside {
    /// The redirect to WeChat's authorize page, like everybody; WeChat itself then asks to open the
    /// link in WeChat. The default.
    ///
    /// ```
    /// let outside = actix_wechat::Outside::redirect();
    /// ```
    #[must_use]
    pub fn redirect() -> Self {
        Self(OutsideKind::Redirect)
    }

    /// A page with this page's address as a QR code, to scan with WeChat, and as a link to copy.
    ///
    /// ```
    /// let outside = actix_wechat::Outside::qr();
    /// ```
    #[cfg(feature = "qrcode")]
    #[must_use]
    pub fn qr() -> Self {
        Self(OutsideKind::Qr)
    }

    /// WeChat's QR login for websites (`/connect/qrconnect`, scope `snsapi_login`), with the appid
    /// and the secret of a website app of WeChat's Open Platform.
    ///
    /// The same person has another openid there than at the official account. Only a `unionid`
    /// joins the two, and only if both are bound to one Open Platform account; without it they are
    /// two users, and neither inherits the other's session.
    ///
    /// ```
    /// use actix_wechat::Outside;
    ///
    /// let outside = Outside::website("wxfedcba9876543210", "fedcba9876543210fedcba9876543210");
    /// assert!(!format!("{outside:?}").contains("fedcba9876543210fedcba9876543210"));
    /// ```
    #[must_use]
    pub fn website(appid: impl Into<String>, secret: impl Into<String>) -> Self {
        Self(OutsideKind::Website(Credentials {
            appid: appid.into(),
            secret: SecretString::from(secret.into()),
        }))
    }

    fn credentials(&self) -> Option<&Credentials> {
        match &self.0 {
            OutsideKind::Website(credentials) => Some(credentials),
            _ => None,
        }
    }

    pub(crate) fn is_qr(&self) -> bool {
        #[cfg(feature = "qrcode")]
        return matches!(self.0, OutsideKind::Qr);
        #[cfg(not(feature = "qrcode"))]
        false
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            OutsideKind::Redirect => f.write_str("Redirect"),
            #[cfg(feature = "qrcode")]
            OutsideKind::Qr => f.write_str("Qr"),
            OutsideKind::Website(website) => {
                f.debug_tuple("Website").field(&website.appid).finish()
            }
        }
    }
}

/// What to do with a snapshot user: WeChat opens a page that asks for a login too early as a
/// read-only snapshot, and answers for a made-up user (WeChat's announcement of 2022-05-09).
///
/// ```
/// assert_eq!(actix_wechat::Snapshot::default(), actix_wechat::Snapshot::Page);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Snapshot {
    /// A page that says how to get the full service; nobody is logged in.
    #[default]
    Page,
    /// A redirect to a page of this site that needs no user, given as a path.
    Guest(String),
    /// Logs the made-up user in, with [`is_snapshotuser`](crate::WechatUser::is_snapshotuser) set.
    /// For apps that check it wherever they store anything.
    Accept,
}

/// A setting that cannot work, refused at start.
///
/// The message names the setting (in [`Wechat::from_env`] the variable) and says what it wants.
///
/// ```
/// let refused = actix_wechat::Wechat::builder().build().unwrap_err();
/// assert_eq!(refused.setting(), "appid");
/// assert_eq!(refused.to_string(), "`appid` is missing");
/// ```
#[derive(Clone, Debug, Display, Error, PartialEq, Eq)]
#[display("`{setting}` {problem}")]
pub struct ConfigError {
    setting: &'static str,
    problem: String,
}

impl ConfigError {
    pub(crate) fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self {
            setting,
            problem: problem.into(),
        }
    }

    /// The name of the setting: of the builder's method, or of the environment variable.
    ///
    /// ```
    /// let refused = actix_wechat::Wechat::builder().appid("wx1").build().unwrap_err();
    /// assert_eq!(refused.setting(), "secret");
    /// ```
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}

/// The names under which settings are asked for and complained about.
#[derive(Clone, Copy)]
struct Names {
    appid: &'static str,
    secret: &'static str,
    public_url: &'static str,
    open_url: &'static str,
    api_url: &'static str,
    website_appid: &'static str,
    website_secret: &'static str,
}

const METHODS: Names = Names {
    appid: "appid",
    secret: "secret",
    public_url: "public_url",
    open_url: "open_url",
    api_url: "api_url",
    website_appid: "outside: appid",
    website_secret: "outside: secret",
};

const VARIABLES: Names = Names {
    appid: "WECHAT_APPID",
    secret: "WECHAT_APPSECRET",
    public_url: "WECHAT_PUBLIC_URL",
    open_url: "WECHAT_OPEN_URL",
    api_url: "WECHAT_API_URL",
    website_appid: "WECHAT_WEBSITE_APPID",
    website_secret: "WECHAT_WEBSITE_APPSECRET",
};

/// Settings of a [`Wechat`], checked by [`build`](Self::build).
///
/// `appid`, `secret` and `public_url` are required.
///
/// ```
/// use std::time::Duration;
/// use actix_wechat::Wechat;
///
/// # fn main() -> Result<(), actix_wechat::ConfigError> {
/// let wechat = Wechat::builder()
///     .appid("wx0123456789abcdef")
///     .secret("0123456789abcdef0123456789abcdef")
///     .public_url("https://shop.example.cn")
///     .deadline(Duration::from_secs(3))
///     .max_age(Duration::from_secs(7 * 24 * 3600))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is checked before `build`"]
pub struct Builder {
    names: Names,
    appid: Option<String>,
    secret: Option<SecretString>,
    public_url: Option<String>,
    open_url: String,
    api_url: String,
    deadline: Duration,
    max_age: Option<Duration>,
    session_key: Option<String>,
    login_path: Option<String>,
    outside: Outside,
    ask_first: Option<String>,
    snapshot: Snapshot,
    templates: Vec<(String, String)>,
    hook: Option<Hook>,
    own_client: bool,
    clock: Clock,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("appid", &self.appid)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Wechat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wechat")
            .field("appid", &self.0.account.appid)
            .field("public_url", &self.0.public.page(""))
            .finish_non_exhaustive()
    }
}

impl Wechat {
    /// Starts from the defaults, which [`Builder`]'s methods name.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().appid("wx0123456789abcdef");
    /// ```
    pub fn builder() -> Builder {
        Builder {
            names: METHODS,
            appid: None,
            secret: None,
            public_url: None,
            open_url: OPEN_URL.to_owned(),
            api_url: API_URL.to_owned(),
            deadline: DEADLINE,
            max_age: None,
            session_key: None,
            login_path: None,
            outside: Outside::redirect(),
            ask_first: None,
            snapshot: Snapshot::default(),
            templates: Vec::new(),
            hook: None,
            own_client: false,
            clock: Arc::new(SystemTime::now),
        }
    }

    /// Starts from environment variables; what is not set there can still be set on the builder.
    ///
    /// | variable | setting |
    /// | --- | --- |
    /// | `WECHAT_APPID`, `WECHAT_APPSECRET` | [`appid`](Builder::appid), [`secret`](Builder::secret) |
    /// | `WECHAT_PUBLIC_URL` | [`public_url`](Builder::public_url) |
    /// | `WECHAT_OPEN_URL`, `WECHAT_API_URL` | [`open_url`](Builder::open_url), [`api_url`](Builder::api_url) |
    /// | `WECHAT_OUTSIDE` | [`outside`](Builder::outside): `redirect`, `qr` or `website`, the last with `WECHAT_WEBSITE_APPID` and `WECHAT_WEBSITE_APPSECRET` |
    /// | `WECHAT_ASK_FIRST` | `1`: [`ask_first`](Builder::ask_first) without a word of the app's own; `0`, like unset: no asking |
    ///
    /// # Errors
    ///
    /// Where a variable has a value that cannot be read, or asks for `website` without its two
    /// variables. What else is missing is told by [`Builder::build`], under the variable's name.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// let refused = actix_wechat::Wechat::from_env()?.build().unwrap_err();
    /// assert_eq!(refused.setting(), "WECHAT_APPID");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Builder, ConfigError> {
        let mut builder = Self::builder();
        builder.names = VARIABLES;
        builder.appid = variable(VARIABLES.appid)?;
        builder.secret = variable(VARIABLES.secret)?.map(SecretString::from);
        builder.public_url = variable(VARIABLES.public_url)?;
        if let Some(open_url) = variable(VARIABLES.open_url)? {
            builder.open_url = open_url;
        }
        if let Some(api_url) = variable(VARIABLES.api_url)? {
            builder.api_url = api_url;
        }
        builder.outside = outside_from_env()?;
        builder.ask_first = match variable("WECHAT_ASK_FIRST")?.as_deref() {
            None | Some("0") => None,
            Some("1") => Some(String::new()),
            Some(_) => {
                return Err(ConfigError::new(
                    "WECHAT_ASK_FIRST",
                    "must be `1`, or unset",
                ));
            }
        };
        Ok(builder)
    }

    /// Starts from the first account of a [`Simulator`](crate::simulator::Simulator), which stands
    /// in for WeChat: only [`public_url`](Builder::public_url) is left to set.
    ///
    /// ```no_run
    /// use actix_wechat::{Wechat, simulator::Simulator};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let simulator = Simulator::start().await?;
    /// let wechat = Wechat::simulated(&simulator)
    ///     .public_url("http://127.0.0.1:8008")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "simulator")]
    pub fn simulated(simulator: &crate::simulator::Simulator) -> Builder {
        Self::builder().simulated(simulator)
    }

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
        crate::urls::authorize(&self.open_url, appid, &self.public.page(page), state)
    }
}

impl Builder {
    /// The official account's appid, like `wx0123456789abcdef`. Required.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().appid("wx0123456789abcdef");
    /// ```
    pub fn appid(mut self, appid: impl Into<String>) -> Self {
        self.appid = Some(appid.into());
        self
    }

    /// The official account's app secret. Required. It is sent to WeChat's API host and shown
    /// nowhere.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().secret("0123456789abcdef0123456789abcdef");
    /// assert!(!format!("{builder:?}").contains("0123456789abcdef0123456789abcdef"));
    /// ```
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(SecretString::from(secret.into()));
        self
    }

    /// The address under which browsers reach the app: scheme, host, and a path prefix where a
    /// proxy strips one. Required.
    ///
    /// Every address sent out is built on it, never on what a request says of itself, which
    /// anybody can forge. Its host must be the account's 网页授权域名 (web authorization domain),
    /// and WeChat accepts no port (its page error 10003), but for test accounts.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().public_url("https://example.cn/shop/");
    /// ```
    pub fn public_url(mut self, public_url: impl Into<String>) -> Self {
        self.public_url = Some(public_url.into());
        self
    }

    /// Base URL of the host that visitors are sent to; default `https://open.weixin.qq.com`.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().open_url("http://127.0.0.1:9000");
    /// ```
    pub fn open_url(mut self, open_url: impl Into<String>) -> Self {
        self.open_url = open_url.into();
        self
    }

    /// Base URL of the host that this server calls; default `https://api.weixin.qq.com`.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().api_url("http://127.0.0.1:9000");
    /// ```
    pub fn api_url(mut self, api_url: impl Into<String>) -> Self {
        self.api_url = api_url.into();
        self
    }

    /// How long the calls to WeChat of one login may take in all, retries included; default 5 s.
    ///
    /// WeChat's browser asks again after a few seconds of waiting, so a longer one helps nobody.
    ///
    /// ```
    /// use std::time::Duration;
    /// let builder = actix_wechat::Wechat::builder().deadline(Duration::from_secs(3));
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How old a login in a session may be, in whole seconds and at least one; default: as old as
    /// the session itself. Who logged in longer ago logs in once more.
    ///
    /// ```
    /// use std::time::Duration;
    /// let builder = actix_wechat::Wechat::builder().max_age(Duration::from_secs(24 * 3600));
    /// ```
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// The user's key in the session; default `wechat.` and the appid, so that several accounts
    /// stay apart.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().session_key("user");
    /// ```
    pub fn session_key(mut self, session_key: impl Into<String>) -> Self {
        self.session_key = Some(session_key.into());
        self
    }

    /// Where the [`login`](crate::login) handler is mounted, so that the answer to a program that
    /// is not logged in can name it; default: nowhere.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().login_path("/login");
    /// ```
    pub fn login_path(mut self, login_path: impl Into<String>) -> Self {
        self.login_path = Some(login_path.into());
        self
    }

    /// What visitors outside WeChat's browser get; default [`Outside::redirect`].
    ///
    /// ```
    /// # #[cfg(feature = "qrcode")]
    /// let builder = actix_wechat::Wechat::builder().outside(actix_wechat::Outside::qr());
    /// ```
    pub fn outside(mut self, outside: Outside) -> Self {
        self.outside = outside;
        self
    }

    /// Shows a page with a 微信登录 ("log in with WeChat") button before WeChat's consent, and on it
    /// `why`, in the app's own words, which may be empty; default: straight to WeChat.
    ///
    /// WeChat's rules want a login to begin with the visitor's own tap, and open a page that asks
    /// sooner as a read-only snapshot (its announcement of 2022-05-09). Pages that need only a
    /// [`WechatOpenId`](crate::WechatOpenId) never ask, and neither does a website's QR login,
    /// nor the [`login`](crate::login) handler: the link to it was the tap.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().ask_first("登录后可以查看订单");
    /// ```
    pub fn ask_first(mut self, why: impl Into<String>) -> Self {
        self.ask_first = Some(why.into());
        self
    }

    /// What to do with a snapshot user; default [`Snapshot::Page`].
    ///
    /// ```
    /// use actix_wechat::{Snapshot, Wechat};
    /// let builder = Wechat::builder().snapshot(Snapshot::Guest("/".to_owned()));
    /// ```
    pub fn snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = snapshot;
        self
    }

    /// Replaces one of the pages by a tera template of the app's own; the names are listed at the
    /// crate's [failure table](crate#what-can-go-wrong-and-what-the-visitor-sees), and what a
    /// template gets below it. [`build`](Self::build) refuses another name, and a template that
    /// does not render.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder()
    ///     .template("declined.html", "<a href=\"{{ retry_url }}\">再试一次</a>");
    /// ```
    pub fn template(mut self, name: impl Into<String>, source: impl Into<String>) -> Self {
        self.templates.push((name.into(), source.into()));
        self
    }

    /// Runs once per login, before anybody is answered: the place to create or update an account.
    ///
    /// It gets a [`Login`] and has five seconds. Two servers can complete one visitor's login each,
    /// so it must be idempotent. If it fails, takes too long or panics, nobody is logged in and the
    /// visitor reads a page; the error goes to the log.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().on_login(|login| async move {
    ///     println!("{} logged in", login.user.openid);
    ///     Ok::<(), std::io::Error>(())
    /// });
    /// ```
    pub fn on_login<F, Fut, E>(mut self, hook: F) -> Self
    where
        F: Fn(Login) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + 'static,
        E: Into<Box<dyn std::error::Error>>,
    {
        self.hook = Some(Arc::new(move |login| {
            let done = hook(login);
            Box::pin(async move { done.await.map_err(Into::into) })
        }));
        self
    }

    /// The app hands its own client to [`Wechat::worker_with`]: an https endpoint is then accepted
    /// without the feature `rustls`.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().own_client();
    /// ```
    pub fn own_client(mut self) -> Self {
        self.own_client = true;
        self
    }

    /// The clock that ages logins; default the system's. For tests.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().clock(std::time::SystemTime::now);
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Takes account and endpoints from a [`Simulator`](crate::simulator::Simulator), as
    /// [`Wechat::simulated`] does, and keeps the other settings.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use actix_wechat::{Wechat, simulator::Simulator};
    ///
    /// let simulator = Simulator::start().await?;
    /// let builder = Wechat::from_env()?.simulated(&simulator);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "simulator")]
    pub fn simulated(self, simulator: &crate::simulator::Simulator) -> Self {
        let account = simulator.account();
        self.appid(account.appid())
            .secret(account.secret())
            .open_url(simulator.url())
            .api_url(simulator.url())
    }

    /// Whether any of appid and secret is set.
    ///
    /// ```
    /// assert!(!actix_wechat::Wechat::builder().has_credentials());
    /// ```
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        self.appid.is_some() || self.secret.is_some()
    }

    /// Checks all settings.
    ///
    /// What may work but probably should not is logged as a warning.
    ///
    /// # Errors
    ///
    /// The first setting that is missing or cannot work, by name.
    ///
    /// ```
    /// use actix_wechat::Wechat;
    ///
    /// let refused = Wechat::builder().appid("wx1").secret("x").public_url("/shop").build();
    /// assert_eq!(refused.unwrap_err().setting(), "public_url");
    /// ```
    pub fn build(self) -> Result<Wechat, ConfigError> {
        let names = self.names;
        let appid = required(names.appid, self.appid)?;
        check_appid(names.appid, &appid)?;
        let secret = self
            .secret
            .ok_or_else(|| ConfigError::new(names.secret, "is missing"))?;
        check_id(names.secret, secret.expose_secret())?;
        let public = required(names.public_url, self.public_url)?;
        let public = PublicUrl::parse(&public)
            .map_err(|problem| ConfigError::new(names.public_url, problem))?;
        let open_url = endpoint(names.open_url, &self.open_url)?;
        let api_url = endpoint(names.api_url, &self.api_url)?;
        if api_url.starts_with("https:") && !cfg!(feature = "rustls") && !self.own_client {
            return Err(ConfigError::new(
                names.api_url,
                "is https, which needs the feature `rustls`, or `own_client` and a client with TLS for `worker_with`",
            ));
        }
        if self.deadline.is_zero() {
            return Err(ConfigError::new("deadline", "must be longer than nothing"));
        }
        if self.max_age.is_some_and(|max_age| max_age.as_secs() == 0) {
            return Err(ConfigError::new("max_age", "must be a second or longer"));
        }
        if let Some(path) = &self.login_path
            && public.return_to(path).as_deref() != Some(path)
        {
            return Err(ConfigError::new(
                "login_path",
                "must be a path of this site, like `/login`",
            ));
        }
        if let Snapshot::Guest(path) = &self.snapshot
            && public.return_to(path).as_deref() != Some(path)
        {
            return Err(ConfigError::new(
                "snapshot",
                "must name a path of this site, like `/`",
            ));
        }
        if let Some(website) = self.outside.credentials() {
            check_appid(names.website_appid, &website.appid)?;
            check_id(names.website_secret, website.secret())?;
            if website.appid == appid {
                return Err(ConfigError::new(
                    names.website_appid,
                    "must be the website app's own, not the official account's",
                ));
            }
        }
        let pages =
            Pages::new(&self.templates).map_err(|problem| ConfigError::new("template", problem))?;
        let wechat = Wechat(Arc::new(Settings {
            cookie_name: pending::cookie_name(&appid, public.is_https()),
            session_key: self
                .session_key
                .unwrap_or_else(|| format!("wechat.{appid}")),
            account: Credentials { appid, secret },
            public,
            open_url,
            api_url,
            deadline: self.deadline,
            max_age: self.max_age,
            login_path: self.login_path,
            outside: self.outside,
            ask_first: self.ask_first,
            snapshot: self.snapshot,
            pages,
            hook: self.hook,
            exchanges: Exchanges::default(),
            clock: self.clock,
        }));
        for finding in wechat.doctor().findings() {
            tracing::warn!(
                name: "wechat.config.risk",
                setting = finding.setting(),
                advice = finding.advice(),
                "wechat.config.risk"
            );
        }
        Ok(wechat)
    }
}

fn variable(name: &'static str) -> Result<Option<String>, ConfigError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(ConfigError::new(name, "is not UTF-8")),
    }
}

fn outside_from_env() -> Result<Outside, ConfigError> {
    const NAME: &str = "WECHAT_OUTSIDE";
    match variable(NAME)?.as_deref() {
        None | Some("redirect") => Ok(Outside::redirect()),
        #[cfg(feature = "qrcode")]
        Some("qr") => Ok(Outside::qr()),
        #[cfg(not(feature = "qrcode"))]
        Some("qr") => Err(ConfigError::new(
            NAME,
            "is `qr`, which needs the feature `qrcode`",
        )),
        Some("website") => Ok(Outside::website(
            required(VARIABLES.website_appid, variable(VARIABLES.website_appid)?)?,
            required(
                VARIABLES.website_secret,
                variable(VARIABLES.website_secret)?,
            )?,
        )),
        Some(_) => Err(ConfigError::new(
            NAME,
            "must be `redirect`, `qr` or `website`",
        )),
    }
}

fn required(name: &'static str, value: Option<String>) -> Result<String, ConfigError> {
    value.ok_or_else(|| ConfigError::new(name, "is missing"))
}

/// A secret is never repeated in the message.
fn check_id(name: &'static str, value: &str) -> Result<(), ConfigError> {
    if value.trim().is_empty() {
        return Err(ConfigError::new(name, "is blank"));
    }
    if value
        .chars()
        .any(|char| char.is_whitespace() || char.is_control())
    {
        return Err(ConfigError::new(name, "must not contain spaces"));
    }
    Ok(())
}

/// The appid stands in a cookie's name, where few characters may.
fn check_appid(name: &'static str, value: &str) -> Result<(), ConfigError> {
    check_id(name, value)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !value.bytes().all(fits) || value.len() > 64 {
        return Err(ConfigError::new(
            name,
            "must be letters and digits, like `wx0123456789abcdef`",
        ));
    }
    Ok(())
}

fn endpoint(name: &'static str, value: &str) -> Result<String, ConfigError> {
    let url = base_url(value).map_err(|problem| ConfigError::new(name, problem))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests;
