//! The calls of one login, each as often as its failures allow, within one deadline.

use std::{cell::Cell, time::Duration};

use actix_web::rt::time::{Instant, sleep};
use rand::RngExt as _;
use tokio::time::timeout_at;

use crate::{
    clock::Clock,
    credentials::{Credentials, Proof},
    exchange::{Ticket, hook::Login},
    lang::Lang,
    sns::{
        Client, Connections, Told,
        errcode::{Call, Fault},
        error::CallError,
        request::Request,
    },
    user::WechatUser,
};

/// Who asks WeChat, for whom, and until when.
pub(crate) struct Attempt<'a> {
    pub(crate) client: &'a Client,
    pub(crate) account: &'a Credentials,
    pub(crate) deadline: Instant,
    pub(crate) accepts_snapshots: bool,
    pub(crate) clock: &'a Clock,
    pub(crate) lang: Lang,
    /// What WeChat is asked now.
    pub(crate) call: Cell<Call>,
}

impl Attempt<'_> {
    /// The user behind a code; `None` for a snapshot user.
    pub(crate) async fn log_in(
        &self,
        ticket: &Ticket,
        known_openid: Option<String>,
    ) -> Result<Option<Box<Login>>, Box<CallError>> {
        // Boxed, and so is each call: the allocator searches long for much room in one piece.
        let logging_in = Box::pin(self.ask(ticket, known_openid));
        timeout_at(self.deadline, logging_in)
            .await
            .unwrap_or_else(|_| {
                let late = CallError::new(self.call.get(), Fault::TimedOut);
                Err(Box::new(late.at(self.client.host())))
            })
    }

    async fn ask(
        &self,
        ticket: &Ticket,
        known_openid: Option<String>,
    ) -> Result<Option<Box<Login>>, Box<CallError>> {
        let account = self.account;
        let proof = self.prove().await?;
        let exchanged = {
            // Dropped with what it holds as soon as it is answered.
            let request = Request::exchange(&account.appid, &proof, &ticket.code);
            self.persist(&request).await?.into_exchanged()
        };
        // Boxed, for many hands pass it on.
        let mut login = Box::new(Login {
            user: WechatUser::without_profile(&account.appid, exchanged.openid, ticket.scope),
            known_openid,
            tokens: exchanged.tokens,
        });
        login.user.unionid = exchanged.unionid;
        login.user.is_snapshotuser = exchanged.is_snapshotuser;
        if ticket.scope.has_profile() && !self.is_refused(&login.user) {
            self.call.set(Call::Profile);
            let profile = {
                let token = login.tokens.access_token();
                let request = Request::profile(token, &login.user.openid, self.lang);
                self.persist(&request).await
            };
            let profile = profile.map_err(|mut err| {
                // Whatever this call has sent, the code is spent.
                err.sent = true;
                err
            })?;
            profile.tell(&mut login.user);
        }
        if self.is_refused(&login.user) {
            return Ok(None);
        }
        if let Some(now) = self.clock.now().to_system_time() {
            login.user.logged_in_at = now;
        }
        Ok(Some(login))
    }

    /// What the exchange is to show. It leaves half of the time for the calls, which spend the code.
    async fn prove(&self) -> Result<Proof<'_>, Box<CallError>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let proof = self.account.prove(left / 2).await;
        proof.map_err(|trouble| Box::new(CallError::unproved(self.call.get(), trouble)))
    }

    fn is_refused(&self, user: &WechatUser) -> bool {
        user.is_snapshotuser && !self.accepts_snapshots
    }

    async fn persist(&self, request: &Request<'_>) -> Told {
        let mut connections = Connections::Kept;
        let mut tries = 0;
        let mut sent = false;
        loop {
            tries += 1;
            let mut error = match Box::pin(self.client.send(request, connections)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            sent |= error.sent;
            if tries >= error.verdict().tries {
                error.sent = sent;
                return Err(error);
            }
            if error.fault == Fault::Unanswered {
                // A kept one may have been closed as the request left.
                connections = Connections::Fresh;
            }
            sleep(backoff(tries)).await;
        }
    }
}

/// 50 to 100 ms, then twice that: jittered, so that visitors who failed together do not return
/// together.
fn backoff(tries: u8) -> Duration {
    let most = 50 << tries;
    Duration::from_millis(rand::rng().random_range(most / 2..=most))
}

#[cfg(test)]
#[path = "tests/attempt.rs"]
mod tests;
