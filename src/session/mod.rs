//! The user in the session: the stored form, and what it may cost.
//!
//! A cached page pays for every byte of the session cookie, so a user is stored as one delimited
//! string. Its first field is a version: an unknown form means "not logged in".

use std::time::{Duration, SystemTime};

use actix_session::Session;

use crate::{scope::Scope, user::WechatUser};

/// DEL: one byte, which JSON does not escape and no field holds, for they are cleaned of control
/// characters.
const DELIMITER: char = '\u{7f}';
const VERSION: char = '1';
/// In the place of a scope: somebody was logged in here.
const LOGGED_OUT: char = 'o';
const SNAPSHOT: char = 's';

/// The user's part of the session cookie, in bytes of JSON. Encryption, base64 and
/// percent-encoding make up to 1.45 bytes of cookie of each, and a cookie that begins with the user
/// has a name and attributes, too: at most 1,500 bytes in all.
const BUDGET: usize = 960;

/// What a session knows of one account's user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once, on the path of every cached page"
)]
pub(crate) enum Known {
    User(WechatUser),
    /// Logged out: kept so that the next user does not inherit this one's session, and as a sign
    /// that the session does stick.
    LoggedOut {
        openid: String,
        at: SystemTime,
    },
}

impl Known {
    pub(crate) fn openid(&self) -> &str {
        match self {
            Self::User(user) => &user.openid,
            Self::LoggedOut { openid, .. } => openid,
        }
    }

    /// When it came about, in seconds since the Unix epoch.
    pub(crate) fn since(&self) -> u64 {
        match self {
            Self::User(user) => seconds(user.logged_in_at),
            Self::LoggedOut { at, .. } => seconds(*at),
        }
    }
}

/// Where a user is stored, and whose it can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) key: &'a str,
    pub(crate) appid: &'a str,
    /// The website app's appid, where that login is offered.
    pub(crate) website: Option<&'a str>,
}

impl Slot<'_> {
    /// What the session knows; a form that cannot be read is nothing.
    pub(crate) fn load(&self, session: &Session) -> Option<Known> {
        let entries = session.entries();
        let json = entries.get(self.key)?;
        match serde_json::from_str::<&str>(json) {
            Ok(plain) => self.decode(plain),
            // With an escape in it the text cannot be borrowed.
            Err(_) => self.decode(&serde_json::from_str::<String>(json).ok()?),
        }
    }

    /// Logs the user in. A user that the session holds already, from the same login, is not written
    /// again.
    pub(crate) fn store(&self, session: &Session, user: &WechatUser) -> Result<(), TooLarge> {
        let known = self.load(session);
        if let Some(Known::User(known)) = &known
            && is_same_person(known, user)
            && known.scope == user.scope
            && known.logged_in_at == user.logged_in_at
        {
            return Ok(());
        }
        let stored = encode_within(user, self.key, BUDGET)?;
        let is_another = match &known {
            None => false,
            Some(Known::User(known)) => !is_same_person(known, user),
            Some(Known::LoggedOut { openid, .. }) => *openid != user.openid,
        };
        if is_another {
            // What the former user left behind is not this one's.
            session.clear();
        }
        // A new key, so that one planted before the login is worth nothing after it.
        session.renew();
        session.insert(self.key, stored).map_err(|_| TooLarge)?;
        Ok(())
    }

    /// Logs the user out.
    pub(crate) fn forget(&self, session: &Session, now: u64) {
        let openid = match self.load(session) {
            Some(Known::User(user)) => user.openid,
            Some(Known::LoggedOut { .. }) | None => return,
        };
        let stored = format!("{VERSION}{LOGGED_OUT}{DELIMITER}{now}{DELIMITER}{openid}");
        if session.insert(self.key, stored).is_err() {
            session.remove(self.key);
        }
    }

    pub(crate) fn decode(&self, stored: &str) -> Option<Known> {
        let mut fields = stored.split(DELIMITER);
        let mut next = || fields.next().unwrap_or_default();
        let mut head = next().chars();
        if head.next() != Some(VERSION) {
            return None;
        }
        let kind = head.next()?;
        let is_snapshotuser = match head.as_str() {
            "" => false,
            flag if flag.chars().eq([SNAPSHOT]) => true,
            _ => return None,
        };
        let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(next().parse().ok()?))?;
        let openid = next().to_owned();
        if openid.is_empty() {
            return None;
        }
        if kind == LOGGED_OUT {
            return Some(Known::LoggedOut { openid, at });
        }
        let scope = Scope::from_letter(kind)?;
        let appid = match scope {
            // The key names it.
            Scope::Base | Scope::UserInfo => self.appid,
            Scope::Login => self.website.filter(|appid| *appid == next())?,
        };
        let user = WechatUser {
            appid: appid.to_owned(),
            openid,
            unionid: Some(next().to_owned()).filter(|unionid| !unionid.is_empty()),
            nickname: next().to_owned(),
            sex: next().parse().unwrap_or_default(),
            headimgurl: next().to_owned(),
            province: next().to_owned(),
            city: next().to_owned(),
            country: next().to_owned(),
            privilege: fields.map(ToOwned::to_owned).collect(),
            is_snapshotuser,
            scope: scope.name(),
            logged_in_at: at,
        };
        Some(Known::User(user))
    }
}

/// Openids of two accounts cannot be compared; there only a unionid tells that it is one person.
fn is_same_person(one: &WechatUser, other: &WechatUser) -> bool {
    if one.appid == other.appid {
        one.openid == other.openid
    } else {
        one.unionid.is_some() && one.unionid == other.unionid
    }
}

/// Even without its optional fields the user does not fit into a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// The stored form, without the optional fields that do not fit: first the privileges go, then the
/// region, the picture, the nickname's end; never the openid or the unionid.
fn encode_within(user: &WechatUser, key: &str, budget: usize) -> Result<String, TooLarge> {
    type Cut = fn(&mut WechatUser);
    const NICKNAME_CHARS: usize = 32;
    let cuts: [(&str, Cut); 4] = [
        ("privilege", |user| user.privilege.clear()),
        ("region", |user| {
            user.province.clear();
            user.city.clear();
            user.country.clear();
        }),
        ("headimgurl", |user| user.headimgurl.clear()),
        ("nickname", |user| {
            user.nickname = user.nickname.chars().take(NICKNAME_CHARS).collect();
        }),
    ];
    let mut stored = encode(user);
    if cost(key, &stored) <= budget {
        return Ok(stored);
    }
    let mut user = user.clone();
    for (field, cut) in cuts {
        cut(&mut user);
        let shorter = encode(&user);
        if shorter == stored {
            continue;
        }
        tracing::warn!(
            name: "wechat.user.cut",
            field,
            "wechat.user.cut: the user is too large for a cookie, a field is left out"
        );
        stored = shorter;
        if cost(key, &stored) <= budget {
            return Ok(stored);
        }
    }
    tracing::error!(
        name: "wechat.user.too_large",
        cure = "look at what WeChat answers: openid and unionid alone do not fit into a cookie",
        "wechat.user.too_large"
    );
    Err(TooLarge)
}

fn encode(user: &WechatUser) -> String {
    let scope = Scope::ALL
        .into_iter()
        .find(|scope| scope.name() == user.scope)
        .unwrap_or(Scope::UserInfo);
    let mut head = String::from_iter([VERSION, scope.letter()]);
    if user.is_snapshotuser {
        head.push(SNAPSHOT);
    }
    let logged_in_at = seconds(user.logged_in_at).to_string();
    let sex = user.sex.to_string();
    let mut fields = vec![head.as_str(), &logged_in_at, &user.openid];
    if scope == Scope::Login {
        fields.push(&user.appid);
    }
    fields.extend([
        user.unionid.as_deref().unwrap_or_default(),
        &user.nickname,
        &sex,
        &user.headimgurl,
        &user.province,
        &user.city,
        &user.country,
    ]);
    fields.extend(user.privilege.iter().map(String::as_str));
    while fields.last().is_some_and(|field| field.is_empty()) {
        fields.pop();
    }
    fields.join(DELIMITER.encode_utf8(&mut [0; 4]))
}

/// What the entry takes in the session's JSON, in which each value is JSON once more.
fn cost(key: &str, stored: &str) -> usize {
    let Ok(once) = serde_json::to_string(stored) else {
        return usize::MAX;
    };
    let escaped = once.bytes().filter(|byte| matches!(byte, b'"' | b'\\'));
    key.len() + once.len() + escaped.count() + "\"\"".len()
}

pub(crate) fn seconds(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
#[path = "tests/session.rs"]
mod tests;
