//! The public base, on which every address of this app is built.

use url::{Host, Url};

use crate::address::{
    authorize::encode,
    callback::{clean, split},
};

/// The address under which browsers reach the app: an origin, and a prefix if a proxy strips one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    origin: String,
    prefix: String,
    /// Both as a part of a query's value.
    encoded: String,
    url: Url,
}

impl PublicUrl {
    /// Says in the error what the text should have been.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let url = base_url(text)?;
        let origin = url.origin().ascii_serialization();
        let prefix = url.path().trim_end_matches('/').to_owned();
        let encoded = encode(&[origin.as_str(), &prefix].concat()).into_owned();
        Ok(Self {
            origin,
            prefix,
            encoded,
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
        matches!(self.url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
    }

    /// The host's name without its port.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The hosts that can set a cookie for this one: the domains that it lies in, but for the
    /// topmost, at which no browser accepts one.
    pub(crate) fn parent_domains(&self) -> impl Iterator<Item = &str> {
        let name = match self.url.host() {
            Some(Host::Domain(name)) => name,
            _ => "",
        };
        let parents = name.match_indices('.').map(|(at, _)| &name[at + 1..]);
        std::iter::once(name)
            .chain(parents)
            .filter(|domain| domain.contains('.'))
    }

    /// Whether an `Origin` header names this site.
    pub(crate) fn is_origin(&self, origin: &[u8]) -> bool {
        origin.eq_ignore_ascii_case(self.origin.as_bytes())
    }

    /// A page of this app as browsers know it.
    pub(crate) fn page(&self, path_and_query: &str) -> String {
        let slash = slash_before(path_and_query);
        [&self.origin, &self.prefix, slash, path_and_query].concat()
    }

    /// The same as a query's value. Most of it is the same each time, and encoded once.
    pub(crate) fn encoded_page(&self, path_and_query: &str) -> String {
        let slash = encode(slash_before(path_and_query));
        [&self.encoded, &*slash, &encode(path_and_query)].concat()
    }

    /// The same as a path alone, for a `Location` and for JSON.
    pub(crate) fn path(&self, path_and_query: &str) -> String {
        [&self.prefix, path_and_query].concat()
    }

    /// A page as a `return_to` names it: its path without the prefix, unless that path would be
    /// read as one with it.
    pub(crate) fn name_for_return(&self, page: &str) -> String {
        if self.without_prefix(page).is_some() {
            self.path(page)
        } else {
            page.to_owned()
        }
    }

    /// A `return_to` that stays on this site, normalised; `None` for everything else. It is a path
    /// with or without the prefix, or an absolute address.
    ///
    /// What a browser would read as another host is refused before and after normalising:
    /// `//host`, `/\host`, `/..//host`, and control characters, which browsers drop.
    pub(crate) fn return_to(&self, wanted: &str) -> Option<String> {
        if wanted.contains('\\') || wanted.chars().any(char::is_control) {
            return None;
        }
        if !wanted.starts_with('/') {
            return is_absolute(wanted)
                .then(|| self.within(&Url::parse(wanted).ok()?))
                .flatten();
        }
        if wanted.starts_with("//") {
            return None;
        }
        let page = self.without_prefix(wanted).unwrap_or(wanted);
        self.within(&Url::parse(&self.page(page)).ok()?)
    }

    /// The page that a `Referer` names, if it is one of this app, without WeChat's parameters.
    pub(crate) fn referred(&self, referer: &str, appended: Option<&str>) -> Option<String> {
        let page = self.within(&Url::parse(referer).ok()?)?;
        let page = page.split('#').next().unwrap_or_default();
        let (path, query) = split(page).map_or((page, None), |(path, query)| (path, Some(query)));
        Some(clean(path, query, appended).into_owned())
    }

    /// What is left of a path behind the prefix, where there is one; `/` of the prefix itself.
    fn without_prefix<'a>(&self, path: &'a str) -> Option<&'a str> {
        if self.prefix.is_empty() {
            return None;
        }
        match path.strip_prefix(&self.prefix)? {
            "" => Some("/"),
            rest if rest.starts_with(['/', '?', '#']) => Some(rest),
            _ => None,
        }
    }

    fn within(&self, url: &Url) -> Option<String> {
        let is_plain = url.username().is_empty() && url.password().is_none();
        if url.origin() != self.url.origin() || !is_plain {
            return None;
        }
        let page = &url[url::Position::BeforePath..];
        let page = match page.strip_prefix(&self.prefix)? {
            // The prefix itself is the home page.
            "" => "/".to_owned(),
            rest if rest.starts_with(['?', '#']) => ["/", rest].concat(),
            rest => rest.to_owned(),
        };
        (page.starts_with('/') && !page.starts_with("//")).then_some(page)
    }
}

fn slash_before(path_and_query: &str) -> &'static str {
    match path_and_query.as_bytes() {
        [] | [b'/', ..] => "",
        // A request may ask for `*`, which must not become a part of the host.
        _ => "/",
    }
}

/// `http://` or `https://`, and then no slash: no parser has to repair it.
fn is_absolute(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        && !rest.starts_with(['/', '?', '#'])
        && !rest.is_empty()
}

/// An absolute http(s) URL of the kind that paths are appended to. What a parser would repair in
/// silence is refused: it is not the address that was meant.
pub(crate) fn base_url(text: &str) -> Result<Url, &'static str> {
    const WANTED: &str =
        "must be an absolute URL with scheme and host, like `https://shop.example.cn`";
    let text = text.trim_matches(' ');
    if text
        .chars()
        .any(|char| char.is_whitespace() || char.is_control())
    {
        return Err("must not contain spaces or control characters");
    }
    if text.contains('\\') {
        return Err("must not contain a back slash");
    }
    if text.contains(['"', '\'', '`', '<', '>']) {
        return Err("must not be in quotes or brackets");
    }
    let url = Url::parse(text).map_err(|_| WANTED)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with `https://` or `http://`");
    }
    if !is_absolute(text) {
        return Err(WANTED);
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("must name a host");
    }
    let authority = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', '#']).next())
        .unwrap_or_default();
    if authority.contains('@') {
        return Err("must not carry a user name or a password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end before any `?` or `#`");
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_number = |port: &str| {
        !port.starts_with('0') && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    if port.is_some_and(|port| !is_number(port)) {
        return Err("must have a port from 1 to 65535 behind its colon, or none");
    }
    if matches!(url.host(), Some(Host::Ipv4(address)) if address.to_string() != host) {
        return Err("must write an IP address as four numbers, like `127.0.0.1`");
    }
    // Full-width letters, digits and stops become plain ones.
    let is_wide = |char| matches!(char, '\u{3002}' | '\u{ff01}'..='\u{ff61}');
    if host.contains(['%', '*']) || host.contains(is_wide) {
        return Err("must write its host plainly, without wildcards");
    }
    let path = text.get(text.find("://").map_or(0, |at| at + 3 + authority.len())..);
    let mut parts = path.unwrap_or_default().split('/');
    if url.path().contains("//") {
        return Err("must not have an empty part in its path");
    }
    if parts.any(|part| {
        matches!(
            part.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        )
    }) {
        return Err("must not have a `.` or `..` part in its path");
    }
    Ok(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
#[path = "tests/public_url.rs"]
mod tests;
