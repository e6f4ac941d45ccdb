//! What WeChat knows: accounts, people, codes and tokens, who is signed in and who consents, what goes wrong, and the log. Everything
//! that changes while the simulator runs is here, and nothing of HTTP's answers.

use std::{
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use actix_web::HttpRequest;

pub use self::{
    account::Account,
    calls::Call,
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
    scan::{Scan, Scans, Status},
};
use self::{
    book::{Book, code_life},
    calls::CallLog,
    fault::Faults,
    replay::Replays,
};
use super::query::{Params, masked, unless_secret};

mod account;
mod book;
mod calls;
mod consent;
mod endpoint;
mod fault;
mod ledger;
mod person;
mod replay;
mod rid;
mod scan;
mod snapshot;

pub(crate) type Clock = Box<dyn Fn() -> SystemTime + Send + Sync>;

/// What a world begins with.
pub(crate) struct Setup {
    pub(crate) accounts: Vec<Account>,
    pub(crate) people: Vec<Person>,
    pub(crate) clock: Clock,
    pub(crate) consent: Consent,
    /// How many calls, codes and tokens are remembered, each.
    pub(crate) remember: usize,
}

pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) accounts: Vec<Account>,
    pub(crate) calls: CallLog,
    pub(crate) faults: Faults,
    pub(crate) replays: Replays,
    pub(crate) scans: Mutex<Scans>,
    clock: Clock,
    ahead: Mutex<Duration>,
    book: Mutex<Book>,
    people: RwLock<People>,
    consent: RwLock<Consent>,
    /// The authorize query of the last snapshot page.
    snapshot_query: Mutex<Option<String>>,
    virtual_users: AtomicU64,
}

#[derive(Debug)]
struct People {
    all: Vec<Person>,
    signed_in: Person,
    /// How often somebody signed in: a browser that remembers an earlier choice is out of date.
    round: u64,
}

impl World {
    pub(crate) fn new(url: String, setup: Setup) -> Self {
        let signed_in = setup.people.first().cloned();
        Self {
            url,
            accounts: setup.accounts,
            calls: CallLog::new(setup.remember),
            faults: Faults::default(),
            replays: Replays::new(setup.remember),
            scans: Mutex::new(Scans::new(setup.remember)),
            clock: setup.clock,
            ahead: Mutex::default(),
            book: Mutex::new(Book::new(setup.remember)),
            people: RwLock::new(People {
                all: setup.people,
                signed_in: signed_in.unwrap_or_else(|| Person::named("小明")),
                round: 0,
            }),
            consent: RwLock::new(setup.consent),
            snapshot_query: Mutex::default(),
            virtual_users: AtomicU64::new(0),
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.clock)() + *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(by).min(CENTURY);
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn consent(&self) -> Consent {
        *self.consent.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_consent(&self, consent: Consent) {
        *self.consent.write().unwrap_or_else(PoisonError::into_inner) = consent;
    }

    pub(crate) fn sign_in(&self, person: Person) {
        let mut people = self.people.write().unwrap_or_else(PoisonError::into_inner);
        match people.all.iter_mut().find(|known| **known == person) {
            Some(known) => *known = person.clone(),
            None => people.all.push(person.clone()),
        }
        people.signed_in = person;
        people.round += 1;
    }

    pub(crate) fn people(&self) -> Vec<Person> {
        self.people
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .all
            .clone()
    }

    pub(crate) fn signed_in(&self) -> Person {
        self.people
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .signed_in
            .clone()
    }

    pub(crate) fn person(&self, id: &str) -> Option<Person> {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        people.all.iter().find(|person| person.id() == id).cloned()
    }

    /// Whose WeChat a browser is: where people are asked, the one chosen there before, unless
    /// somebody signed in since.
    pub(crate) fn person_of(&self, request: &HttpRequest) -> Person {
        let asks = self.consent() == Consent::Ask;
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        let chosen = request.cookie(COOKIE).filter(|_| asks).and_then(|cookie| {
            let (round, id) = cookie.value().split_once('.')?;
            let current = round.parse() == Ok(people.round);
            let mut known = people.all.iter();
            known.find(|person| current && person.id() == id).cloned()
        });
        chosen.unwrap_or_else(|| people.signed_in.clone())
    }

    /// Makes a browser remember a choice. The path keeps the cookie away from the application on the same host.
    pub(crate) fn remember(&self, person: &Person) -> String {
        let round = self
            .people
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .round;
        format!(
            "{COOKIE}={round}.{}; Path=/connect; HttpOnly; SameSite=Lax",
            person.id()
        )
    }

    pub(crate) fn virtual_user(&self) -> Person {
        Person::virtual_user(self.virtual_users.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn last_snapshot(&self) -> Option<String> {
        self.snapshot_query
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_last_snapshot(&self, query: &str) {
        *self
            .snapshot_query
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(query.to_owned());
    }

    pub(crate) fn account(&self, appid: &str) -> Option<(usize, &Account)> {
        self.accounts
            .iter()
            .enumerate()
            .find(|(_, account)| account.appid() == appid)
    }

    /// Where the pictures of an account's users are: at a test account here, so that they show without the internet.
    pub(crate) fn pictures(&self, account: &Account) -> &str {
        match account.kind {
            Kind::Test => &self.url,
            Kind::Official | Kind::Website => "https://thirdwx.qlogo.cn",
        }
    }

    pub(crate) fn rid(&self, account: Option<&Account>) -> Rid {
        account
            .or(self.accounts.first())
            .map(|account| account.rid)
            .unwrap_or_default()
    }

    pub(crate) fn mint(&self, grant: Grant) -> String {
        let website = self
            .accounts
            .get(grant.account)
            .is_some_and(|account| account.kind == Kind::Website);
        self.book()
            .mint(grant, code_life(website), self.now())
            .as_ref()
            .to_owned()
    }

    /// A code as the authorize page would give it; for an account that is not here, one that is good for nothing.
    pub(crate) fn mint_for(&self, appid: &str, person: &Person, scope: &str) -> String {
        self.mint(Grant {
            account: self.account(appid).map_or(usize::MAX, |(index, _)| index),
            person: person.clone(),
            scope: scope.to_owned(),
            snapshot: false,
        })
    }

    pub(crate) fn record(
        &self,
        endpoint: Endpoint,
        request: &HttpRequest,
        form: &[u8],
        params: &Params,
    ) {
        let mut query = request.query_string().to_owned();
        if !form.is_empty() {
            query = format!("{query}&{}", String::from_utf8_lossy(form));
        }
        let secrets = self.accounts.iter().map(Account::secret);
        self.calls.push(Call {
            endpoint,
            method: request.method().to_string(),
            path: endpoint.path(),
            query: masked(&query, secrets.clone()),
            at: self.now(),
            code: unless_secret(params.get("code"), secrets),
        });
    }
}

/// As far as the clock can be set ahead: more would be no time that a computer can add to.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

const COOKIE: &str = "wechat_simulator_person";

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
