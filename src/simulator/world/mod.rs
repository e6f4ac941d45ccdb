//! What WeChat knows: accounts, people, codes and tokens, who is signed in and who consents, what goes wrong, and the log. Everything
//! that changes while the simulator runs is here, and nothing of HTTP's answers. It has no address of its own.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use actix_web::HttpRequest;

pub use self::{
    account::Account,
    call::Call,
    consent::Consent,
    endpoint::Endpoint,
    fault::Fault,
    person::Person,
    replay::{Replay, Replayed},
    rid::Rid,
    snapshot::Snapshot,
};
pub(crate) use self::{
    account::Kind,
    book::{Grant, Tokens},
    log::{Log, Stray},
    rules::Rules,
    scan::{Scan, Status},
    standing::Standing,
    tenant::Tenant,
};
use self::{book::code_life, people::People, replay::Replays};
use super::query::{Params, masked, unless_secret};

mod account;
mod account_form;
mod book;
mod call;
mod consent;
mod endpoint;
mod fault;
mod ledger;
mod log;
mod people;
mod person;
mod person_form;
mod replay;
mod rid;
mod rules;
mod scan;
mod seconds;
mod snapshot;
mod standing;
mod tenant;

pub(crate) type Clock = Box<dyn Fn() -> SystemTime + Send + Sync>;

/// What a world begins with, and is reset to.
pub(crate) struct Setup {
    pub(crate) accounts: Vec<Account>,
    pub(crate) people: Vec<Person>,
    pub(crate) clock: Clock,
    pub(crate) consent: Consent,
    /// How many calls, and of each account codes and tokens, are remembered.
    pub(crate) remember: usize,
}

pub(crate) struct World {
    setup: Setup,
    tenants: RwLock<Vec<Arc<Tenant>>>,
    people: RwLock<People>,
    /// What holds for all accounts.
    pub(crate) rules: Rules,
    pub(crate) log: Log,
    pub(crate) replays: Replays,
    last_snapshot: Mutex<Option<LastSnapshot>>,
    virtual_users: AtomicU64,
    /// How often somebody signed in.
    rounds: AtomicU64,
    /// Tells this run's browsers from those of an earlier one.
    run: u32,
}

/// The last snapshot page.
#[derive(Clone)]
pub(crate) struct LastSnapshot {
    /// Where the browser found the simulator.
    pub(crate) address: Arc<str>,
    /// What it asked the authorize page for.
    pub(crate) query: String,
}

impl World {
    pub(crate) fn new(setup: Setup) -> Self {
        let world = Self {
            tenants: RwLock::default(),
            people: RwLock::default(),
            rules: Rules::default(),
            log: Log::new(setup.remember),
            replays: Replays::new(setup.remember),
            last_snapshot: Mutex::default(),
            virtual_users: AtomicU64::new(0),
            rounds: AtomicU64::new(0),
            run: rand::random(),
            setup,
        };
        world.begin();
        world
    }

    fn begin(&self) {
        let accounts = self.setup.accounts.iter().cloned();
        *self.write_tenants() = accounts
            .map(|account| Arc::new(Tenant::new(account, self.setup.remember)))
            .collect();
        *self.write_people() = People::new(self.setup.people.iter().cloned());
        self.rules.session().consent = Some(self.setup.consent);
    }

    /// Back to the beginning; a browser's choice is forgotten, too.
    pub(crate) fn reset(&self) {
        self.rules.clear();
        self.begin();
        self.rules.session().round = self.next_round();
        self.log.clear(None);
        self.replays.clear(None);
        *self.last_snapshot_lock() = None;
    }

    /// One account back to how it came, with nothing that happened since; says whether there is one.
    pub(crate) fn reset_account(&self, appid: &str) -> bool {
        let mut tenants = self.write_tenants();
        let Some(tenant) = tenants.iter_mut().find(|tenant| tenant.appid() == appid) else {
            return false;
        };
        let anew = tenant.anew(self.setup.remember);
        anew.rules.session().round = self.next_round();
        *tenant = Arc::new(anew);
        drop(tenants);
        self.log.clear(Some(appid));
        self.replays.clear(Some(appid));
        true
    }

    // Accounts

    pub(crate) fn tenants(&self) -> Vec<Arc<Tenant>> {
        self.read_tenants().clone()
    }

    pub(crate) fn tenant(&self, appid: &str) -> Option<Arc<Tenant>> {
        self.find_tenant(|tenant| tenant.appid() == appid)
    }

    /// The first account: it says how WeChat is, where a request is no account's.
    pub(crate) fn first(&self) -> Option<Arc<Account>> {
        self.read_tenants().first().map(|tenant| tenant.account())
    }

    pub(crate) fn find_tenant(&self, found: impl Fn(&Tenant) -> bool) -> Option<Arc<Tenant>> {
        let tenants = self.read_tenants();
        tenants.iter().find(|tenant| found(tenant)).cloned()
    }

    /// Where this access token was given.
    pub(crate) fn holder(&self, access: &str) -> Option<Arc<Tenant>> {
        self.find_tenant(|tenant| tenant.book().knows(access))
    }

    /// Adds an account, or changes the settings of the one of this appid.
    pub(crate) fn put_account(&self, account: Account) {
        let mut tenants = self.write_tenants();
        match tenants
            .iter()
            .find(|tenant| tenant.appid() == account.appid())
        {
            Some(tenant) => tenant.set_account(account),
            None => tenants.push(Arc::new(Tenant::new(account, self.setup.remember))),
        }
    }

    pub(crate) fn remove_account(&self, appid: &str) -> bool {
        let mut tenants = self.write_tenants();
        let before = tenants.len();
        tenants.retain(|tenant| tenant.appid() != appid);
        let removed = tenants.len() < before;
        drop(tenants);
        if removed {
            self.log.clear(Some(appid));
            self.replays.clear(Some(appid));
        }
        removed
    }

    pub(crate) fn rid(&self, account: Option<&Account>) -> Rid {
        match account {
            Some(account) => account.rid,
            None => self.first().map(|account| account.rid).unwrap_or_default(),
        }
    }

    // People

    pub(crate) fn people(&self) -> Vec<Person> {
        self.read_people().all().to_vec()
    }

    pub(crate) fn person(&self, id: &str) -> Option<Person> {
        self.read_people().get(id).cloned()
    }

    pub(crate) fn put_person(&self, person: Person) {
        self.write_people().put(person);
    }

    pub(crate) fn remove_person(&self, id: &str) -> bool {
        self.write_people().remove(id)
    }

    /// Signs somebody in: at one account, or at all but those with somebody of their own.
    pub(crate) fn sign_in(&self, at: Option<&Tenant>, person: Person) {
        let id = person.id().to_owned();
        self.put_person(person);
        self.set_signed_in(at, Some(id));
    }

    /// The same by the id; none stands for whoever is signed in at all accounts, at all accounts for the first person.
    pub(crate) fn set_signed_in(&self, at: Option<&Tenant>, id: Option<String>) {
        let round = self.next_round();
        let mut session = self.rules_at(at).session();
        session.person = id;
        session.round = round;
    }

    pub(crate) fn signed_in(&self, at: Option<&Tenant>) -> Person {
        let id = at
            .and_then(|tenant| tenant.rules.session().person.clone())
            .or_else(|| self.rules.session().person.clone());
        let people = self.read_people();
        id.and_then(|id| people.get(&id))
            .or(people.all().first())
            .cloned()
            .unwrap_or_else(|| Person::named("小明"))
    }

    pub(crate) fn consent(&self, at: Option<&Tenant>) -> Consent {
        at.and_then(|tenant| tenant.rules.session().consent)
            .or_else(|| self.rules.session().consent)
            .unwrap_or_default()
    }

    pub(crate) fn set_consent(&self, at: Option<&Tenant>, consent: Option<Consent>) {
        self.rules_at(at).session().consent = match at {
            Some(_) => consent,
            None => consent.or(Some(self.setup.consent)),
        };
    }

    /// Whose WeChat a browser is: where people are asked, the one chosen there before, unless
    /// somebody signed in since.
    pub(crate) fn person_of(&self, request: &HttpRequest, tenant: &Tenant) -> Person {
        let asks = self.consent(Some(tenant)) == Consent::Ask;
        let chosen = request.cookie(COOKIE).filter(|_| asks).and_then(|cookie| {
            let mut parts = cookie.value().splitn(3, '.');
            let (run, round, id) = (parts.next()?, parts.next()?, parts.next()?);
            // Rounds of an earlier run are older than any sign-in of this one.
            let is_of_this_run = u32::from_str_radix(run, 16) == Ok(self.run);
            let round: u64 = round.parse().ok()?;
            let round = if is_of_this_run { round } else { 0 };
            let current = round >= self.round_at(tenant);
            self.person(id).filter(|_| current)
        });
        chosen.unwrap_or_else(|| self.signed_in(Some(tenant)))
    }

    /// Makes a browser remember a choice. The path keeps the cookie away from the application on the same host.
    pub(crate) fn remember(&self, person: &Person) -> String {
        let (run, round) = (self.run, self.rounds.load(Ordering::Relaxed));
        format!(
            "{COOKIE}={run:x}.{round}.{}; Path=/connect; HttpOnly; SameSite=Lax",
            person.id()
        )
    }

    fn round_at(&self, tenant: &Tenant) -> u64 {
        let own = tenant.rules.session().round;
        if tenant.rules.session().person.is_some() {
            return own;
        }
        own.max(self.rules.session().round)
    }

    fn next_round(&self) -> u64 {
        self.rounds.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn virtual_user(&self) -> Person {
        Person::virtual_user(self.virtual_users.fetch_add(1, Ordering::Relaxed))
    }

    /// The person of a grant as they are now.
    pub(crate) fn current(&self, grant: &Grant) -> Person {
        let listed = grant.listed.then(|| self.person(grant.person.id()));
        listed.flatten().unwrap_or_else(|| grant.person.clone())
    }

    pub(crate) fn stand(&self, at: Option<&Tenant>, person: &Person, standing: Standing) {
        if at.is_none() {
            match standing {
                Standing::Freeze => self.write_people().freeze(person.id(), true),
                Standing::Unfreeze => self.write_people().freeze(person.id(), false),
                Standing::Revoke | Standing::ChangePassword => {}
            }
        }
        for tenant in self.tenants() {
            if at.is_none_or(|at| std::ptr::eq(at, &*tenant)) {
                tenant.book().stand(person, standing);
            }
        }
    }

    pub(crate) fn is_frozen(&self, person: &Person) -> bool {
        self.read_people().is_frozen(person.id())
    }

    // Codes

    pub(crate) fn mint(&self, tenant: &Tenant, grant: Grant) -> String {
        let life = code_life(tenant.account().kind == Kind::Website);
        let now = self.now(Some(tenant));
        tenant.book().mint(grant, life, now).as_ref().to_owned()
    }

    /// A code without a browser; for an account that is not here, one that is good for nothing.
    pub(crate) fn mint_for(
        &self,
        appid: &str,
        person: &Person,
        scope: &str,
        component: Option<&str>,
    ) -> String {
        let listed = self.person(person.id());
        let grant = Grant {
            person: person.clone(),
            listed: listed.is_some_and(|listed| listed.is_same_copy(person)),
            scope: scope.to_owned(),
            snapshot: false,
            component: component.map(Arc::from),
            address: None,
            code: None,
        };
        match self.tenant(appid) {
            Some(tenant) => self.mint(&tenant, grant),
            None => book::random_code(),
        }
    }

    // Time

    /// What time it is, at one account or for all.
    pub(crate) fn now(&self, at: Option<&Tenant>) -> SystemTime {
        let now = self.rules.shift().of((self.setup.clock)());
        match at {
            Some(tenant) => tenant.rules.shift().of(now),
            None => now,
        }
    }

    pub(crate) fn advance(&self, at: Option<&Tenant>, by: Duration) {
        self.rules_at(at).shift().advance(by);
    }

    pub(crate) fn freeze_time(&self, at: Option<&Tenant>, frozen: bool) {
        let followed = match at {
            Some(_) => self.now(None),
            None => (self.setup.clock)(),
        };
        self.rules_at(at).shift().freeze(frozen, followed);
    }

    // What goes wrong, and the log

    pub(crate) fn rules_at<'a>(&'a self, at: Option<&'a Tenant>) -> &'a Rules {
        at.map_or(&self.rules, |tenant| &tenant.rules)
    }

    /// The fault of this call, if it has one: the account's own before that of all.
    pub(crate) fn fault(&self, at: Option<&Tenant>, endpoint: Endpoint) -> Option<Fault> {
        let now = self.now(at);
        at.and_then(|tenant| tenant.rules.faults.next(endpoint, now))
            .or_else(|| self.rules.faults.next(endpoint, now))
    }

    /// All goes well again, at all accounts.
    pub(crate) fn clear_faults(&self) {
        self.rules.faults.clear();
        for tenant in self.tenants() {
            tenant.rules.faults.clear();
        }
    }

    pub(crate) fn replay(&self, tenant: &Tenant) -> Option<Replay> {
        let own = tenant.rules.replay();
        own.or(self.rules.replay()).flatten()
    }

    pub(crate) fn last_snapshot(&self) -> Option<LastSnapshot> {
        self.last_snapshot_lock().clone()
    }

    pub(crate) fn set_last_snapshot(&self, snapshot: LastSnapshot) {
        *self.last_snapshot_lock() = Some(snapshot);
    }

    pub(crate) fn record(
        &self,
        endpoint: Endpoint,
        at: Option<&Tenant>,
        request: &HttpRequest,
        form: &[u8],
        params: &Params,
    ) -> u64 {
        let mut query = request.query_string().to_owned();
        if !form.is_empty() {
            query = format!("{query}&{}", String::from_utf8_lossy(form));
        }
        let accounts: Vec<_> = self.tenants().iter().map(|it| it.account()).collect();
        let secrets = accounts.iter().map(|account| account.secret());
        self.log.push(Call {
            id: 0,
            appid: at.map_or_else(String::new, |it| it.appid().to_owned()),
            endpoint,
            method: request.method().to_string(),
            path: endpoint.path(),
            query: masked(&query, secrets.clone()),
            at: self.now(at),
            login: self.login_of(at, params),
            code: unless_secret(params.get("code"), secrets),
            errcode: None,
            fault: None,
        })
    }

    fn login_of(&self, at: Option<&Tenant>, params: &Params) -> String {
        let Some(tenant) = at else {
            return String::new();
        };
        let book = tenant.book();
        let login = match params.get("code") {
            "" => book.login_of(params.get("access_token"), params.get("refresh_token")),
            // What is no code of ours may be anything.
            code => book.known_code(code),
        };
        login.map(|code| (*code).to_owned()).unwrap_or_default()
    }

    /// A request that no account answers for, without its query.
    pub(crate) fn record_stray(&self, request: &HttpRequest, host: &str, reason: &'static str) {
        self.stray(request.method().as_str(), host, request.path(), reason);
    }

    /// A request that a proxy refused, which knows no more of it.
    pub(crate) fn record_refused(&self, method: &str, host: &str) {
        self.stray(method, host, "", "foreign_host");
    }

    fn stray(&self, method: &str, host: &str, path: &str, reason: &'static str) {
        let short = |text: &str| text.chars().take(200).collect();
        self.log.stray(Stray {
            id: 0,
            at: self.now(None),
            method: short(method),
            host: short(host),
            path: short(path),
            reason,
        });
    }

    fn read_tenants(&self) -> RwLockReadGuard<'_, Vec<Arc<Tenant>>> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_tenants(&self) -> RwLockWriteGuard<'_, Vec<Arc<Tenant>>> {
        self.tenants.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_people(&self) -> RwLockReadGuard<'_, People> {
        self.people.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_people(&self) -> RwLockWriteGuard<'_, People> {
        self.people.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_snapshot_lock(&self) -> std::sync::MutexGuard<'_, Option<LastSnapshot>> {
        self.last_snapshot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

const COOKIE: &str = "wechat_simulator_person";

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}
