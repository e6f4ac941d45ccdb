//! What a request means: [`decide`] turns a [`Visit`] into a [`Step`].
//!
//! Pure: no actix, no I/O, no clock of its own. Every case of the login stands here once.

use crate::{
    address::callback::Callback, address::state::State, reason::Reason, scope::Scope,
    visit::browser::Navigation, visit::login_cookie::LoginCookie,
};

/// The scopes that the extractors of one handler ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes(u8);

impl Scopes {
    const fn bit(scope: Scope) -> u8 {
        match scope {
            Scope::Base => 1,
            Scope::UserInfo => 2,
            Scope::Login => 4,
        }
    }

    #[must_use]
    pub(crate) const fn with(self, scope: Scope) -> Self {
        Self(self.0 | Self::bit(scope))
    }

    const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn contains(self, scope: Scope) -> bool {
        self.0 & Self::bit(scope) != 0
    }
}

/// All that a decision depends on.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// The session holds what this extractor needs.
    pub(crate) satisfied: bool,
    /// Since when the session holds what it holds of ours: a login, be it too little, or the trace
    /// of a log-out. Seconds since the Unix epoch.
    pub(crate) held_since: Option<u64>,
    /// Whether a person opens a page; `None` where a program asks.
    pub(crate) navigation: Option<Navigation>,
    /// What the query carries of ours.
    pub(crate) callback: Option<Callback>,
    /// The callback is of a login to another account, pending in this browser.
    pub(crate) is_elsewhere: bool,
    pub(crate) cookie: Option<LoginCookie>,
    /// What those extractors of the handler ask WeChat for that are not satisfied.
    pub(crate) scopes: Scopes,
    /// Seconds since the Unix epoch.
    pub(crate) now: u64,
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Let the handler run.
    Run,
    /// Go to the page without WeChat's parameters. `completed` where the login that the cookie has
    /// pending came back to somebody who is logged in already: so many had failed before it.
    Clean { completed: Option<u8> },
    /// A program is not logged in: tell it so.
    Refuse,
    /// Send the visitor to WeChat; so many logins came back and failed before. A HEAD gets no cookie.
    Login { rounds: u8, cookie: bool },
    /// Exchange this code, of a login that this browser started.
    Exchange {
        code: String,
        state: State,
        rounds: u8,
    },
    /// Show a page: no further redirect would help.
    Stop(Reason),
}

pub(crate) fn decide(mut visit: Visit) -> Step {
    let Some(navigation) = visit.navigation else {
        return if visit.satisfied {
            Step::Run
        } else {
            Step::Refuse
        };
    };
    if visit.satisfied {
        return visit.satisfied_step(navigation);
    }
    if navigation == Navigation::Head {
        return Step::Login {
            rounds: visit.rounds_before(),
            cookie: false,
        };
    }
    match visit.callback.take() {
        None => visit.anonymous(),
        Some(Callback { code: None, .. }) => Step::Stop(Reason::Declined),
        Some(Callback {
            code: Some(code),
            state,
        }) if visit.is_ours(&state) => visit.exchange(code, state),
        Some(Callback { state, .. }) => visit.foreign(&state),
    }
}

impl Visit {
    /// A handler can mix extractors, and the first that answers wins. One that is satisfied must
    /// not clean away the callback that another one waits for, be it of another account: it
    /// completes a login of its own account, too, and leaves every other case to the other one.
    fn satisfied_step(self, navigation: Navigation) -> Step {
        match self.callback.clone() {
            None => Step::Run,
            Some(callback) if self.scopes.is_empty() && !self.is_elsewhere => Step::Clean {
                completed: self.came_back_completed(navigation, &callback),
            },
            Some(Callback {
                code: Some(code),
                state,
            }) if navigation == Navigation::Get && self.is_ours(&state) => {
                self.exchange(code, state)
            }
            Some(_) => Step::Run,
        }
    }

    /// A session that only this server can read would else make a loop: the next server starts a
    /// login, this one finds it unnecessary, and nobody counts.
    fn came_back_completed(&self, navigation: Navigation, callback: &Callback) -> Option<u8> {
        let ours = navigation == Navigation::Get
            && callback.code.is_some()
            && self.started(&callback.state);
        ours.then(|| self.rounds_before())
    }

    fn exchange(&self, code: String, state: State) -> Step {
        Step::Exchange {
            code,
            rounds: self.rounds_before(),
            state,
        }
    }

    /// This browser started this login, and on a page that asks what this page asks.
    fn is_ours(&self, state: &State) -> bool {
        self.scopes.contains(state.scope) && self.started(state)
    }

    /// This browser started this login.
    fn started(&self, state: &State) -> bool {
        let challenge = self.cookie.as_ref().and_then(LoginCookie::challenge);
        challenge.as_ref() == Some(&state.challenge)
    }

    /// A login succeeded a moment ago, and yet the session holds nothing as new as that.
    pub(crate) fn has_lost_session(&self) -> bool {
        self.cookie.as_ref().is_some_and(|cookie| {
            cookie.has_just_completed(self.now)
                && self
                    .held_since
                    .is_none_or(|since| since < cookie.issued_at())
        })
    }

    /// How many logins failed before. A completed login has ended the count, unless its session
    /// was lost: logging out and in again is no failure.
    fn rounds_before(&self) -> u8 {
        match &self.cookie {
            Some(LoginCookie::Completed { .. }) if !self.has_lost_session() => 0,
            Some(cookie) => cookie.rounds(),
            None => 0,
        }
    }

    fn anonymous(&self) -> Step {
        if self.has_lost_session() {
            go_round(self.rounds_before(), Reason::SessionLost)
        } else {
            login(self.rounds_before(), Reason::CodeRefused)
        }
    }

    /// A shared link, an expired login, cookies that are off, or another page's login.
    fn foreign(&self, state: &State) -> Step {
        match self.cookie {
            Some(_) => go_round(self.rounds_before(), Reason::CodeRefused),
            // Without a cookie the count that WeChat sent back is all that is known.
            None => go_round(state.rounds, Reason::CookiesOff),
        }
    }
}

/// One more login came back and failed.
fn go_round(before: u8, reason: Reason) -> Step {
    login(before.saturating_add(1), reason)
}

/// Three redirects are sent; the fourth becomes a page.
fn login(rounds: u8, reason: Reason) -> Step {
    if rounds >= State::MAX_ROUNDS {
        Step::Stop(reason)
    } else {
        Step::Login {
            rounds,
            cookie: true,
        }
    }
}

#[cfg(test)]
#[path = "tests/decide.rs"]
mod tests;
