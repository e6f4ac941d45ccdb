//! The app's own part of a login: [`Login`], and the hook that gets it.

use std::{error::Error, pin::Pin, sync::Arc, time::Duration};

use crate::{
    foreign::{Trouble, run},
    sns::tokens::Tokens,
    user::WechatUser,
};

/// The app's hook, apart from the deadline of the calls to WeChat.
const DEADLINE: Duration = Duration::from_secs(5);

/// A completed login, as the [`on_login`](crate::Builder::on_login) hook gets it.
///
/// ```
/// let builder = actix_wechat::Wechat::builder().on_login(|login| async move {
///     match login.known_openid {
///         Some(before) => println!("{before} is {} now", login.user.openid),
///         None => println!("{} came", login.user.openid),
///     }
///     Ok::<(), std::io::Error>(())
/// });
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Login {
    /// Who logged in. After a silent login (`scope` is `snsapi_base`) the profile is empty.
    pub user: WechatUser,
    /// The user of this account whom this session held before; `None` after a log-out.
    pub known_openid: Option<String>,
    /// WeChat's tokens for this user. They are dropped after the hook; an app that wants to call
    /// WeChat for the user later stores them in a database of its own.
    pub tokens: Tokens,
}

/// The app's `on_login` hook.
#[derive(Clone)]
pub(crate) struct Hook(Arc<dyn Fn(Login) -> HookFuture + Send + Sync>);

type HookFuture = Pin<Box<dyn Future<Output = Result<(), Box<dyn Error>>>>>;

impl Hook {
    pub(crate) fn new<F, Fut, E>(hook: F) -> Self
    where
        F: Fn(Login) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + 'static,
        E: Into<Box<dyn Error>>,
    {
        Self(Arc::new(move |login| {
            let done = hook(login);
            Box::pin(async move { done.await.map_err(Into::into) })
        }))
    }

    /// Says in the error what went wrong.
    pub(crate) async fn run(&self, login: Login) -> Result<(), String> {
        let hook = Arc::clone(&self.0);
        run(DEADLINE, async move || hook(login).await)
            .await
            .map_err(|trouble| match trouble {
                Trouble::Failed(problem) => problem,
                Trouble::Panicked => "it panicked".to_owned(),
                Trouble::TookTooLong => {
                    format!("it took longer than {} seconds", DEADLINE.as_secs())
                }
            })
    }
}

#[cfg(test)]
#[path = "tests/hook.rs"]
mod tests;
