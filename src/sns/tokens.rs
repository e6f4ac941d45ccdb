//! [`Tokens`]: what WeChat gives for one user.

use std::{fmt, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};

/// WeChat's web tokens for one user. `Debug` shows neither.
///
/// ```
/// let builder = actix_wechat::Wechat::builder().on_login(|login| async move {
///     let refresh_token = login.tokens.refresh_token().to_owned();
///     assert!(!format!("{:?}", login.tokens).contains(&refresh_token));
///     Ok::<(), std::io::Error>(())
/// });
/// ```
#[derive(Clone)]
pub struct Tokens {
    pub(crate) access_token: SecretString,
    pub(crate) refresh_token: SecretString,
    pub(crate) expires_in: Duration,
    pub(crate) scope: String,
}

impl Tokens {
    /// Lets the server call WeChat for the user until it expires. Keep it on the server.
    ///
    /// ```
    /// # fn keep(tokens: &actix_wechat::Tokens) -> String {
    /// tokens.access_token().to_owned()
    /// # }
    /// ```
    #[must_use]
    pub fn access_token(&self) -> &str {
        self.access_token.expose_secret()
    }

    /// Gets a new access token for 30 days (WeChat's page on refreshing); empty where WeChat gave
    /// none. Keep it on the server.
    ///
    /// ```
    /// # fn keep(tokens: &actix_wechat::Tokens) -> String {
    /// tokens.refresh_token().to_owned()
    /// # }
    /// ```
    #[must_use]
    pub fn refresh_token(&self) -> &str {
        self.refresh_token.expose_secret()
    }

    /// How long the access token is good, from the login or the refresh on; WeChat says two hours.
    ///
    /// ```
    /// # fn expires(tokens: &actix_wechat::Tokens) -> std::time::SystemTime {
    /// std::time::SystemTime::now() + tokens.expires_in()
    /// # }
    /// ```
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// What the tokens allow, a comma-separated list of WeChat's; after a refresh it is empty where
    /// WeChat does not repeat it.
    ///
    /// ```
    /// # fn may_read_profile(tokens: &actix_wechat::Tokens) -> bool {
    /// tokens.scope().split(',').any(|scope| scope == "snsapi_userinfo")
    /// # }
    /// ```
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
