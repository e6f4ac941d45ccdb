//! What a request means: [`decide`] turns a [`Visit`] into a [`Step`].
//!
//! No actix, no I/O, no clock of its own. Every case of the login stands here once.

use std::borrow::Cow;

use crate::{
    address::{
        callback::{Callback, count_codes, without_last_codes, without_returns},
        state::State,
    },
    alphanumeric::Nonce,
    reason::Reason,
    scope::Scope,
    visit::{
        Asks, Found, Visit,
        browser::Navigation,
        login_cookie::{LoginCookie, Pending},
    },
};

/// Where no login cookie comes back, so many `code`s appended one after the other tell that each
/// return has lost its `state`.
const LOST_STATES: usize = 3;

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step<I> {
    /// Let the handler run.
    Run(I),
    Exchange(CameBack),
    Answer(Instead),
}

/// A login that this browser started, with the code to exchange.
#[derive(Clone, derive_more::Debug, PartialEq, Eq)]
pub(crate) struct CameBack {
    #[debug(skip)]
    pub(crate) code: String,
    pub(crate) scope: Scope,
    #[debug(skip)]
    pub(crate) nonce: Nonce,
    /// How many failed before.
    pub(crate) rounds: u8,
}

/// What to answer instead of the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    /// Go to the page without WeChat's parameters. `completed` where the login that the cookie has
    /// pending came back to somebody who is logged in already: so many had failed before it.
    Clean { completed: Option<u8> },
    /// A program is not logged in: tell it so.
    Refuse { html: bool },
    /// Send the visitor to WeChat.
    Depart(Round),
    /// Show a page: no further redirect would help.
    Stop(Reason),
}

/// The login that a visitor is sent out with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    /// So many logins came back and failed before.
    pub(crate) before: u8,
    /// A HEAD completes nothing, so that it gets no cookie.
    pub(crate) cookie: bool,
    /// The login before this one ended well, and its session is gone.
    pub(crate) session_lost: bool,
}

pub(crate) fn decide<I>(visit: &Visit, found: Found<I>) -> Step<I> {
    match (found, visit.asks) {
        (Found::Enough(identity), Asks::Program { .. }) => Step::Run(identity),
        (Found::Enough(identity), Asks::Person(navigation)) if visit.look_alikes.is_empty() => {
            visit.satisfied(navigation, identity)
        }
        _ => match visit.unsatisfied() {
            Ok(came_back) => Step::Exchange(came_back),
            Err(instead) => Step::Answer(instead),
        },
    }
}

/// The same for a visitor who was logged in, and whose user the app has lost. A login that has just
/// completed was of no use, and counts.
pub(crate) fn decide_again(visit: &Visit) -> Instead {
    match (visit.asks, &visit.cookie) {
        (Asks::Person(Navigation::Get), Some(LoginCookie::Completed(completed)))
            if visit.look_alikes.is_empty() =>
        {
            go_round(completed.rounds, Reason::CodeRefused)
        }
        _ => match visit.unsatisfied() {
            // Nobody is logged in any more, and what came back was for who was.
            Ok(_) => Instead::Clean { completed: None },
            Err(instead) => instead,
        },
    }
}

impl Visit {
    /// A handler can mix extractors, and the first that answers wins. One that is satisfied must
    /// not clean away the callback that another one waits for, be it of another account: it
    /// completes a login of its own account, too, and leaves every other case to the other one.
    fn satisfied<I>(&self, navigation: Navigation, identity: I) -> Step<I> {
        match &self.callback {
            None => Step::Run(identity),
            Some(callback) if self.wants.is_empty() && !self.is_for_another => {
                Step::Answer(Instead::Clean {
                    completed: self.came_back_completed(navigation, callback),
                })
            }
            Some(Callback {
                code: Some(code),
                state,
                ..
            }) if navigation == Navigation::Get => match self.came_back(code, state) {
                Some(came_back) => Step::Exchange(came_back),
                None => Step::Run(identity),
            },
            Some(_) => Step::Run(identity),
        }
    }

    /// The login to complete for a visitor without a user, or what to answer.
    fn unsatisfied(&self) -> Result<CameBack, Instead> {
        let callback = match (&self.callback, self.asks) {
            (Some(callback), Asks::Person(Navigation::Get)) if self.look_alikes.is_empty() => {
                callback
            }
            _ => return Err(self.without_callback()),
        };
        match &callback.code {
            None => Err(Instead::Stop(Reason::Declined)),
            Some(code) => self
                .came_back(code, &callback.state)
                .ok_or_else(|| self.foreign(&callback.state)),
        }
    }

    /// The answer to a visitor without a user where no login can have come back.
    pub(crate) fn without_callback(&self) -> Instead {
        match self.asks {
            Asks::Program { html } => Instead::Refuse { html },
            Asks::Person(_) if !self.look_alikes.is_empty() => Instead::Stop(Reason::CookiesOff),
            Asks::Person(Navigation::Head) => Instead::Depart(Round {
                before: self.rounds_before(),
                cookie: false,
                session_lost: false,
            }),
            Asks::Person(Navigation::Get) => self.anonymous(),
        }
    }

    /// A session that only this server can read would else make a loop: the next server starts a
    /// login, this one finds it unnecessary, and nobody counts.
    fn came_back_completed(&self, navigation: Navigation, callback: &Callback) -> Option<u8> {
        let ours = navigation == Navigation::Get
            && callback.code.is_some()
            && self.pending(&callback.state).is_some();
        ours.then(|| self.rounds_before())
    }

    /// The login, if this browser started it, and on a page that asks what this page asks.
    fn came_back(&self, code: &str, state: &State) -> Option<CameBack> {
        let pending = self
            .pending(state)
            .filter(|_| self.wants.contains(state.scope))?;
        Some(CameBack {
            code: code.to_owned(),
            scope: state.scope,
            nonce: pending.nonce,
            rounds: self.rounds_before(),
        })
    }

    /// The login of this `state`, if this browser started it.
    fn pending(&self, state: &State) -> Option<&Pending> {
        let pending = self.cookie.as_ref().and_then(LoginCookie::pending);
        pending.filter(|pending| pending.challenge() == state.challenge)
    }

    /// A login succeeded a moment ago, and yet the session holds nothing as new as that.
    fn has_lost_session(&self) -> bool {
        match &self.cookie {
            Some(LoginCookie::Completed(completed)) => {
                self.held_since.is_none_or(|since| since < completed.at)
            }
            _ => false,
        }
    }

    /// How many logins failed before. A completed login has ended the count, unless its session
    /// was lost: logging out and in again is no failure.
    fn rounds_before(&self) -> u8 {
        match &self.cookie {
            Some(LoginCookie::Completed(_)) if !self.has_lost_session() => 0,
            Some(cookie) => cookie.rounds(),
            None => 0,
        }
    }

    fn anonymous(&self) -> Instead {
        let before = self.rounds_before();
        if self.has_lost_session() {
            return depart(before.saturating_add(1), true, Reason::SessionLost);
        }
        if self.is_altered_return() {
            return go_round(before, Reason::StateLost);
        }
        if self.cookie.is_none() && self.without_returns(LOST_STATES).1 == LOST_STATES {
            return Instead::Stop(Reason::StateLost);
        }
        depart(before, false, Reason::CodeRefused)
    }

    /// The page without what returns have left on it that had lost their `state`.
    pub(crate) fn without_lost_returns(&self) -> String {
        if self.cookie.is_some() {
            // One in each round, wherever it stands by now.
            without_last_codes(&self.page, LOST_STATES, self.appended.as_deref())
        } else {
            self.without_returns(usize::MAX).0.into_owned()
        }
    }

    fn without_returns(&self, most: usize) -> (Cow<'_, str>, usize) {
        without_returns(&self.page, most, self.appended.as_deref())
    }

    /// WeChat's answer to the cookie's pending login, with its `state` lost or altered on the way,
    /// and perhaps the rest of the query, too. The path is the one that was sent out, and there is
    /// one `code` more.
    ///
    /// A page with a `code` of its own, visited after the same page without it, looks the same, and
    /// is counted once at most: each altered return has one `code` more than the one before.
    fn is_altered_return(&self) -> bool {
        let pending = self.cookie.as_ref().and_then(LoginCookie::pending);
        pending.is_some_and(|pending| {
            count_codes(&self.page) > usize::from(pending.rounds)
                && pending.is_for_one_code_less(&self.page)
        })
    }

    /// A shared link, an expired login, cookies that are off, or another page's login.
    fn foreign(&self, state: &State) -> Instead {
        match self.cookie {
            Some(_) => go_round(self.rounds_before(), Reason::CodeRefused),
            // Without a cookie the count that WeChat sent back is all that is known.
            None => go_round(state.rounds, Reason::CookiesOff),
        }
    }
}

/// One more login came back and failed.
fn go_round(before: u8, reason: Reason) -> Instead {
    depart(before.saturating_add(1), false, reason)
}

/// Three redirects are sent; the fourth becomes a page.
fn depart(before: u8, session_lost: bool, reason: Reason) -> Instead {
    if before >= State::MAX_ROUNDS {
        Instead::Stop(reason)
    } else {
        Instead::Depart(Round {
            before,
            cookie: true,
            session_lost,
        })
    }
}

#[cfg(test)]
#[path = "tests/decide.rs"]
mod tests;
