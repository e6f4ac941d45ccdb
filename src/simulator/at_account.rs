use std::{fmt, sync::Arc, time::Duration};

use actix_web::web::Data;

use super::world::{Call, Consent, Endpoint, Fault, Person, Replay, Rules, Tenant, World};

/// A [`Simulator`](super::Simulator) as one account has it; see [`Simulator::at`](super::Simulator::at).
///
/// Two test suites side by side take an account each, and do not see each other. Of an account that is not there nothing is set, and
/// nothing is known.
///
/// ```
/// # actix_web::rt::System::new().block_on(async {
/// use actix_wechat::simulator::{Account, Endpoint, Fault, Simulator};
///
/// let simulator = Simulator::builder()
///     .account(Account::official("wx1", "secret 1", "one.example.cn"))
///     .account(Account::official("wx2", "secret 2", "two.example.cn"))
///     .start()
///     .await?;
/// simulator.at("wx1").fault(Endpoint::AccessToken, Fault::BusyBeforeSpending);
/// assert_eq!(simulator.at("wx2").count(Endpoint::AccessToken), 0);
/// # simulator.stop().await;
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct AtAccount {
    world: Data<World>,
    appid: String,
}

impl AtAccount {
    pub(super) fn new(world: Data<World>, appid: String) -> Self {
        Self { world, appid }
    }

    /// Who consents here.
    pub fn set_consent(&self, consent: Consent) {
        if let Some(tenant) = self.tenant() {
            self.world.set_consent(Some(&tenant), Some(consent));
        }
    }

    /// Whose WeChat it is here; adds the person to those to choose from.
    pub fn sign_in(&self, person: Person) {
        if let Some(tenant) = self.tenant() {
            self.world.sign_in(Some(&tenant), person);
        }
    }

    /// Lets every call of this account to this endpoint fail from now on, before what fails for all.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.rules(|rules| rules.faults.set(endpoint, fault));
    }

    /// Lets its next calls to this endpoint fail.
    pub fn fault_times(&self, endpoint: Endpoint, fault: Fault, times: usize) {
        self.rules(|rules| rules.faults.queue(endpoint, fault, times));
    }

    /// Takes back the faults that were set here.
    pub fn clear_faults(&self) {
        self.rules(|rules| rules.faults.clear());
    }

    /// Opens each of its callbacks once more, or none, whatever is set for all.
    pub fn set_replay(&self, replay: impl Into<Option<Replay>>) {
        let replay = replay.into();
        self.rules(|rules| rules.set_replay(Some(replay)));
    }

    /// Its calls, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.world.log.calls(Some(&self.appid), 0)
    }

    /// How many calls of its there were to this endpoint.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.world.log.count(Some(&self.appid), endpoint)
    }

    /// Lets time pass here.
    pub fn advance(&self, by: Duration) {
        if let Some(tenant) = self.tenant() {
            self.world.advance(Some(&tenant), by);
        }
    }

    /// The account as it was when it came, and nothing that happened since.
    pub fn reset(&self) {
        self.world.reset_account(&self.appid);
    }

    fn tenant(&self) -> Option<Arc<Tenant>> {
        self.world.tenant(&self.appid)
    }

    fn rules(&self, edit: impl FnOnce(&Rules)) {
        if let Some(tenant) = self.tenant() {
            edit(&tenant.rules);
        }
    }
}

impl fmt::Debug for AtAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtAccount")
            .field("appid", &self.appid)
            .finish_non_exhaustive()
    }
}
