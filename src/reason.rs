//! Why a login did not hand over a user, as one word.

use std::fmt;

use actix_web::http::StatusCode;

/// Why an extractor answered the request instead of the handler.
///
/// [`as_str`](Self::as_str) is the stable name in log events and JSON answers,
/// [`status`](Self::status) the status of the answer.
///
/// ```
/// use actix_wechat::Reason;
///
/// assert_eq!(Reason::CodeRefused.as_str(), "code_refused");
/// assert_eq!(Reason::TimedOut.status().as_u16(), 504);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Nobody is logged in. A page sends its visitor to WeChat; a script gets 401.
    LoginRequired,
    /// The URL carries WeChat's parameters, which are done with, whether or not somebody is logged
    /// in now. The answer is a redirect to the page itself.
    Completed,
    /// The visitor refused at WeChat.
    Declined,
    /// WeChat rejected every code, or none belonged to a login started here.
    CodeRefused,
    /// WeChat is busy (errcode -1), or one of its quotas is used up.
    Busy,
    /// WeChat cannot be reached, or broke off its answer.
    Unreachable,
    /// WeChat did not answer within the deadline.
    TimedOut,
    /// WeChat answered something that cannot be understood.
    MalformedAnswer,
    /// The app or its account at WeChat is set up wrong; the log says what to change.
    Misconfigured,
    /// WeChat does not let this WeChat account log in here.
    AccountRefused,
    /// WeChat shows the page as a snapshot, to a made-up user.
    Snapshot,
    /// The login succeeded, but the session did not keep it.
    SessionLost,
    /// The browser keeps no cookies.
    CookiesOff,
    /// `state` was lost or altered on the way back from WeChat, three times.
    StateLost,
    /// The page's address is too long for a login.
    AddressTooLong,
    /// The app's `on_login` hook failed.
    HookFailed,
}

impl Reason {
    /// The stable name: in the `reason` field of log events and in JSON answers.
    ///
    /// ```
    /// assert_eq!(actix_wechat::Reason::Declined.as_str(), "declined");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoginRequired => "login_required",
            Self::Completed => "completed",
            Self::Declined => "declined",
            Self::CodeRefused => "code_refused",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::MalformedAnswer => "malformed_answer",
            Self::Misconfigured => "misconfigured",
            Self::AccountRefused => "account_refused",
            Self::Snapshot => "snapshot",
            Self::SessionLost => "session_lost",
            Self::CookiesOff => "cookies_off",
            Self::StateLost => "state_lost",
            Self::AddressTooLong => "address_too_long",
            Self::HookFailed => "hook_failed",
        }
    }

    /// The status of the page, or of the same answer as JSON.
    ///
    /// [`LoginRequired`](Self::LoginRequired) is 401, a script's. A visitor gets the redirect, 302,
    /// or the page before it, 200.
    ///
    /// ```
    /// assert_eq!(actix_wechat::Reason::SessionLost.status().as_u16(), 500);
    /// ```
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::LoginRequired => StatusCode::UNAUTHORIZED,
            Self::Completed => StatusCode::FOUND,
            Self::Snapshot => StatusCode::OK,
            Self::Declined
            | Self::CodeRefused
            | Self::AccountRefused
            | Self::CookiesOff
            | Self::StateLost => StatusCode::FORBIDDEN,
            Self::AddressTooLong => StatusCode::URI_TOO_LONG,
            Self::Misconfigured | Self::SessionLost | Self::HookFailed => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Unreachable | Self::MalformedAnswer => StatusCode::BAD_GATEWAY,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoginRequired => "nobody is logged in",
            Self::Completed => "the page follows without WeChat's parameters",
            Self::Declined => "the visitor declined at WeChat",
            Self::CodeRefused => "no try brought a code that was good here",
            Self::Busy => "WeChat is busy or a quota is used up",
            Self::Unreachable => "WeChat cannot be reached",
            Self::TimedOut => "WeChat did not answer in time",
            Self::MalformedAnswer => "WeChat's answer is malformed",
            Self::Misconfigured => "the login is set up wrong",
            Self::AccountRefused => "this WeChat account may not log in here",
            Self::Snapshot => "WeChat shows a snapshot to a made-up user",
            Self::SessionLost => "the session was not kept",
            Self::CookiesOff => "the browser keeps no cookies",
            Self::StateLost => "the state was lost on the way back from WeChat",
            Self::AddressTooLong => "the address is too long for a login",
            Self::HookFailed => "the app's login hook failed",
        })
    }
}

#[cfg(test)]
#[path = "tests/reason.rs"]
mod tests;
