//! What WeChat appends to a page's address, and the address without it.
//!
//! A request's own bytes are never decoded and encoded again, so that a page comes back from a
//! login with the query it left with.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::{address::state::State, parts::parts};

/// In place of a code: older versions of WeChat say so that the visitor refused.
const DENIED: &str = "authdeny";

/// WeChat's part of a query: the last `state`, if it is of our shape, and the last `code`. On a
/// login through a platform the account's appid stands behind them.
#[derive(Clone, derive_more::Debug, PartialEq, Eq)]
pub(crate) struct Callback {
    /// `None` where the visitor declined: WeChat then sends no code, an empty one, or `authdeny`.
    #[debug(skip)]
    pub(crate) code: Option<String>,
    pub(crate) state: State,
    /// WeChat has appended the account's appid, too.
    pub(crate) has_appid: bool,
}

impl Callback {
    /// `appended` is the appid that WeChat appends, on accounts where it does.
    pub(crate) fn find(query: &str, appended: Option<&str>) -> Option<Self> {
        let last = Last::of(query);
        let state = State::parse(last.state?.value)?;
        let code = last
            .wechats_code(&state)
            .map(|code| decode(code.value))
            .filter(|code| !code.is_empty() && code != DENIED);
        let has_appid = appended.is_some() && last.appid.map(|appid| appid.value) == appended;
        Some(Self {
            code,
            state,
            has_appid,
        })
    }
}

/// The last pairs of a query that bear the names of what WeChat appends.
#[derive(Default)]
struct Last<'a> {
    code: Option<Pair<'a>>,
    /// How many `code`s there are.
    codes: usize,
    state: Option<Pair<'a>>,
    /// Only behind the last `state`.
    appid: Option<Pair<'a>>,
}

#[derive(Clone, Copy)]
struct Pair<'a> {
    /// How many pairs stand before it.
    at: usize,
    value: &'a str,
}

impl<'a> Last<'a> {
    fn of(query: &'a str) -> Self {
        let mut last = Self::default();
        for (at, pair) in parts(query, '&').enumerate() {
            let named = |name| value_of(pair, name).map(|value| Pair { at, value });
            if let Some(code) = named("code") {
                last.code = Some(code);
                last.codes += 1;
            } else if let Some(state) = named("state") {
                last.state = Some(state);
                last.appid = None;
            } else if let Some(appid) = named("appid") {
                last.appid = Some(appid);
            }
        }
        last
    }

    /// Beside the `code`s of the page's own, WeChat's is one more.
    fn wechats_code(&self, state: &State) -> Option<Pair<'a>> {
        self.code
            .filter(|_| self.codes > usize::from(state.own_codes))
    }
}

/// How many `code`s a page's own query has, as far as a `state` counts them.
pub(crate) fn own_codes(page: &str) -> u8 {
    u8::try_from(count_codes(page)).map_or(State::MAX_OWN_CODES, |it| it.min(State::MAX_OWN_CODES))
}

/// How many `code`s an address has, whoever's they are.
pub(crate) fn count_codes(address: &str) -> usize {
    split(address).map_or(0, |(_, query)| codes(query).count())
}

/// Path and query, where there is a query.
pub(crate) fn split(address: &str) -> Option<(&str, &str)> {
    // Shorter than the standard search for so short a text.
    let at = address.bytes().position(|byte| byte == b'?')?;
    Some((&address[..at], &address[at + 1..]))
}

fn codes(query: &str) -> impl Iterator<Item = &str> {
    parts(query, '&').filter_map(|pair| value_of(pair, "code"))
}

fn decode(value: &str) -> String {
    if !value.contains(['%', '+']) {
        return value.to_owned();
    }
    // Behind an empty name the whole text is one value, whatever `=` it holds.
    form_urlencoded::parse(format!("={value}").as_bytes())
        .map(|(_, value)| value.into_owned())
        .collect()
}

fn value_of<'a>(pair: &'a str, name: &str) -> Option<&'a str> {
    let rest = pair.strip_prefix(name)?;
    if rest.is_empty() {
        return Some("");
    }
    rest.strip_prefix('=')
}

/// Path and query without what WeChat appended; every other byte stays as it came.
pub(crate) fn clean<'a>(
    path: &'a str,
    query: Option<&'a str>,
    appended: Option<&str>,
) -> Cow<'a, str> {
    let callback = query.and_then(|query| Callback::find(query, appended));
    without(path, query, callback.as_ref())
}

/// The same, where the callback in the query is known already.
pub(crate) fn without<'a>(
    path: &'a str,
    query: Option<&'a str>,
    callback: Option<&Callback>,
) -> Cow<'a, str> {
    let Some(query) = query else {
        return Cow::Borrowed(path);
    };
    let Some(callback) = callback else {
        return Cow::Owned([path, "?", query].concat());
    };
    let last = Last::of(query);
    let code = last.wechats_code(&callback.state);
    let appid = last.appid.filter(|_| callback.has_appid);
    let appended = [code, last.state, appid].map(|pair| pair.map(|pair| pair.at));
    let kept = parts(query, '&')
        .enumerate()
        .filter(|(at, _)| !appended.contains(&Some(*at)))
        .map(|(_, pair)| pair);
    Cow::Owned(join(path, kept))
}

/// An address without what WeChat appended more than once: something doubled it on the way.
pub(crate) fn without_all(address: &str, appended: Option<&str>) -> String {
    /// Three returns, each of them doubled, and some more.
    const MOST: usize = 8;
    let mut address = address.to_owned();
    for _ in 0..MOST {
        let Some((path, query)) = split(&address) else {
            break;
        };
        let Some(callback) = Callback::find(query, appended) else {
            break;
        };
        address = without(path, Some(query), Some(&callback)).into_owned();
    }
    address
}

/// An address without its last `code`s, at most so many, and without the `state`s and the appid that
/// WeChat appends behind the first of them.
pub(crate) fn without_last_codes(address: &str, most: usize, appended: Option<&str>) -> String {
    let Some((path, query)) = split(address) else {
        return address.to_owned();
    };
    let pairs: Vec<&str> = parts(query, '&').collect();
    let codes = (0..pairs.len()).rev().filter(|at| is_code(pairs[*at]));
    let Some(first) = codes.take(most).last() else {
        return address.to_owned();
    };
    let (before, behind) = pairs.split_at(first);
    let behind = behind
        .iter()
        .filter(|pair| !is_code(pair) && !is_state(pair) && !is_appid(pair, appended));
    join(path, before.iter().chain(behind).copied())
}

/// An address without the `code`s at its end, each with the `state`s behind it and the appid that
/// WeChat appends, at most so many; and how many these are.
pub(crate) fn without_returns<'a>(
    address: &'a str,
    most: usize,
    appended: Option<&str>,
) -> (Cow<'a, str>, usize) {
    let is_behind_code = |pair: &str| is_state(pair) || is_appid(pair, appended);
    let Some((path, query)) = split(address) else {
        return (Cow::Borrowed(address), 0);
    };
    let mut pairs: Vec<&str> = parts(query, '&').collect();
    let mut returns = 0;
    while returns < most {
        let Some(last) = pairs.iter().rposition(|pair| !is_behind_code(pair)) else {
            break;
        };
        if !is_code(pairs[last]) {
            break;
        }
        pairs.truncate(last);
        returns += 1;
    }
    if returns == 0 {
        return (Cow::Borrowed(address), 0);
    }
    (Cow::Owned(join(path, pairs.into_iter())), returns)
}

fn is_code(pair: &str) -> bool {
    value_of(pair, "code").is_some()
}

fn is_appid(pair: &str, appended: Option<&str>) -> bool {
    appended.is_some() && value_of(pair, "appid") == appended
}

fn is_state(pair: &str) -> bool {
    value_of(pair, "state").is_some()
}

fn join<'a>(path: &str, pairs: impl Iterator<Item = &'a str>) -> String {
    let mut address = path.to_owned();
    for (at, pair) in pairs.enumerate() {
        address.push(if at == 0 { '?' } else { '&' });
        address.push_str(pair);
    }
    address
}

#[cfg(test)]
#[path = "tests/callback.rs"]
mod tests;
