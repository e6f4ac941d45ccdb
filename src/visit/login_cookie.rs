//! The login cookie: one pending login of one browser, or the mark that one has just completed.
//!
//! It is all that is kept of an anonymous visitor, and it is kept by the visitor.

use std::time::Duration;

use actix_web::{
    cookie::Cookie,
    http::header::{self, HeaderMap},
};
use rand::distr::{Alphanumeric, SampleString as _};
use sha2::{Digest as _, Sha256};

use crate::address::state::{State, is_nonce};

const VERSION: &str = "1";
/// How long a pending login may take; WeChat's own code lives five minutes, on a QR page ten.
pub(crate) const LIFETIME: Duration = Duration::from_secs(600);
/// Tabs that open within this time share one pending login; after it a nonce would expire too soon.
const REUSE: Duration = Duration::from_secs(300);
/// An anonymous visit so soon after a completed login means that the session did not stick.
const RIGHT_AFTER: Duration = Duration::from_secs(60);
/// How far the clocks of two servers may differ.
const SKEW: Duration = Duration::from_secs(60);

/// What the login cookie of a request says. Times are seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoginCookie {
    /// A login that was sent to WeChat.
    Pending {
        rounds: u8,
        issued_at: u64,
        nonce: String,
    },
    /// A login that succeeded. Without a nonce it matches no `state`.
    Completed { rounds: u8, issued_at: u64 },
}

impl LoginCookie {
    /// The one valid login cookie of a request. Of two, somebody planted one: neither is believed.
    pub(crate) fn find(headers: &HeaderMap, name: &str, now: u64) -> Option<Self> {
        let mut values = cookies(headers, |known| known == name);
        let only = values.next()?;
        if values.next().is_some() {
            return None;
        }
        Self::parse(only.value(), now)
    }

    /// Reads a value, unless it is of another version, malformed, expired, or from the future.
    pub(crate) fn parse(value: &str, now: u64) -> Option<Self> {
        let mut parts = value.split('.');
        let (version, rounds, issued_at, nonce) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != VERSION || parts.next().is_some() {
            return None;
        }
        let rounds = number::<u8>(rounds).filter(|rounds| *rounds <= State::MAX_ROUNDS)?;
        let issued_at = number::<u64>(issued_at)?;
        if issued_at > now + SKEW.as_secs() || age(issued_at, now) >= LIFETIME {
            return None;
        }
        if nonce.is_empty() {
            return Some(Self::Completed { rounds, issued_at });
        }
        is_nonce(nonce).then(|| Self::Pending {
            rounds,
            issued_at,
            nonce: nonce.to_owned(),
        })
    }

    pub(crate) fn encode(&self) -> String {
        let (rounds, issued_at) = (self.rounds().to_string(), self.issued_at().to_string());
        [
            VERSION,
            &rounds,
            &issued_at,
            self.nonce().unwrap_or_default(),
        ]
        .join(".")
    }

    /// The pending login to send a visitor out with: the one already under way, so that tabs share
    /// it, or a new one.
    pub(crate) fn pend(current: Option<&Self>, rounds: u8, now: u64) -> Self {
        let (issued_at, nonce) = match current {
            Some(Self::Pending {
                issued_at, nonce, ..
            }) if age(*issued_at, now) < REUSE => (*issued_at, nonce.clone()),
            _ => (
                now,
                Alphanumeric.sample_string(&mut rand::rng(), State::NONCE_LEN),
            ),
        };
        Self::Pending {
            rounds,
            issued_at,
            nonce,
        }
    }

    pub(crate) fn rounds(&self) -> u8 {
        match self {
            Self::Pending { rounds, .. } | Self::Completed { rounds, .. } => *rounds,
        }
    }

    pub(crate) fn nonce(&self) -> Option<&str> {
        match self {
            Self::Pending { nonce, .. } => Some(nonce),
            Self::Completed { .. } => None,
        }
    }

    /// What the nonce is known as in a `state`: each byte of its SHA-256 as a letter or a digit.
    pub(crate) fn challenge(&self) -> Option<String> {
        const ALPHABET: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let digest = Sha256::digest(self.nonce()?);
        let sign = |byte: &u8| ALPHABET[usize::from(*byte) % ALPHABET.len()];
        String::from_utf8(digest.iter().map(sign).collect()).ok()
    }

    pub(crate) fn issued_at(&self) -> u64 {
        match self {
            Self::Pending { issued_at, .. } | Self::Completed { issued_at, .. } => *issued_at,
        }
    }

    /// Whether this state belongs to a pending login of another account, by the other login cookies
    /// that a request sends.
    pub(crate) fn is_elsewhere(
        headers: &HeaderMap,
        name: &str,
        secure: bool,
        state: &State,
        now: u64,
    ) -> bool {
        let family = cookie_name("", secure);
        cookies(headers, |known| known != name && known.starts_with(&family))
            .filter_map(|cookie| Self::parse(cookie.value(), now)?.challenge())
            .any(|challenge| challenge == state.challenge)
    }

    /// Whether a login succeeded a moment ago.
    pub(crate) fn has_just_completed(&self, now: u64) -> bool {
        match self {
            Self::Pending { .. } => false,
            Self::Completed { issued_at, .. } => age(*issued_at, now) < RIGHT_AFTER,
        }
    }

    /// The `Set-Cookie` that carries it.
    pub(crate) fn set_cookie(&self, name: &str, secure: bool, now: u64) -> String {
        let left = LIFETIME.saturating_sub(age(self.issued_at(), now));
        set_cookie(name, &self.encode(), secure, left)
    }
}

/// The cookies of a request by their names, as far as they can be read. Others, a session of half a
/// kilobyte among them, are not taken apart.
fn cookies(
    headers: &HeaderMap,
    is_wanted: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Cookie<'_>> {
    headers
        .get_all(header::COOKIE)
        .filter_map(|line| std::str::from_utf8(line.as_bytes()).ok())
        .flat_map(|line| line.split(';'))
        .filter(move |pair| {
            let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
            is_wanted(name.trim())
        })
        .filter_map(|pair| Cookie::parse(pair.trim()).ok())
}

/// The `Set-Cookie` that takes the login cookie back.
pub(crate) fn removal(name: &str, secure: bool) -> String {
    set_cookie(name, "", secure, Duration::ZERO)
}

/// On https the `__Host-` prefix keeps sibling hosts from planting one.
pub(crate) fn cookie_name(appid: &str, secure: bool) -> String {
    let prefix = if secure { "__Host-" } else { "" };
    format!("{prefix}wechat.{appid}")
}

/// Name and value are letters, digits, `.`, `-` and `_`, so that nothing needs quoting; and a cookie builder
/// with its copies costs a tenth of the redirect that every anonymous visitor gets.
fn set_cookie(name: &str, value: &str, secure: bool, left: Duration) -> String {
    [
        name,
        "=",
        value,
        "; HttpOnly; SameSite=Lax",
        if secure { "; Secure" } else { "" },
        "; Path=/; Max-Age=",
        &left.as_secs().to_string(),
    ]
    .concat()
}

fn age(issued_at: u64, now: u64) -> Duration {
    Duration::from_secs(now.saturating_sub(issued_at))
}

/// Plain digits: the standard parser would also take a sign.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
#[path = "tests/login_cookie.rs"]
mod tests;
