//! What one request says of its login, gathered once, and what follows from it. Pure.

use actix_web::http::header::HeaderValue;

use crate::{
    address::callback::Callback,
    clock::Moment,
    scope::{Scope, Scopes},
    visit::{browser::Navigation, login_cookie::LoginCookie},
};

pub(crate) mod browser;
pub(crate) mod cookies;
pub(crate) mod decide;
pub(crate) mod login_cookie;

/// What one request says of its login.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// Path and query of the page, without WeChat's parameters.
    pub(crate) page: String,
    /// What the query carries of ours.
    pub(crate) callback: Option<Callback>,
    /// The appid that WeChat appends to a callback of this account.
    pub(crate) appended: Option<String>,
    pub(crate) asks: Asks,
    /// A GET, so that a login can end on its own page.
    pub(crate) is_get: bool,
    /// Another browser than WeChat's.
    pub(crate) is_outside: bool,
    /// The visitor has tapped a link to log in: asking first would be asking twice.
    pub(crate) has_tapped: bool,
    pub(crate) cookie: Option<LoginCookie>,
    /// The raw names of cookies that only resemble the session's.
    pub(crate) look_alikes: Vec<Vec<u8>>,
    /// A cookie that is no text hides the session from the server.
    pub(crate) has_unreadable_cookies: bool,
    /// Since when the session holds what it holds of ours: a login, be it too little, or the trace
    /// of a log-out.
    pub(crate) held_since: Option<Moment>,
    /// What this extractor asks of a visitor in WeChat's browser.
    pub(crate) scope: Scope,
    /// What those extractors of the request ask WeChat for that are not satisfied.
    pub(crate) wants: Scopes,
    /// The callback is of a login to another account, or of one that asked for more than a guard
    /// does: somebody else may wait for it.
    pub(crate) is_for_another: bool,
    // Read when the answer goes out: most are redirects, which depend on neither.
    pub(crate) languages: Vec<HeaderValue>,
    pub(crate) referer: Option<HeaderValue>,
    pub(crate) now: Moment,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// A person opens a page.
    Person(Navigation),
    /// A program, which reads its refusal as HTML or as JSON.
    Program { html: bool },
}

/// What the session holds for an extractor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found<I> {
    Enough(I),
    /// Nothing, a silent login, an old one, or the trace of a log-out.
    TooLittle,
}
