//! `redirect_uri`: taken apart, held against an account's domains, and put together again with `code` and `state`.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::params::decode;

/// Where WeChat sends the browser back to.
#[derive(Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) host: String,
    /// As written, also where it is the scheme's own.
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
    https: bool,
    before_fragment: String,
    fragment: String,
}

impl Target {
    /// Reads the parameter as sent, decoding it once; `None` for what no browser should be sent to.
    pub(crate) fn parse(raw: &str) -> Option<Self> {
        let text = String::from_utf8(decode(raw)).ok()?;
        if text.chars().any(|char| char.is_control() || char == '\\') {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let https = scheme.eq_ignore_ascii_case("https");
        if !https && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, fragment)) => (rest, format!("#{fragment}")),
            None => (rest, String::new()),
        };
        let (authority, path_and_query) = match rest.find(['/', '?']) {
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        };
        let (host, port) = split_port(authority)?;
        let host_is_odd = |char: char| !char.is_alphanumeric() && !"-._[:]".contains(char);
        if host.is_empty() || host.contains(host_is_odd) {
            return None;
        }
        let slash = if path_and_query.starts_with('/') {
            ""
        } else {
            "/"
        };
        let path = match path_and_query.split_once('?') {
            Some((path, _)) => path,
            None => path_and_query,
        };
        Some(Self {
            host: host.to_lowercase(),
            port,
            path: format!("{slash}{path}"),
            https,
            before_fragment: header_safe(&format!("{scheme}://{authority}{slash}{path_and_query}")),
            fragment: header_safe(&fragment),
        })
    }

    /// Whether this lies under a configured domain, which may name a path: the host exactly, no wildcards. An ordinary account
    /// takes the default ports only; a test account takes the port it has in its setting.
    pub(crate) fn is_under(&self, domain: &str, ports: bool) -> bool {
        let (authority, prefix) = match domain.find('/') {
            Some(slash) => domain.split_at(slash),
            None => (domain, ""),
        };
        let (host, port) = if ports {
            split_port(authority).unwrap_or((authority, None))
        } else {
            (authority, None)
        };
        let own = Some(if self.https { 443 } else { 80 });
        let prefix = resolved(prefix);
        let prefix = prefix.trim_end_matches('/');
        let path = resolved(&self.path);
        let under = path
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('/') || rest.is_empty());
        host.eq_ignore_ascii_case(&self.host) && self.port.or(own) == port.or(own) && under
    }

    /// Whether this is a path at a place on the web, as [`address`](super::address) writes it.
    pub(crate) fn is_at(&self, address: &str, path: &str) -> bool {
        let rest = self.before_fragment.strip_prefix(address);
        rest.and_then(|rest| rest.strip_prefix(path))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('?'))
    }

    /// Whether this is the machine that the simulator runs on.
    pub(crate) fn is_loopback(&self) -> bool {
        let ipv6 = self.host.trim_matches(['[', ']']).parse::<Ipv6Addr>();
        let ipv4 = self.host.parse::<Ipv4Addr>();
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || ipv4.is_ok_and(|ip| ip.is_loopback())
            || ipv6.is_ok_and(|ip| ip.is_loopback())
    }

    /// The address with parameters appended: its own query is kept byte for byte, its fragment comes after. The values must be
    /// fit for a query already.
    pub(crate) fn with(&self, params: &[(&str, &str)]) -> String {
        let mut url = self.before_fragment.clone();
        for (name, value) in params {
            // WeChat asks no more than whether there is a question mark: `/p?` comes back as `/p?&code=…`.
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.push_str(value);
        }
        url + &self.fragment
    }
}

/// The path that a browser asks for: `.` and `..` taken away, however they are written.
fn resolved(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            ".." => {
                kept.pop();
            }
            "." => {}
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    // The colons of an IPv6 address are inside brackets.
    let after_brackets = authority.rfind(']').unwrap_or(0);
    match authority[after_brackets..].find(':') {
        Some(colon) => {
            let (host, port) = authority.split_at(after_brackets + colon);
            Some((host, Some(port[1..].parse().ok()?)))
        }
        None => Some((authority, None)),
    }
}

/// Spaces and non-ASCII text percent-encoded, as a browser would; everything else untouched.
pub(crate) fn header_safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn comes_back(redirect_uri: &str, expected: &str) {
        let target =
            Target::parse(redirect_uri).map(|target| target.with(&[("code", "C"), ("state", "S")]));
        assert_eq!(target.as_deref(), Some(expected));
    }

    #[test]
    fn redirects_back_as_documented() {
        comes_back("https://h/p", "https://h/p?code=C&state=S");
        comes_back("https://h", "https://h/?code=C&state=S");
        comes_back("https://h?x=1", "https://h/?x=1&code=C&state=S");
        comes_back(
            "https%3A%2F%2Fh%2Fp%3Fx%3D1",
            "https://h/p?x=1&code=C&state=S",
        );
        comes_back("https://h/p%23/route", "https://h/p?code=C&state=S#/route");
        comes_back(
            "https://h/p%3Fa=%252B%26b#/r?c",
            "https://h/p?a=%2B&b&code=C&state=S#/r?c",
        );
        comes_back("http://[::1]:8008/p", "http://[::1]:8008/p?code=C&state=S");
        comes_back("https://h/%E4%B8%AD", "https://h/%E4%B8%AD?code=C&state=S");
        comes_back("HTTPS://H/p?", "HTTPS://H/p?&code=C&state=S");
    }

    #[test]
    fn refuses_what_is_no_place_on_the_web() {
        for odd in [
            "",
            "/p",
            "//h/p",
            "ftp://h/p",
            "javascript://h/%0aalert(1)",
            "https://",
            "https:///p",
            "https://h:x/p",
            "https://h:99999/",
            "https://user@h/p",
            "https://h%5c.evil/p",
            "https://h/%0d%0aSet-Cookie:a=b",
            "https://h/%ff",
            "https://h evil/",
        ] {
            assert_eq!(Target::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_domain_covers_exactly_itself() {
        let under = |redirect_uri: &str, domain: &str, ports: bool| {
            Target::parse(redirect_uri).is_some_and(|target| target.is_under(domain, ports))
        };
        assert!(under("https://shop.example.cn/a", "shop.example.cn", false));
        assert!(under("http://SHOP.example.cn/a", "shop.example.cn", false));
        assert!(under(
            "https://shop.example.cn:443/a",
            "shop.example.cn",
            false
        ));
        assert!(!under(
            "https://shop.example.cn:8443/a",
            "shop.example.cn",
            false
        ));
        assert!(!under(
            "http://shop.example.cn:443/a",
            "shop.example.cn",
            false
        ));
        assert!(!under("https://example.cn/a", "shop.example.cn", false));
        assert!(!under(
            "https://a.shop.example.cn/a",
            "shop.example.cn",
            false
        ));
        assert!(under("https://h.cn/app/x", "h.cn/app", false));
        assert!(under("https://h.cn/app?x", "h.cn/app/", false));
        assert!(!under("https://h.cn/apple", "h.cn/app", false));
        for outside in [
            "/app/../x",
            "/app/..",
            "/app/%2e%2e/x",
            "/app/.%2E/x",
            "/app/a/../../x",
            "/./app/./../x",
            "/../x",
        ] {
            assert!(!under(&format!("https://h.cn{outside}"), "h.cn/app", false));
        }
        for inside in [
            "/x/../app",
            "/app/./x",
            "/app/a/../x",
            "/app/..x",
            "/app/a/..",
        ] {
            assert!(under(&format!("https://h.cn{inside}"), "h.cn/app", false));
        }
        assert!(under("https://h.cn/b", "h.cn/a/../b/", false));
        assert!(!under("https://h.cn/a", "h.cn/a/../b", false));
        assert!(under("http://10.0.0.1:8008/", "10.0.0.1:8008", true));
        assert!(!under("http://10.0.0.1:8009/", "10.0.0.1:8008", true));
        assert!(!under("http://10.0.0.1/", "10.0.0.1:8008", true));
    }
}
