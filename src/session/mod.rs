//! What the session keeps: one account's user, or the trace of a log-out.

use std::time::Duration;

use actix_session::Session;

use crate::{
    clock::Moment,
    session::stored::{Kept, decode, encode_logged_out, is_users, trace},
    user::WechatUser,
};

pub(crate) mod middleware;
pub(crate) mod stored;

/// Where an account's user is stored, whose it can be, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) key: String,
    pub(crate) appid: String,
    /// The website app's appid, where that login is offered.
    pub(crate) website: Option<String>,
    pub(crate) max_age: Duration,
}

/// What a session knows of one account's user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once, on the path of every cached page"
)]
pub(crate) enum Known {
    Nobody,
    Kept(Kept),
    /// Written by another version, or of a website app that is no longer set.
    Unreadable,
}

impl Known {
    /// When the login or the log-out was.
    pub(crate) fn since(&self) -> Option<Moment> {
        match self {
            Self::Kept(Kept::User(user)) => Some(Moment::from(user.logged_in_at)),
            Self::Kept(Kept::LoggedOut { at, .. }) => Some(*at),
            Self::Nobody | Self::Unreadable => None,
        }
    }

    pub(crate) fn openid(&self) -> Option<&str> {
        match self {
            Self::Kept(Kept::User(user)) => Some(&user.openid),
            _ => None,
        }
    }

    pub(crate) fn logged_out_at(&self) -> Option<Moment> {
        match self {
            Self::Kept(Kept::LoggedOut { at, .. }) => Some(*at),
            _ => None,
        }
    }
}

impl Slot {
    pub(crate) fn load(&self, session: &Session) -> Known {
        let entries = session.entries();
        let Some(json) = entries.get(&self.key) else {
            return Known::Nobody;
        };
        let kept = match serde_json::from_str::<&str>(json) {
            Ok(plain) => self.decode(plain),
            // With an escape in it the text cannot be borrowed.
            Err(_) => serde_json::from_str::<String>(json)
                .ok()
                .and_then(|text| self.decode(&text)),
        };
        kept.map_or(Known::Unreadable, Known::Kept)
    }

    /// Whether a login is neither too old nor from the future.
    pub(crate) fn is_current(&self, user: &WechatUser, now: Moment) -> bool {
        let at = Moment::from(user.logged_in_at);
        !at.is_from_the_future(now) && at.age(now) <= self.max_age
    }

    /// Logs a user in, given in the stored form. A login that the session holds already is not
    /// written again.
    pub(crate) fn store(&self, session: &Session, stored: &str) -> Result<(), NotKept> {
        let known = self.load(session);
        let user = || match self.decode(stored) {
            Some(Kept::User(user)) => Some(user),
            _ => None,
        };
        match &known {
            Known::Nobody => {}
            Known::Unreadable => session.clear(),
            Known::Kept(Kept::User(known)) => {
                let user = user().ok_or(NotKept)?;
                if !is_same_person(known, &user) {
                    // What the former user left behind is not this one's.
                    session.clear();
                } else if known.scope == user.scope && known.logged_in_at == user.logged_in_at {
                    return Ok(());
                }
            }
            Known::Kept(Kept::LoggedOut { trace: known, .. }) => {
                let user = user().ok_or(NotKept)?;
                if *known != trace(&user.openid) {
                    // All other entries came after the log-out, or are other accounts' users.
                    self.remove(session, is_users);
                }
            }
        }
        // A new key, so that one planted before the login is worth nothing after it.
        session.renew();
        session.insert(&self.key, stored).map_err(|_| NotKept)
    }

    /// Logs the user out: the session is emptied, but for other accounts' users.
    pub(crate) fn forget(&self, session: &Session, now: Moment) {
        let trace = match self.load(session) {
            Known::Kept(Kept::User(user)) => trace(&user.openid),
            Known::Unreadable => trace(""),
            Known::Nobody | Known::Kept(Kept::LoggedOut { .. }) => return,
        };
        self.remove(session, |json| !is_users(json));
        session.renew();
        if session
            .insert(&self.key, encode_logged_out(&trace, now))
            .is_err()
        {
            session.remove(&self.key);
        }
    }

    fn decode(&self, stored: &str) -> Option<Kept> {
        decode(stored, &self.appid, self.website.as_deref())
    }

    /// Removes the entries whose JSON matches, but for this slot's own.
    fn remove(&self, session: &Session, is_unwanted: impl Fn(&str) -> bool) {
        let unwanted: Vec<String> = session
            .entries()
            .iter()
            .filter(|(key, json)| **key != self.key && is_unwanted(json))
            .map(|(key, _)| key.clone())
            .collect();
        for key in unwanted {
            session.remove(&key);
        }
    }
}

/// The session takes no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotKept;

/// Openids of two accounts cannot be compared; there only a unionid tells that it is one person.
fn is_same_person(one: &WechatUser, other: &WechatUser) -> bool {
    if one.appid == other.appid {
        one.openid == other.openid
    } else {
        one.unionid.is_some() && one.unionid == other.unionid
    }
}

#[cfg(test)]
#[path = "tests/session.rs"]
mod tests;
