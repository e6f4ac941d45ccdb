//! What WeChat remembers of one account: codes, tokens, consents, and who has been frozen. All of it bounded.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rand::distr::{Alphanumeric, SampleString};

use super::{ledger::Ledger, person::Person, standing::Standing};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a spent code is known as spent; afterwards it is any invalid code.
const SPENT: Duration = Duration::from_secs(5 * 60);
const ACCESS: Duration = Duration::from_secs(7200);
const REFRESH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const CONSENT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a code stands for, and later a token.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) person: Person,
    /// Whether this is somebody of the people to choose from, who may change meanwhile.
    pub(crate) listed: bool,
    pub(crate) scope: String,
    /// Given to a snapshot page.
    pub(crate) snapshot: bool,
    /// The platform that the login is made through, by its appid.
    pub(crate) component: Option<Arc<str>>,
    /// Where the browser found the simulator: `https://open.weixin.qq.com`. None without a browser.
    pub(crate) address: Option<Arc<str>>,
    /// The code that it was given by, once it was.
    pub(crate) code: Option<Arc<str>>,
}

#[derive(Debug)]
struct Code {
    grant: Grant,
    expires: SystemTime,
    spent: Option<SystemTime>,
}

#[derive(Debug)]
struct Token {
    grant: Grant,
    expires: SystemTime,
    standing: (u32, u32),
    /// For a refresh token: the access token it stands behind, and how many base logins there had been.
    behind: Option<(Arc<str>, u32)>,
    /// Whether the transient 40001 has been given.
    balked: bool,
}

/// What has happened to a person since a token was given.
#[derive(Debug, Default)]
struct Past {
    frozen: bool,
    revoked: u32,
    password_changed: u32,
}

/// Both tokens of a login.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access: Arc<str>,
    pub(crate) refresh: Arc<str>,
    pub(crate) grant: Grant,
}

#[derive(Debug)]
pub(crate) struct Book {
    codes: Ledger<Code>,
    access: Ledger<Token>,
    refresh: Ledger<Token>,
    consents: Ledger<SystemTime>,
    standings: HashMap<String, Past>,
    base_logins: Ledger<u32>,
    /// A platform's own.
    component_tokens: Ledger<SystemTime>,
}

impl Book {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            codes: Ledger::new(capacity),
            access: Ledger::new(capacity),
            refresh: Ledger::new(capacity),
            consents: Ledger::new(capacity),
            standings: HashMap::new(),
            base_logins: Ledger::new(capacity),
            component_tokens: Ledger::new(capacity),
        }
    }

    /// A code as the authorize page gives it.
    pub(crate) fn mint(&mut self, mut grant: Grant, life: Duration, now: SystemTime) -> Arc<str> {
        let code: Arc<str> = random_code().into();
        grant.code = Some(code.clone());
        let expires = now + life;
        let entry = Code {
            grant,
            expires,
            spent: None,
        };
        // An unspent code is as good as unknown once it has expired.
        self.codes.insert(code.clone(), entry, expires + SPENT, now);
        code
    }

    /// Spends a code.
    pub(crate) fn spend(
        &mut self,
        code: &str,
        component: Option<&str>,
        now: SystemTime,
    ) -> Result<Grant, i64> {
        let Some(entry) = self.codes.get_mut(code) else {
            return Err(40029);
        };
        if entry.grant.component.as_deref() != component {
            return Err(40029);
        }
        match entry.spent {
            Some(spent) if now < spent + SPENT => Err(40163),
            None if now < entry.expires => {
                entry.spent = Some(now);
                Ok(entry.grant.clone())
            }
            _ => Err(40029),
        }
    }

    pub(crate) fn issue(
        &mut self,
        grant: Grant,
        refresh_dies_on_base: bool,
        now: SystemTime,
    ) -> Tokens {
        let key = key(&grant.person);
        if refresh_dies_on_base && grant.scope == "snsapi_base" {
            let logins = self.base_logins.get(&key).map_or(1, |logins| logins + 1);
            self.base_logins
                .insert(key.clone(), logins, now + 2 * REFRESH, now);
        }
        let logins = self.base_logins.get(&key).copied().unwrap_or(0);
        let access = self.new_access(grant.clone(), now);
        let refresh = random_token();
        let token = Token {
            standing: self.standing(&grant.person),
            grant: grant.clone(),
            expires: now + REFRESH,
            behind: Some((access.clone(), logins)),
            balked: false,
        };
        self.refresh
            .insert(refresh.clone(), token, now + 2 * REFRESH, now);
        Tokens {
            access,
            refresh,
            grant,
        }
    }

    /// The same access token with its life extended, or a new one if it has expired.
    pub(crate) fn refresh(
        &mut self,
        refresh: &str,
        component: Option<&str>,
        now: SystemTime,
    ) -> Result<Tokens, i64> {
        let Some(token) = self.refresh.get(refresh) else {
            return Err(40030);
        };
        if token.grant.component.as_deref() != component {
            return Err(40030);
        }
        if now >= token.expires {
            return Err(42002);
        }
        let grant = token.grant.clone();
        let (access, logins) = token.behind.clone().unwrap_or_else(|| (Arc::from(""), 0));
        if token.standing != self.standing(&grant.person) {
            return Err(42007);
        }
        if self
            .base_logins
            .get(&key(&grant.person))
            .copied()
            .unwrap_or(0)
            != logins
        {
            return Err(40030);
        }
        let access = match self.access.get_mut(&access) {
            Some(token) if now < token.expires => {
                token.expires = now + ACCESS;
                self.access.keep(&access, now + ACCESS + DAY, now);
                access
            }
            _ => {
                let access = self.new_access(grant.clone(), now);
                if let Some(token) = self.refresh.get_mut(refresh) {
                    token.behind = Some((access.clone(), logins));
                }
                access
            }
        };
        Ok(Tokens {
            access,
            refresh: refresh.into(),
            grant,
        })
    }

    /// The code that one of these tokens came for.
    pub(crate) fn login_of(&self, access: &str, refresh: &str) -> Option<Arc<str>> {
        let token = self
            .access
            .get(access)
            .or_else(|| self.refresh.get(refresh))?;
        token.grant.code.clone()
    }

    /// The code, if it was given here.
    pub(crate) fn known_code(&self, code: &str) -> Option<Arc<str>> {
        self.codes.get(code)?.grant.code.clone()
    }

    /// Whether this access token was given here.
    pub(crate) fn knows(&self, access: &str) -> bool {
        self.access.get(access).is_some()
    }

    /// Whose token this is, if it is good; 40001 stands for a token that is not known at all.
    pub(crate) fn owner(
        &self,
        access: &str,
        is_frozen: impl Fn(&Person) -> bool,
        openid_is_theirs: impl Fn(&Grant) -> bool,
        now: SystemTime,
    ) -> Result<Grant, i64> {
        let Some(token) = self.access.get(access) else {
            return Err(40001);
        };
        if now >= token.expires {
            return Err(42001);
        }
        let (revoked, password_changed) = self.standing(&token.grant.person);
        if token.standing.1 != password_changed {
            return Err(42007);
        }
        if token.standing.0 != revoked {
            return Err(50001);
        }
        if self
            .standings
            .get(token.grant.person.id())
            .is_some_and(|past| past.frozen)
            || is_frozen(&token.grant.person)
        {
            return Err(50002);
        }
        if !openid_is_theirs(&token.grant) {
            return Err(40003);
        }
        Ok(token.grant.clone())
    }

    /// Whether this token has not been refused without a reason yet; it has been, from now on.
    pub(crate) fn balks(&mut self, access: &str) -> bool {
        match self.access.get_mut(access) {
            Some(token) => !std::mem::replace(&mut token.balked, true),
            None => false,
        }
    }

    pub(crate) fn consent(&mut self, person: &Person, now: SystemTime) {
        self.consents
            .insert(key(person), now + CONSENT, now + CONSENT, now);
    }

    pub(crate) fn has_consented(&self, person: &Person, now: SystemTime) -> bool {
        self.consents
            .get(person.id())
            .is_some_and(|until| now < *until)
    }

    /// A platform's own token.
    pub(crate) fn issue_component_token(&mut self, now: SystemTime) -> Arc<str> {
        let token = random_token();
        let until = now + ACCESS;
        self.component_tokens
            .insert(token.clone(), until, until, now);
        token
    }

    pub(crate) fn is_component_token(&self, token: &str, now: SystemTime) -> bool {
        let until = self.component_tokens.get(token);
        until.is_some_and(|until| now < *until)
    }

    pub(crate) fn stand(&mut self, person: &Person, standing: Standing) {
        let of = self.standings.entry(person.id().to_owned()).or_default();
        match standing {
            Standing::Freeze => of.frozen = true,
            Standing::Unfreeze => of.frozen = false,
            Standing::ChangePassword => of.password_changed += 1,
            Standing::Revoke => {
                of.revoked += 1;
                self.consents.remove(person.id());
            }
        }
    }

    fn standing(&self, person: &Person) -> (u32, u32) {
        self.standings.get(person.id()).map_or((0, 0), |standing| {
            (standing.revoked, standing.password_changed)
        })
    }

    fn new_access(&mut self, grant: Grant, now: SystemTime) -> Arc<str> {
        let access = random_token();
        let token = Token {
            standing: self.standing(&grant.person),
            grant,
            expires: now + ACCESS,
            behind: None,
            balked: false,
        };
        // Kept a while after its end, to be told apart from a token that never was.
        self.access
            .insert(access.clone(), token, now + ACCESS + DAY, now);
        access
    }
}

fn key(person: &Person) -> Arc<str> {
    person.id().into()
}

/// 32 characters.
pub(crate) fn random_code() -> String {
    format!("0{}", Alphanumeric.sample_string(&mut rand::rng(), 31))
}

/// 110 characters, with the number that WeChat's tokens begin with.
fn random_token() -> Arc<str> {
    format!("59_{}", Alphanumeric.sample_string(&mut rand::rng(), 107)).into()
}

/// How long an unused code lives: five minutes, for a website app ten.
pub(crate) fn code_life(website: bool) -> Duration {
    MINUTE * if website { 10 } else { 5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_code_is_spent_once_and_later_forgotten() {
        let mut book = Book::new(100);
        let grant = Grant {
            person: Person::named("小明"),
            listed: false,
            scope: "snsapi_base".to_owned(),
            snapshot: false,
            component: None,
            address: None,
            code: None,
        };
        let code = book.mint(grant.clone(), code_life(false), at(0));
        assert_eq!(code.len(), 32);
        assert_eq!(book.spend(&code, Some("wx1"), at(1)).err(), Some(40029));
        assert!(book.spend(&code, None, at(299)).is_ok());
        assert_eq!(book.spend(&code, None, at(299)).err(), Some(40163));
        assert_eq!(book.spend(&code, None, at(599)).err(), Some(40029));
        let late = book.mint(grant, code_life(false), at(0));
        assert_eq!(book.spend(&late, None, at(300)).err(), Some(40029));
    }
}
