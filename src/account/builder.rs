//! [`Builder`]: the settings of a [`Wechat`], one by one, checked together.

use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    account::config_error::{ConfigError, check_appid, check_id, endpoint, required},
    account::outside::Outside,
    account::snapshot::Snapshot,
    account::{Clock, Credentials, Settings, Wechat},
    address::public_url::PublicUrl,
    exchange::hook::Login,
    exchange::{Exchanges, Hook},
    localized::Localized,
    pages::Pages,
    visit::login_cookie,
};

pub(crate) const OPEN_URL: &str = "https://open.weixin.qq.com";
pub(crate) const API_URL: &str = "https://api.weixin.qq.com";
const DEADLINE: Duration = Duration::from_secs(5);
/// A login that is too old before its page is reached would start the next one, for ever.
const MIN_MAX_AGE: Duration = Duration::from_secs(60);
/// It stands in the session beside the user, who has most of the room.
const MAX_SESSION_KEY: usize = 64;

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
    pub(crate) names: Names,
    pub(crate) appid: Option<String>,
    pub(crate) secret: Option<SecretString>,
    pub(crate) public_url: Option<String>,
    pub(crate) open_url: String,
    pub(crate) api_url: String,
    deadline: Duration,
    max_age: Option<Duration>,
    session_key: Option<String>,
    login_path: Option<String>,
    pub(crate) outside: Outside,
    site_name: Option<Localized>,
    pub(crate) ask_first: Option<Localized>,
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

/// The names under which settings are asked for and complained about.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    pub(crate) appid: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) public_url: &'static str,
    pub(crate) open_url: &'static str,
    pub(crate) api_url: &'static str,
    pub(crate) website_appid: &'static str,
    pub(crate) website_secret: &'static str,
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
            site_name: None,
            ask_first: None,
            snapshot: Snapshot::default(),
            templates: Vec::new(),
            hook: None,
            own_client: false,
            clock: Arc::new(SystemTime::now),
        }
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

    /// How old a login in a session may be, in whole seconds and at least a minute; default: as old
    /// as the session itself. Who logged in longer ago logs in once more.
    ///
    /// ```
    /// use std::time::Duration;
    /// let builder = actix_wechat::Wechat::builder().max_age(Duration::from_secs(24 * 3600));
    /// ```
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// How the user's key in the session begins, before a dot and the appid, by which several
    /// accounts stay apart; 1 to 64 bytes, default `wechat`.
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

    /// The app's name, which heads every page of the login, so that visitors know who asks; default:
    /// the public URL's host.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder().site_name("山茶书店");
    /// ```
    pub fn site_name(mut self, site_name: impl Into<Localized>) -> Self {
        self.site_name = Some(site_name.into());
        self
    }

    /// Shows a page with a 微信登录 ("log in with WeChat") button before WeChat's consent, and on it
    /// `why`, in the app's own words, which may be empty; default: straight to WeChat. The words
    /// can be given in each language that the pages speak, as [`Localized`].
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

    /// Replaces one of the pages by a tera template of the app's own; the names are listed at the
    /// crate's [failure table](crate#what-can-go-wrong-and-what-the-visitor-sees).
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
    /// What they hold is escaped. The pages extend `layout.html`, whose blocks are `title`, `style`,
    /// `icon`, `main`, and `way_on` with `go` in it, the text of the link. Every page goes out with a
    /// `Content-Security-Policy` that lets it load nothing but pictures of this site or in `data:` URLs, and
    /// inline styles.
    ///
    /// ```
    /// let builder = actix_wechat::Wechat::builder()
    ///     .template("declined.html", "<a href=\"{{ retry_url }}\">再试一次</a>");
    /// ```
    pub fn template(mut self, name: impl Into<String>, source: impl Into<String>) -> Self {
        self.templates.push((name.into(), source.into()));
        self
    }

    /// Runs once per exchanged code, before anybody is answered: the place to create or update an account.
    ///
    /// It gets a [`Login`] and has five seconds. One visitor's login can be completed twice, by two
    /// codes or on two servers, so it must be idempotent. If it fails, takes too long or panics, nobody is logged in and the
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
        if self.max_age.is_some_and(|max_age| max_age < MIN_MAX_AGE) {
            return Err(ConfigError::new("max_age", "must be a minute or longer"));
        }
        if let Some(key) = &self.session_key
            && (key.is_empty() || key.len() > MAX_SESSION_KEY)
        {
            return Err(ConfigError::new(
                "session_key",
                "must have 1 to 64 bytes, for it counts with the user in the cookie",
            ));
        }
        if let Some(path) = &self.login_path
            && (path == "/"
                || path.contains(['?', '#'])
                || public.return_to(path).as_deref() != Some(path))
        {
            return Err(ConfigError::new(
                "login_path",
                "must be a path of this site, like `/login`, and not `/`",
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
        let site_name = match self.site_name {
            Some(name) if name.texts().any(|text| text.trim().is_empty()) => {
                return Err(ConfigError::new("site_name", "must not be blank"));
            }
            Some(name) => name,
            None => public.host().into(),
        };
        let pages =
            Pages::new(&self.templates).map_err(|problem| ConfigError::new("template", problem))?;
        let wechat = Wechat(Arc::new(Settings {
            cookie_name: login_cookie::cookie_name(&appid, public.is_https()),
            session_key: format!(
                "{}.{appid}",
                self.session_key.as_deref().unwrap_or("wechat")
            ),
            account: Credentials { appid, secret },
            public,
            open_url,
            api_url,
            deadline: self.deadline,
            max_age: self.max_age,
            login_path: self.login_path,
            outside: self.outside,
            site_name,
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

#[cfg(test)]
#[path = "tests/builder.rs"]
mod tests;
