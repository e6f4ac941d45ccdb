//! What a request's headers say of who asks: a person opening a page, or a program.
//!
//! Hints to choose an answer by, never a security check.

use actix_web::http::{
    Method,
    header::{self, HeaderMap},
};

/// A request that shows its answer to a person as a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Navigation {
    Get,
    /// Answered like a GET, but it can complete nothing.
    Head,
}

/// Whether a person opens a page with this request.
pub(crate) fn navigation(method: &Method, headers: &HeaderMap) -> Option<Navigation> {
    let kind = match *method {
        Method::GET => Navigation::Get,
        Method::HEAD => Navigation::Head,
        _ => return None,
    };
    (!is_script(headers)
        && !is_prefetch(headers)
        && fetch_metadata(headers, "sec-fetch-mode", "navigate")
        && fetch_metadata(headers, "sec-fetch-dest", "document")
        && takes_html(headers))
    .then_some(kind)
}

/// Whether a program that is not allowed in should read HTML rather than JSON.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    !is_script(headers)
        && fetch_metadata(headers, "sec-fetch-mode", "navigate")
        && text(headers, header::ACCEPT.as_str())
            .is_some_and(|accept| quality(accept, "text/html") > 0.0)
}

/// Only `XMLHttpRequest` tells of a script: Android's WeChat sends `com.tencent.mm` with each page.
fn is_script(headers: &HeaderMap) -> bool {
    headers
        .get_all("x-requested-with")
        .any(|value| value.as_bytes().eq_ignore_ascii_case(b"XMLHttpRequest"))
}

fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose"].into_iter().any(|name| {
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
fn fetch_metadata(headers: &HeaderMap, name: &str, wanted: &str) -> bool {
    headers
        .get_all(name)
        .all(|value| value.as_bytes() == wanted.as_bytes())
}

fn takes_html(headers: &HeaderMap) -> bool {
    if !headers.contains_key(header::ACCEPT) {
        return true;
    }
    text(headers, header::ACCEPT.as_str())
        .is_some_and(|accept| accept.trim() == "*/*" || prefers_html(accept))
}

/// HTML is named, and not below JSON.
fn prefers_html(accept: &str) -> bool {
    let html = quality(accept, "text/html");
    html > 0.0 && html >= quality(accept, "application/json")
}

/// How much a kind of answer is wanted, 0 where it is not named.
fn quality(accept: &str, kind: &str) -> f32 {
    weighted(accept)
        .filter(|(name, _)| name.eq_ignore_ascii_case(kind))
        .map(|(_, quality)| quality)
        .fold(0.0, f32::max)
}

/// Whether the visitor reads English rather than Chinese; Chinese where nothing is said.
pub(crate) fn prefers_english(headers: &HeaderMap) -> bool {
    let Some(languages) = text(headers, header::ACCEPT_LANGUAGE.as_str()) else {
        return false;
    };
    let quality = |language: &str| {
        weighted(languages)
            .filter(|(name, _)| {
                name.split('-')
                    .next()
                    .is_some_and(|main| main.eq_ignore_ascii_case(language))
            })
            .map(|(_, quality)| quality)
            .fold(None, |best: Option<f32>, quality| {
                Some(best.map_or(quality, |best| best.max(quality)))
            })
    };
    match (quality("en"), quality("zh")) {
        (Some(english), Some(chinese)) => english > chinese,
        (Some(english), None) => english > 0.0,
        (None, _) => false,
    }
}

/// Inside WeChat's own browser. WeCom's says `MicroMessenger` too, but refuses WeChat's login.
pub(crate) fn is_wechat(headers: &HeaderMap) -> bool {
    text(headers, header::USER_AGENT.as_str()).is_some_and(|agent| {
        let agent = agent.to_ascii_lowercase();
        agent.contains("micromessenger") && !agent.contains("wxwork")
    })
}

/// The members of a header like `a;q=0.5, b`, each with its quality, 1 where none is said.
fn weighted(list: &str) -> impl Iterator<Item = (&str, f32)> {
    list.split(',').map(|member| {
        let mut parts = member.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts
            .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0));
        (name, quality)
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests;
