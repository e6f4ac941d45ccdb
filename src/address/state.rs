//! `state`: what a login carries through WeChat and back.

use crate::{alphanumeric::Alphanumeric, scope::Scope};

/// The digest of a login cookie's nonce: who reads it in a URL cannot make the cookie of it.
pub(crate) type Challenge = Alphanumeric<32>;

/// `state` as this crate sends it. It stays far below WeChat's 128 bytes of letters and digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// How many logins failed before.
    pub(crate) rounds: u8,
    pub(crate) scope: Scope,
    /// How many `code`s the page's own query has, none of which must be taken for WeChat's when
    /// WeChat sends none. Said by one of the letters from the scope's own on.
    pub(crate) own_codes: u8,
    pub(crate) challenge: Challenge,
}

impl State {
    /// The highest count a `state` or a login cookie carries.
    pub(crate) const MAX_ROUNDS: u8 = 3;
    /// The highest count of own `code`s; more are counted as so many.
    pub(crate) const MAX_OWN_CODES: u8 = 3;

    /// Reads a `state` of our shape; anything else belongs to the app.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let rounds = u8::try_from(chars.next()?.to_digit(10)?).ok()?;
        let letter = chars.next()?;
        let (scope, own_codes) = Scope::ALL
            .into_iter()
            .flat_map(|scope| (0..=Self::MAX_OWN_CODES).map(move |own_codes| (scope, own_codes)))
            .find(|(scope, own_codes)| Self::letter(*scope, *own_codes) == letter)?;
        let challenge = Challenge::parse(chars.as_str())?;
        (rounds <= Self::MAX_ROUNDS).then_some(Self {
            rounds,
            scope,
            own_codes,
            challenge,
        })
    }

    pub(crate) fn encode(&self) -> String {
        let challenge = self.challenge.as_str();
        let mut state = String::with_capacity(2 + challenge.len());
        state.push(char::from(b'0' + self.rounds));
        state.push(Self::letter(self.scope, self.own_codes));
        state.push_str(challenge);
        state
    }

    const fn letter(scope: Scope, own_codes: u8) -> char {
        // The scopes' letters lie far apart.
        (scope.letter() as u8 + own_codes) as char
    }
}

#[cfg(test)]
#[path = "tests/state.rs"]
mod tests;
