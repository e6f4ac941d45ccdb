//! The pages of failures, and what the log says of them.

use std::sync::OnceLock;

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
};
use tracing::Level;

use crate::{
    account::snapshot::Snapshot,
    address::callback,
    answer::{
        Reply, append_cookie,
        head::{html, redirect},
    },
    events::{self, Failed},
    exchange::outcome::Failure,
    pages::{Facts, Page},
    reason::Reason,
    visit::login_cookie::{LoginCookie, Pending},
};

const SESSION_LOST_CURE: &str = "check that `SessionMiddleware` is registered and wraps these routes; that its cookie is not `Secure` while the public URL is http, not `SameSite=Strict`, and stays below 4,096 bytes; that all servers share the key and the version of actix-session; that no other app on this host, and no host above it, sets a cookie of the same name; that no cookie of the request has bytes that are not UTF-8";
const COOKIES_OFF_CURE: &str = "if it happens to everybody: check that the public URL is the address that browsers use, and https if its cookie is `__Host-`";
const LOOK_ALIKE_CURE: &str = "somebody planted a cookie that passes for the session's; look for a host of the same domain that is not yours";
const USER_LOST_CURE: &str = "the app has called `log_in_again` right after each of these logins: see whether `on_login` is set and writes the row that the app looks for, in the same database";
const STATE_LOST_CURE: &str = "WeChat's answer comes back without the `state` that went out: look for what rewrites addresses on the way, in the app, the proxy, or the browser that embeds the page";

impl Reply {
    pub(super) fn stopped(
        &self,
        failure: &Failure,
        login: &OnceLock<Option<LoginCookie>>,
    ) -> HttpResponse {
        let reason = self.behind(failure.reason);
        self.log(reason);
        if let Some(path) = self.guest_page(reason) {
            let mut response = redirect(self.account().public.page(path));
            // Counted: the guest page may, by mistake, ask for a user, too.
            if let Some(login) = login.get_or_init(|| self.one_round_more()) {
                self.set_cookie(&mut response, login);
            }
            return response;
        }
        let mut response = self.page(reason);
        if let Some(seconds) = failure.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(u16::from(seconds)));
        }
        let resets_count = matches!(
            reason,
            Reason::CodeRefused | Reason::CookiesOff | Reason::SessionLost | Reason::StateLost
        );
        if resets_count && self.visit.cookie.is_some() {
            append_cookie(&mut response, self.account().cookies.removal());
        }
        for cookie in self.look_alike_removals() {
            if let Ok(cookie) = HeaderValue::from_bytes(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        response
    }

    /// The page of a reason.
    pub(super) fn page(&self, reason: Reason) -> HttpResponse {
        let account = self.account();
        let page = match reason {
            Reason::StateLost => self.visit.without_lost_returns(),
            // What is too long now stays so.
            Reason::AddressTooLong => "/".to_owned(),
            // A button that leads to one more answer of WeChat's would lead to this page.
            _ => callback::without_all(&self.visit.page, account.logins.appended()),
        };
        let facts = Facts {
            retry_url: &account.public.page(&page),
            ..self.facts(reason.as_str())
        };
        let page = account.shown.pages.render(Page::Of(reason), &facts);
        html(reason.status(), page)
    }

    /// The reason behind a reason: a cookie header that is not UTF-8 hides the session from the
    /// server.
    pub(super) fn behind(&self, reason: Reason) -> Reason {
        match reason {
            Reason::SessionLost if self.visit.has_unreadable_cookies => Reason::CookiesOff,
            reason => reason,
        }
    }

    /// Where a snapshot user goes on, if the app lets them.
    pub(super) fn guest_page(&self, reason: Reason) -> Option<&str> {
        match (reason, &self.account().shown.snapshot) {
            (Reason::Snapshot, Snapshot::Guest(path)) => Some(path),
            _ => None,
        }
    }

    /// The pending login with one more failure counted.
    fn one_round_more(&self) -> Option<LoginCookie> {
        let visit = &self.visit;
        Pending::one_round_more(visit.cookie.as_ref(), &visit.page, visit.now)
    }

    /// What the exchange has not logged already.
    pub(super) fn log(&self, reason: Reason) {
        let (level, cure) = match reason {
            // This server has vouched for the login: no visitor can bring this about alone.
            Reason::SessionLost => (Level::ERROR, Some(SESSION_LOST_CURE)),
            Reason::CookiesOff if !self.visit.look_alikes.is_empty() => {
                (Level::WARN, Some(LOOK_ALIKE_CURE))
            }
            Reason::CookiesOff => (Level::WARN, Some(COOKIES_OFF_CURE)),
            Reason::StateLost => (Level::WARN, Some(STATE_LOST_CURE)),
            // No code was refused: the app has lost who had just logged in, three times.
            Reason::CodeRefused
                if self.visit.callback.is_none()
                    && matches!(self.visit.cookie, Some(LoginCookie::Completed(_))) =>
            {
                (Level::ERROR, Some(USER_LOST_CURE))
            }
            Reason::Declined | Reason::CodeRefused => (Level::INFO, None),
            _ => return,
        };
        let failed = Failed {
            cure,
            ..Failed::new(self.wechat.appid(), reason)
        };
        match reason {
            // The exchanges have told of each code, or the app has lost who logged in.
            Reason::CodeRefused if self.visit.callback.is_none() => {
                events::login_given_up(level, &failed);
            }
            _ => events::login_failed(level, &failed),
        }
    }

    /// The `Set-Cookie`s that take the look-alikes of the session's cookie back, wherever in this
    /// host's domain they were set, as many as a response's head has room for.
    fn look_alike_removals(&self) -> Vec<Vec<u8>> {
        const ROOM: usize = 2_048;
        let path = self.visit.page.split('?').next().unwrap_or("/");
        let public_path = self.account().public.path(path);
        let mut removals = Vec::new();
        let mut taken = 0;
        for path in paths_to(&public_path) {
            for name in &self.visit.look_alikes {
                let here = std::iter::once(None);
                for domain in here.chain(self.account().public.parent_domains().map(Some)) {
                    let removal = [
                        name.as_slice(),
                        b"=; Max-Age=0; Secure; Path=",
                        path.as_bytes(),
                        if domain.is_some() { b"; Domain=" } else { b"" },
                        domain.unwrap_or_default().as_bytes(),
                    ]
                    .concat();
                    taken += removal.len() + "set-cookie: \r\n".len();
                    if taken > ROOM {
                        return removals;
                    }
                    removals.push(removal);
                }
            }
        }
        removals
    }
}

/// The paths at which a cookie can be set that this page's requests carry: `/` first.
fn paths_to(page: &str) -> impl Iterator<Item = &str> {
    let folders = page
        .match_indices('/')
        .skip(1)
        .flat_map(|(at, _)| [&page[..at], &page[..=at]]);
    let is_plain = |path: &&str| {
        path.bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b';')
    };
    std::iter::once("/")
        .chain(folders)
        .chain(std::iter::once(page).filter(|page| *page != "/"))
        .filter(is_plain)
}
