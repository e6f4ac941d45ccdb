//! The calls to WeChat's API, over awc: [`Worker`].

use std::fmt;

use actix_web::{
    error::{ParseError, PayloadError},
    http::Version,
    rt::time::timeout,
};
use awc::error::{ConnectError, SendRequestError};
use serde_json::{Map, Value};

use crate::{
    account::{Credentials, Wechat},
    address::authorize::encode,
    exchange::hook::Tokens,
    sns::errcode::{Call, Fault},
    sns::error::CallError,
    sns::read::{Exchanged, needed, read, tokens},
    user::number,
};

/// More than any answer of these calls; a profile is half a kilobyte.
const BODY_LIMIT: usize = 64 * 1024;

/// One account's login on one worker thread: what `App::app_data` registers.
///
/// Made by [`Wechat::worker`] or [`Wechat::worker_with`]. For apps that keep a user's [`Tokens`] it
/// is also a small client: take it from the request with `req.app_data::<Worker>()`.
///
/// ```
/// use actix_web::{HttpRequest, HttpResponse};
/// use actix_wechat::Worker;
///
/// async fn still_valid(req: HttpRequest) -> HttpResponse {
///     let Some(worker) = req.app_data::<Worker>() else {
///         return HttpResponse::InternalServerError().finish();
///     };
///     match worker.check("the stored access token", "the openid").await {
///         Ok(valid) => HttpResponse::Ok().body(valid.to_string()),
///         Err(err) => HttpResponse::BadGateway().body(err.to_string()),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Worker {
    pub(crate) wechat: Wechat,
    client: awc::Client,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Worker").field(&self.wechat).finish()
    }
}

impl Worker {
    pub(crate) fn new(wechat: Wechat) -> Self {
        #[cfg(feature = "rustls")]
        // Where the app has chosen a provider, that one stays; without any, or with two compiled
        // in, making a client would panic.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = awc::Client::builder()
            // The app secret is in the query: a redirect would carry it elsewhere.
            .disable_redirects()
            // The deadline around the whole login is the exchange's.
            .disable_timeout()
            // The HTTP/2 part logs whole requests at trace level.
            .max_http_version(Version::HTTP_11)
            .finish();
        Self { wechat, client }
    }

    pub(crate) fn with_client(wechat: Wechat, client: awc::Client) -> Self {
        Self { wechat, client }
    }

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

    /// Gets a new access token (WeChat's `/sns/oauth2/refresh_token`), within the login's deadline.
    ///
    /// WeChat extends a token that is still valid and keeps it, and gives another one for an
    /// expired one. A refresh token lives 30 days. `appid` is that of the user who logged in
    /// ([`WechatUser::appid`](crate::WechatUser::appid)): the official account's, or the website's.
    ///
    /// # Errors
    ///
    /// [`Reason::LoginRequired`](crate::Reason::LoginRequired) where the visitor has to log in again; else why WeChat could not
    /// be asked.
    ///
    /// ```
    /// # async fn example(worker: &actix_wechat::Worker) -> Result<(), actix_wechat::CallError> {
    /// let tokens = worker.refresh("the stored appid", "the stored refresh token").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refresh(&self, appid: &str, refresh_token: &str) -> Result<Tokens, CallError> {
        let query = format!(
            "appid={}&grant_type=refresh_token&refresh_token={}",
            encode(appid),
            encode(refresh_token),
        );
        let answer = self.in_time(Call::Refresh, &query).await?;
        tokens(&answer, "").ok_or_else(|| CallError::new(Call::Refresh, Fault::Malformed))
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
        /// Not this user's token, not a token, expired, password changed, consent taken back.
        const INVALID: [i64; 6] = [40001, 40003, 40014, 42001, 42007, 50001];
        let query = format!(
            "access_token={}&openid={}",
            encode(access_token),
            encode(openid),
        );
        match self.in_time(Call::Check, &query).await {
            Ok(answer) if number(&answer, "errcode") == Some(0) => Ok(true),
            Ok(_) => Err(CallError::new(Call::Check, Fault::Malformed)),
            Err(err) if err.errcode().is_some_and(|code| INVALID.contains(&code)) => Ok(false),
            Err(err) => Err(err),
        }
    }

    pub(crate) async fn exchange(
        &self,
        account: &Credentials,
        code: &str,
    ) -> Result<Exchanged, CallError> {
        let query = format!(
            "appid={}&secret={}&code={}&grant_type=authorization_code",
            encode(&account.appid),
            encode(account.secret()),
            encode(code),
        );
        let answer = self.get(Call::Exchange, &query).await?;
        Exchanged::read(&answer).ok_or_else(|| CallError::new(Call::Exchange, Fault::Malformed))
    }

    /// The profile as WeChat tells it, at least with the openid that it was asked for.
    pub(crate) async fn profile(
        &self,
        access_token: &str,
        openid: &str,
    ) -> Result<Map<String, Value>, CallError> {
        let query = format!(
            "access_token={}&openid={}&lang=zh_CN",
            encode(access_token),
            encode(openid),
        );
        let answer = self.get(Call::Profile, &query).await?;
        if needed(&answer, "openid").as_deref() == Some(openid) {
            Ok(answer)
        } else {
            Err(CallError::new(Call::Profile, Fault::Malformed))
        }
    }

    async fn in_time(&self, call: Call, query: &str) -> Result<Map<String, Value>, CallError> {
        timeout(self.wechat.0.deadline, self.get(call, query))
            .await
            .unwrap_or_else(|_| Err(CallError::new(call, Fault::TimedOut)))
    }

    async fn get(&self, call: Call, query: &str) -> Result<Map<String, Value>, CallError> {
        let failed = |fault| CallError::new(call, fault);
        let url = [self.wechat.0.api_url.as_str(), call.path(), "?", query].concat();
        let mut answer = self.client.get(url).send().await.map_err(|err| {
            failed(match err {
                // What awc says of a connection that closed without an answer: it was made.
                SendRequestError::Connect(ConnectError::Disconnected)
                | SendRequestError::Send(_)
                | SendRequestError::H2(_)
                | SendRequestError::Response(ParseError::Incomplete | ParseError::Io(_)) => {
                    Fault::Broken
                }
                SendRequestError::Connect(_) => Fault::Unconnected,
                SendRequestError::Timeout => Fault::TimedOut,
                _ => Fault::Malformed,
            })
        })?;
        let status = answer.status();
        if status.is_server_error() {
            return Err(failed(Fault::Broken));
        }
        if !status.is_success() {
            return Err(failed(Fault::Malformed));
        }
        let body = answer.body().limit(BODY_LIMIT).await.map_err(|err| {
            failed(match err {
                // A reset; a body that ends too early in order is malformed.
                PayloadError::Incomplete(Some(_)) | PayloadError::Io(_) => Fault::Broken,
                _ => Fault::Malformed,
            })
        })?;
        read(call, &body)
    }
}

#[cfg(test)]
#[path = "tests/worker.rs"]
mod tests;
