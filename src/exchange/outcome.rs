//! [`Outcome`]: how one exchange ended, and the event that tells of it.

use std::time::Instant;

use tracing::Level;

use crate::{
    clock::Moment,
    events::{self, Failed},
    reason::Reason,
    sns::{errcode::Ending, error::CallError},
};

/// How one exchange ended. Shared by all requests that brought the code.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    LoggedIn(LoggedIn),
    /// The code is worth nothing, or it was tried before: back to the clean page.
    Restart,
    Snapshot,
    Failed(Failure),
}

/// A user as the session keeps it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LoggedIn {
    pub(crate) stored: String,
    pub(crate) at: Moment,
}

impl std::fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoggedIn")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) error: Option<Box<CallError>>,
    /// In seconds.
    pub(crate) retry_after: Option<u8>,
}

impl Failure {
    /// One that no call to WeChat is the cause of.
    pub(crate) fn plain(reason: Reason) -> Self {
        Self {
            reason,
            error: None,
            retry_after: None,
        }
    }
}

impl Outcome {
    /// What becomes of a login whose call failed.
    pub(crate) fn of(error: Box<CallError>, appid: &str, started: Instant) -> Self {
        let verdict = error.verdict();
        let reason = match verdict.ending {
            Ending::Restart => Reason::CodeRefused,
            Ending::Page(reason) => reason,
        };
        let level = match verdict.ending {
            Ending::Restart | Ending::Page(Reason::AccountRefused) => Level::WARN,
            Ending::Page(_) => Level::ERROR,
        };
        let failed = Failed {
            call: Some(error.call.path()),
            host: error.host.as_deref(),
            errcode: error.errcode(),
            rid: error.rid(),
            elapsed_ms: Some(elapsed_ms(started)),
            problem: error.problem.as_deref(),
            cure: (!verdict.cure.is_empty()).then_some(verdict.cure),
            ..Failed::new(appid, reason)
        };
        events::login_failed(level, &failed);
        match verdict.ending {
            Ending::Restart => Self::Restart,
            Ending::Page(reason) => Self::Failed(Failure {
                reason,
                error: Some(error),
                retry_after: verdict.quota.then_some(60),
            }),
        }
    }
}

pub(crate) fn elapsed_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "tests/outcome.rs"]
mod tests;
