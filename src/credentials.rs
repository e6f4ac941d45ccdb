//! [`Credentials`]: an appid and its secret.

use secrecy::{ExposeSecret as _, SecretString};

/// An account's appid and secret, which exchange a code.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) appid: String,
    secret: SecretString,
}

impl Credentials {
    pub(crate) fn new(appid: impl Into<String>, secret: impl Into<SecretString>) -> Self {
        Self {
            appid: appid.into(),
            secret: secret.into(),
        }
    }

    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}
