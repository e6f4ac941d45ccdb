//! Who asks, by a request's headers: a person who opens a page, or a program.
//!
//! They help to choose an answer, and are never a security check.

use actix_web::http::{
    Method,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};

use crate::weighted::{weight, weighted};

static REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");
static SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
static PURPOSE: HeaderName = HeaderName::from_static("purpose");
static FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
static FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

const HTML: &str = "text/html";
const JSON: &str = "application/json";

/// A request that shows its answer to a person as a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Navigation {
    Get,
    /// Answered like a GET, but it can complete nothing.
    Head,
}

/// Whether a person opens a page with this request.
pub(crate) fn navigation(
    method: &Method,
    headers: &HeaderMap,
    is_own_origin: impl Fn(&[u8]) -> bool,
) -> Option<Navigation> {
    let kind = match *method {
        Method::GET => Navigation::Get,
        Method::HEAD => Navigation::Head,
        _ => return None,
    };
    (!is_script(headers)
        && !is_prefetch(headers)
        && !headers.contains_key(header::UPGRADE)
        && !is_from_elsewhere(headers, is_own_origin)
        && fetch_metadata(headers, &FETCH_MODE, "navigate")
        && fetch_metadata(headers, &FETCH_DEST, "document")
        && takes_html(headers))
    .then_some(kind)
}

/// Whether a program that is not allowed in should read HTML rather than JSON.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    !is_script(headers) && fetch_metadata(headers, &FETCH_MODE, "navigate") && prefers_html(headers)
}

/// Another site's script, by the `Origin` that it cannot hide; `null` says nothing.
fn is_from_elsewhere(headers: &HeaderMap, is_own_origin: impl Fn(&[u8]) -> bool) -> bool {
    headers
        .get_all(header::ORIGIN)
        .any(|origin| origin.as_bytes() != b"null" && !is_own_origin(origin.as_bytes()))
}

/// Only `XMLHttpRequest` tells of a script: Android's WeChat sends `com.tencent.mm` with each page.
fn is_script(headers: &HeaderMap) -> bool {
    headers
        .get_all(&REQUESTED_WITH)
        .any(|value| value.as_bytes().eq_ignore_ascii_case(b"XMLHttpRequest"))
}

fn is_prefetch(headers: &HeaderMap) -> bool {
    [&SEC_PURPOSE, &PURPOSE].into_iter().any(|name| {
        headers.get_all(name).any(|value| {
            value
                .as_bytes()
                .to_ascii_lowercase()
                .starts_with(b"prefetch")
        })
    })
}

/// Each header is judged where it is sent: Chromium 76 to 79, on which older WeChat stands, knows
/// the mode but not the destination.
fn fetch_metadata(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    headers
        .get_all(name)
        .all(|value| value.as_bytes() == wanted.as_bytes())
}

fn takes_html(headers: &HeaderMap) -> bool {
    let mut accepts = headers.get_all(header::ACCEPT);
    match (accepts.next(), accepts.next()) {
        (None, _) => true,
        // A quick look, for so every browser begins: nothing outweighs it.
        (Some(first), _) if first.as_bytes().starts_with(b"text/html,") => true,
        (Some(only), None) if only.as_bytes().trim_ascii() == b"*/*" => true,
        _ => prefers_html(headers),
    }
}

/// HTML is named, and JSON is not preferred: by weight, at equal weight the one named first.
fn prefers_html(headers: &HeaderMap) -> bool {
    let (mut html, mut json) = (0.0_f32, 0.0_f32);
    let named = headers
        .get_all(header::ACCEPT)
        .filter_map(|accept| accept.to_str().ok())
        .flat_map(weighted);
    for (kind, parameters) in named {
        if kind.eq_ignore_ascii_case(HTML) {
            let weight = weight(parameters);
            if weight > json && weight > html {
                html = weight;
            }
        } else if kind.eq_ignore_ascii_case(JSON) {
            let weight = weight(parameters);
            if weight > html && weight > json {
                json = weight;
            }
        }
        if html >= 1.0 {
            // Nothing weighs more, so the rest of a browser's long list need not be read.
            return true;
        }
    }
    html > json
}

/// Inside WeChat's own browser. WeCom's says `MicroMessenger` too, but refuses WeChat's login.
pub(crate) fn is_wechat(headers: &HeaderMap) -> bool {
    text(headers.get(header::USER_AGENT)).is_some_and(|agent| {
        let agent = agent.to_ascii_lowercase();
        agent.contains("micromessenger") && !agent.contains("wxwork")
    })
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}

#[cfg(test)]
#[path = "tests/browser.rs"]
mod tests;
