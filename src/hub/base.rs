//! Where something is mounted or may be: an origin, and a path below it.

use percent_encoding::percent_decode_str;

use super::target::Target;

/// The hub, WeChat, or a place where visitors may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    origin: String,
    /// Without a slash at its end; empty for the whole origin.
    prefix: String,
}

impl Base {
    /// Says in the error what the text should have been. Nothing is repaired: what a parser has to
    /// put right is not the address that was meant.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains(|char: char| char.is_whitespace() || "\"'`<>".contains(char)) {
            return Err("must not contain spaces, quotes or brackets");
        }
        let address = Target::parse(text).ok_or(
            "must be like `https://shop.example.cn` or `http://localhost:8008`, with a path or without, and no user name or back slash (international names in their `xn--` form)",
        )?;
        if address.has_query() || address.has_fragment() {
            return Err("must end before any `?` or `#`");
        }
        let path = percent_decode_str(address.path()).decode_utf8_lossy();
        if address.origin().contains('*') || path.contains(['*', '{', '}']) {
            return Err("must be one address in full, for there are no wildcards");
        }
        if address.path().contains("//") {
            return Err("must not have an empty part in its path");
        }
        Ok(Self {
            prefix: address.path().trim_end_matches('/').to_owned(),
            origin: address.origin().to_owned(),
        })
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The host, with its port where it has one.
    pub(super) fn host(&self) -> &str {
        self.origin
            .split_once("://")
            .map_or(&self.origin, |(_, host)| host)
    }

    /// The absolute address of a path below this.
    pub(super) fn at(&self, path: &str) -> String {
        [&self.origin, &self.prefix, path].concat()
    }

    /// The target's path below this, empty or with its slash; `None` where it lies elsewhere. A
    /// prefix ends where a part of the path does: `/shop` is not the beginning of `/shopping`.
    pub(super) fn below<'a>(&self, target: &'a Target) -> Option<&'a str> {
        if target.origin() != self.origin {
            return None;
        }
        let rest = target.path().strip_prefix(&self.prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}
