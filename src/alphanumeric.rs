//! [`Alphanumeric`]: so many letters and digits.

use std::fmt;

/// So many letters and digits, kept where they are: a nonce, a digest, a trace.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Alphanumeric<const LEN: usize>([u8; LEN]);

/// What only the browser of a login has seen.
pub(crate) type Nonce = Alphanumeric<32>;

impl<const LEN: usize> Alphanumeric<LEN> {
    /// Each byte as a letter or a digit.
    pub(crate) fn of(bytes: [u8; LEN]) -> Self {
        const ALPHABET: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        const SIGNS: [u8; 256] = {
            let mut signs = [0; 256];
            let mut byte = 0;
            while byte < signs.len() {
                signs[byte] = ALPHABET[byte % ALPHABET.len()];
                byte += 1;
            }
            signs
        };
        Self(bytes.map(|byte| SIGNS[usize::from(byte)]))
    }

    /// A text of this length that holds nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let signs: [u8; LEN] = text.as_bytes().try_into().ok()?;
        // It looks at each byte: to stop at the first wrong one is a branch that no processor can
        // predict in a random text.
        signs
            .iter()
            .fold(true, |all, sign| all & sign.is_ascii_alphanumeric())
            .then_some(Self(signs))
    }

    pub(crate) fn as_str(&self) -> &str {
        // No letter and no digit is anything but UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<const LEN: usize> fmt::Debug for Alphanumeric<LEN> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
#[path = "tests/alphanumeric.rs"]
mod tests;
