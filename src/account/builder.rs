//! [`Builder`]: the settings of a [`Wechat`], one by one, checked together.

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use secrecy::{SecretSlice, SecretString};

use crate::{
    account::{Wechat, config_error::ConfigError, outside::Outside, snapshot::Snapshot},
    clock::Clock,
    credentials::Platform,
    exchange::hook::{Hook, Login},
    lang::Lang,
    pages::localized::Localized,
    sns::NewClient,
};

pub(crate) const OPEN_URL: &str = "https://open.weixin.qq.com";
pub(crate) const API_URL: &str = "https://api.weixin.qq.com";
const DEADLINE: Duration = Duration::from_secs(5);
const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Settings of a [`Wechat`], checked by [`build`](Self::build).
///
/// `appid`, `secret` and `public_url` are required; of a website app alone, `outside` and
/// `public_url`.
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
    pub(crate) appid: Setting<Option<String>>,
    pub(crate) secret: Setting<Option<SecretString>>,
    pub(crate) platform: Option<Platform>,
    pub(crate) public_url: Setting<Option<String>>,
    pub(crate) open_url: Setting<String>,
    pub(crate) api_url: Setting<String>,
    pub(crate) proxy: Setting<Option<SecretString>>,
    pub(crate) return_origins: Setting<Vec<String>>,
    pub(crate) outside: Setting<Outside>,
    pub(crate) force_popup: bool,
    pub(crate) lang: Option<Lang>,
    pub(crate) deadline: Duration,
    pub(crate) in_flight: Option<usize>,
    pub(crate) max_age: Duration,
    pub(crate) session_key: Option<String>,
    pub(crate) login_cookie_key: Option<SecretSlice<u8>>,
    pub(crate) login_path: Option<String>,
    pub(crate) site_name: Option<Localized>,
    pub(crate) ask_first: Option<Localized>,
    pub(crate) snapshot: Snapshot,
    pub(crate) templates: Vec<(String, String)>,
    pub(crate) hook: Option<Hook>,
    pub(crate) client: Option<NewClient>,
    pub(crate) clock: Clock,
}

/// A setting, and what it is called where it was made: by the builder's method, or by the
/// environment variable.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) name: Cow<'static, str>,
}

impl<T> Setting<T> {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self {
            value,
            name: name.into(),
        }
    }

    /// Says in the error what the setting should have been.
    pub(crate) fn refused(&self, problem: impl Into<String>) -> ConfigError {
        ConfigError::new(self.name.clone(), problem)
    }
}

impl<T> Setting<Option<T>> {
    pub(crate) fn required(&self) -> Result<&T, ConfigError> {
        self.value
            .as_ref()
            .ok_or_else(|| self.refused("is missing"))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("appid", &self.appid.value)
            .field("public_url", &self.public_url.value)
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
            appid: Setting::new("appid", None),
            secret: Setting::new("secret", None),
            platform: None,
            public_url: Setting::new("public_url", None),
            open_url: Setting::new("open_url", OPEN_URL.to_owned()),
            api_url: Setting::new("api_url", API_URL.to_owned()),
            proxy: Setting::new("proxy", None),
            return_origins: Setting::new("return_origins", Vec::new()),
            outside: Setting::new("outside", Outside::redirect()),
            force_popup: false,
            lang: None,
            deadline: DEADLINE,
            in_flight: None,
            max_age: MAX_AGE,
            session_key: None,
            login_cookie_key: None,
            login_path: None,
            site_name: None,
            ask_first: None,
            snapshot: Snapshot::default(),
            templates: Vec::new(),
            hook: None,
            client: None,
            clock: Clock::default(),
        }
    }
}

impl Builder {
    /// The official account's appid, like `wx0123456789abcdef`. Required, but for a
    /// [website app alone](Outside::website).
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().appid("wx0123456789abcdef");
    /// ```
    pub fn appid(mut self, appid: impl Into<String>) -> Self {
        self.appid = Setting::new("appid", Some(appid.into()));
        self
    }

    /// The official account's app secret. Required where the appid is. It is sent to WeChat's API
    /// host and shown nowhere.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().secret("0123456789abcdef0123456789abcdef");
    /// assert!(!format!("{builder:?}").contains("0123456789abcdef0123456789abcdef"));
    /// ```
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Setting::new("secret", Some(SecretString::from(secret.into())));
        self
    }

    /// Logs in through a third-party platform (第三方平台) that the account has authorized: with the
    /// platform's `component_appid` and its current `component_access_token`, and without a
    /// [`secret`](Self::secret) of the account.
    ///
    /// `source` is asked for the token at each login, so it gives one that is kept at hand, and renews
    /// that before it expires (WeChat's are good for two hours). It has half of the
    /// [`deadline`](Self::deadline). If it fails, takes longer or panics, the code is not sent, the
    /// visitor reads a page, and the log names the platform. The token is a secret: it is sent to
    /// WeChat's API host and shown nowhere.
    ///
    /// The [`public_url`](Self::public_url) is of the platform's own domain then, for WeChat sends
    /// visitors there. Where several servers serve the account, give them one
    /// [`login_cookie_key`](Self::login_cookie_key).
    ///
    /// ```
    /// use std::sync::{Arc, RwLock};
    ///
    /// // Renewed elsewhere, from the tickets that WeChat pushes.
    /// let current = Arc::new(RwLock::new("the component_access_token".to_owned()));
    /// let builder = actix_wechat::Wechat::builder()
    ///     .appid("wx0123456789abcdef")
    ///     .platform("wxc000000000000001", move || {
    ///         let token = current.read().map(|token| token.clone());
    ///         std::future::ready(token.map_err(|_| "whoever renews the token has panicked"))
    ///     });
    /// ```
    pub fn platform<F, Fut, T, E>(mut self, component_appid: impl Into<String>, source: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + 'static,
        T: Into<String>,
        E: Into<Box<dyn std::error::Error>>,
    {
        self.platform = Some(Platform::new(component_appid.into(), source));
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
        self.public_url = Setting::new("public_url", Some(public_url.into()));
        self
    }

    /// Base URL of the host that visitors are sent to; default `https://open.weixin.qq.com`.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().open_url("http://127.0.0.1:9000");
    /// ```
    pub fn open_url(mut self, open_url: impl Into<String>) -> Self {
        self.open_url = Setting::new("open_url", open_url.into());
        self
    }

    /// Base URL of the host that this server calls; default `https://api.weixin.qq.com`.
    ///
    /// It may name several, separated by commas. The next one is tried where no connection can be
    /// made within a second. WeChat's own are `api`, `api2`, `sh.api`, `sz.api` and `hk.api` at
    /// `weixin.qq.com`.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().api_url("http://127.0.0.1:9000");
    /// ```
    pub fn api_url(mut self, api_url: impl Into<String>) -> Self {
        self.api_url = Setting::new("api_url", api_url.into());
        self
    }

    /// An HTTP proxy (CONNECT) for the calls to WeChat: `http://host:port`, or
    /// `http://user:password@host:port`. Default: none.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().proxy("http://proxy.example.cn:3128");
    /// ```
    pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
        self.proxy = Setting::new("proxy", Some(SecretString::from(proxy.into())));
        self
    }

    /// Makes the HTTP client, once a worker, for another TLS or other limits. Default: a client of
    /// this crate's. [`proxy`](Self::proxy) is refused beside it, and the client's own time limit
    /// for a connection counts.
    ///
    /// The client must not follow redirects (`disable_redirects`): the app secret is in the query.
    /// Keep it to HTTP/1.1, because awc logs whole requests of HTTP/2. Set no limit of connections,
    /// because new logins would starve those under way.
    ///
    /// ```
    /// use actix_wechat::awc::{Client, Connector, http::Version};
    ///
    /// let builder = actix_wechat::Wechat::builder().client(|| {
    ///     Client::builder()
    ///         .connector(Connector::new().limit(0))
    ///         .disable_redirects()
    ///         .max_http_version(Version::HTTP_11)
    ///         .finish()
    /// });
    /// ```
    pub fn client(mut self, client: impl Fn() -> awc::Client + Send + Sync + 'static) -> Self {
        self.client = Some(Arc::new(client));
        self
    }

    /// How many exchanges this account may have in flight at once. Default: as many as the process,
    /// which has 2,000 places, or a third of the files that it may open if that is less.
    ///
    /// A callback without a place waits up to two seconds, and as many wait as there are places.
    /// The others are answered 503 with `Retry-After`, and their codes are not spent.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().in_flight(200);
    /// ```
    pub fn in_flight(mut self, in_flight: usize) -> Self {
        self.in_flight = Some(in_flight);
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

    /// Maximum age of a login; older ones must log in again. At least a minute, default 30 days.
    ///
    /// The server enforces it, because nobody else enforces the age of a session in a cookie: a
    /// copied cookie stays good for so long.
    ///
    /// ```
    /// use std::time::Duration;
    /// let builder = actix_wechat::Wechat::builder().max_age(Duration::from_secs(24 * 3600));
    /// ```
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Prefix of the session key; `.` and the appid follow. 1 to 64 bytes, default `wechat`.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().session_key("user");
    /// ```
    pub fn session_key(mut self, session_key: impl Into<String>) -> Self {
        self.session_key = Some(session_key.into());
        self
    }

    /// The key by which a server knows that a login has just completed, 32 bytes or more; default: made
    /// of the app secret, or, through a [`platform`](Self::platform), random for the process.
    ///
    /// Servers that share their visitors share the key: without that, one of them does not see that
    /// the session of the other's login was lost, and sends the visitor around once more.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().login_cookie_key([7; 32]);
    /// ```
    pub fn login_cookie_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.login_cookie_key = Some(SecretSlice::from(key.into()));
        self
    }

    /// Where the [`login`](crate::login) handler is mounted. A script that is not logged in is told
    /// so as `login_url`. Default: nowhere.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().login_path("/login");
    /// ```
    pub fn login_path(mut self, login_path: impl Into<String>) -> Self {
        self.login_path = Some(login_path.into());
        self
    }

    /// Origins of front ends on other hosts, like `https://www.example.cn`; default: none.
    ///
    /// Their pages count as this site's for `return_to`, `Referer` and `Origin`. With one set,
    /// `login_url` in the answer to a script is absolute. Which hosts may read answers is CORS,
    /// which `actix-cors` sets: see the chapter [front ends](crate::guide::front_ends).
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().return_origins(["https://www.example.cn"]);
    /// ```
    pub fn return_origins<I>(mut self, origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let origins = origins.into_iter().map(Into::into).collect();
        self.return_origins = Setting::new("return_origins", origins);
        self
    }

    /// What visitors outside WeChat's browser get; default [`Outside::redirect`].
    ///
    /// ```
    /// # #[cfg(feature = "qrcode")]
    /// let builder = actix_wechat::Wechat::builder().outside(actix_wechat::Outside::qr());
    /// ```
    pub fn outside(mut self, outside: Outside) -> Self {
        self.outside = Setting::new("outside", outside);
        self
    }

    /// Asks for consent at every login with the profile (`forcePopup`, known since 2022-09);
    /// default: no. Without it WeChat asks at most once in 30 days.
    ///
    /// Silent logins ask nothing, and neither does a QR page. WeChat says that it has no effect on
    /// followers who come from the account's own menu.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().force_popup(true);
    /// ```
    pub fn force_popup(mut self, force_popup: bool) -> Self {
        self.force_popup = force_popup;
        self
    }

    /// The language that WeChat tells the profile in; default [`Lang::ZhCn`]. It has shown in the
    /// region's names alone. WeChat's QR page gets it as `lang=cn` or `en`, only where it is set.
    ///
    /// The consent page speaks the language of the visitor's WeChat.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().lang(actix_wechat::Lang::En);
    /// ```
    pub fn lang(mut self, lang: Lang) -> Self {
        self.lang = Some(lang);
        self
    }

    /// The app's name, which heads every page of the login. Default: the public URL's host.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().site_name("山茶书店");
    /// ```
    pub fn site_name(mut self, site_name: impl Into<Localized>) -> Self {
        self.site_name = Some(site_name.into());
        self
    }

    /// Shows a page with a 微信登录 ("log in with WeChat") button before WeChat's consent. Default:
    /// straight to WeChat. The page shows `why`, words of the app's own, which may be empty;
    /// [`Localized`] gives them in each language that the pages speak.
    ///
    /// WeChat's rules want a login to begin with the visitor's own tap, and open a page that asks
    /// sooner as a read-only snapshot (its announcement of 2022-05-09). Pages that need only a
    /// [`WechatOpenId`](crate::WechatOpenId) never ask, and neither does a website's QR login,
    /// nor the [`login`](crate::login) handler: the link to it was the tap.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().ask_first("登录后可以查看订单");
    /// ```
    pub fn ask_first(mut self, why: impl Into<Localized>) -> Self {
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

    /// Replaces one of the pages by a tera template of the app's own; the names are in the
    /// guide's [table of failures](crate::guide::failures).
    /// [`build`](Self::build) refuses another name, and a template that does not render.
    ///
    /// | variable | what it is |
    /// | --- | --- |
    /// | `lang` | the visitor's language: `zh-CN`, `zh-Hant` or `en` |
    /// | `site_name` | the words of [`site_name`](Self::site_name), else the public URL's host |
    /// | `reason` | the [`Reason`](crate::Reason) as the log has it, empty on `ask_first.html` and `outside.html` |
    /// | `retry_url` | where the way on leads: the page itself, for a program's request the page to log in at; on `ask_first.html` WeChat, on `address_too_long.html` the home page |
    /// | `why` | the words of [`ask_first`](Self::ask_first), on `ask_first.html` |
    /// | `qr_svg` | the QR code as an `<svg>` element, to be written with `\| safe`, on `outside.html`; empty where the address is longer than 500 bytes |
    /// | `form_lost` | whether the request was a form, which was not handled, on `login_required.html` |
    ///
    /// The variables are escaped. The pages extend `layout.html`, whose blocks are `title`,
    /// `style`, `icon`, `main`, and `way_on` with `go` in it, the text of the link. The
    /// `Content-Security-Policy` of every page allows inline styles, and pictures of this site or
    /// in `data:` URLs; all else is refused.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder()
    ///     .template("declined.html", "<a href=\"{{ retry_url }}\">再试一次</a>");
    /// ```
    pub fn template(mut self, name: impl Into<String>, source: impl Into<String>) -> Self {
        self.templates.push((name.into(), source.into()));
        self
    }

    /// Runs once per exchanged code, before anybody is answered: the place to create or update an
    /// account.
    ///
    /// It gets a [`Login`] and has five seconds. It must be idempotent: one visitor's login can be
    /// completed twice, by two codes or on two servers. If it fails, takes too long or panics,
    /// nobody is logged in and the visitor reads a page. The error goes to the log.
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
        self.hook = Some(Hook::new(hook));
        self
    }

    /// The clock that ages logins; default the system's. For tests.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().clock(std::time::SystemTime::now);
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(clock);
        self
    }

    /// Whether any of appid and secret is set.
    ///
    /// ```
    /// assert!(!actix_wechat::Wechat::builder().has_credentials());
    /// ```
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        self.appid.value.is_some() || self.secret.value.is_some()
    }
}
