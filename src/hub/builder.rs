//! [`HubBuilder`]: the settings of a [`Hub`], checked together.

use std::sync::Arc;

use crate::{
    account::{
        builder::{OPEN_URL, Setting},
        check_logins::check_appid,
        config_error::ConfigError,
        env::variable,
    },
    events,
    hub::{
        Hub, Settings,
        allowed::Allowed,
        base::Base,
        refusal::{Pages, Problem},
    },
};

/// Settings of a [`Hub`], checked by [`build`](Self::build).
///
/// `public_url` and `origins` are required.
///
/// ```
/// use actix_wechat::Hub;
///
/// # fn main() -> Result<(), actix_wechat::ConfigError> {
/// let hub = Hub::builder()
///     .public_url("https://login.example.cn")
///     .origins(["https://shop.example.com", "http://localhost:8008"])
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is checked before `build`"]
pub struct HubBuilder {
    public_url: Setting<Option<String>>,
    origins: Setting<Option<Vec<String>>>,
    appids: Setting<Option<Vec<String>>>,
    open_url: Setting<String>,
}

impl Hub {
    /// Starts from environment variables; what is not set there can still be set on the builder.
    ///
    /// | variable | setting |
    /// | --- | --- |
    /// | `WECHAT_PUBLIC_URL` | [`public_url`](HubBuilder::public_url) |
    /// | `WECHAT_HUB_ORIGINS` | [`origins`](HubBuilder::origins), separated by commas |
    /// | `WECHAT_HUB_APPIDS` | [`appids`](HubBuilder::appids), separated by commas |
    /// | `WECHAT_OPEN_URL` | [`open_url`](HubBuilder::open_url) |
    ///
    /// # Errors
    ///
    /// Where a variable is not UTF-8. What else is wrong is told by [`HubBuilder::build`], under
    /// the variable's name.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// let builder = actix_wechat::Hub::from_env()?.public_url("https://login.example.cn");
    /// assert_eq!(builder.build().unwrap_err().setting(), "WECHAT_HUB_ORIGINS");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<HubBuilder, ConfigError> {
        const PREFIX: &str = "WECHAT_";
        let list = |name| {
            let Setting { value, name } = variable(PREFIX, name)?;
            let items = value.map(|text| {
                let items = text
                    .split(',')
                    .map(|item| item.trim_matches(' ').to_owned());
                items.collect()
            });
            Ok(Setting::new(name, items))
        };
        let mut builder = HubBuilder::new();
        builder.public_url = variable(PREFIX, "PUBLIC_URL")?;
        builder.origins = list("HUB_ORIGINS")?;
        builder.appids = list("HUB_APPIDS")?;
        let Setting { value, name } = variable(PREFIX, "OPEN_URL")?;
        if let Some(open_url) = value {
            builder.open_url = Setting::new(name, open_url);
        }
        Ok(builder)
    }
}

impl HubBuilder {
    pub(super) fn new() -> Self {
        Self {
            public_url: Setting::new("public_url", None),
            origins: Setting::new("origins", None),
            appids: Setting::new("appids", None),
            open_url: Setting::new("open_url", OPEN_URL.to_owned()),
        }
    }

    /// The address under which browsers reach the hub: scheme, host, and a path if the hub has one.
    /// Required.
    ///
    /// Its host must be the account's 网页授权域名 (web authorization domain), or a website app's
    /// 授权回调域.
    ///
    /// ```
    /// let builder = actix_wechat::Hub::builder().public_url("https://example.cn/login");
    /// ```
    pub fn public_url(mut self, public_url: impl Into<String>) -> Self {
        self.public_url = Setting::new("public_url", Some(public_url.into()));
        self
    }

    /// Where visitors may be sent back to: exactly these schemes, hosts and ports, and where one
    /// has a path, that path and what is below it. Required, and replaces those set before.
    ///
    /// Everybody who can serve a page there can log in with the account, so name only hosts of your
    /// own, and plain `http` only for machines that nobody can listen to.
    ///
    /// ```
    /// let builder = actix_wechat::Hub::builder()
    ///     .origins(["https://shop.example.com", "https://example.cn/shop", "http://localhost:8008"]);
    /// ```
    pub fn origins<T: Into<String>>(mut self, origins: impl IntoIterator<Item = T>) -> Self {
        let origins = origins.into_iter().map(Into::into).collect();
        self.origins = Setting::new("origins", Some(origins));
        self
    }

    /// The only accounts that may log in through the hub; default any.
    ///
    /// ```
    /// let builder = actix_wechat::Hub::builder().appids(["wx0123456789abcdef"]);
    /// ```
    pub fn appids<T: Into<String>>(mut self, appids: impl IntoIterator<Item = T>) -> Self {
        let appids = appids.into_iter().map(Into::into).collect();
        self.appids = Setting::new("appids", Some(appids));
        self
    }

    /// Base URL of the host that visitors are sent to; default `https://open.weixin.qq.com`.
    /// Another hub will do, too.
    ///
    /// ```
    /// let builder = actix_wechat::Hub::builder().open_url("http://127.0.0.1:9000");
    /// ```
    pub fn open_url(mut self, open_url: impl Into<String>) -> Self {
        self.open_url = Setting::new("open_url", open_url.into());
        self
    }

    /// Checks all settings.
    ///
    /// # Errors
    ///
    /// The first setting that is missing or cannot work, by name.
    ///
    /// ```
    /// use actix_wechat::Hub;
    ///
    /// let hub = Hub::builder().public_url("https://login.example.cn").origins(["*.example.com"]);
    /// assert_eq!(hub.build().unwrap_err().setting(), "origins");
    /// ```
    pub fn build(self) -> Result<Hub, ConfigError> {
        let hub = Base::parse(self.public_url.required()?)
            .map_err(|problem| self.public_url.refused(problem))?;
        let origins = self.origins.required()?;
        if origins.is_empty() {
            return Err(self.origins.refused("is missing"));
        }
        let targets = origins
            .iter()
            .map(|origin| Base::parse(origin).map_err(|problem| self.origins.refused(problem)))
            .collect::<Result<_, _>>()?;
        if let Some(appids) = &self.appids.value {
            if appids.is_empty() {
                return Err(self
                    .appids
                    .refused("must name an appid, or be left out to allow any"));
            }
            for appid in appids {
                check_appid(&self.appids, appid)?;
            }
        }
        let open =
            Base::parse(&self.open_url.value).map_err(|problem| self.open_url.refused(problem))?;
        events::begin_hub(Problem::ALL.map(Problem::as_str));
        Ok(Hub(Arc::new(Settings {
            allowed: Allowed {
                hub,
                targets,
                appids: self.appids.value,
            },
            open,
            pages: Pages::new().map_err(|problem| ConfigError::new("template", problem))?,
        })))
    }
}
