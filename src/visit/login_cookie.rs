//! The login cookie: one pending login of one browser, or the mark that one has just completed.
//!
//! It is all that is kept of an anonymous visitor, and it is kept by the visitor.

use std::{array, time::Duration};

use actix_web::http::header::HeaderMap;
use hmac::{Hmac, Mac, digest::Key};
use rand::Rng as _;
use sha2::{Digest as _, Sha256};

use crate::{
    address::{
        callback::{count_codes, split},
        state::{Challenge, State},
    },
    alphanumeric::{Alphanumeric, Nonce},
    clock::Moment,
    parts::parts,
    visit::cookies::cookies,
};

const VERSION: &str = "2";
/// How long a pending login may take; WeChat's own code lives five minutes, on a QR page ten.
const PENDING: Duration = Duration::from_secs(600);
/// Tabs that open within this time share one pending login; after it a nonce would expire too soon.
const REUSE: Duration = Duration::from_secs(300);
/// An anonymous visit so soon after a completed login means that the session did not stick.
const COMPLETED: Duration = Duration::from_secs(60);
const VOUCHER_LEN: usize = 16;
/// Room for the value of a pending login and all attributes.
const BESIDE_NAME: usize = 128;

type Voucher = Alphanumeric<VOUCHER_LEN>;
type Trace = Alphanumeric<8>;

/// How one account's login cookies are called, set and vouched for.
#[derive(Clone)]
pub(crate) struct LoginCookies {
    pub(crate) name: String,
    pub(crate) secure: bool,
    voucher: Hmac<Sha256>,
}

/// What the login cookie of a request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginCookie {
    Pending(Pending),
    /// A login that succeeded. Without a nonce it matches no `state`.
    Completed(Completed),
}

/// A login that was sent to WeChat.
#[derive(Clone, Copy, derive_more::Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// So many logins came back and failed before.
    pub(crate) rounds: u8,
    /// In seconds.
    pub(crate) issued_at: Moment,
    #[debug(skip)]
    pub(crate) nonce: Nonce,
    /// The trace of the path, and of the number of `code`s, that it was last sent out for.
    pub(crate) address: Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Completed {
    pub(crate) rounds: u8,
    /// In milliseconds, as the session has it.
    pub(crate) at: Moment,
}

impl LoginCookies {
    /// On https the `__Host-` prefix keeps sibling hosts from planting one. The voucher's key is
    /// made of a secret, and says nothing of it.
    pub(crate) fn new(appid: &str, secure: bool, secret: &[u8]) -> Self {
        let digest = Sha256::new_with_prefix(b"actix-wechat completed login\0")
            .chain_update(secret)
            .finalize();
        // A key shorter than a block is filled up with zeros.
        let mut key = Key::<Hmac<Sha256>>::default();
        key[..digest.len()].copy_from_slice(&digest);
        Self {
            name: cookie_name(appid, secure),
            secure,
            voucher: <Hmac<Sha256> as Mac>::new(&key),
        }
    }

    /// The one valid login cookie of a request. Of two, somebody planted one: neither is believed.
    pub(crate) fn find(&self, headers: &HeaderMap, now: Moment) -> Option<LoginCookie> {
        let name = self.name.as_bytes();
        let mut values = cookies(headers).filter(|(known, _)| *known == name);
        let (_, only) = values.next()?;
        if values.next().is_some() {
            return None;
        }
        self.parse(std::str::from_utf8(only).ok()?, now)
    }

    /// Whether this `state` belongs to a pending login of another account, by the other login
    /// cookies that a request sends.
    pub(crate) fn is_elsewhere(&self, headers: &HeaderMap, state: &State, now: Moment) -> bool {
        let family = cookie_name("", self.secure);
        cookies(headers)
            .filter(|(name, _)| {
                *name != self.name.as_bytes() && name.starts_with(family.as_bytes())
            })
            .filter_map(|(_, value)| Pending::parse(std::str::from_utf8(value).ok()?, now))
            .any(|pending| pending.challenge() == state.challenge)
    }

    fn parse(&self, value: &str, now: Moment) -> Option<LoginCookie> {
        if let Some(pending) = Pending::parse(value, now) {
            return Some(LoginCookie::Pending(pending));
        }
        let [rounds, at, voucher] = fields(value)?;
        let completed = Completed {
            rounds: parse_rounds(rounds)?,
            at: Moment::from_millis(number(at)?),
        };
        let is_current = !completed.at.is_from_the_future(now) && completed.at.age(now) < COMPLETED;
        // Compared in constant time: a marker decides what is logged as the operator's fault.
        let is_vouched = is_equal(self.vouch(completed).as_bytes(), voucher.as_bytes());
        (is_current && is_vouched).then_some(LoginCookie::Completed(completed))
    }

    fn vouch(&self, completed: Completed) -> Voucher {
        let mut voucher = self.voucher.clone();
        voucher.update(self.name.as_bytes());
        voucher.update(&[0, completed.rounds]);
        voucher.update(&completed.at.millis().to_be_bytes());
        let digest = voucher.finalize().into_bytes();
        Voucher::of(array::from_fn(|at| digest[at]))
    }

    /// The `Set-Cookie` that carries it.
    pub(crate) fn set(&self, cookie: &LoginCookie, now: Moment) -> String {
        let mut line = self.begin_line();
        let left = match cookie {
            LoginCookie::Pending(pending) => {
                pending.write(&mut line);
                PENDING.saturating_sub(pending.issued_at.age(now))
            }
            LoginCookie::Completed(completed) => {
                let (at, voucher) = (completed.at.millis(), self.vouch(*completed));
                write_fields(&mut line, completed.rounds, at, &[voucher.as_str()]);
                COMPLETED
            }
        };
        self.end_line(line, left)
    }

    /// The `Set-Cookie` that takes the login cookie back.
    pub(crate) fn removal(&self) -> String {
        self.end_line(self.begin_line(), Duration::ZERO)
    }

    /// Name and value are letters, digits, `.`, `-` and `_`, so that nothing needs quoting; and a
    /// cookie builder with its copies costs a tenth of the redirect that every anonymous visitor
    /// gets.
    fn begin_line(&self) -> String {
        let mut line = String::with_capacity(self.name.len() + BESIDE_NAME);
        line.push_str(&self.name);
        line.push('=');
        line
    }

    fn end_line(&self, mut line: String, left: Duration) -> String {
        line.push_str(if self.secure {
            "; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age="
        } else {
            "; HttpOnly; SameSite=Lax; Path=/; Max-Age="
        });
        line.push_str(itoa::Buffer::new().format(left.as_secs()));
        line
    }
}

impl LoginCookie {
    pub(crate) fn rounds(&self) -> u8 {
        match self {
            Self::Pending(pending) => pending.rounds,
            Self::Completed(completed) => completed.rounds,
        }
    }

    pub(crate) fn pending(&self) -> Option<&Pending> {
        match self {
            Self::Pending(pending) => Some(pending),
            Self::Completed(_) => None,
        }
    }
}

impl Pending {
    /// The pending login to send a visitor out with: the one already under way, so that tabs share
    /// it, or a new one.
    pub(crate) fn renew(
        current: Option<&LoginCookie>,
        rounds: u8,
        address: &str,
        now: Moment,
    ) -> Self {
        let (issued_at, nonce) = match current.and_then(LoginCookie::pending) {
            Some(current) if current.issued_at.age(now) < REUSE => {
                (current.issued_at, current.nonce)
            }
            _ => (now, new_nonce()),
        };
        Self {
            rounds,
            issued_at,
            nonce,
            address: trace(address, count_codes(address)),
        }
    }

    /// The login that a cookie has pending, with one more failure counted.
    pub(crate) fn one_round_more(
        current: Option<&LoginCookie>,
        address: &str,
        now: Moment,
    ) -> Option<LoginCookie> {
        let rounds = current?.rounds().saturating_add(1).min(State::MAX_ROUNDS);
        let pending = Self::renew(current, rounds, address, now);
        Some(LoginCookie::Pending(pending))
    }

    /// Reads a value, unless it is of another version, malformed, expired, or from the future.
    fn parse(value: &str, now: Moment) -> Option<Self> {
        let [rounds, issued_at, nonce, address] = fields(value)?;
        let pending = Self {
            rounds: parse_rounds(rounds)?,
            issued_at: Moment::from_seconds(number(issued_at)?)?,
            nonce: Nonce::parse(nonce)?,
            address: Trace::parse(address)?,
        };
        let is_current =
            !pending.issued_at.is_from_the_future(now) && pending.issued_at.age(now) < PENDING;
        is_current.then_some(pending)
    }

    fn write(&self, line: &mut String) {
        let fields = [self.nonce.as_str(), self.address.as_str()];
        write_fields(line, self.rounds, self.issued_at.seconds(), &fields);
    }

    /// What the nonce is known as in a `state`: each byte of its SHA-256 as a letter or a digit.
    pub(crate) fn challenge(&self) -> Challenge {
        Challenge::of(Sha256::digest(self.nonce.as_bytes()).into())
    }

    /// Whether this address has the path that it was last sent out for, and one `code` more.
    pub(crate) fn is_for_one_code_less(&self, address: &str) -> bool {
        let codes = count_codes(address);
        codes > 0 && self.address == trace(address, codes - 1)
    }
}

fn write_fields(line: &mut String, rounds: u8, at: u64, fields: &[&str]) {
    line.push_str(VERSION);
    line.push('.');
    // One digit, as long as rounds have one.
    line.push(char::from(b'0' + rounds.min(State::MAX_ROUNDS)));
    line.push('.');
    line.push_str(itoa::Buffer::new().format(at));
    for field in fields {
        line.push('.');
        line.push_str(field);
    }
}

/// The fields behind the version, if they are as many as wanted.
fn fields<const MANY: usize>(value: &str) -> Option<[&str; MANY]> {
    let mut fields = parts(value.strip_prefix(VERSION)?.strip_prefix('.')?, '.');
    let mut found = [""; MANY];
    for field in &mut found {
        *field = fields.next()?;
    }
    fields.next().is_none().then_some(found)
}

fn parse_rounds(text: &str) -> Option<u8> {
    number::<u8>(text).filter(|rounds| *rounds <= State::MAX_ROUNDS)
}

/// Plain digits: the standard parser would also take a sign.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

fn new_nonce() -> Nonce {
    let mut bytes = [0; 32];
    // In one piece: a number of its own for each byte costs four times the generator's work.
    rand::rng().fill_bytes(&mut bytes);
    Nonce::of(bytes)
}

fn is_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .fold(0, |differs, (one, other)| differs | (one ^ other))
            == 0
}

/// A few characters that tell one path with so many `code`s from another: 64-bit FNV-1a. Whatever
/// changes a query on the way from WeChat may sort, repeat or rewrite the rest of it. It protects
/// nothing, for whoever opens an address knows it; SHA-256 would cost a tenth of a redirect.
fn trace(address: &str, codes: usize) -> Trace {
    let path = split(address).map_or(address, |(path, _)| path);
    // No path holds a question mark.
    let hash = path
        .bytes()
        .chain(std::iter::repeat_n(b'?', codes))
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    Trace::of(hash.to_be_bytes())
}

fn cookie_name(appid: &str, secure: bool) -> String {
    let prefix = if secure { "__Host-" } else { "" };
    [prefix, "wechat.", appid].concat()
}

#[cfg(test)]
#[path = "tests/login_cookie.rs"]
mod tests;
