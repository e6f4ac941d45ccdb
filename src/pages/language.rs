//! [`Language`]: what the visitor reads, of the languages that the pages are written in.

use actix_web::http::header::HeaderValue;
use serde::Serialize;

use crate::weighted::{weight, weighted};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) enum Language {
    #[default]
    #[serde(rename = "zh-CN")]
    Simplified,
    #[serde(rename = "zh-Hant")]
    Traditional,
    #[serde(rename = "en")]
    English,
}

impl Language {
    pub(crate) const ALL: [Self; 3] = [Self::Simplified, Self::Traditional, Self::English];

    /// The one that all lines of `Accept-Language` together prefer. Of the two kinds of Chinese it
    /// is the one named first at equal weight; English only where it outweighs both.
    pub(crate) fn preferred<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let (mut chinese, mut english, mut any) = (None, None, 0.0_f32);
        let lines = lines.into_iter().filter_map(|line| line.to_str().ok());
        for (range, parameters) in lines.flat_map(weighted) {
            let quality = weight(parameters);
            match Self::named(range) {
                Some(Self::English) => english = Some(english.unwrap_or(0.0_f32).max(quality)),
                Some(kind) if chinese.is_none_or(|(_, best)| quality > best) => {
                    chinese = Some((kind, quality));
                }
                Some(_) => {}
                None if range == "*" => any = any.max(quality),
                None => {}
            }
        }
        // `*` speaks for what the other ranges do not name.
        let (kind, chinese) = chinese.unwrap_or((Self::Simplified, any));
        if english.unwrap_or(any) > chinese {
            Self::English
        } else if chinese > 0.0 {
            kind
        } else {
            Self::default()
        }
    }

    /// By language, then script, then region (RFC 5646): who writes `zh-Hans-HK` reads simplified.
    fn named(range: &str) -> Option<Self> {
        let (language, subtags) = range.split_once('-').unwrap_or((range, ""));
        let is = |name: &str| language.eq_ignore_ascii_case(name);
        let names = |name: &str| subtags.split('-').any(|it| it.eq_ignore_ascii_case(name));
        if is("en") {
            Some(Self::English)
        } else if !(is("zh") || is("cmn") || is("yue")) {
            None
        } else if names("hans") {
            Some(Self::Simplified)
        } else if names("hant") || is("yue") || ["tw", "hk", "mo"].into_iter().any(names) {
            Some(Self::Traditional)
        } else {
            Some(Self::Simplified)
        }
    }
}

#[cfg(test)]
#[path = "tests/language.rs"]
mod tests;
