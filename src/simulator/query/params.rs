//! Query strings and forms, read without trusting them.
//!
//! The raw text is kept beside the decoded one: WeChat hands `state` back byte for byte, and a decoder that ran in between
//! could not promise that.

/// The parameters of one request, in the order they came; of repeated names the first counts.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<Param>);

#[derive(Debug)]
struct Param {
    name: String,
    raw: String,
    value: String,
}

impl Params {
    pub(crate) fn parse(query: &str) -> Self {
        Self(pairs(query).map(Param::from).collect())
    }

    /// Adds the parameters of a form body: the token call is in use with `POST` too, though WeChat does not document it.
    pub(crate) fn and_form(mut self, body: &[u8]) -> Self {
        self.0
            .extend(pairs(&String::from_utf8_lossy(body)).map(Param::from));
        self
    }

    /// The decoded value; empty when it is missing, for WeChat treats the two alike.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name).map_or("", |param| &param.value)
    }

    /// The value as it was sent.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.find(name).map_or("", |param| &param.raw)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Where the first parameter of this name stands among the others.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|param| param.name == name)
    }

    fn find(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|param| param.name == name)
    }
}

impl From<(&str, &str)> for Param {
    fn from((name, raw): (&str, &str)) -> Self {
        Self {
            name: decode_text(name),
            raw: raw.to_owned(),
            value: decode_text(raw),
        }
    }
}

/// `a=1&b` as `("a", "1")`, `("b", "")`, nothing decoded.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Decodes once: `%41` and `+`; escapes that are none stay as they are.
pub(crate) fn decode(raw: &str) -> Vec<u8> {
    let bytes = raw.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = match bytes[at..] {
            [b'%', high, low, ..] => hex(high).zip(hex(low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                decoded.push(high << 4 | low);
                at += 3;
            }
            None => {
                decoded.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    decoded
}

pub(crate) fn decode_text(raw: &str) -> String {
    String::from_utf8_lossy(&decode(raw)).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
