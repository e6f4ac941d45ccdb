//! [`CallError`]: a call to WeChat that failed.

use derive_more::{Display, Error};

use crate::{
    foreign::Trouble,
    reason::Reason,
    sns::errcode::{Call, Ending, Fault, Verdict, verdict},
};

/// A call to WeChat that failed.
///
/// ```
/// # async fn example(worker: &actix_wechat::Worker) {
/// if let Err(err) = worker.refresh("the stored appid", "the stored refresh token").await {
///     eprintln!("{err}; errcode {:?}, rid {:?}", err.errcode(), err.rid());
/// }
/// # }
/// ```
#[derive(Clone, Debug, Display, Error, PartialEq, Eq)]
#[display("{}", self.reason())]
pub struct CallError {
    pub(crate) call: Call,
    pub(crate) fault: Fault,
    pub(crate) rid: Option<String>,
    /// The API host that failed.
    pub(crate) host: Option<String>,
    /// What else is known of it: from the app's own part of the call, or from connecting.
    pub(crate) problem: Option<String>,
    /// Something was sent in one of the tries, so that a code may be spent.
    pub(crate) sent: bool,
}

impl CallError {
    pub(crate) fn new(call: Call, fault: Fault) -> Self {
        Self {
            call,
            fault,
            rid: None,
            host: None,
            problem: None,
            sent: fault.is_sent(),
        }
    }

    /// The token of the platform did not come, which this call was to show.
    pub(crate) fn unproved(call: Call, trouble: Trouble) -> Self {
        let (fault, problem) = match trouble {
            Trouble::Failed(problem) => (Fault::NoToken, Some(problem)),
            Trouble::Panicked => (Fault::NoToken, Some("it panicked".to_owned())),
            Trouble::TookTooLong => (Fault::TokenTooLate, None),
        };
        Self {
            problem,
            ..Self::new(call, fault)
        }
    }

    #[must_use]
    pub(crate) fn at(self, host: &str) -> Self {
        Self {
            host: Some(host.to_owned()),
            ..self
        }
    }

    /// It is an answer all the same: WeChat was asked whether a token is good.
    pub(crate) fn denies_the_token(&self) -> bool {
        self.call == Call::Check && self.verdict().token_is_invalid
    }

    pub(crate) fn verdict(&self) -> Verdict {
        verdict(self.call, self.fault)
    }

    /// What kind of failure it is.
    ///
    /// ```
    /// # fn example(err: &actix_wechat::CallError) -> bool {
    /// err.reason() == actix_wechat::Reason::TimedOut
    /// # }
    /// ```
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self.verdict().ending {
            Ending::Restart => Reason::LoginRequired,
            Ending::Page(reason) => reason,
        }
    }

    /// WeChat's error number, where it answered with one.
    ///
    /// ```
    /// # fn example(err: &actix_wechat::CallError) -> bool {
    /// err.errcode() == Some(40030)
    /// # }
    /// ```
    #[must_use]
    pub fn errcode(&self) -> Option<i64> {
        match self.fault {
            Fault::Errcode(errcode) => Some(errcode),
            _ => None,
        }
    }

    /// WeChat's name of the failed request, which its support asks for.
    ///
    /// ```
    /// # fn example(err: &actix_wechat::CallError) -> Option<&str> {
    /// err.rid()
    /// # }
    /// ```
    #[must_use]
    pub fn rid(&self) -> Option<&str> {
        self.rid.as_deref()
    }
}

#[cfg(test)]
#[path = "tests/error.rs"]
mod tests;
