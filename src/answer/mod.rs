//! The answers of the login itself: redirects, pages and their JSON twins, each with its headers.
//!
//! An answer is built when it goes out and not before: an error that a handler swallowed with
//! `Option<WechatUser>` has set no cookie and logged nothing.

pub(crate) mod asked;
pub(crate) mod depart;
pub(crate) mod head;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde_json::json;

use crate::{
    account::snapshot::Snapshot,
    answer::asked::Asked,
    answer::head::{html, plain, redirect},
    exchange::Failure,
    pages::{Facts, Page},
    reason::Reason,
    sns::error::CallError,
    visit::login_cookie::{LoginCookie, removal},
};

const SESSION_LOST_CURE: &str = "check that `SessionMiddleware` is registered and wraps these routes; that its cookie is not `Secure` while the public URL is http, not `SameSite=Strict`, and stays below 4,096 bytes; that all servers share the key and the version of actix-session";

/// What an extractor answers.
pub(crate) enum Answer {
    /// The app registered no account.
    Unregistered {
        html: bool,
    },
    /// A program is not logged in.
    Refused {
        asked: Asked,
        html: bool,
    },
    /// To WeChat, or to what stands before it.
    Login {
        asked: Asked,
        rounds: u8,
        /// A HEAD gets none.
        cookie: bool,
        /// The visitor has tapped a link already.
        tapped: bool,
        /// The login before this one ended well, and its session is gone.
        session_lost: bool,
    },
    /// To the clean page; `cookie` is the login cookie from now on.
    Clean {
        asked: Asked,
        cookie: Option<LoginCookie>,
    },
    Stopped {
        asked: Asked,
        failure: Failure,
    },
}

impl Answer {
    /// A page for a case that no call to WeChat is the cause of.
    pub(crate) fn stopped(asked: Asked, reason: Reason) -> Self {
        let failure = Failure {
            reason,
            error: None,
            quota: false,
        };
        Self::Stopped { asked, failure }
    }

    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Unregistered { .. } => Reason::Misconfigured,
            Self::Refused { .. } => Reason::LoginRequired,
            Self::Login {
                asked,
                rounds,
                tapped,
                ..
            } => asked.depart(*rounds, *tapped).reason(),
            Self::Clean { .. } => Reason::Completed,
            Self::Stopped { asked, failure } => asked.behind(failure.reason),
        }
    }

    pub(crate) fn call_error(&self) -> Option<&CallError> {
        match self {
            Self::Stopped { failure, .. } => failure.error.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Login {
                asked,
                rounds,
                tapped,
                ..
            } => asked.depart(*rounds, *tapped).status(),
            Self::Stopped { asked, failure }
                if asked.goes_on_as_guest(failure.reason).is_some() =>
            {
                StatusCode::FOUND
            }
            _ => self.reason().status(),
        }
    }

    pub(crate) fn respond(&self) -> HttpResponse {
        match self {
            Self::Unregistered { html } => unregistered(*html),
            Self::Refused { asked, html } => asked.refuse(*html),
            Self::Login {
                asked,
                rounds,
                cookie,
                tapped,
                session_lost,
            } => {
                if *session_lost && *cookie {
                    // Told at once; a third time it is an error and a page.
                    tracing::warn!(
                        name: "wechat.login.failed",
                        reason = Reason::SessionLost.as_str(),
                        cure = SESSION_LOST_CURE,
                        "wechat.login.failed"
                    );
                }
                asked.leave(asked.depart(*rounds, *tapped), *cookie)
            }
            Self::Clean { asked, cookie } => asked.clean(cookie.as_ref()),
            Self::Stopped { asked, failure } => asked.stop(failure),
        }
    }
}

impl Asked {
    fn clean(&self, cookie: Option<&LoginCookie>) -> HttpResponse {
        let mut response = redirect(self.settings().public.page(&self.page));
        if cookie.is_some() {
            self.set_cookie(&mut response, cookie);
        }
        response
    }

    fn stop(&self, failure: &Failure) -> HttpResponse {
        let settings = self.settings();
        let reason = self.behind(failure.reason);
        self.log(reason);
        if let Some(path) = self.goes_on_as_guest(reason) {
            let mut response = redirect(settings.public.page(path));
            // Counted: the guest page may, by mistake, ask for a user, too.
            if let Some(login) = self.one_round_more() {
                self.set_cookie(&mut response, Some(&login));
            }
            return response;
        }
        let mut response = self.page(Page::Of(reason), reason);
        if failure.quota {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        let resets_count = matches!(
            reason,
            Reason::CodeRefused | Reason::CookiesOff | Reason::SessionLost
        );
        if resets_count && self.cookie.is_some() {
            self.set_cookie(&mut response, None);
        }
        response
    }

    /// The reason behind a reason: a cookie header that is not UTF-8 hides the session from the
    /// server.
    fn behind(&self, reason: Reason) -> Reason {
        match reason {
            Reason::SessionLost if self.cookies_unreadable => Reason::CookiesOff,
            reason => reason,
        }
    }

    /// Where a snapshot user goes on, if the app lets them.
    fn goes_on_as_guest(&self, reason: Reason) -> Option<&str> {
        match (reason, &self.settings().snapshot) {
            (Reason::Snapshot, Snapshot::Guest(path)) => Some(path),
            _ => None,
        }
    }

    /// What the exchange has not logged already.
    fn log(&self, reason: Reason) {
        match reason {
            Reason::SessionLost => tracing::error!(
                name: "wechat.login.failed",
                reason = reason.as_str(),
                cure = SESSION_LOST_CURE,
                "wechat.login.failed"
            ),
            Reason::CookiesOff => tracing::warn!(
                name: "wechat.login.failed",
                reason = reason.as_str(),
                cure = "if it happens to everybody: check that the public URL is the address that browsers use, and https if its cookie is `__Host-`",
                "wechat.login.failed"
            ),
            Reason::Declined | Reason::CodeRefused | Reason::Snapshot => tracing::info!(
                name: "wechat.login.failed",
                reason = reason.as_str(),
                "wechat.login.failed"
            ),
            _ => {}
        }
    }

    fn refuse(&self, html_wanted: bool) -> HttpResponse {
        let reason = Reason::LoginRequired;
        if html_wanted {
            let way_on = self.way_on();
            let facts = Facts {
                retry_url: &way_on,
                form_lost: !self.is_get,
                ..self.facts(reason.as_str())
            };
            let page = Page::Of(reason);
            return html(reason.status(), self.settings().pages.render(page, &facts));
        }
        let mut body = json!({ "error": reason.as_str() });
        if let Some(path) = &self.settings().login_path {
            body["login_url"] = self.login_url(path).into();
        }
        plain(reason.status()).json(body)
    }

    pub(crate) fn page(&self, page: Page, reason: Reason) -> HttpResponse {
        let public = &self.settings().public;
        let way_on = match reason {
            // What is too long now stays so.
            Reason::AddressTooLong => public.page("/"),
            _ => public.page(&self.page),
        };
        let facts = Facts {
            retry_url: &way_on,
            ..self.facts(reason.as_str())
        };
        html(reason.status(), self.settings().pages.render(page, &facts))
    }

    /// Sets the login cookie, or takes it back.
    pub(crate) fn set_cookie(&self, response: &mut HttpResponse, login: Option<&LoginCookie>) {
        let settings = self.settings();
        let (name, secure) = (&settings.cookie_name, settings.public.is_https());
        let cookie = match login {
            Some(login) => login.set_cookie(name, secure, self.now),
            None => removal(name, secure),
        };
        // No appid is accepted that a cookie's name could not hold.
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

fn unregistered(html_wanted: bool) -> HttpResponse {
    tracing::error!(
        name: "wechat.config.missing",
        "wechat.config.missing: no account is registered for this route; add `.app_data(wechat.worker())` to its `App` or scope"
    );
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    if html_wanted {
        html(status, "<!doctype html><meta charset=utf-8><title>500</title><p>登录暂不可用 · Login is not available".to_owned())
    } else {
        plain(status).json(json!({ "error": Reason::Misconfigured.as_str() }))
    }
}
