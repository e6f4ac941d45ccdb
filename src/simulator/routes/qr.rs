//! `/connect/qrconnect`: the login by QR code, its poll, and the page on the phone that scanned it.
//!
//! The real page's traffic is documented nowhere; this follows public descriptions of it.

use std::{
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{HttpRequest, HttpResponse, rt::time::sleep, web};
use qrcode::{QrCode, render::svg};
use rand::distr::{Alphanumeric, SampleString};
use serde::Serialize;

use crate::simulator::{
    check::{Asked, check, error},
    query::Params,
    reply::{
        Reply,
        pages::{self, ConsentPage, Face},
        spoil,
    },
    world::{Consent, Endpoint, Person, Scan, Scans, Status, World},
};

/// How long a QR code can be scanned. WeChat does not say; a few minutes have been seen.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// How long a poll waits for news.
const POLL: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(50);

pub(crate) async fn qrconnect(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    world.record(Endpoint::QrConnect, &request, &[], &params);
    let work = || show(&world, request.query_string(), &params);
    match world.faults.next(Endpoint::QrConnect, world.now()) {
        None => work().into_response(),
        Some(fault) => spoil(&request, fault, work, error).await,
    }
}

fn show(world: &World, query: &str, params: &Params) -> Reply {
    let asked = match check(world, params, Endpoint::QrConnect) {
        Err(page) => return page,
        Ok(asked) => asked,
    };
    let uuid = Alphanumeric.sample_string(&mut rand::rng(), 16);
    let now = world.now();
    let scan = Scan {
        query: query.to_owned(),
        expires: now + LIFE,
        status: Status::Waiting,
    };
    scans(world).insert(uuid.as_str().into(), scan, now + 2 * LIFE, now);
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
    inside: bool,
}

impl<'a> QrPage<'a> {
    fn new(uuid: &'a str, asked: &'a Asked<'_>, params: &Params) -> Self {
        // A mark that no address holds, since control characters are refused.
        let url = asked
            .target
            .with(&[("code", "\u{1}"), ("state", &asked.state)]);
        let (before, after) = url.split_once('\u{1}').unwrap_or((&url, ""));
        Self {
            uuid,
            appid: asked.account.appid(),
            host: &asked.target.host,
            before: script_text(before),
            after: script_text(after),
            inside: params.get("self_redirect") == "true",
        }
    }
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
pub(crate) async fn image(world: web::Data<World>, uuid: web::Path<String>) -> HttpResponse {
    if scans(&world).get(&uuid).is_none() {
        return Reply::status(404).into_response();
    }
    match QrCode::new(format!("{}/connect/confirm?uuid={uuid}", world.url)) {
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
        if world.consent() != Consent::Ask {
            step_by_itself(&world, uuid, last);
        }
        let (number, code) = match current(&world, uuid) {
            None => (402, String::new()),
            Some(Status::Confirmed(code)) => (405, code),
            Some(status) => (status.number(), String::new()),
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

/// What the phone shows after scanning.
pub(crate) async fn confirm(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    on_phone(&world, &request, world.person_of(&request))
}

/// The same, with somebody else chosen.
pub(crate) async fn choose(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    match world.person(&id) {
        Some(person) => on_phone(&world, &request, person),
        None => Reply::status(404).into_response(),
    }
}

pub(crate) async fn allow(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let Some(person) = world.person(&id) else {
        return Reply::status(404).into_response();
    };
    match finish(&world, params.get("uuid"), Some(&person)) {
        Some(_) => Reply {
            cookie: Some(world.remember(&person)),
            ..pages::notice(
                "已确认，请回到电脑上的浏览器",
                "Confirmed: go back to the browser that shows the QR code",
                None,
            )
        },
        None => expired(),
    }
    .into_response()
}

pub(crate) async fn deny(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    match finish(&world, params.get("uuid"), None) {
        Some(_) => pages::notice("已取消登录", "Cancelled", None),
        None => expired(),
    }
    .into_response()
}

fn on_phone(world: &World, request: &HttpRequest, person: Person) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let uuid = params.get("uuid");
    let asked_query = set(world, uuid, |scan| {
        scan.status = Status::Scanned;
        scan.query.clone()
    });
    let Some(asked_query) = asked_query else {
        return expired().into_response();
    };
    let asked = match check(world, &Params::parse(&asked_query), Endpoint::QrConnect) {
        Err(page) => return page.into_response(),
        Ok(asked) => asked,
    };
    let href = |what: &str, person: &Person| {
        format!(
            "{}/connect/confirm/{what}/{}?uuid={uuid}",
            world.url,
            person.id()
        )
    };
    let page = ConsentPage {
        appid: asked.account.appid(),
        host: &asked.target.host,
        person: Face::new(&person, String::new(), true),
        people: world
            .people()
            .iter()
            .map(|other| Face::new(other, href("choose", other), *other == person))
            .collect(),
        allow: href("allow", &person),
        deny: href("deny", &person),
    };
    pages::consent(&page).into_response()
}

fn expired() -> Reply {
    pages::notice("二维码已失效", "This QR code has expired", None)
}

/// Without anybody to ask, the phone scans and decides between two polls.
fn step_by_itself(world: &World, uuid: &str, last: u16) {
    match current(world, uuid) {
        Some(Status::Waiting) => {
            set(world, uuid, |scan| scan.status = Status::Scanned);
        }
        Some(Status::Scanned) if last == 404 => {
            let allows = world.consent() == Consent::Automatic;
            finish(world, uuid, allows.then(|| world.signed_in()).as_ref());
        }
        _ => {}
    }
}

/// Allows as somebody, or cancels.
fn finish(world: &World, uuid: &str, person: Option<&Person>) -> Option<()> {
    let query = set(world, uuid, |scan| scan.query.clone())?;
    let asked = check(world, &Params::parse(&query), Endpoint::QrConnect).ok()?;
    let status = match person {
        Some(person) => Status::Confirmed(world.mint(asked.grant_for(person))),
        None => Status::Cancelled,
    };
    set(world, uuid, |scan| {
        // A second click changes nothing.
        if !matches!(scan.status, Status::Confirmed(_)) {
            scan.status = status;
        }
    })
}

fn current(world: &World, uuid: &str) -> Option<Status> {
    set(world, uuid, |scan| scan.status.clone())
}

/// Does something with a QR code that is still good.
fn set<T>(world: &World, uuid: &str, edit: impl FnOnce(&mut Scan) -> T) -> Option<T> {
    let now = world.now();
    scans(world)
        .get_mut(uuid)
        .filter(|scan| now < scan.expires)
        .map(edit)
}

fn scans(world: &World) -> MutexGuard<'_, Scans> {
    world.scans.lock().unwrap_or_else(PoisonError::into_inner)
}
