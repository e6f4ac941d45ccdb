//! The address that an app wants its visitor back at.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::Url;

/// What browsers encode of an address that was written carelessly; the rest stays as it came.
const CARELESS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');
/// No app has a reason for more layers of percent-encoding.
const MOST_LAYERS: usize = 4;

/// An absolute http or https address in its parts. Nothing of it was repaired to be read, so that
/// no browser and no server can read it differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// In lower case, without the scheme's own port: what browsers call the origin.
    origin: String,
    /// With its first slash, and fit for a header like the next two.
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

impl Target {
    pub(super) fn parse(text: &str) -> Option<Self> {
        // Browsers drop some control characters, and read a back slash as a slash.
        if text.chars().any(|char| char.is_control() || char == '\\') {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let origin = origin(scheme, authority)?;
        let rest: String = utf8_percent_encode(rest, CARELESS).collect();
        let (rest, fragment) = split_off(rest, '#');
        let (path, query) = split_off(rest, '?');
        if climbs(&path) {
            return None;
        }
        let path = if path.is_empty() {
            "/".to_owned()
        } else {
            path
        };
        Some(Self {
            origin,
            path,
            query,
            fragment,
        })
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn has_query(&self) -> bool {
        self.query.is_some()
    }

    pub(super) fn has_fragment(&self) -> bool {
        self.fragment.is_some()
    }

    /// The address with more parameters, put where WeChat would put them: behind the query, before
    /// the fragment.
    pub(super) fn with(&self, parameters: &str) -> String {
        let query = match &self.query {
            Some(query) if parameters.is_empty() => Some(query.clone()),
            Some(query) => Some([query, "&", parameters].concat()),
            None if parameters.is_empty() => None,
            None => Some(parameters.to_owned()),
        };
        Self {
            query,
            ..self.clone()
        }
        .to_string()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        if let Some(fragment) = &self.fragment {
            write!(f, "#{fragment}")?;
        }
        Ok(())
    }
}

fn origin(scheme: &str, authority: &str) -> Option<String> {
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    if authority.contains('@') {
        return None;
    }
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    let origin = format!("{scheme}://{authority}");
    // What the parser has to change, some browser or library may change into something else: an
    // encoded or full-width character, an odd number for an IP address, an empty port.
    let parsed = Url::parse(&origin).ok()?;
    (parsed.as_str().strip_suffix('/') == Some(&origin)).then_some(origin)
}

fn split_off(mut text: String, mark: char) -> (String, Option<String>) {
    let Some(at) = text.find(mark) else {
        return (text, None);
    };
    let behind = text.split_off(at + mark.len_utf8());
    text.truncate(at);
    (text, Some(behind))
}

/// Whether a path has a `.` or `..` among its parts in the eyes of anything on the way: browsers
/// read `%2e` so, proxies decode `%2f` and `%5c`, some servers decode twice, or drop what follows a
/// `;`.
fn climbs(path: &str) -> bool {
    let mut path = path.to_owned();
    for _ in 0..MOST_LAYERS {
        let is_dots = |part: &str| {
            let part = part.split(';').next().unwrap_or_default();
            let part = part.trim_matches(|char: char| char.is_whitespace() || char.is_control());
            matches!(part, "." | "..")
        };
        if path.split(['/', '\\']).any(is_dots) {
            return true;
        }
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            return false;
        }
        path = decoded;
    }
    true
}

#[cfg(test)]
#[path = "tests/target.rs"]
mod tests;
