//! [`Wechat::from_env`]: the settings as environment variables.

use std::env;

use secrecy::SecretString;

use crate::{
    account::Wechat,
    account::builder::{Builder, Names},
    account::config_error::{ConfigError, required},
    account::outside::Outside,
    localized::Localized,
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

impl Wechat {
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
            Some("1") => Some(Localized::new("")),
            Some(_) => {
                return Err(ConfigError::new(
                    "WECHAT_ASK_FIRST",
                    "must be `1` or `0`, or unset",
                ));
            }
        };
        Ok(builder)
    }
}

fn variable(name: &'static str) -> Result<Option<String>, ConfigError> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(ConfigError::new(name, "is not UTF-8")),
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
