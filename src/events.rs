//! What operators are told: every event of the guide's table, with its level, its fields and its
//! count. No other room states one.

use tracing::Level;

use crate::{metrics, reason::Reason, scope::Scopes};

/// The events about an account that are no end of a login.
const OF_AN_ACCOUNT: [&str; 7] = [
    "wechat.login.long_url",
    "wechat.login.preempted",
    "wechat.login.dropped",
    "wechat.user.cut",
    "wechat.user.too_large",
    "wechat.config.risk",
    "wechat.page.failed",
];
const OF_A_HUB: [&str; 2] = ["wechat.hub.long_url", "wechat.page.failed"];

/// An event in the log, and its count.
macro_rules! event {
    ($level:ident, $name:literal, of $appid:expr; $($fields:tt)*) => {{
        metrics::event_told($name, $appid);
        tracing::$level!(name: $name, $($fields)*);
    }};
}

/// Before anything is told of an account.
pub(crate) fn begin_account(appid: &str, scopes: Scopes) {
    metrics::describe();
    metrics::begin_logins(appid, scopes);
    metrics::begin_event("wechat.config.missing", None);
    for event in OF_AN_ACCOUNT {
        metrics::begin_event(event, Some(appid));
    }
}

/// Before anything is told of a hub, which refuses for one of these problems.
pub(crate) fn begin_hub(problems: impl IntoIterator<Item = &'static str>) {
    metrics::describe();
    for problem in problems {
        metrics::begin_refusals(problem);
    }
    for event in OF_A_HUB {
        metrics::begin_event(event, None);
    }
}

/// A login that failed, as far as anything is known of it.
pub(crate) struct Failed<'a> {
    pub(crate) appid: &'a str,
    pub(crate) reason: Reason,
    /// The path of the call to WeChat that failed.
    pub(crate) call: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
    pub(crate) errcode: Option<i64>,
    pub(crate) rid: Option<&'a str>,
    pub(crate) elapsed_ms: Option<u64>,
    /// In the words of the app's own part, or of connecting.
    pub(crate) problem: Option<&'a str>,
    /// What the operator should do.
    pub(crate) cure: Option<&'a str>,
}

impl<'a> Failed<'a> {
    pub(crate) fn new(appid: &'a str, reason: Reason) -> Self {
        Self {
            appid,
            reason,
            call: None,
            host: None,
            errcode: None,
            rid: None,
            elapsed_ms: None,
            problem: None,
            cure: None,
        }
    }
}

/// The user is known; once an exchange.
pub(crate) fn login_completed(appid: &str, scope: &'static str, elapsed_ms: impl FnOnce() -> u64) {
    metrics::login_ended(appid, Reason::Completed);
    tracing::info!(
        name: "wechat.login.completed",
        appid,
        scope,
        // Asked only where somebody listens.
        elapsed_ms = elapsed_ms(),
        "wechat.login.completed"
    );
}

/// A login failed: told once an exchange, or, where none was made, once an answer.
pub(crate) fn login_failed(level: Level, failed: &Failed<'_>) {
    metrics::login_ended(failed.appid, failed.reason);
    log_failure(level, failed);
}

/// A visitor reads the page of failed logins, each of which was counted as it ended.
pub(crate) fn login_given_up(level: Level, failed: &Failed<'_>) {
    log_failure(level, failed);
}

fn log_failure(level: Level, failed: &Failed<'_>) {
    let Failed {
        appid,
        reason,
        call,
        host,
        errcode,
        rid,
        elapsed_ms,
        problem,
        cure,
    } = *failed;
    // A level is part of a log statement, so that one cannot choose it.
    macro_rules! log {
        ($level:ident) => {
            tracing::$level!(
                name: "wechat.login.failed",
                appid,
                reason = reason.as_str(),
                call,
                host,
                errcode,
                rid,
                elapsed_ms,
                problem,
                cure,
                "wechat.login.failed"
            )
        };
    }
    match level {
        Level::ERROR => log!(error),
        Level::WARN => log!(warn),
        _ => log!(info),
    }
}

pub(crate) fn login_long_url(appid: &str, length: usize) {
    event!(warn, "wechat.login.long_url", of Some(appid);
        appid,
        length,
        "wechat.login.long_url: some phones refuse an authorize URL over 1,000 bytes; shorten the page's query"
    );
}

/// A sibling extractor has answered the callback.
pub(crate) fn login_preempted(appid: &str, route: &str) {
    event!(error, "wechat.login.preempted", of Some(appid);
        appid,
        route,
        cure = "another extractor of this handler refused the callback's URL, often a `web::Query` with a field `code` or `state`, or that refuses unknown fields; put the handler behind `require_user`, which runs first",
        "wechat.login.preempted"
    );
}

pub(crate) fn login_dropped(appid: &str) {
    event!(debug, "wechat.login.dropped", of Some(appid);
        appid,
        "wechat.login.dropped: the visitor went away before the login was complete"
    );
}

/// The appid is what the visitor brought.
pub(crate) fn hub_refused(problem: &'static str, origin: &str, appid: &str, cure: &str) {
    metrics::hub_refused(problem);
    tracing::warn!(
        name: "wechat.hub.refused",
        origin,
        appid,
        cure,
        "wechat.hub.refused"
    );
}

/// The appid is what the visitor brought.
pub(crate) fn hub_long_url(length: usize, appid: &str) {
    event!(warn, "wechat.hub.long_url", of None;
        length,
        appid,
        "wechat.hub.long_url: some phones refuse an authorize URL over 1,000 bytes; shorten the query of the page behind the hub"
    );
}

pub(crate) fn user_cut(appid: &str, field: &str) {
    event!(warn, "wechat.user.cut", of Some(appid);
        appid,
        field,
        "wechat.user.cut: the user is too large for a cookie, a field is left out"
    );
}

/// The end of a login, and the only event of that one.
pub(crate) fn user_too_large(appid: &str) {
    metrics::login_ended(appid, Reason::Misconfigured);
    event!(error, "wechat.user.too_large", of Some(appid);
        appid,
        cure = "look at what WeChat answers: openid and unionid alone do not fit into a cookie",
        "wechat.user.too_large"
    );
}

pub(crate) fn config_risk(appid: &str, setting: &str, advice: &str) {
    event!(warn, "wechat.config.risk", of Some(appid);
        appid,
        setting,
        advice,
        "wechat.config.risk"
    );
}

pub(crate) fn config_missing() {
    event!(error, "wechat.config.missing", of None;
        "wechat.config.missing: no account is registered for this route; add `.app_data(wechat.worker())` to its `App` or scope"
    );
}

pub(crate) fn page_failed(appid: &str, template: &str, error: &str) {
    event!(error, "wechat.page.failed", of Some(appid);
        appid,
        template,
        error,
        "wechat.page.failed"
    );
}

/// The appid is what the visitor brought.
pub(crate) fn hub_page_failed(appid: &str, template: &str, error: &str) {
    event!(error, "wechat.page.failed", of None;
        appid,
        template,
        error,
        "wechat.page.failed"
    );
}
