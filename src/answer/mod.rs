//! What goes out instead of a handler's answer: redirects, pages and their JSON twins.
//!
//! An answer is decided once, and its nonce is drawn when it goes out: an error that a handler
//! swallowed with `Option<WechatUser>` has set no cookie and logged nothing.

use std::sync::OnceLock;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};

use crate::{
    account::{Account, Wechat},
    answer::{depart::Departure, head::redirect, refuse::unregistered},
    exchange::outcome::Failure,
    pages::Facts,
    pages::language::Language,
    reason::Reason,
    sns::error::CallError,
    visit::{
        Visit,
        decide::{Instead, Round},
        login_cookie::{Completed, LoginCookie},
    },
};

pub(crate) mod depart;
pub(crate) mod head;
pub(crate) mod outgoing;
mod refuse;
mod stop;

/// What goes out instead of a handler's answer.
#[expect(
    clippy::large_enum_variant,
    reason = "boxed by the error that it is the answer of"
)]
pub(crate) enum Answer {
    /// The app registered no account.
    Unregistered {
        html: bool,
    },
    Registered(Reply),
}

/// An answer of one account's login to one request.
pub(crate) struct Reply {
    wechat: Wechat,
    visit: Visit,
    saying: Saying,
}

enum Saying {
    /// A program is not logged in.
    Refuse { html: bool },
    /// To WeChat, or to what stands before it; decided when it is first asked for.
    Depart(Round, OnceLock<Departure>),
    /// To the clean page; `cookie` is the login cookie from now on.
    Clean { cookie: Option<LoginCookie> },
    /// A page, or on to the guests' page, with a cookie that is made when it is first asked for.
    Stop(Failure, OnceLock<Option<LoginCookie>>),
}

impl Reply {
    pub(crate) fn new(wechat: Wechat, visit: Visit, instead: Instead) -> Self {
        let saying = match instead {
            Instead::Refuse { html } => Saying::Refuse { html },
            Instead::Depart(round) => Saying::Depart(round, OnceLock::new()),
            Instead::Stop(reason) => return Self::stop(wechat, visit, Failure::plain(reason)),
            Instead::Clean { completed } => {
                let at = visit.now;
                let cookie =
                    completed.map(|rounds| LoginCookie::Completed(Completed { rounds, at }));
                return Self::clean(wechat, visit, cookie);
            }
        };
        Self {
            wechat,
            visit,
            saying,
        }
    }

    pub(crate) fn clean(wechat: Wechat, visit: Visit, cookie: Option<LoginCookie>) -> Self {
        Self {
            wechat,
            visit,
            saying: Saying::Clean { cookie },
        }
    }

    pub(crate) fn stop(wechat: Wechat, visit: Visit, failure: Failure) -> Self {
        Self {
            wechat,
            visit,
            saying: Saying::Stop(failure, OnceLock::new()),
        }
    }

    fn account(&self) -> &Account {
        &self.wechat.0
    }

    fn departure<'a>(&self, round: Round, decided: &'a OnceLock<Departure>) -> &'a Departure {
        decided.get_or_init(|| Departure::decide(self.account(), &self.visit, round))
    }

    fn respond(&self) -> HttpResponse {
        match &self.saying {
            Saying::Refuse { html } => self.refusal(*html),
            Saying::Depart(round, decided) => self.leave(*round, self.departure(*round, decided)),
            Saying::Clean { cookie } => {
                let mut response = redirect(self.account().public.page(&self.visit.page));
                if let Some(cookie) = cookie {
                    self.set_cookie(&mut response, cookie);
                }
                response
            }
            Saying::Stop(failure, login) => self.stopped(failure, login),
        }
    }

    fn set_cookie(&self, response: &mut HttpResponse, cookie: &LoginCookie) {
        let cookie = self.account().cookies.set(cookie, self.visit.now);
        append_cookie(response, cookie);
    }

    fn language(&self) -> Language {
        Language::preferred(&self.visit.languages)
    }

    fn facts<'a>(&'a self, reason: &'a str) -> Facts<'a> {
        let lang = self.language();
        Facts {
            lang,
            site_name: self.account().shown.site_name.of(lang),
            reason,
            ..Facts::default()
        }
    }
}

impl Answer {
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Unregistered { .. } => Reason::Misconfigured,
            Self::Registered(reply) => match &reply.saying {
                Saying::Refuse { .. } => Reason::LoginRequired,
                Saying::Depart(round, decided) => reply.departure(*round, decided).reason(),
                Saying::Clean { .. } => Reason::Completed,
                Saying::Stop(failure, _) => reply.behind(failure.reason),
            },
        }
    }

    pub(crate) fn call_error(&self) -> Option<&CallError> {
        match self {
            Self::Registered(Reply {
                saying: Saying::Stop(failure, _),
                ..
            }) => failure.error.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        if let Self::Registered(reply) = self {
            match &reply.saying {
                Saying::Depart(round, decided) => return reply.departure(*round, decided).status(),
                Saying::Stop(failure, _) if reply.guest_page(failure.reason).is_some() => {
                    return StatusCode::FOUND;
                }
                _ => {}
            }
        }
        self.reason().status()
    }

    pub(crate) fn respond(&self) -> HttpResponse {
        match self {
            Self::Unregistered { html } => unregistered(*html),
            Self::Registered(reply) => reply.respond(),
        }
    }
}

pub(crate) fn append_cookie(response: &mut HttpResponse, cookie: String) {
    // No appid is accepted that a cookie's name could not hold.
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
