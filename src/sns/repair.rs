//! The text of an answer, mended as far as WeChat is known to break it.

use std::borrow::Cow;

/// What stands for characters that were damaged on the way.
const DAMAGE: char = '\u{fffd}';

/// A body as text that a JSON parser takes, whatever its type says: WeChat calls JSON `text/plain`,
/// has sent control characters unescaped and has cut characters in half.
pub(crate) fn text(body: &[u8]) -> Cow<'_, str> {
    let mut body = body;
    while let Some(rest) = body.strip_prefix("\u{feff}".as_bytes()) {
        body = rest;
    }
    // Sound text, which is the rule, is read at once.
    let text = match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(body),
    };
    // To the end, for then processors look at many bytes at a time.
    if text
        .bytes()
        .fold(false, |found, byte| found | (byte < b' '))
    {
        // Harmless between tokens, and the cure within strings.
        text.replace(|char: char| char < ' ', " ").into()
    } else {
        text
    }
}

/// The same with bad escapes and halves of characters mended; `None` where every escape is sound.
pub(crate) fn escapes(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_mended = false;
    while let Some(at) = rest.find('\\') {
        mended.push_str(&rest[..at]);
        let (escape, is_sound) = escape(&rest[at..]);
        if is_sound {
            mended.push_str(escape);
        } else {
            mended.push(DAMAGE);
            is_mended = true;
        }
        rest = &rest[at + escape.len()..];
    }
    mended.push_str(rest);
    is_mended.then_some(mended)
}

/// The escape at the start of a text, and whether it stands for characters.
fn escape(text: &str) -> (&str, bool) {
    let sign = text[1..].chars().next();
    match sign {
        Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => (&text[..2], true),
        Some('u') => unicode_escape(text),
        // The character behind the back slash belongs to the damage.
        Some(other) => (&text[..1 + other.len_utf8()], false),
        None => (text, false),
    }
}

fn unicode_escape(text: &str) -> (&str, bool) {
    const LEN: usize = "\\uXXXX".len();
    let Some(unit) = unit(text) else {
        let digits = text[2..].bytes().take(3).take_while(u8::is_ascii_hexdigit);
        return (&text[..2 + digits.count()], false);
    };
    match unit {
        0xd800..=0xdbff => match self::unit(&text[LEN..]) {
            Some(0xdc00..=0xdfff) => (&text[..2 * LEN], true),
            _ => (&text[..LEN], false),
        },
        0xdc00..=0xdfff => (&text[..LEN], false),
        _ => (&text[..LEN], true),
    }
}

/// The number of a `\uXXXX` at the start of a text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u16::from_str_radix(digits, 16).ok())
        .flatten()
}

#[cfg(test)]
#[path = "tests/repair.rs"]
mod tests;
