//! [`ConfigError`]: a setting that cannot work.

use std::{borrow::Cow, fmt};

use derive_more::{Display, Error};

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
    setting: Cow<'static, str>,
    problem: String,
}

impl ConfigError {
    pub(crate) fn new(setting: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
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
    pub fn setting(&self) -> &str {
        &self.setting
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
