//! Who is let in at all.
//!
//! A foreign page can point a name of its own at this machine and then read what the simulator answers, unless the `Host` is looked
//! at; and it can send requests here, whose answers it may not read, unless the `Origin` is.

use std::net::{Ipv4Addr, Ipv6Addr};

use actix_web::{
    Error, HttpRequest, HttpResponse, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, ORIGIN},
    middleware::Next,
    web::Data,
};
use sha2::{Digest as _, Sha256};

use super::control::is_open;
use crate::simulator::{hosts::HOSTS, reply::Refusal, world::World};

#[derive(Clone, Default)]
pub(crate) struct Gate {
    /// Names beside loopback's and WeChat's.
    pub(crate) hosts: Vec<String>,
    /// What the control API asks for.
    pub(crate) token: Option<String>,
}

impl Gate {
    /// Whether a host is served, whatever its port.
    fn admits(&self, authority: &str) -> bool {
        let Some(host) = without_port(authority) else {
            return false;
        };
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        is_loopback(host)
            || HOSTS.contains(&host)
            || self
                .hosts
                .iter()
                .filter_map(|own| without_port(own))
                .any(|own| own.eq_ignore_ascii_case(host))
    }

    /// Whether scripts of such an origin may talk to the simulator; `null`, an origin that is hidden, may not.
    fn admits_origin(&self, origin: &str) -> bool {
        origin
            .split_once("://")
            .is_some_and(|(_, authority)| self.admits(authority))
    }

    fn refusal(&self, world: &World, request: &HttpRequest) -> Option<HttpResponse> {
        let asked = request.uri().authority().map(|asked| asked.as_str());
        let named = values(request, HOST);
        let hosts: Vec<_> = asked.into_iter().chain(named).collect();
        if hosts.is_empty() || !hosts.iter().all(|host| self.admits(host)) {
            let host = hosts.join(", ");
            let message = format!(
                "the host `{host}` is neither this machine's nor WeChat's: allow it with \
                 `--allow-host`, in Rust with `Builder::allow_host`"
            );
            world.record_stray(request, &host, "foreign_host");
            return Some(refusal(StatusCode::FORBIDDEN, "foreign_host", &message));
        }
        if let Some(origin) = values(request, ORIGIN).find(|origin| !self.admits_origin(origin)) {
            let message = format!(
                "a page of the origin `{origin}` may not use the simulator: allow its host with \
                 `--allow-host`, in Rust with `Builder::allow_host`"
            );
            world.record_stray(request, origin, "foreign_origin");
            return Some(refusal(StatusCode::FORBIDDEN, "foreign_origin", &message));
        }
        None
    }

    fn control_refusal(&self, request: &HttpRequest) -> Option<HttpResponse> {
        if let Some(token) = &self.token
            && !is_open(request.path())
            && !values(request, AUTHORIZATION).any(|given| is_bearer(given, token))
        {
            let message = "send `authorization: Bearer` and the simulator's token";
            return Some(refusal(StatusCode::UNAUTHORIZED, "token_required", message));
        }
        let is_json = values(request, CONTENT_TYPE).any(|given| {
            let essence = given.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json")
        });
        if !request.method().is_safe() && !is_json {
            let message = "send `content-type: application/json`";
            let code = "unsupported_content_type";
            return Some(refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, message));
        }
        None
    }
}

/// Middleware of everything.
pub(crate) async fn guard(
    gate: Data<Gate>,
    world: Data<World>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match gate.refusal(&world, request.request()) {
        Some(refusal) => Ok(request.into_response(refusal)),
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

/// Middleware of the control API.
pub(crate) async fn guard_control(
    gate: Data<Gate>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match gate.control_refusal(request.request()) {
        Some(refusal) => Ok(request.into_response(refusal)),
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

fn refusal(status: StatusCode, code: &'static str, message: &str) -> HttpResponse {
    Refusal::new(status, code, message).error_response()
}

/// The header's values; one that is no text is no good one either.
fn values(request: &HttpRequest, name: HeaderName) -> impl Iterator<Item = &str> {
    request
        .headers()
        .get_all(name)
        .map(|value| value.to_str().unwrap_or("?"))
}

fn is_bearer(given: &str, token: &str) -> bool {
    let given = given
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    // Digests take the same time to compare wherever they differ from the secret.
    given.is_some_and(|(_, given)| Sha256::digest(given) == Sha256::digest(token))
}

fn without_port(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    let is_port = port.is_empty() || port.len() > 1 && digits.bytes().all(|it| it.is_ascii_digit());
    (is_port && (port.is_empty() || port.starts_with(':'))).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}
