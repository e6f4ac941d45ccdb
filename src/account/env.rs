//! [`Wechat::from_env`]: the settings as environment variables.

use std::{borrow::Cow, env};

use secrecy::SecretString;

use crate::{
    account::{
        Wechat,
        builder::{Builder, Setting},
        config_error::ConfigError,
        outside::{Outside, Website},
    },
    pages::localized::Localized,
};

const PREFIX: &str = "WECHAT_";

impl Wechat {
    /// Starts from environment variables; what is not set there can still be set on the builder.
    ///
    /// | variable | setting |
    /// | --- | --- |
    /// | `WECHAT_APPID`, `WECHAT_APPSECRET` | [`appid`](Builder::appid), [`secret`](Builder::secret) |
    /// | `WECHAT_PUBLIC_URL` | [`public_url`](Builder::public_url) |
    /// | `WECHAT_OPEN_URL`, `WECHAT_API_URL` | [`open_url`](Builder::open_url), [`api_url`](Builder::api_url) |
    /// | `WECHAT_PROXY` | [`proxy`](Builder::proxy) |
    /// | `WECHAT_RETURN_ORIGINS` | [`return_origins`](Builder::return_origins), separated by commas |
    /// | `WECHAT_OUTSIDE` | [`outside`](Builder::outside): `redirect`, `qr` or `website`, the last with `WECHAT_WEBSITE_APPID` and `WECHAT_WEBSITE_APPSECRET`, and alone where `WECHAT_APPID` and `WECHAT_APPSECRET` are absent |
    /// | `WECHAT_ASK_FIRST` | `1`: [`ask_first`](Builder::ask_first) without a word of the app's own; `0`, like unset: no asking |
    ///
    /// # Errors
    ///
    /// Where a variable has a value that cannot be read. What is missing is told by
    /// [`Builder::build`], under the variable's name.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// let refused = actix_wechat::Wechat::from_env()?.build().unwrap_err();
    /// assert_eq!(refused.setting(), "WECHAT_APPID");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Builder, ConfigError> {
        Self::from_env_with_prefix(PREFIX)
    }

    /// The same with another beginning of the variables' names, for a second account: `SHOP_`
    /// instead of `WECHAT_` reads `SHOP_APPID` and so on.
    ///
    /// # Errors
    ///
    /// Those of [`from_env`](Self::from_env), under the names with this prefix.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// let refused = actix_wechat::Wechat::from_env_with_prefix("SHOP_")?.build().unwrap_err();
    /// assert_eq!(refused.setting(), "SHOP_APPID");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env_with_prefix(prefix: &str) -> Result<Builder, ConfigError> {
        let read = |name| variable(prefix, name);
        let mut builder = Self::builder();
        builder.appid = read("APPID")?;
        let Setting { value, name } = read("APPSECRET")?;
        builder.secret = Setting::new(name, value.map(SecretString::from));
        builder.public_url = read("PUBLIC_URL")?;
        for (setting, name) in [
            (&mut builder.open_url, "OPEN_URL"),
            (&mut builder.api_url, "API_URL"),
        ] {
            let Setting { value, name } = read(name)?;
            if let Some(value) = value {
                *setting = Setting::new(name, value);
            }
        }
        let Setting { value, name } = read("PROXY")?;
        builder.proxy = Setting::new(name, value.map(SecretString::from));
        let Setting { value, name } = read("RETURN_ORIGINS")?;
        let origins = value.iter().flat_map(|list| list.split(','));
        builder.return_origins = Setting::new(name, origins.map(ToOwned::to_owned).collect());
        builder.outside = outside(prefix)?;
        let ask_first = read("ASK_FIRST")?;
        builder.ask_first = match ask_first.value.as_deref() {
            None | Some("0") => None,
            Some("1") => Some(Localized::new("")),
            Some(_) => return Err(ask_first.refused("must be `1` or `0`, or unset")),
        };
        Ok(builder)
    }
}

pub(crate) fn variable(prefix: &str, name: &str) -> Result<Setting<Option<String>>, ConfigError> {
    let name = Cow::from([prefix, name].concat());
    match env::var(&*name) {
        Ok(value) => Ok(Setting::new(name, Some(value))),
        Err(env::VarError::NotPresent) => Ok(Setting::new(name, None)),
        Err(env::VarError::NotUnicode(_)) => Err(ConfigError::new(name, "is not UTF-8")),
    }
}

fn outside(prefix: &str) -> Result<Setting<Outside>, ConfigError> {
    let setting = variable(prefix, "OUTSIDE")?;
    let outside = match setting.value.as_deref() {
        None | Some("redirect") => Outside::redirect(),
        #[cfg(feature = "qrcode")]
        Some("qr") => Outside::qr(),
        #[cfg(not(feature = "qrcode"))]
        Some("qr") => return Err(setting.refused("is `qr`, which needs the feature `qrcode`")),
        Some("website") => {
            let Setting { value, name } = variable(prefix, "WEBSITE_APPSECRET")?;
            Outside::website_of(Website {
                appid: variable(prefix, "WEBSITE_APPID")?,
                secret: Setting::new(name, value.map(SecretString::from)),
            })
        }
        Some(_) => return Err(setting.refused("must be `redirect`, `qr` or `website`")),
    };
    Ok(Setting::new(setting.name, outside))
}

#[cfg(test)]
#[path = "tests/env.rs"]
mod tests;
