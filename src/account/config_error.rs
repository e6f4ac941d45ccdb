//! [`ConfigError`], and the checks that it comes from.

use std::fmt;

use derive_more::{Display, Error};

use crate::address::public_url::base_url;

/// A setting that cannot work, refused at start.
///
/// The message names the setting (in [`Wechat::from_env`](crate::Wechat::from_env) the variable)
/// and says what it wants.
///
/// ```
/// let refused = actix_wechat::Wechat::builder().build().unwrap_err();
/// assert_eq!(refused.setting(), "appid");
/// assert_eq!(refused.to_string(), "`appid` is missing");
/// ```
#[derive(Clone, Display, Error, PartialEq, Eq)]
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

/// What a `main` that returns the error prints.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConfigError")
            .field(&format_args!("{self}"))
            .finish()
    }
}

pub(crate) fn required(name: &'static str, value: Option<String>) -> Result<String, ConfigError> {
    value.ok_or_else(|| ConfigError::new(name, "is missing"))
}

/// A secret is never repeated in the message.
pub(crate) fn check_id(name: &'static str, value: &str) -> Result<(), ConfigError> {
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
pub(crate) fn check_appid(name: &'static str, value: &str) -> Result<(), ConfigError> {
    check_id(name, value)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !value.bytes().all(fits) || value.len() > 64 {
        return Err(ConfigError::new(
            name,
            "must be letters, digits, `-` and `_`, like `wx0123456789abcdef`",
        ));
    }
    Ok(())
}

pub(crate) fn endpoint(name: &'static str, value: &str) -> Result<String, ConfigError> {
    let url = base_url(value).map_err(|problem| ConfigError::new(name, problem))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
