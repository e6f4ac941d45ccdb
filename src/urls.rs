//! Every address this crate writes: the authorize URL and the clean page on the public base.
//!
//! Pure text work. A request's own bytes are never decoded and encoded again, so that a page comes
//! back from a login with the query it left with.

use std::borrow::Cow;

use url::{Url, form_urlencoded};

/// What a page asks WeChat for; WeChat's own names are in [`Scope::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    Base,
    UserInfo,
    Login,
}

impl Scope {
    pub(crate) const ALL: [Self; 3] = [Self::Base, Self::UserInfo, Self::Login];

    /// WeChat's name of it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
            Self::Login => "snsapi_login",
        }
    }

    /// Its letter in a `state` and in a stored session.
    pub(crate) const fn letter(self) -> char {
        match self {
            Self::Base => 'b',
            Self::UserInfo => 'u',
            Self::Login => 'l',
        }
    }

    pub(crate) fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.letter() == letter)
    }

    /// Whether a login with this scope reads the profile.
    pub(crate) const fn has_profile(self) -> bool {
        matches!(self, Self::UserInfo | Self::Login)
    }
}

/// `state` as this crate sends it. It stays far below WeChat's 128 bytes of letters and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// How many logins failed before.
    pub(crate) rounds: u8,
    pub(crate) scope: Scope,
    /// The page's own query has a `code`, which must not be taken for WeChat's when WeChat sends
    /// none. Said by the letter after the scope's own.
    pub(crate) own_code: bool,
    /// The digest of the login cookie's nonce: who reads it in a URL cannot make the cookie of it.
    pub(crate) challenge: String,
}

impl State {
    /// The characters of a nonce, and of its digest.
    pub(crate) const NONCE_LEN: usize = 32;
    /// The highest count a `state` or a login cookie carries.
    pub(crate) const MAX_ROUNDS: u8 = 3;

    /// Reads a `state` of our shape; anything else belongs to the app.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let rounds = u8::try_from(chars.next()?.to_digit(10)?).ok()?;
        let letter = chars.next()?;
        let (scope, own_code) = Scope::ALL
            .into_iter()
            .flat_map(|scope| [(scope, false), (scope, true)])
            .find(|(scope, own_code)| Self::letter(*scope, *own_code) == letter)?;
        let challenge = chars.as_str();
        (rounds <= Self::MAX_ROUNDS && is_nonce(challenge)).then(|| Self {
            rounds,
            scope,
            own_code,
            challenge: challenge.to_owned(),
        })
    }

    pub(crate) fn encode(&self) -> String {
        let mut state = String::with_capacity(2 + self.challenge.len());
        state.push(char::from(b'0' + self.rounds));
        state.push(Self::letter(self.scope, self.own_code));
        state.push_str(&self.challenge);
        state
    }

    const fn letter(scope: Scope, own_code: bool) -> char {
        match (scope, own_code) {
            (scope, false) => scope.letter(),
            (Scope::Base, true) => 'c',
            (Scope::UserInfo, true) => 'v',
            (Scope::Login, true) => 'm',
        }
    }
}

pub(crate) fn is_nonce(text: &str) -> bool {
    text.len() == State::NONCE_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a page's own query has a `code`.
pub(crate) fn has_code(page: &str) -> bool {
    page.split_once('?')
        .is_some_and(|(_, query)| last_value(query, "code").is_some())
}

/// WeChat's part of a query: the last `state`, if it is of our shape, and the last `code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Callback {
    /// `None` where the visitor declined: WeChat then sends no code, or an empty one.
    pub(crate) code: Option<String>,
    pub(crate) state: State,
}

impl Callback {
    pub(crate) fn find(query: &str) -> Option<Self> {
        let state = State::parse(last_value(query, "state")?)?;
        let code = has_wechats_code(query, &state)
            .then(|| last_value(query, "code").map(decode))
            .flatten()
            .filter(|code| !code.is_empty());
        Some(Self { code, state })
    }
}

/// Beside a `code` of the page's own, WeChat's is one more.
fn has_wechats_code(query: &str, state: &State) -> bool {
    let codes = query
        .split('&')
        .filter(|pair| value_of(pair, "code").is_some());
    codes.count() > usize::from(state.own_code)
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

fn last_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').rev().find_map(|pair| value_of(pair, name))
}

fn value_of<'a>(pair: &'a str, name: &str) -> Option<&'a str> {
    let rest = pair.strip_prefix(name)?;
    if rest.is_empty() {
        return Some("");
    }
    rest.strip_prefix('=')
}

/// Path and query without what WeChat appended; every other byte stays as it came.
pub(crate) fn clean<'a>(path: &'a str, query: Option<&'a str>) -> Cow<'a, str> {
    without(path, query, query.and_then(Callback::find).as_ref())
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
        return Cow::Owned(format!("{path}?{query}"));
    };
    let pairs: Vec<&str> = query.split('&').collect();
    let last = |name| {
        pairs
            .iter()
            .rposition(|pair| value_of(pair, name).is_some())
    };
    let code = last("code").filter(|_| has_wechats_code(query, &callback.state));
    let state = last("state");
    let kept: Vec<&str> = pairs
        .iter()
        .enumerate()
        .filter(|(at, _)| Some(*at) != code && Some(*at) != state)
        .map(|(_, pair)| *pair)
        .collect();
    if kept.is_empty() {
        Cow::Borrowed(path)
    } else {
        Cow::Owned(format!("{path}?{}", kept.join("&")))
    }
}

/// The address under which browsers reach the app: an origin, and a prefix where a proxy strips one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    origin: String,
    prefix: String,
    url: Url,
}

impl PublicUrl {
    /// Says in the error what the text should have been.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let url = base_url(text)?;
        let origin = url.origin().ascii_serialization();
        let prefix = url.path().trim_end_matches('/').to_owned();
        if prefix.starts_with("//") {
            return Err("must not have an empty part in its path");
        }
        Ok(Self {
            origin,
            prefix,
            url,
        })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Plain http to the machine itself, where nobody else can plant a cookie.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    pub(crate) fn has_port(&self) -> bool {
        self.url.port().is_some()
    }

    pub(crate) fn is_ip(&self) -> bool {
        matches!(
            self.url.host(),
            Some(url::Host::Ipv4(_) | url::Host::Ipv6(_))
        )
    }

    /// A page of this app as browsers know it.
    pub(crate) fn page(&self, path_and_query: &str) -> String {
        let slash = match path_and_query.as_bytes() {
            [] | [b'/', ..] => "",
            // A request may ask for `*`, which must not become a part of the host.
            _ => "/",
        };
        [&self.origin, &self.prefix, slash, path_and_query].concat()
    }

    /// The same as a path alone, for a `Location` and for JSON.
    pub(crate) fn path(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.prefix)
    }

    /// A `return_to` that stays on this site, normalised; `None` for everything else.
    ///
    /// What a browser would read as another host is refused before and after normalising:
    /// `//host`, `/\host`, `/..//host`, and control characters, which browsers drop.
    pub(crate) fn return_to(&self, wanted: &str) -> Option<String> {
        if !wanted.starts_with('/') || wanted.contains('\\') || wanted.chars().any(char::is_control)
        {
            return None;
        }
        self.within(&Url::parse(&self.page(wanted)).ok()?)
    }

    /// The page that a `Referer` names, if it is one of this app.
    pub(crate) fn referred(&self, referer: &str) -> Option<String> {
        let page = self.within(&Url::parse(referer).ok()?)?;
        let page = page.split('#').next().unwrap_or_default();
        let (path, query) = match page.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (page, None),
        };
        Some(clean(path, query).into_owned())
    }

    fn within(&self, url: &Url) -> Option<String> {
        if url.origin() != self.url.origin() {
            return None;
        }
        let page = &url[url::Position::BeforePath..];
        let page = page.strip_prefix(&self.prefix)?;
        (page.starts_with('/') && !page.starts_with("//")).then(|| page.to_owned())
    }
}

/// An absolute http(s) URL of the kind that paths are appended to.
pub(crate) fn base_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim()).map_err(
        |_| "must be an absolute URL with scheme and host, like `https://shop.example.cn`",
    )?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with `https://` or `http://`");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("must name a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not carry a user name or a password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end before any `?` or `#`");
    }
    Ok(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Percent-encodes one query value; ids, codes and tokens need none of it.
pub(crate) fn encode(value: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if value.bytes().all(is_plain) {
        return Cow::Borrowed(value);
    }
    let mut encoded = String::with_capacity(value.len() * 2);
    encoded.extend(form_urlencoded::byte_serialize(value.as_bytes()));
    Cow::Owned(encoded)
}

/// The page at WeChat where a login begins. The parameters stand in the documented order, which
/// WeChat may insist on, and the fragment belongs to it.
pub(crate) fn authorize(open: &str, appid: &str, redirect_uri: &str, state: &State) -> String {
    let path = match state.scope {
        Scope::Base | Scope::UserInfo => "oauth2/authorize",
        Scope::Login => "qrconnect",
    };
    // Each piece copied once: this is most of what an anonymous visitor costs.
    [
        open,
        "/connect/",
        path,
        "?appid=",
        appid,
        "&redirect_uri=",
        &encode(redirect_uri),
        "&response_type=code&scope=",
        state.scope.name(),
        "&state=",
        &state.encode(),
        "#wechat_redirect",
    ]
    .concat()
}

#[cfg(test)]
mod tests;
