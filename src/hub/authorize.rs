//! The way out: an app's authorize URL becomes one of the hub.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Settings,
    allowed::{Way, appid_of},
    params::Params,
    refusal::Stop,
    target::Target,
};
use crate::{
    address::authorize::encode,
    answer::depart::{LONG_URL, TOO_LONG_URL},
};

/// WeChat documents this order, and that it may insist on it.
const ORDER: [&str; 5] = ["appid", "redirect_uri", "response_type", "scope", "state"];

/// As few characters as a query's value allows: the result is encoded once more, and the URL must
/// stay short.
const INNER_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b':')
    .remove(b'?')
    .remove(b'=')
    .remove(b'@')
    .remove(b',');

/// Which of the hub's pages an app has sent its visitor to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    OAuth2,
    QrConnect,
    /// What one-page forwarders answer at: no `response_type`, and the scope says which of the two.
    Forward,
}

/// The address at WeChat, and the account that it is for.
#[derive(Debug)]
pub(super) struct AuthorizeUrl {
    pub(super) url: String,
    pub(super) appid: String,
}

impl AuthorizeUrl {
    pub(super) fn is_long(&self) -> bool {
        self.url.len() > LONG_URL
    }
}

pub(super) fn authorize(
    settings: &Settings,
    endpoint: Endpoint,
    query: &str,
) -> Result<AuthorizeUrl, Stop> {
    let mut params = Params::parse(query);
    let target = settings.allowed.target(&params, Way::ToWechat)?;
    let appid = appid_of(&params);
    params.set(Way::ToWechat.parameter(), &redirect_uri(settings, &target));
    let path = match endpoint {
        Endpoint::OAuth2 => super::OAUTH2,
        Endpoint::QrConnect => super::QRCONNECT,
        Endpoint::Forward => forward(&mut params),
    };
    let rank = |name: &str| {
        let known = ORDER.iter().position(|it| *it == name);
        known.unwrap_or(ORDER.len())
    };
    let query = params.sorted(rank).query();
    let url = settings.open.at(&format!("{path}?{query}#wechat_redirect"));
    if url.len() > TOO_LONG_URL {
        return Err(Stop::TooLong {
            length: url.len(),
            appid,
        });
    }
    Ok(AuthorizeUrl { url, appid })
}

/// The hub's own address, which holds the target in one parameter: whatever else it comes back
/// with is WeChat's.
fn redirect_uri(settings: &Settings, target: &Target) -> String {
    let target = target.to_string();
    let target = utf8_percent_encode(&target, INNER_VALUE);
    let back = format!("{}?{}={target}", super::RETURN, Way::Back.parameter());
    let back = settings.allowed.hub.at(&back);
    encode(&back).into_owned()
}

fn forward(params: &mut Params<'_>) -> &'static str {
    if params.first("response_type").is_none() {
        params.set("response_type", "code");
    }
    let scope = params.first("scope").and_then(|scope| scope.value());
    match scope.as_deref() {
        Some("snsapi_login") => super::QRCONNECT,
        Some(scope) if !scope.is_empty() => super::OAUTH2,
        _ => {
            params.set("scope", "snsapi_base");
            super::OAUTH2
        }
    }
}
