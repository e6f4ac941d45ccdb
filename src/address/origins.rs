//! [`Origins`]: other origins whose pages count as this site's.

use url::{Position, Url};

use crate::address::public_url::base_url;

/// The origins of front ends that live on other hosts than the app.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins(Vec<Url>);

impl Origins {
    /// Says in the error what an origin should have been.
    pub(crate) fn parse<'a>(origins: impl Iterator<Item = &'a str>) -> Result<Self, &'static str> {
        let origin = |text| match base_url(text) {
            Ok(url) if url.path() == "/" => Ok(url),
            Ok(_) => Err("must be origins without a path, like `https://www.example.cn`"),
            Err(problem) => Err(problem),
        };
        origins.map(origin).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an `Origin` header names one of them.
    pub(crate) fn contain(&self, origin: &[u8]) -> bool {
        let named = std::str::from_utf8(origin)
            .ok()
            .and_then(|origin| Url::parse(origin).ok());
        named.is_some_and(|named| self.0.iter().any(|known| known.origin() == named.origin()))
    }

    /// An absolute address at one of them, normalised; `None` for everything else.
    pub(crate) fn address(&self, wanted: &str) -> Option<String> {
        if wanted.contains('\\') || wanted.chars().any(|char| char.is_control() || char == ' ') {
            return None;
        }
        let url = Url::parse(wanted).ok()?;
        let authority = &url[Position::BeforeScheme..Position::BeforePath];
        let is_plain = wanted
            .get(..authority.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(authority))
            && url.username().is_empty()
            && url.password().is_none();
        let is_known = self.0.iter().any(|known| known.origin() == url.origin());
        (is_plain && is_known).then(|| url.into())
    }
}

#[cfg(test)]
#[path = "tests/origins.rs"]
mod tests;
