//! `/connect/qrconnect`: the login by QR code, and its poll.
//!
//! The real page's traffic is documented nowhere; this follows public descriptions of it.

use std::{cell::Cell, time::Duration};

use actix_web::{HttpRequest, HttpResponse, rt::time::sleep, web};
use qrcode::{QrCode, render::svg};
use rand::distr::{Alphanumeric, SampleString};
use serde::Serialize;

use super::phone::{Act, act, status};
use crate::simulator::{
    check::{Asked, check, error},
    query::{Params, address},
    reply::{Reply, pages, spoil},
    world::{Consent, Endpoint, Scan, Status, World},
};

/// How long a QR code can be scanned. WeChat does not say; a few minutes have been seen.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// How long a poll waits for news.
const POLL: Duration = Duration::from_secs(20);
const SCRIPT: &str = include_str!("../../../templates/simulator/wxLogin.js");
const STEP: Duration = Duration::from_millis(50);

pub(crate) async fn qrconnect(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let tenant = world.tenant(params.get("appid"));
    let tenant = tenant.as_deref();
    let id = world.record(Endpoint::QrConnect, tenant, &request, &[], &params);
    let fault = world.fault(tenant, Endpoint::QrConnect);
    let told = Cell::new(None);
    let tell = |reply: Reply| {
        told.set(reply.errcode);
        reply
    };
    let work = || tell(show(&world, &request, &params));
    let response = match fault.clone() {
        None => work().into_response(),
        Some(fault) => spoil(&request, fault, work, |errcode| tell(error(errcode))).await,
    };
    world.log.conclude(id, told.get(), fault);
    response
}

fn show(world: &World, request: &HttpRequest, params: &Params) -> Reply {
    let asked = match check(world, params, Endpoint::QrConnect, &address(request)) {
        Err(refused) => return refused.page(),
        Ok(asked) => asked,
    };
    let uuid = Alphanumeric.sample_string(&mut rand::rng(), 16);
    let now = world.now(Some(&asked.tenant));
    let scan = Scan {
        query: request.query_string().to_owned(),
        address: address(request),
        expires: now + LIFE,
        status: Status::Waiting,
    };
    let mut scans = asked.tenant.scans();
    scans.insert(uuid.as_str().into(), scan, now + 2 * LIFE, now);
    drop(scans);
    pages::qrconnect(&QrPage::new(&uuid, &asked, params))
}

#[derive(Serialize)]
struct QrPage<'a> {
    uuid: &'a str,
    appid: &'a str,
    host: &'a str,
    /// Script text: where to go, before the code and after it.
    before: String,
    after: String,
    /// Whether the site goes on in the frame that shows the QR code.
    inside: bool,
    /// Shown in a site's page.
    framed: bool,
    /// For pages that are dark already.
    white: bool,
    /// Without a heading, for small frames.
    lite: bool,
    /// The site's own style sheet.
    css: Option<&'a str>,
}

impl<'a> QrPage<'a> {
    fn new(uuid: &'a str, asked: &'a Asked, params: &'a Params) -> Self {
        // A mark that no address holds, since control characters are refused.
        let url = asked.callback("\u{1}");
        let (before, after) = url.split_once('\u{1}').unwrap_or((&url, ""));
        let lite = params.get("stylelite") == "1";
        Self {
            uuid,
            appid: asked.account.appid(),
            host: &asked.target.host,
            before: script_text(before),
            after: script_text(after),
            inside: params.get("self_redirect") == "true",
            framed: params.get("login_type") == "jssdk",
            white: params.get("style") == "white",
            lite,
            // As at WeChat, the small form has no other style.
            css: Some(params.get("href")).filter(|href| !lite && is_css(href)),
        }
    }
}

/// WeChat's script for sites that show the QR code in a frame, in each language's folder.
pub(crate) async fn script(path: web::Path<(String, String)>) -> HttpResponse {
    let (_, name) = path.into_inner();
    if !name.eq_ignore_ascii_case("wxLogin.js") {
        return Reply::status(404).into_response();
    }
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header(("Cache-Control", "no-cache"))
        .body(SCRIPT)
}

/// What WeChat takes: a file over https, or the style itself.
fn is_css(href: &str) -> bool {
    href.starts_with("https://") || href.starts_with("data:text/css;base64,")
}

/// A string for an inline script: nothing in it can end the script or the string.
fn script_text(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii_alphanumeric() || b":/?.=-_%".contains(&byte) => {
            char::from(byte).to_string()
        }
        _ => format!("\\u{unit:04x}"),
    });
    format!("\"{}\"", units.collect::<String>())
}

/// The picture.
pub(crate) async fn image(
    world: web::Data<World>,
    request: HttpRequest,
    uuid: web::Path<String>,
) -> HttpResponse {
    if world
        .find_tenant(|tenant| tenant.scans().get(&uuid).is_some())
        .is_none()
    {
        return Reply::status(404).into_response();
    }
    match QrCode::new(format!("{}/connect/confirm?uuid={uuid}", address(&request))) {
        Ok(code) => {
            let svg = code
                .render::<svg::Color<'_>>()
                .min_dimensions(280, 280)
                .build();
            HttpResponse::Ok().content_type("image/svg+xml").body(svg)
        }
        Err(_) => Reply::status(404).into_response(),
    }
}

/// Tells the page what became of its QR code, as soon as that changes.
pub(crate) async fn poll(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let uuid = params.get("uuid");
    let last = params.get("last").parse().unwrap_or(408);
    let mut waited = Duration::ZERO;
    loop {
        step_by_itself(&world, uuid, last);
        let (number, code) = match status(&world, uuid) {
            None => (402, String::new()),
            Some((_, Status::Confirmed(code))) => (405, code),
            Some((_, status)) => (status.number(), String::new()),
        };
        if number != last || waited >= POLL {
            return HttpResponse::Ok()
                .content_type("text/javascript")
                .insert_header(("Cache-Control", "no-store"))
                .body(format!(
                    "window.wx_errcode={number};window.wx_code='{code}';"
                ));
        }
        sleep(STEP).await;
        waited += STEP;
    }
}

/// Without anybody to ask, the phone scans and decides between two polls.
fn step_by_itself(world: &World, uuid: &str, last: u16) {
    let Some((tenant, now)) = status(world, uuid) else {
        return;
    };
    let consent = world.consent(Some(&tenant));
    let next = match (consent, now) {
        (Consent::Ask, _) => return,
        (_, Status::Waiting) => Act::Scan,
        (Consent::Automatic, Status::Scanned) if last == 404 => Act::Allow,
        (Consent::Refuse, Status::Scanned) if last == 404 => Act::Deny,
        _ => return,
    };
    // A QR code that has expired meanwhile is the next poll's news.
    let _ = act(world, uuid, next, &world.signed_in(Some(&tenant)));
}
