//! The cookies of a request by their raw names.
//!
//! Browsers apply their `__Host-` rule to the bytes of a name, so these bytes decide. Whoever trims
//! or decodes a name first takes another cookie for this one.

use std::borrow::Cow;

use actix_web::http::header::{self, HeaderMap};
use percent_encoding::percent_decode;

const HOST_PREFIX: &str = "__Host-";
/// The names of the login cookies on https; what resembles one of them is just ignored.
const LOGIN_PREFIX: &str = "__Host-wechat.";

/// Each cookie's name and value, without the spaces and tabs around them.
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers
        .get_all(header::COOKIE)
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match at {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (&pair[..0], pair),
            };
            (trimmed(name), trimmed(value))
        })
}

fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The raw names of the cookies that pass for a `__Host-` cookie with whoever decodes and trims
/// names, as actix-session does, while any host of the domain can set them. No honest browser has
/// one.
pub(crate) fn look_alikes(headers: &HeaderMap) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for (name, _) in cookies(headers) {
        if is_look_alike(name) && !found.iter().any(|known| known == name) {
            found.push(name.to_vec());
        }
    }
    found
}

fn is_look_alike(name: &[u8]) -> bool {
    // A quick look: what is a letter, a digit or the like stands for itself.
    let is_plain = |byte: &u8| matches!(byte, b'!'..=b'$' | b'&'..=b'~');
    if name.iter().all(is_plain) || name.starts_with(HOST_PREFIX.as_bytes()) {
        return false;
    }
    let name: Cow<'_, [u8]> = percent_decode(name).into();
    let name = String::from_utf8_lossy(&name);
    let name = name.trim();
    name.starts_with(HOST_PREFIX) && !name.starts_with(LOGIN_PREFIX)
}

/// Whether a server that reads cookies as text finds none, because one is not UTF-8.
pub(crate) fn are_unreadable(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::COOKIE)
        .any(|line| std::str::from_utf8(line.as_bytes()).is_err())
}

#[cfg(test)]
#[path = "tests/cookies.rs"]
mod tests;
