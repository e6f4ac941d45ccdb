//! What WeChat's API answers, read as loosely as it is written.

use std::{borrow::Cow, time::Duration};

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::{
    exchange::hook::Tokens,
    sns::errcode::{Call, Fault},
    sns::error::CallError,
    user::{as_text, number, text},
};

/// The answer to an exchanged code.
pub(crate) struct Exchanged {
    pub(crate) openid: String,
    pub(crate) unionid: Option<String>,
    pub(crate) is_snapshotuser: bool,
    pub(crate) tokens: Tokens,
}

impl Exchanged {
    /// `None` where what a login needs is missing.
    pub(crate) fn read(answer: &Map<String, Value>) -> Option<Self> {
        Some(Self {
            openid: needed(answer, "openid")?,
            unionid: optional(answer, "unionid"),
            is_snapshotuser: number(answer, "is_snapshotuser") == Some(1),
            tokens: tokens(answer, "snsapi_base")?,
        })
    }
}

/// What an answer says, if it says that the call succeeded.
pub(crate) fn read(call: Call, body: &[u8]) -> Result<Map<String, Value>, CallError> {
    let failed = |fault| CallError::new(call, fault);
    let answer = parse(body).ok_or_else(|| failed(Fault::Malformed))?;
    match errcode(&answer) {
        Some(0) => Ok(answer),
        Some(errcode) => Err(CallError {
            rid: rid(&text(&answer, "errmsg")),
            ..failed(Fault::Errcode(errcode))
        }),
        None => Err(failed(Fault::Malformed)),
    }
}

/// Reads an answer whatever its type says: WeChat calls JSON `text/plain`, has sent control
/// characters unescaped and has cut characters in half.
fn parse(body: &[u8]) -> Option<Map<String, Value>> {
    let mut body = match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(body),
    };
    // To the end, for then processors look at many bytes at a time.
    if body
        .bytes()
        .fold(false, |found, byte| found | (byte < b' '))
    {
        // Harmless between tokens, and the cure within strings.
        body = body.replace(|char: char| char < ' ', " ").into();
    }
    serde_json::from_str(body.trim_start_matches('\u{feff}')).ok()
}

/// 0 where there is none; `None` where it is no number.
fn errcode(answer: &Map<String, Value>) -> Option<i64> {
    match answer.get("errcode") {
        None | Some(Value::Null) => Some(0),
        Some(Value::String(text)) if text.is_empty() => Some(0),
        Some(_) => number(answer, "errcode"),
    }
}

/// The `rid: …` that WeChat appends to its messages.
fn rid(errmsg: &str) -> Option<String> {
    let (_, rid) = errmsg.rsplit_once("rid: ")?;
    let rid: String = rid
        .chars()
        .take_while(|char| char.is_ascii_hexdigit() || *char == '-')
        .take(64)
        .collect();
    (!rid.is_empty()).then_some(rid)
}

/// A field that must be text and say something.
pub(crate) fn needed(answer: &Map<String, Value>, name: &str) -> Option<String> {
    let value = answer.get(name).filter(|value| value.is_string())?;
    Some(as_text(value)).filter(|text| !text.is_empty())
}

pub(crate) fn optional(answer: &Map<String, Value>, name: &str) -> Option<String> {
    Some(text(answer, name)).filter(|text| !text.is_empty())
}

pub(crate) fn tokens(answer: &Map<String, Value>, default_scope: &str) -> Option<Tokens> {
    let expires_in = number(answer, "expires_in").and_then(|secs| u64::try_from(secs).ok());
    Some(Tokens {
        access_token: SecretString::from(needed(answer, "access_token")?),
        refresh_token: SecretString::from(text(answer, "refresh_token")),
        expires_in: Duration::from_secs(expires_in.unwrap_or_default()),
        scope: optional(answer, "scope").unwrap_or_else(|| default_scope.to_owned()),
    })
}

#[cfg(test)]
#[path = "tests/read.rs"]
mod tests;
