//! [`Worker`]: one account's login on one worker thread.

use std::{fmt, rc::Rc, sync::Arc, time::Duration};

use actix_web::{HttpMessage as _, HttpRequest, rt::time::timeout};

use crate::{
    account::Wechat,
    sns::{
        Client, Connections, Told,
        errcode::{Call, Fault},
        error::CallError,
        read::Answer,
        request::Request,
        tokens::Tokens,
    },
};

/// One account's login on one worker thread: what `App::app_data` registers.
///
/// Made by [`Wechat::worker`]. As a handler parameter it calls WeChat for apps that keep a user's
/// [`Tokens`], and knows the [public path](Wechat::public_path) of a link.
///
/// ```
/// use actix_web::HttpResponse;
/// use actix_wechat::Worker;
///
/// async fn still_valid(worker: Worker) -> HttpResponse {
///     match worker.check("the stored access token", "the openid").await {
///         Ok(valid) => HttpResponse::Ok().body(valid.to_string()),
///         Err(err) => HttpResponse::BadGateway().body(err.to_string()),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Worker {
    wechat: Wechat,
    client: Rc<Client>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Worker").field(&self.wechat).finish()
    }
}

impl Wechat {
    /// What an [`App`](actix_web::App) registers: this account with an HTTP client of the worker.
    ///
    /// Call it inside `HttpServer::new`, where it runs once per worker; a client cannot be shared
    /// between threads, and connections to WeChat are kept warm within one.
    ///
    /// ```
    /// # fn main() -> Result<(), actix_wechat::ConfigError> {
    /// # let wechat = actix_wechat::Wechat::builder().appid("wx0123456789abcdef").secret("secret")
    /// #     .public_url("https://shop.example.cn").build()?;
    /// let app = move || actix_web::App::new().app_data(wechat.worker());
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn worker(&self) -> Worker {
        Worker {
            wechat: self.clone(),
            client: Rc::new(Client::new(&self.0.endpoints)),
        }
    }
}

impl Worker {
    /// The account, shared by all workers.
    ///
    /// ```
    /// # fn example(worker: &actix_wechat::Worker) -> String {
    /// worker.wechat().public_path("/cart")
    /// # }
    /// ```
    #[must_use]
    pub fn wechat(&self) -> &Wechat {
        &self.wechat
    }

    /// The one that a request is served with: of the account chosen for it, else as registered.
    pub(crate) fn of(req: &HttpRequest) -> Option<Self> {
        let chosen = req.extensions().get::<Self>().cloned();
        chosen.or_else(|| req.app_data::<Self>().cloned())
    }

    /// Whether another account calls WeChat just as this one does.
    pub(crate) fn can_serve(&self, wechat: &Wechat) -> bool {
        let (own, other) = (&self.wechat.0, &wechat.0);
        Arc::ptr_eq(own, other) || own.endpoints.are_those_of(&other.endpoints)
    }

    /// The same connections for another account.
    pub(crate) fn serving(&self, wechat: &Wechat) -> Self {
        Self {
            wechat: wechat.clone(),
            client: Rc::clone(&self.client),
        }
    }

    pub(crate) fn client(&self) -> &Rc<Client> {
        &self.client
    }

    /// Gets a new access token (WeChat's `/sns/oauth2/refresh_token`), within the login's deadline.
    ///
    /// WeChat extends a token that is still valid and keeps it, and gives another one for an
    /// expired one. A refresh token lives 30 days. `appid` is that of the user who logged in
    /// ([`WechatUser::appid`](crate::WechatUser::appid)): the official account's, or the website's.
    /// Through a [`platform`](crate::Builder::platform) the platform's token is asked for first.
    ///
    /// # Errors
    ///
    /// [`Reason::LoginRequired`](crate::Reason::LoginRequired) where the visitor has to log in
    /// again; else why WeChat could not be asked.
    ///
    /// ```
    /// # async fn example(worker: &actix_wechat::Worker) -> Result<(), actix_wechat::CallError> {
    /// let tokens = worker.refresh("the stored appid", "the stored refresh token").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refresh(&self, appid: &str, refresh_token: &str) -> Result<Tokens, CallError> {
        let Some(account) = self.wechat.0.logins.find(appid) else {
            let request = Request::refresh(appid, None, refresh_token);
            let call = self.client.send(&request, Connections::Kept);
            return Ok(self.in_time(Call::Refresh, call).await?.into_tokens());
        };
        let call = Call::to_refresh(account);
        let refreshing = async {
            let proof = account.prove(self.deadline() / 2).await;
            let proof = proof.map_err(|trouble| Box::new(CallError::unproved(call, trouble)))?;
            let request = Request::refresh(appid, Some(&proof), refresh_token);
            self.client.send(&request, Connections::Kept).await
        };
        Ok(self.in_time(call, refreshing).await?.into_tokens())
    }

    /// Asks whether an access token is still good (WeChat's `/sns/auth`), within the login's
    /// deadline.
    ///
    /// # Errors
    ///
    /// Why WeChat could not be asked.
    ///
    /// ```
    /// # async fn example(worker: &actix_wechat::Worker) -> Result<(), actix_wechat::CallError> {
    /// if !worker.check("the stored access token", "the openid").await? {
    ///     println!("time to refresh it");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(&self, access_token: &str, openid: &str) -> Result<bool, CallError> {
        let request = Request::check(access_token, openid);
        let call = self.client.send(&request, Connections::Kept);
        match self.in_time(Call::Check, call).await {
            Ok(_) => Ok(true),
            Err(err) if err.denies_the_token() => Ok(false),
            Err(err) => Err(err),
        }
    }

    fn deadline(&self) -> Duration {
        self.wechat.0.exchanges.deadline
    }

    async fn in_time(
        &self,
        call: Call,
        calling: impl Future<Output = Told>,
    ) -> Result<Box<Answer>, CallError> {
        match timeout(self.deadline(), calling).await {
            Ok(told) => told.map_err(|err| *err),
            Err(_) => Err(CallError::new(call, Fault::TimedOut).at(self.client.host())),
        }
    }
}
