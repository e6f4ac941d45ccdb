//! [`Credentials`]: an appid, and what shows WeChat that one may act for it.

use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};

use crate::foreign::{Trouble, run};

/// An account of WeChat's, and in whose name it is asked.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) appid: String,
    by: By,
}

#[derive(Clone)]
enum By {
    Secret(SecretString),
    Platform(Platform),
}

/// What a call shows WeChat, good for now.
pub(crate) enum Proof<'a> {
    Secret(&'a str),
    Component(Component<'a>),
}

/// A platform, with its own access token.
pub(crate) struct Component<'a> {
    pub(crate) appid: &'a str,
    token: SecretString,
}

impl Component<'_> {
    pub(crate) fn token(&self) -> &str {
        self.token.expose_secret()
    }
}

impl Credentials {
    pub(crate) fn new(appid: impl Into<String>, secret: impl Into<SecretString>) -> Self {
        Self {
            appid: appid.into(),
            by: By::Secret(secret.into()),
        }
    }

    /// Those of an account that is acted for by a platform, without a secret of its own.
    pub(crate) fn through(platform: Platform, appid: impl Into<String>) -> Self {
        Self {
            appid: appid.into(),
            by: By::Platform(platform),
        }
    }

    /// The account's own, where it has one.
    pub(crate) fn secret(&self) -> Option<&str> {
        match &self.by {
            By::Secret(secret) => Some(secret.expose_secret()),
            By::Platform(_) => None,
        }
    }

    /// The platform's appid, where the account is acted for by one.
    pub(crate) fn component_appid(&self) -> Option<&str> {
        match &self.by {
            By::Secret(_) => None,
            By::Platform(platform) => Some(&platform.component_appid),
        }
    }

    /// What to show. A platform's token is asked for, and has so long to come.
    pub(crate) async fn prove(&self, patience: Duration) -> Result<Proof<'_>, Trouble> {
        Ok(match &self.by {
            By::Secret(secret) => Proof::Secret(secret.expose_secret()),
            // Boxed, so that no other login carries its room.
            By::Platform(platform) => Proof::Component(Box::pin(platform.prove(patience)).await?),
        })
    }
}

/// A third-party platform (第三方平台), which acts for the accounts that have authorized it.
#[derive(Clone)]
pub(crate) struct Platform {
    pub(crate) component_appid: String,
    source: Arc<dyn Fn() -> Token + Send + Sync>,
}

type Token = Pin<Box<dyn Future<Output = Result<SecretString, Box<dyn Error>>>>>;

impl Platform {
    pub(crate) fn new<F, Fut, T, E>(component_appid: String, source: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + 'static,
        T: Into<String>,
        E: Into<Box<dyn Error>>,
    {
        let source = move || -> Token {
            let asked = source();
            Box::pin(async move {
                let token = asked.await.map_err(Into::into)?;
                Ok(SecretString::from(token.into()))
            })
        };
        Self {
            component_appid,
            source: Arc::new(source),
        }
    }

    async fn prove(&self, patience: Duration) -> Result<Component<'_>, Trouble> {
        let source = Arc::clone(&self.source);
        let token = run(patience, async move || source().await).await?;
        if token.expose_secret().is_empty() {
            return Err(Trouble::Failed("it gave an empty token".to_owned()));
        }
        Ok(Component {
            appid: &self.component_appid,
            token,
        })
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Platform")
            .field(&self.component_appid)
            .finish()
    }
}
