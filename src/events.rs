//! What operators are told: every event of the guide's table, with its level and its fields. No
//! other room states one.

use tracing::Level;

use crate::reason::Reason;

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
pub(crate) fn login_completed(appid: &str, scope: &'static str, elapsed_ms: u64) {
    tracing::info!(
        name: "wechat.login.completed",
        appid,
        scope,
        elapsed_ms,
        "wechat.login.completed"
    );
}

/// A login came back and failed: once an exchange, or, where none was made, once a page.
pub(crate) fn login_failed(level: Level, failed: &Failed<'_>) {
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
    tracing::warn!(
        name: "wechat.login.long_url",
        appid,
        length,
        "wechat.login.long_url: some phones refuse an authorize URL over 1,000 bytes; shorten the page's query"
    );
}

/// A sibling extractor has answered the callback.
pub(crate) fn login_preempted(appid: &str, route: &str) {
    tracing::error!(
        name: "wechat.login.preempted",
        appid,
        route,
        cure = "another extractor of this handler refused the callback's URL, often a `web::Query` with a field `code` or `state`, or that refuses unknown fields; put the handler behind `require_user`, which runs first",
        "wechat.login.preempted"
    );
}

pub(crate) fn login_dropped(appid: &str) {
    tracing::debug!(
        name: "wechat.login.dropped",
        appid,
        "wechat.login.dropped: the visitor went away before the login was complete"
    );
}

/// The appid is what the visitor brought.
pub(crate) fn hub_refused(origin: &str, appid: &str, cure: &str) {
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
    tracing::warn!(
        name: "wechat.hub.long_url",
        length,
        appid,
        "wechat.hub.long_url: some phones refuse an authorize URL over 1,000 bytes; shorten the query of the page behind the hub"
    );
}

pub(crate) fn user_cut(appid: &str, field: &str) {
    tracing::warn!(
        name: "wechat.user.cut",
        appid,
        field,
        "wechat.user.cut: the user is too large for a cookie, a field is left out"
    );
}

/// The end of a login, too.
pub(crate) fn user_too_large(appid: &str) {
    tracing::error!(
        name: "wechat.user.too_large",
        appid,
        cure = "look at what WeChat answers: openid and unionid alone do not fit into a cookie",
        "wechat.user.too_large"
    );
}

pub(crate) fn config_risk(appid: &str, setting: &str, advice: &str) {
    tracing::warn!(
        name: "wechat.config.risk",
        appid,
        setting,
        advice,
        "wechat.config.risk"
    );
}

pub(crate) fn config_missing() {
    tracing::error!(
        name: "wechat.config.missing",
        "wechat.config.missing: no account is registered for this route; add `.app_data(wechat.worker())` to its `App` or scope"
    );
}

pub(crate) fn page_failed(appid: &str, template: &str, error: &str) {
    tracing::error!(
        name: "wechat.page.failed",
        appid,
        template,
        error,
        "wechat.page.failed"
    );
}
