//! The simulator's own page, and the way back of a login that is tried on it. It reads and writes the control API.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::page;
use crate::simulator::reply::pages;

const SCRIPT: &str = include_str!("../../../templates/simulator/page.js");

/// Nothing from elsewhere, and in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.service(page("/").to(home))
        .service(page(TRY).to(tried))
        .service(page("/_control/page.js").to(script));
}

/// Where a login that is tried comes back to.
pub(crate) const TRY: &str = "/try";

#[derive(Serialize)]
struct Home<'a> {
    page: &'a str,
    parts: &'a [Part],
}

/// A part of the page, from top to bottom.
#[derive(Serialize)]
struct Part {
    id: &'static str,
    zh: &'static str,
    en: &'static str,
    /// Whether news in it is read out.
    live: bool,
}

const fn part(id: &'static str, zh: &'static str, en: &'static str, live: bool) -> Part {
    Part { id, zh, en, live }
}

const PARTS: [Part; 8] = [
    part("addresses", "地址", "Addresses", false),
    part("people", "用户", "People", false),
    part("try", "试一试", "Try it", false),
    part("qr", "待扫的二维码", "QR codes on show", true),
    part("calls", "调用", "Calls", true),
    part(
        "switches",
        "故障、时钟、重放",
        "Faults, clock, replay",
        false,
    ),
    part("accounts", "账号", "Accounts", false),
    part("reset", "重置", "Reset", false),
];

async fn home() -> HttpResponse {
    show("home")
}

async fn tried() -> HttpResponse {
    show("try")
}

fn show(page: &str) -> HttpResponse {
    let parts = &PARTS;
    let mut response = pages::home(&Home { page, parts }).into_response();
    let policy = actix_web::http::header::HeaderValue::from_static(POLICY);
    let name = actix_web::http::header::CONTENT_SECURITY_POLICY;
    response.headers_mut().insert(name, policy);
    response
}

async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header(("Cache-Control", "no-cache"))
        .body(SCRIPT)
}
