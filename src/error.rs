//! [`LoginError`]: the extractors' answer instead of the handler's.

use std::{error, fmt};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};

use crate::{answer::Answer, reason::Reason, sns::error::CallError};

/// Why a handler did not get its user, and the answer instead of the handler's: a redirect to
/// WeChat or to the clean page, a page that explains, or JSON for scripts.
///
/// Opaque; [`reason`](Self::reason) tells the cases apart. To answer some of them yourself, take
/// `Result<WechatUser, LoginError>` and return the error for the rest:
///
/// ```
/// use actix_wechat::{LoginError, Reason, WechatUser};
///
/// async fn page(user: Result<WechatUser, LoginError>) -> Result<String, LoginError> {
///     match user {
///         Ok(user) => Ok(format!("hello {}", user.display_name())),
///         Err(err) if err.reason() == Reason::Snapshot => Ok("hello guest".to_owned()),
///         Err(err) => Err(err),
///     }
/// }
/// ```
pub struct LoginError(Box<Answer>);

impl LoginError {
    pub(crate) fn new(answer: Answer) -> Self {
        Self(Box::new(answer))
    }

    /// Which case it is.
    ///
    /// ```
    /// # fn example(err: &actix_wechat::LoginError) -> bool {
    /// err.reason() == actix_wechat::Reason::LoginRequired
    /// # }
    /// ```
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.0.reason()
    }

    /// The failed call to WeChat, where that is the cause.
    ///
    /// ```
    /// # fn example(err: &actix_wechat::LoginError) -> Option<i64> {
    /// err.call_error()?.errcode()
    /// # }
    /// ```
    #[must_use]
    pub fn call_error(&self) -> Option<&CallError> {
        self.0.call_error()
    }
}

impl fmt::Debug for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginError")
            .field("reason", &self.reason())
            .field("call_error", &self.call_error())
            .finish()
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason().fmt(f)
    }
}

impl error::Error for LoginError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.call_error().map(|err| err as _)
    }
}

impl ResponseError for LoginError {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.0.respond()
    }
}

#[cfg(test)]
#[path = "tests/error.rs"]
mod tests;
