//! How a visitor without a user leaves for WeChat, or what stands before that.

use actix_web::{
    HttpResponse,
    body::{self, BoxBody},
    http::StatusCode,
};

#[cfg(feature = "qrcode")]
use crate::pages::qr;
use crate::{
    account::Account,
    answer::{
        Reply, append_cookie,
        head::{html, redirect},
        outgoing::Outgoing,
    },
    events, metrics,
    pages::{Facts, Page},
    reason::Reason,
    scope::Scope,
    visit::{Visit, decide::Round},
};

/// Some iPhones refuse an authorize URL much longer than this; the protocol names no limit.
pub(crate) const LONG_URL: usize = 1_000;
/// Longer addresses fail on the way.
pub(crate) const TOO_LONG_URL: usize = 3_000;

/// What a visitor without a user gets.
pub(super) enum Departure {
    /// A page with this page's address, which is to be opened in another browser.
    Elsewhere(Page),
    TooLong {
        length: usize,
    },
    /// A page with a button first, which says why.
    AskFirst {
        scope: Scope,
        url: String,
        cookie: String,
    },
    Redirect {
        scope: Scope,
        url: String,
        cookie: String,
    },
}

impl Departure {
    pub(super) fn decide(account: &Account, visit: &Visit, round: Round) -> Self {
        #[cfg(feature = "qrcode")]
        if visit.is_outside && account.shown.outside.is_qr() {
            return Self::elsewhere(Page::Outside, account, visit);
        }
        let Some(scope) = account.logins.scope(visit.scope, visit.is_outside) else {
            return Self::elsewhere(Page::WebsiteOnly, account, visit);
        };
        let Outgoing {
            redirect_uri,
            state,
            cookie,
        } = Outgoing::new(
            account,
            visit.cookie.as_ref(),
            &visit.page,
            scope,
            round.before,
            visit.now,
        );
        let url = account.logins.authorize_url(&redirect_uri, &state);
        if url.len() > TOO_LONG_URL {
            return Self::TooLong { length: url.len() };
        }
        let asks_first = account.shown.ask_first.is_some();
        if asks_first && scope == Scope::UserInfo && !visit.has_tapped {
            Self::AskFirst { scope, url, cookie }
        } else {
            Self::Redirect { scope, url, cookie }
        }
    }

    fn elsewhere(page: Page, account: &Account, visit: &Visit) -> Self {
        // A link that is longer would be refused there.
        let length = account.public.page(&visit.page).len();
        if length > TOO_LONG_URL {
            Self::TooLong { length }
        } else {
            Self::Elsewhere(page)
        }
    }

    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::TooLong { .. } => Reason::AddressTooLong,
            _ => Reason::LoginRequired,
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Elsewhere(_) | Self::AskFirst { .. } => StatusCode::OK,
            Self::TooLong { .. } => self.reason().status(),
            Self::Redirect { .. } => StatusCode::FOUND,
        }
    }

    fn warn_if_long(&self, appid: &str) {
        let length = match self {
            Self::Elsewhere(_) => return,
            Self::TooLong { length } => *length,
            Self::AskFirst { url, .. } | Self::Redirect { url, .. } => url.len(),
        };
        if length > LONG_URL {
            events::login_long_url(appid, length);
        }
    }
}

impl Reply {
    /// The response that lets them go, with the login cookie unless it is for a HEAD.
    pub(super) fn leave(&self, round: Round, departure: &Departure) -> HttpResponse {
        if round.session_lost {
            // Told at once; a third time it is a page, too.
            self.log(self.behind(Reason::SessionLost));
        }
        departure.warn_if_long(self.wechat.appid());
        let shown = &self.account().shown;
        let (mut response, scope, cookie) = match departure {
            Departure::Elsewhere(page) => return self.elsewhere(departure.status(), *page),
            Departure::TooLong { .. } => return self.page(Reason::AddressTooLong),
            Departure::AskFirst { scope, url, cookie } => {
                let facts = Facts {
                    retry_url: url,
                    why: shown
                        .ask_first
                        .as_ref()
                        .map_or("", |why| why.of(self.language())),
                    ..self.facts("")
                };
                let page = shown.pages.render(Page::AskFirst, &facts);
                (html(departure.status(), page), scope, cookie)
            }
            Departure::Redirect { scope, url, cookie } => (redirect(url.clone()), scope, cookie),
        };
        if round.cookie {
            metrics::login_started(self.wechat.appid(), *scope);
            append_cookie(&mut response, cookie.clone());
        }
        response
    }

    fn elsewhere(&self, status: StatusCode, page: Page) -> HttpResponse {
        if !self.visit.is_get {
            // Nobody reads the page, so nothing is drawn for it.
            return html(status, String::new()).set_body(BoxBody::new(body::None::new()));
        }
        let address = self.account().public.page(&self.visit.page);
        let qr_svg = match page {
            #[cfg(feature = "qrcode")]
            Page::Outside => qr::svg(&address),
            _ => String::new(),
        };
        let facts = Facts {
            retry_url: &address,
            qr_svg: &qr_svg,
            ..self.facts("")
        };
        let page = self.account().shown.pages.render(page, &facts);
        html(status, page)
    }
}

#[cfg(test)]
#[path = "tests/depart.rs"]
mod tests;
