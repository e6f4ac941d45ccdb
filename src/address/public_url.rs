//! The public base, on which every address of this app is built.

use url::Url;

use crate::address::callback::clean;

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

    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
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

#[cfg(test)]
#[path = "tests/public_url.rs"]
mod tests;
