//! [`parts`]: a short text, taken apart.

use memchr::memchr;

/// The parts of a text between the signs, as [`str::split`] gives them: that one's search is meant
/// for long texts, and costs 90 instructions more at each field of a cookie.
pub(crate) fn parts(text: &str, sign: char) -> Parts<'_> {
    Parts {
        rest: Some(text),
        // No sign that is asked for is longer.
        sign: u8::try_from(sign).unwrap_or_default(),
    }
}

pub(crate) struct Parts<'a> {
    rest: Option<&'a str>,
    sign: u8,
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest.take()?;
        let found = memchr(self.sign, text.as_bytes());
        let apart = found.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)));
        let Some((part, rest)) = apart else {
            return Some(text);
        };
        self.rest = Some(rest);
        Some(part)
    }
}

#[cfg(test)]
#[path = "tests/parts.rs"]
mod tests;
