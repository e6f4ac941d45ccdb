//! Completes a login that came back: code → user → session → the clean page.

use actix_session::SessionExt as _;
use actix_web::HttpRequest;
use tracing::Level;

use crate::{
    account::Wechat,
    answer::Reply,
    events::{self, Failed},
    exchange::{
        Ticket,
        outcome::{Failure, LoggedIn, Outcome},
    },
    reason::Reason,
    session::Known,
    turn::Turn,
    visit::{
        Visit,
        decide::CameBack,
        login_cookie::{Completed, LoginCookie, Pending},
    },
    worker::Worker,
};

/// What goes out when the login is completed, or cannot be.
pub(crate) fn complete(
    req: HttpRequest,
    worker: Worker,
    visit: Visit,
    known: Known,
    login: CameBack,
    turn: Turn,
) -> impl Future<Output = Reply> {
    // A satisfied extractor has not looked at what else the session holds.
    let known = match known {
        Known::Nobody => worker.wechat().0.slot.load(&req.get_session()),
        known => known,
    };
    let known_openid = known.openid().map(ToOwned::to_owned);
    let logged_out_at = known.logged_out_at();
    let CameBack {
        code,
        scope,
        nonce,
        rounds,
    } = login;
    let ticket = Ticket { scope, nonce, code };
    // No `async fn`: that would keep its arguments twice.
    async move {
        let account = &worker.wechat().0;
        let credentials = account.logins.credentials(scope);
        let exchanged = account
            .exchanges
            .exchange(worker.client(), credentials, ticket, known_openid, turn)
            .await;
        match exchanged.outcome {
            // The back button after a log-out: that login is over, however fresh its result.
            Outcome::LoggedIn(LoggedIn { at, .. })
                if exchanged.is_shared && logged_out_at.is_some_and(|out| at <= out) =>
            {
                Reply::clean(worker.wechat().clone(), visit, None)
            }
            outcome => end(&req, worker.wechat().clone(), visit, outcome, rounds),
        }
    }
}

fn end(req: &HttpRequest, wechat: Wechat, visit: Visit, outcome: Outcome, rounds: u8) -> Reply {
    let account = &wechat.0;
    match outcome {
        Outcome::LoggedIn(LoggedIn { stored, at }) => {
            if account.slot.store(&req.get_session(), &stored).is_err() {
                let failed = Failed {
                    cure: Some(
                        "the session refuses the user; see whether its middleware is the one that the app means",
                    ),
                    ..Failed::new(account.appid(), Reason::Misconfigured)
                };
                events::login_failed(Level::ERROR, &failed);
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
