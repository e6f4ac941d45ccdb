//! [`HubBuilder`]: the settings of a [`Hub`], checked together.

use std::sync::Arc;

use crate::{
    account::{
        builder::OPEN_URL,
        config_error::{ConfigError, check_appid, required},
        env::variable,
    },
    hub::{Hub, Settings, allowed::Allowed, base::Base, refusal::Pages},
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
    names: Names,
    public_url: Option<String>,
    origins: Option<Vec<String>>,
    appids: Option<Vec<String>>,
    open_url: String,
}

/// The names under which settings are complained about.
#[derive(Debug)]
struct Names {
    public_url: &'static str,
    origins: &'static str,
    appids: &'static str,
    open_url: &'static str,
}

const METHODS: Names = Names {
    public_url: "public_url",
    origins: "origins",
    appids: "appids",
    open_url: "open_url",
};

const VARIABLES: Names = Names {
    public_url: "WECHAT_PUBLIC_URL",
    origins: "WECHAT_HUB_ORIGINS",
    appids: "WECHAT_HUB_APPIDS",
    open_url: "WECHAT_OPEN_URL",
};

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
        let list = |text: String| {
            let items = text.split(',').map(|item| item.trim_matches(' '));
            items.map(ToOwned::to_owned).collect()
        };
        let mut builder = HubBuilder::new();
        builder.names = VARIABLES;
        builder.public_url = variable(VARIABLES.public_url)?;
        builder.origins = variable(VARIABLES.origins)?.map(list);
        builder.appids = variable(VARIABLES.appids)?.map(list);
        if let Some(open_url) = variable(VARIABLES.open_url)? {
            builder.open_url = open_url;
        }
        Ok(builder)
    }
}

impl HubBuilder {
    pub(super) fn new() -> Self {
        Self {
            names: METHODS,
            public_url: None,
            origins: None,
            appids: None,
            open_url: OPEN_URL.to_owned(),
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
        self.public_url = Some(public_url.into());
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
        self.origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// The only accounts that may log in through the hub; default any.
    ///
    /// ```
    /// let builder = actix_wechat::Hub::builder().appids(["wx0123456789abcdef"]);
    /// ```
    pub fn appids<T: Into<String>>(mut self, appids: impl IntoIterator<Item = T>) -> Self {
        self.appids = Some(appids.into_iter().map(Into::into).collect());
        self
    }

    /// Base URL of the host that visitors are sent to; default `https://open.weixin.qq.com`.
    /// Another hub will do, too.
    ///
    /// ```
    /// let builder = actix_wechat::Hub::builder().open_url("http://127.0.0.1:9000");
    /// ```
    pub fn open_url(mut self, open_url: impl Into<String>) -> Self {
        self.open_url = open_url.into();
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
        let names = &self.names;
        let base =
            |name, text: &str| Base::parse(text).map_err(|problem| ConfigError::new(name, problem));
        let public_url = required(names.public_url, self.public_url)?;
        let hub = base(names.public_url, &public_url)?;
        let origins = self
            .origins
            .filter(|origins| !origins.is_empty())
            .ok_or_else(|| ConfigError::new(names.origins, "is missing"))?;
        let targets: Result<_, _> = origins
            .iter()
            .map(|origin| base(names.origins, origin))
            .collect();
        if let Some(appids) = &self.appids {
            if appids.is_empty() {
                return Err(ConfigError::new(
                    names.appids,
                    "must name an appid, or be left out to allow any",
                ));
            }
            for appid in appids {
                check_appid(names.appids, appid)?;
            }
        }
        Ok(Hub(Arc::new(Settings {
            allowed: Allowed {
                hub,
                targets: targets?,
                appids: self.appids,
            },
            open: base(names.open_url, &self.open_url)?,
            pages: Pages::new().map_err(|problem| ConfigError::new("template", problem))?,
        })))
    }
}
