//! How a visitor without a user leaves for WeChat, or what stands before that.

#[cfg(feature = "qrcode")]
use actix_web::body::{self, BoxBody};
use actix_web::{HttpResponse, http::StatusCode};

#[cfg(feature = "qrcode")]
use crate::qr;
use crate::{
    address::callback,
    address::state::State,
    answer::asked::Asked,
    answer::head::{html, redirect},
    pages::{Facts, Page},
    reason::Reason,
    scope::Scope,
    visit::login_cookie::LoginCookie,
};

/// Some iPhones refuse an authorize URL much longer than this; the protocol names no limit.
const LONG_URL: usize = 1_000;
/// Beyond this nothing can be expected to carry it.
const TOO_LONG_URL: usize = 3_000;

/// What a visitor without a user gets.
pub(crate) enum Departure {
    /// A page for a browser that is not WeChat's, with this page's address as a QR code.
    #[cfg(feature = "qrcode")]
    Outside,
    TooLong {
        length: usize,
    },
    /// A page with a button first, which says why.
    AskFirst {
        why: String,
        url: String,
        login: LoginCookie,
    },
    Redirect {
        url: String,
        login: LoginCookie,
    },
}

impl Departure {
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::TooLong { .. } => Reason::AddressTooLong,
            _ => Reason::LoginRequired,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            #[cfg(feature = "qrcode")]
            Self::Outside => StatusCode::OK,
            Self::TooLong { .. } => self.reason().status(),
            Self::AskFirst { .. } => StatusCode::OK,
            Self::Redirect { .. } => StatusCode::FOUND,
        }
    }
}

impl Asked {
    /// What this visitor gets after so many failures.
    pub(crate) fn depart(&self, rounds: u8, tapped: bool) -> Departure {
        let settings = self.settings();
        let scope = match settings.website() {
            Some(_) if self.is_outside => Scope::Login,
            _ => self.scope,
        };
        let login = LoginCookie::pend(self.cookie.as_ref(), rounds, self.now);
        let state = State {
            rounds,
            scope,
            own_codes: callback::own_codes(&self.page),
            challenge: login.challenge().unwrap_or_default(),
        };
        let url = settings.authorize_url(&self.page, &state);
        match &settings.ask_first {
            _ if url.len() > TOO_LONG_URL => Departure::TooLong { length: url.len() },
            #[cfg(feature = "qrcode")]
            _ if self.is_outside && settings.outside.is_qr() => Departure::Outside,
            Some(why) if scope == Scope::UserInfo && !tapped => Departure::AskFirst {
                why: why.of(self.language()).to_owned(),
                url,
                login,
            },
            _ => Departure::Redirect { url, login },
        }
    }

    /// The response that lets them go, with the login cookie unless it is for a HEAD.
    pub(crate) fn leave(&self, departure: Departure, cookie: bool) -> HttpResponse {
        let pages = &self.settings().pages;
        let status = departure.status();
        warn_if_long(&departure);
        let (mut response, login) = match departure {
            #[cfg(feature = "qrcode")]
            Departure::Outside => {
                if !self.is_get {
                    // Nobody reads the page, so nothing is drawn for it.
                    return html(status, String::new()).set_body(BoxBody::new(body::None::new()));
                }
                let page = self.settings().public.page(&self.page);
                let facts = Facts {
                    retry_url: &page,
                    qr_svg: &qr::svg(&page),
                    ..self.facts("")
                };
                return html(status, pages.render(Page::Outside, &facts));
            }
            Departure::TooLong { .. } => {
                return self.page(Page::Of(Reason::AddressTooLong), Reason::AddressTooLong);
            }
            Departure::AskFirst { why, url, login } => {
                let facts = Facts {
                    retry_url: &url,
                    why: &why,
                    ..self.facts("")
                };
                let page = pages.render(Page::AskFirst, &facts);
                (html(status, page), login)
            }
            Departure::Redirect { url, login } => (redirect(url), login),
        };
        if cookie {
            self.set_cookie(&mut response, Some(&login));
        }
        response
    }
}

fn warn_if_long(departure: &Departure) {
    let length = match departure {
        #[cfg(feature = "qrcode")]
        Departure::Outside => return,
        Departure::TooLong { length } => *length,
        Departure::AskFirst { url, .. } | Departure::Redirect { url, .. } => url.len(),
    };
    if length > LONG_URL {
        tracing::warn!(
            name: "wechat.login.long_url",
            length,
            "wechat.login.long_url: some phones refuse an authorize URL over 1,000 bytes; shorten the page's query"
        );
    }
}

#[cfg(test)]
#[path = "tests/depart.rs"]
mod tests;
