//! The 401 for scripts and forms without a user.

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::json;

use crate::{
    address::authorize::encode,
    answer::{
        Reply,
        head::{html, json},
    },
    events,
    pages::{Facts, Page},
    reason::Reason,
};

impl Reply {
    pub(super) fn refusal(&self, html_wanted: bool) -> HttpResponse {
        let reason = Reason::LoginRequired;
        let shown = &self.account().shown;
        if html_wanted {
            let facts = Facts {
                retry_url: &self.way_on(),
                form_lost: !self.visit.is_get,
                ..self.facts(reason.as_str())
            };
            return html(
                reason.status(),
                shown.pages.render(Page::Of(reason), &facts),
            );
        }
        let mut body = json!({ "error": reason.as_str() });
        if let Some(path) = &shown.login_path {
            body["login_url"] = self.login_url(path).into();
        }
        json(reason.status(), &body)
    }

    /// Where somebody logs in whose request was no navigation: at the page itself, or, for a form
    /// that was sent, where the form stood.
    fn way_on(&self) -> String {
        let account = self.account();
        match &account.shown.login_path {
            _ if self.visit.is_get => account.public.page(&self.visit.page),
            Some(path) => self.login_url(path),
            None => account.public.page(&self.referred()),
        }
    }

    /// The login page, which leads back to the page that the program ran on.
    fn login_url(&self, login_path: &str) -> String {
        let account = self.account();
        let public = &account.public;
        let foreign = self
            .referer()
            .and_then(|it| account.return_origins.address(it));
        let return_to = foreign.unwrap_or_else(|| public.name_for_return(&self.referred()));
        let url = [login_path, "?return_to=", &encode(&return_to)].concat();
        if account.return_origins.is_empty() {
            public.path(&url)
        } else {
            // A front end on another host asks this one, and not its own.
            public.page(&url)
        }
    }

    /// The page of this site that the request came from.
    fn referred(&self) -> String {
        let account = self.account();
        self.referer()
            .and_then(|referer| account.public.referred(referer, account.logins.appended()))
            .unwrap_or_else(|| "/".to_owned())
    }

    fn referer(&self) -> Option<&str> {
        self.visit.referer.as_ref()?.to_str().ok()
    }
}

/// What everybody gets where the app has registered no account.
pub(super) fn unregistered(html_wanted: bool) -> HttpResponse {
    events::config_missing();
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    if html_wanted {
        html(status, "<!doctype html><meta charset=utf-8><title>500</title><p>登录暂不可用 · Login is not available".to_owned())
    } else {
        json(status, &json!({ "error": Reason::Misconfigured.as_str() }))
    }
}
