//! The pages that the login itself shows: tera templates, each replaceable by name.

use std::sync::Arc;

use serde::Serialize;
use tera::Tera;

use crate::{
    events,
    pages::{
        compiled::{compiled, one_line, render},
        language::Language,
    },
    reason::Reason,
};

mod compiled;
pub(crate) mod language;
pub(crate) mod localized;
#[cfg(feature = "qrcode")]
pub(crate) mod qr;

/// Name and source of every template; the first is the frame of the others.
const TEMPLATES: [(&str, &str); 16] = [
    (
        "layout.html",
        include_str!("../../templates/login/layout.html"),
    ),
    (
        "account_refused.html",
        include_str!("../../templates/login/account_refused.html"),
    ),
    (
        "address_too_long.html",
        include_str!("../../templates/login/address_too_long.html"),
    ),
    (
        "ask_first.html",
        include_str!("../../templates/login/ask_first.html"),
    ),
    ("busy.html", include_str!("../../templates/login/busy.html")),
    (
        "code_refused.html",
        include_str!("../../templates/login/code_refused.html"),
    ),
    (
        "cookies_off.html",
        include_str!("../../templates/login/cookies_off.html"),
    ),
    (
        "declined.html",
        include_str!("../../templates/login/declined.html"),
    ),
    (
        "hook_failed.html",
        include_str!("../../templates/login/hook_failed.html"),
    ),
    (
        "login_required.html",
        include_str!("../../templates/login/login_required.html"),
    ),
    (
        "misconfigured.html",
        include_str!("../../templates/login/misconfigured.html"),
    ),
    (
        "outside.html",
        include_str!("../../templates/login/outside.html"),
    ),
    (
        "session_lost.html",
        include_str!("../../templates/login/session_lost.html"),
    ),
    (
        "snapshot.html",
        include_str!("../../templates/login/snapshot.html"),
    ),
    (
        "state_lost.html",
        include_str!("../../templates/login/state_lost.html"),
    ),
    (
        "website_only.html",
        include_str!("../../templates/login/website_only.html"),
    ),
];

/// A page to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    AskFirst,
    #[cfg(feature = "qrcode")]
    Outside,
    WebsiteOnly,
    Of(Reason),
}

impl Page {
    const fn template(self) -> &'static str {
        match self {
            Self::AskFirst => "ask_first.html",
            #[cfg(feature = "qrcode")]
            Self::Outside => "outside.html",
            Self::WebsiteOnly => "website_only.html",
            Self::Of(reason) => match reason {
                Reason::LoginRequired => "login_required.html",
                Reason::Declined => "declined.html",
                Reason::CodeRefused | Reason::Completed => "code_refused.html",
                Reason::Busy | Reason::Unreachable | Reason::TimedOut | Reason::MalformedAnswer => {
                    "busy.html"
                }
                Reason::Misconfigured => "misconfigured.html",
                Reason::HookFailed => "hook_failed.html",
                Reason::AccountRefused => "account_refused.html",
                Reason::Snapshot => "snapshot.html",
                Reason::SessionLost => "session_lost.html",
                Reason::CookiesOff => "cookies_off.html",
                Reason::StateLost => "state_lost.html",
                Reason::AddressTooLong => "address_too_long.html",
            },
        }
    }
}

/// What a template may use.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Facts<'a> {
    pub(crate) lang: Language,
    /// Who asks for the login.
    pub(crate) site_name: &'a str,
    /// The name of the reason, as in the log; empty on pages that tell of no failure.
    pub(crate) reason: &'a str,
    /// Where the way on leads: mostly the page itself; WeChat on the page that asks first.
    pub(crate) retry_url: &'a str,
    /// Why a login is needed, in the app's own words.
    pub(crate) why: &'a str,
    /// An SVG QR code of `retry_url`, on the page for browsers outside WeChat.
    pub(crate) qr_svg: &'a str,
    /// Whether a form was sent that nobody has handled.
    pub(crate) form_lost: bool,
}

pub(crate) struct Pages {
    tera: Arc<Tera>,
    /// For the event of a page that fails.
    appid: String,
}

impl Pages {
    /// The pages, with some replaced. Says in the error which one cannot be used, and why.
    pub(crate) fn new(replaced: &[(String, String)], appid: &str) -> Result<Self, String> {
        Ok(Self {
            tera: compiled(replaced)?,
            appid: appid.to_owned(),
        })
    }

    /// The page as HTML. A template that fails after all leaves the reason as plain words.
    pub(crate) fn render(&self, page: Page, facts: &Facts<'_>) -> String {
        let name = page.template();
        render(&self.tera, name, facts).unwrap_or_else(|err| {
            events::page_failed(&self.appid, name, &one_line(&err));
            facts.reason.to_owned()
        })
    }
}

#[cfg(test)]
#[path = "tests/pages.rs"]
mod tests;
