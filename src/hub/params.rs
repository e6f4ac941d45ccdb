//! A query's parameters, each kept byte for byte.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

#[derive(Clone, Debug)]
pub(super) struct Params<'a>(Vec<Param<'a>>);

/// One parameter.
#[derive(Clone, Debug)]
pub(super) struct Param<'a> {
    /// Decoded, as WeChat and the apps do: `redirect%5furi` is a second `redirect_uri`.
    pub(super) name: String,
    /// Name and value as they came.
    pub(super) raw: Cow<'a, str>,
}

/// A parameter that came more than once, and may come once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeated;

impl<'a> Params<'a> {
    pub(super) fn parse(query: &'a str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self(pairs.map(Param::parse).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Param<'a>> {
        self.0.iter()
    }

    /// The one of this name.
    pub(super) fn only(&self, name: &str) -> Result<Option<&Param<'a>>, Repeated> {
        let mut named = self.0.iter().filter(|param| param.name == name);
        match (named.next(), named.next()) {
            (found, None) => Ok(found),
            _ => Err(Repeated),
        }
    }

    pub(super) fn first(&self, name: &str) -> Option<&Param<'a>> {
        self.0.iter().find(|param| param.name == name)
    }

    /// In the order that a name's rank gives; equals stay as they are.
    pub(super) fn sorted(mut self, rank: impl Fn(&str) -> usize) -> Self {
        self.0.sort_by_key(|param| rank(&param.name));
        self
    }

    /// Puts one in place of those of its name, or at the end.
    pub(super) fn set(&mut self, name: &str, encoded: &str) {
        self.0.retain(|param| param.name != name);
        self.0.push(Param {
            name: name.to_owned(),
            raw: Cow::Owned([name, "=", encoded].concat()),
        });
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.0.retain(|param| param.name != name);
        self
    }

    pub(super) fn query(&self) -> String {
        let raw: Vec<&str> = self.0.iter().map(|param| param.raw.as_ref()).collect();
        raw.join("&")
    }
}

impl<'a> Param<'a> {
    fn parse(pair: &'a str) -> Self {
        let name = pair.split('=').next().unwrap_or_default().replace('+', " ");
        let name = percent_decode_str(&name).decode_utf8_lossy();
        let is_blank = |char: char| char.is_whitespace() || char.is_control();
        Self {
            name: name.trim_matches(is_blank).to_owned(),
            raw: Cow::Borrowed(pair),
        }
    }

    /// Decoded once; `None` where that is no text. A `+` stays: in an address it is itself.
    pub(super) fn value(&self) -> Option<Cow<'_, str>> {
        let (_, value) = self.raw.split_once('=').unwrap_or_default();
        percent_decode_str(value).decode_utf8().ok()
    }
}
