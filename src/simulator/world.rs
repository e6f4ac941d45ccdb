//! All that the handlers share.

use std::{
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use actix_web::HttpRequest;
use serde::{Deserialize, Serialize};

use super::{
    account::{Account, Kind},
    answer::Rid,
    book::{Book, Grant, code_life},
    calls::{Call, CallLog, Endpoint, masked, unless_secret},
    fault::Faults,
    pages::Pages,
    params::Params,
    person::Person,
    qr::Scans,
    replay::Replays,
};

/// Who answers when a page asks for consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Whoever sits at the browser: a page with two buttons.
    #[default]
    Ask,
    /// Nobody: the person [signed in](super::Simulator::sign_in) allows everything at once.
    Automatic,
    /// Nobody: everything is refused at once.
    Refuse,
}

pub(super) type Clock = Box<dyn Fn() -> SystemTime + Send + Sync>;

pub(super) struct World {
    pub(super) url: String,
    pub(super) accounts: Vec<Account>,
    pub(super) pages: Pages,
    pub(super) calls: CallLog,
    pub(super) faults: Faults,
    pub(super) replays: Replays,
    pub(super) scans: Mutex<Scans>,
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
    pub(super) fn new(url: String, builder: super::Builder, pages: Pages) -> Self {
        let signed_in = builder.people.first().cloned();
        Self {
            url,
            accounts: builder.accounts,
            pages,
            calls: CallLog::new(builder.remember),
            faults: Faults::default(),
            replays: Replays::new(builder.remember),
            scans: Mutex::new(Scans::new(builder.remember)),
            clock: builder.clock,
            ahead: Mutex::default(),
            book: Mutex::new(Book::new(builder.remember)),
            people: RwLock::new(People {
                all: builder.people,
                signed_in: signed_in.unwrap_or_else(|| Person::named("小明")),
                round: 0,
            }),
            consent: RwLock::new(builder.consent),
            snapshot_query: Mutex::default(),
            virtual_users: AtomicU64::new(0),
        }
    }

    pub(super) fn now(&self) -> SystemTime {
        (self.clock)() + *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn advance(&self, by: Duration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(by).min(CENTURY);
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn consent(&self) -> Consent {
        *self.consent.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_consent(&self, consent: Consent) {
        *self.consent.write().unwrap_or_else(PoisonError::into_inner) = consent;
    }

    pub(super) fn sign_in(&self, person: Person) {
        let mut people = self.people.write().unwrap_or_else(PoisonError::into_inner);
        match people.all.iter_mut().find(|known| **known == person) {
            Some(known) => *known = person.clone(),
            None => people.all.push(person.clone()),
        }
        people.signed_in = person;
        people.round += 1;
    }

    pub(super) fn people(&self) -> Vec<Person> {
        self.people
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .all
            .clone()
    }

    pub(super) fn signed_in(&self) -> Person {
        self.people
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .signed_in
            .clone()
    }

    pub(super) fn person(&self, id: &str) -> Option<Person> {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        people.all.iter().find(|person| person.id() == id).cloned()
    }

    /// Whose WeChat a browser is: where people are asked, the one chosen there before, unless
    /// somebody signed in since.
    pub(super) fn person_of(&self, request: &HttpRequest) -> Person {
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
    pub(super) fn remember(&self, person: &Person) -> String {
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

    pub(super) fn virtual_user(&self) -> Person {
        Person::virtual_user(self.virtual_users.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn last_snapshot(&self) -> Option<String> {
        self.snapshot_query
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set_last_snapshot(&self, query: &str) {
        *self
            .snapshot_query
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(query.to_owned());
    }

    pub(super) fn account(&self, appid: &str) -> Option<(usize, &Account)> {
        self.accounts
            .iter()
            .enumerate()
            .find(|(_, account)| account.appid() == appid)
    }

    /// Where the pictures of an account's users are: at a test account here, so that they show without the internet.
    pub(super) fn pictures(&self, account: &Account) -> &str {
        match account.kind {
            Kind::Test => &self.url,
            Kind::Official | Kind::Website => "https://thirdwx.qlogo.cn",
        }
    }

    pub(super) fn rid(&self, account: Option<&Account>) -> Rid {
        account
            .or(self.accounts.first())
            .map(|account| account.rid)
            .unwrap_or_default()
    }

    pub(super) fn mint(&self, grant: Grant) -> String {
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
    pub(super) fn mint_for(&self, appid: &str, person: &Person, scope: &str) -> String {
        self.mint(Grant {
            account: self.account(appid).map_or(usize::MAX, |(index, _)| index),
            person: person.clone(),
            scope: scope.to_owned(),
            snapshot: false,
        })
    }

    pub(super) fn record(
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
