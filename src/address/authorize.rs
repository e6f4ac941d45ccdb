//! The page at WeChat where a login begins.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::{address::state::State, scope::Scope};

/// Percent-encodes one query value; ids, codes and tokens need none of it.
pub(crate) fn encode(value: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'_' | b'.');
    // To the end, for then processors look at many bytes at a time.
    if value.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        return Cow::Borrowed(value);
    }
    let mut encoded = String::with_capacity(value.len() * 2);
    encoded.extend(form_urlencoded::byte_serialize(value.as_bytes()));
    Cow::Owned(encoded)
}

/// The page at WeChat where a login begins. The parameters stand in the documented order, which
/// WeChat may insist on, and the fragment belongs to it. `more` stands behind the documented ones:
/// empty, or parameters that each begin with `&`. `redirect_uri` is a query's value already.
pub(crate) fn authorize(
    open: &str,
    appid: &str,
    redirect_uri: &str,
    state: &State,
    more: &str,
) -> String {
    let path = match state.scope {
        Scope::Base | Scope::UserInfo => "oauth2/authorize",
        Scope::Login => "qrconnect",
    };
    // Each piece copied once: this is most of what an anonymous visitor costs.
    [
        open,
        "/connect/",
        path,
        "?appid=",
        appid,
        "&redirect_uri=",
        redirect_uri,
        "&response_type=code&scope=",
        state.scope.name(),
        "&state=",
        &state.encode(),
        more,
        "#wechat_redirect",
    ]
    .concat()
}

#[cfg(test)]
#[path = "tests/authorize.rs"]
mod tests;
