//! The room `metrics` without the feature of that name: nothing is counted, and nothing is left of
//! a call to it.

use crate::{
    reason::Reason,
    scope::{Scope, Scopes},
};

pub(crate) fn describe() {}

pub(crate) fn begin_logins(_appid: &str, _scopes: Scopes) {}

pub(crate) fn begin_event(_event: &'static str, _appid: Option<&str>) {}

pub(crate) fn begin_refusals(_problem: &'static str) {}

pub(crate) fn login_started(_appid: &str, _scope: Scope) {}

pub(crate) fn login_ended(_appid: &str, _outcome: Reason) {}

pub(crate) fn hub_refused(_problem: &'static str) {}

pub(crate) fn event_told(_event: &'static str, _appid: Option<&str>) {}

pub(crate) struct Timer;

impl Timer {
    pub(crate) fn start(_call: &'static str) -> Self {
        Self
    }

    pub(crate) fn stop(self, _failure: impl FnOnce() -> Option<Reason>) {}
}
