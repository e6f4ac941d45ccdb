//! Carries out what was decided.

use actix_session::SessionExt as _;
use actix_web::HttpRequest;

use crate::{
    account::Wechat,
    answer::Reply,
    exchange::{
        Exchanged, Ticket,
        outcome::{Failure, LoggedIn, Outcome},
    },
    reason::Reason,
    scope::Scope,
    session::Known,
    visit::{
        Visit,
        decide::{CameBack, Step},
        login_cookie::{Completed, LoginCookie, Pending},
    },
    worker::Worker,
};

/// The identity that a handler takes, or what goes out instead.
pub(crate) async fn act<I>(
    req: &HttpRequest,
    worker: &Worker,
    visit: Visit,
    known: Known,
    step: Step<I>,
) -> Result<I, Reply> {
    let wechat = worker.wechat().clone();
    Err(match step {
        Step::Run(identity) => return Ok(identity),
        Step::Answer(instead) => Reply::new(wechat, visit, instead),
        Step::Exchange(CameBack {
            code,
            scope,
            rounds,
        }) => {
            let ticket = Ticket {
                scope,
                // The cookie's nonce, which only this browser has seen.
                nonce: visit
                    .cookie
                    .as_ref()
                    .and_then(LoginCookie::pending)
                    .map(|pending| pending.nonce.clone())
                    .unwrap_or_default(),
                code,
            };
            // Boxed, so that every other request does not carry its room.
            Box::pin(complete(req, worker, wechat, visit, known, ticket, rounds)).await
        }
    })
}

async fn complete(
    req: &HttpRequest,
    worker: &Worker,
    wechat: Wechat,
    visit: Visit,
    known: Known,
    ticket: Ticket,
    rounds: u8,
) -> Reply {
    let account = &wechat.0;
    // A satisfied extractor has not looked at what else the session holds.
    let known = match known {
        Known::Nobody => account.slot.load(&req.get_session()),
        known => known,
    };
    let scope: Scope = ticket.scope;
    let Exchanged { outcome, is_shared } = account
        .exchanges
        .exchange(
            worker.client(),
            account.logins.credentials(scope),
            ticket,
            known.openid().map(ToOwned::to_owned),
        )
        .await;
    match outcome {
        // The back button after a log-out: that login is over, however fresh its result.
        Outcome::LoggedIn(LoggedIn { at, .. })
            if is_shared && known.logged_out_at().is_some_and(|out| at <= out) =>
        {
            Reply::clean(wechat, visit, None)
        }
        Outcome::LoggedIn(LoggedIn { stored, at }) => {
            if account.slot.store(&req.get_session(), &stored).is_err() {
                tracing::error!(
                    name: "wechat.login.failed",
                    appid = account.appid(),
                    reason = Reason::Misconfigured.as_str(),
                    cure = "the session refuses the user; see whether its middleware is the one that the app means",
                    "wechat.login.failed"
                );
                return Reply::stop(wechat, visit, Failure::plain(Reason::Misconfigured));
            }
            let completed = LoginCookie::Completed(Completed { rounds, at });
            Reply::clean(wechat, visit, Some(completed))
        }
        Outcome::Restart => {
            let cookie = Pending::one_round_more(visit.cookie.as_ref(), &visit.page, visit.now);
            Reply::clean(wechat, visit, cookie)
        }
        Outcome::Snapshot => Reply::stop(wechat, visit, Failure::plain(Reason::Snapshot)),
        Outcome::Failed(failure) => Reply::stop(wechat, visit, failure),
    }
}
