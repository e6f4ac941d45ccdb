//! The metrics: names, labels and descriptions, as the guide's chapter promises them.
//!
//! No label holds what a visitor can choose, for each value makes a series that stays. Without the
//! feature `metrics` the room is `no_metrics`.

use std::time::Instant;

use metrics::{Counter, Unit, counter, describe_counter, describe_histogram, histogram};

use crate::{
    reason::Reason,
    scope::{Scope, Scopes},
};

const STARTED: &str = "wechat_logins_started_total";
const ENDED: &str = "wechat_logins_total";
const CALLS: &str = "wechat_call_duration_seconds";
const REFUSALS: &str = "wechat_hub_refusals_total";
const EVENTS: &str = "wechat_events_total";

/// How a login can end.
const OUTCOMES: [Reason; 14] = [
    Reason::Completed,
    Reason::Declined,
    Reason::CodeRefused,
    Reason::Busy,
    Reason::Unreachable,
    Reason::TimedOut,
    Reason::MalformedAnswer,
    Reason::Misconfigured,
    Reason::AccountRefused,
    Reason::Snapshot,
    Reason::SessionLost,
    Reason::CookiesOff,
    Reason::StateLost,
    Reason::HookFailed,
];

pub(crate) fn describe() {
    describe_counter!(
        STARTED,
        Unit::Count,
        "Visitors who were shown the way to WeChat, by scope."
    );
    describe_counter!(ENDED, Unit::Count, "Logins that ended, by outcome.");
    describe_histogram!(
        CALLS,
        Unit::Seconds,
        "How long WeChat took for a call, by call and outcome."
    );
    describe_counter!(
        REFUSALS,
        Unit::Count,
        "Visitors whom the hub did not send on, by problem."
    );
    describe_counter!(EVENTS, Unit::Count, "Other events of the log, by event.");
}

/// The series of an account's logins, at 0: the step from no series to 1 is no increase to
/// Prometheus.
pub(crate) fn begin_logins(appid: &str, scopes: Scopes) {
    for scope in Scope::ALL {
        if scopes.contains(scope) {
            started(appid, scope).increment(0);
        }
    }
    for outcome in OUTCOMES {
        ended(appid, outcome).increment(0);
    }
}

/// The same of an event.
pub(crate) fn begin_event(event: &'static str, appid: Option<&str>) {
    told(event, appid).increment(0);
}

/// The same of a reason why a hub refuses.
pub(crate) fn begin_refusals(problem: &'static str) {
    refusals(problem).increment(0);
}

/// A visitor is shown the way to WeChat.
pub(crate) fn login_started(appid: &str, scope: Scope) {
    started(appid, scope).increment(1);
}

pub(crate) fn login_ended(appid: &str, outcome: Reason) {
    ended(appid, outcome).increment(1);
}

pub(crate) fn hub_refused(problem: &'static str) {
    refusals(problem).increment(1);
}

/// An event that no other metric counts. The appid is an account's of this process.
pub(crate) fn event_told(event: &'static str, appid: Option<&str>) {
    told(event, appid).increment(1);
}

/// Takes the time of a call to WeChat.
pub(crate) struct Timer {
    call: &'static str,
    since: Instant,
    outcome: &'static str,
}

impl Timer {
    pub(crate) fn start(call: &'static str) -> Self {
        Self {
            call,
            since: Instant::now(),
            // Who waits for the call until a deadline drops it there.
            outcome: Reason::TimedOut.as_str(),
        }
    }

    /// With the reason why WeChat's answer is of no use, if it is of none.
    pub(crate) fn stop(mut self, failure: impl FnOnce() -> Option<Reason>) {
        self.outcome = failure().map_or("ok", Reason::as_str);
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        histogram!(CALLS, "call" => self.call, "outcome" => self.outcome)
            .record(self.since.elapsed());
    }
}

fn started(appid: &str, scope: Scope) -> Counter {
    counter!(STARTED, "appid" => appid.to_owned(), "scope" => scope.name())
}

fn ended(appid: &str, outcome: Reason) -> Counter {
    counter!(ENDED, "appid" => appid.to_owned(), "outcome" => outcome.as_str())
}

fn refusals(problem: &'static str) -> Counter {
    counter!(REFUSALS, "problem" => problem)
}

fn told(event: &'static str, appid: Option<&str>) -> Counter {
    match appid {
        Some(appid) => counter!(EVENTS, "appid" => appid.to_owned(), "event" => event),
        None => counter!(EVENTS, "event" => event),
    }
}
