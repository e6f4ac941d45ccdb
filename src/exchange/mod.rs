//! Code → user: at most one exchange a code, whoever asks for it and whoever hangs up.
//!
//! The first request with a code starts a detached task; every other one with the same code and
//! the same login waits for that task's result. WeChat's browser is known to ask twice.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use actix_web::rt::{self, task::JoinError, time::Instant};
use tracing::Level;

use crate::{
    alphanumeric::Nonce,
    clock::{Clock, Moment},
    credentials::Credentials,
    events::{self, Failed},
    exchange::{
        attempt::Attempt,
        hook::{Hook, Login},
        limit::{Full, Limit, Place},
        memory::{Digest, Found, Memory},
        outcome::{Failure, LoggedIn, Outcome, elapsed_ms},
    },
    lang::Lang,
    reason::Reason,
    scope::Scope,
    session::stored,
    sns::{Client, errcode::Call},
    turn::Turn,
};

mod attempt;
pub(crate) mod hook;
pub(crate) mod limit;
pub(crate) mod memory;
pub(crate) mod outcome;

/// WeChat's are 32 characters, WeCom's up to 512; what is longer is not sent.
const CODE_LIMIT: usize = 512;
/// When a visitor who found no place may come back.
const RETRY_WHEN_FULL: u8 = 5;

/// The exchanges of one account.
pub(crate) struct Exchanges {
    /// For the calls of one login.
    pub(crate) deadline: Duration,
    pub(crate) hook: Option<Hook>,
    pub(crate) accepts_snapshots: bool,
    pub(crate) limit: Limit,
    pub(crate) clock: Clock,
    /// Of the profile.
    pub(crate) lang: Lang,
    /// The official account's appid, for the events.
    pub(crate) appid: String,
    /// The key of the session; its length counts in the user's share of the cookie.
    pub(crate) session_key: String,
    pub(crate) memory: Memory,
}

/// A login that came back. Its result is shared with requests that have the same.
#[derive(Hash)]
pub(crate) struct Ticket {
    pub(crate) scope: Scope,
    pub(crate) nonce: Nonce,
    pub(crate) code: String,
}

/// The outcome of a login that came back, for one request.
pub(crate) struct Exchanged {
    pub(crate) outcome: Outcome,
    /// Another request began it.
    pub(crate) is_shared: bool,
}

impl Exchanges {
    /// The outcome of this login, from the one exchange that is made for it. Where that has to be
    /// waited for, the turn in which it was asked for ends.
    pub(crate) fn exchange<'a>(
        self: &'a Arc<Self>,
        client: &'a Rc<Client>,
        account: &'a Arc<Credentials>,
        ticket: Ticket,
        known_openid: Option<String>,
        turn: Turn,
    ) -> impl Future<Output = Exchanged> + 'a {
        let shared = |outcome| Exchanged {
            outcome,
            is_shared: true,
        };
        // No `async fn`: that would keep its arguments twice.
        async move {
            if ticket.code.len() > CODE_LIMIT {
                return shared(Outcome::Restart);
            }
            let digest = self.memory.digest(&ticket);
            let place = match self.limit.try_enter() {
                Some(place) => place,
                None => {
                    // Who brings a known code waits for no place. With room there is no need to
                    // know that before: the place is given back at once.
                    match self.memory.find(digest, self.clock.now()) {
                        Found::New => {}
                        known => return shared(share(known, &turn).await),
                    }
                    turn.end_when_over();
                    match self.limit.enter().await {
                        Ok(place) => place,
                        Err(Full) => return shared(self.full()),
                    }
                }
            };
            match self.memory.begin(digest, self.clock.now()) {
                Found::New => {}
                known => {
                    drop(place);
                    return shared(share(known, &turn).await);
                }
            }
            let running = Running {
                exchanges: Arc::clone(self),
                digest,
                is_concluded: false,
                _place: place,
            };
            // Detached: a client that resets its connection takes its request with it, not the code.
            let exchange = running.run(
                Rc::clone(client),
                Arc::clone(account),
                ticket,
                known_openid,
                turn,
            );
            // Boxed: what a task holds itself is aligned so that the allocator searches for it.
            let task = rt::spawn(Box::pin(exchange));
            Exchanged {
                outcome: task.await.unwrap_or_else(|err| self.lost(&err)),
                is_shared: false,
            }
        }
    }

    /// No outcome: the exchange panicked, or the runtime shuts down.
    fn lost(&self, err: &JoinError) -> Outcome {
        if err.is_panic() {
            let failed = Failed {
                problem: Some("the exchange panicked"),
                ..Failed::new(&self.appid, Reason::Misconfigured)
            };
            events::login_failed(Level::ERROR, &failed);
        }
        Outcome::Restart
    }

    fn full(&self) -> Outcome {
        let failed = Failed {
            cure: Some(
                "more logins at once than places; raise `in_flight` or the limit of open files, or limit the rate at the proxy",
            ),
            ..Failed::new(&self.appid, Reason::Busy)
        };
        events::login_failed(Level::WARN, &failed);
        Outcome::Failed(Failure {
            retry_after: Some(RETRY_WHEN_FULL),
            ..Failure::plain(Reason::Busy)
        })
    }

    /// The user as the session keeps it, after the app's hook has run.
    async fn complete(&self, login: Box<Login>, started: Instant) -> Outcome {
        let failed = |reason| Outcome::Failed(Failure::plain(reason));
        let at = Moment::from(login.user.logged_in_at);
        let scope = login.user.scope;
        // Cut to what a session takes; the hook gets all of it.
        let Ok(stored) = stored::encode_within(&login.user, &self.session_key, &self.appid) else {
            return failed(Reason::Misconfigured);
        };
        if let Some(hook) = &self.hook
            && let Err(problem) = Box::pin(hook.run(*login)).await
        {
            let event = Failed {
                elapsed_ms: Some(elapsed_ms(started.into_std())),
                problem: Some(&problem),
                ..Failed::new(&self.appid, Reason::HookFailed)
            };
            events::login_failed(Level::ERROR, &event);
            return failed(Reason::HookFailed);
        }
        events::login_completed(&self.appid, scope, || elapsed_ms(started.into_std()));
        Outcome::LoggedIn(LoggedIn { stored, at })
    }
}

async fn share(known: Found, turn: &Turn) -> Outcome {
    let mut waiting = match known {
        Found::Done(outcome) => return outcome,
        Found::Tried | Found::New => return Outcome::Restart,
        Found::InFlight(waiting) => waiting,
    };
    turn.end_when_over();
    match waiting.wait_for(Option::is_some).await {
        Ok(told) => told.clone().unwrap_or(Outcome::Restart),
        // It panicked, or the runtime shuts down.
        Err(_) => Outcome::Restart,
    }
}

/// One exchange on its way. However it ends, those who wait for it are told.
struct Running {
    exchanges: Arc<Exchanges>,
    digest: Digest,
    is_concluded: bool,
    _place: Place,
}

impl Running {
    #[expect(
        clippy::manual_async_fn,
        reason = "that would keep the arguments twice"
    )]
    fn run(
        mut self,
        client: Rc<Client>,
        account: Arc<Credentials>,
        ticket: Ticket,
        known_openid: Option<String>,
        turn: Turn,
    ) -> impl Future<Output = Outcome> {
        async move {
            turn.end();
            let started = Instant::now();
            let exchanges = Arc::clone(&self.exchanges);
            let attempt = Attempt {
                client: &client,
                account: &account,
                deadline: started + exchanges.deadline,
                accepts_snapshots: exchanges.accepts_snapshots,
                clock: &exchanges.clock,
                lang: exchanges.lang,
                call: Cell::new(Call::to_exchange(&account)),
            };
            let mut sent = true;
            let outcome = match attempt.log_in(&ticket, known_openid).await {
                Ok(Some(login)) => exchanges.complete(login, started).await,
                Ok(None) => {
                    let event = Failed {
                        elapsed_ms: Some(elapsed_ms(started.into_std())),
                        ..Failed::new(&exchanges.appid, Reason::Snapshot)
                    };
                    events::login_failed(Level::INFO, &event);
                    Outcome::Snapshot
                }
                Err(error) => {
                    sent = error.sent;
                    Outcome::of(error, &exchanges.appid, started.into_std())
                }
            };
            self.conclude(Some(&outcome), sent);
            outcome
        }
    }

    fn conclude(&mut self, outcome: Option<&Outcome>, sent: bool) {
        self.is_concluded = true;
        let now = self.exchanges.clock.now();
        self.exchanges
            .memory
            .conclude(self.digest, outcome, sent, now);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_concluded {
            self.conclude(None, true);
        }
    }
}

#[cfg(test)]
#[path = "tests/exchange.rs"]
mod tests;
