//! The phone that scans a QR code, and what it shows.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::simulator::{
    check::check,
    query::{Params, address},
    reply::{
        Reply,
        pages::{self, ConsentPage, Face},
    },
    world::{Endpoint, Person, Scan, Status, Tenant, World},
};

/// What somebody does with a QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Scan,
    Allow,
    Deny,
    Expire,
}

/// Whose QR code this is, and what became of it; nothing where it is unknown or past its time.
pub(crate) fn status(world: &World, uuid: &str) -> Option<(Arc<Tenant>, Status)> {
    with(world, uuid, |scan| scan.status.clone())
        .filter(|(_, status)| !matches!(status, Status::Expired))
}

/// Does it; `None` where the QR code is no longer good.
pub(crate) fn act(world: &World, uuid: &str, act: Act, person: &Person) -> Option<()> {
    let (tenant, _) = status(world, uuid)?;
    let (_, (query, address)) = with(world, uuid, |scan| {
        (scan.query.clone(), scan.address.clone())
    })?;
    let status = match act {
        Act::Scan => Status::Scanned,
        Act::Deny => Status::Cancelled,
        Act::Expire => Status::Expired,
        Act::Allow => {
            let asked = check(world, &Params::parse(&query), Endpoint::QrConnect, &address).ok()?;
            let code = world.mint(&tenant, asked.grant_for(person, &address));
            world.log.link(Endpoint::QrConnect, &query, &code);
            Status::Confirmed(code)
        }
    };
    with(world, uuid, |scan| {
        // Who has allowed has allowed: a second click changes nothing.
        if !matches!(scan.status, Status::Confirmed(_)) {
            scan.status = status;
        }
    })
    .map(drop)
}

/// Does something with a QR code that is not past its time.
fn with<T>(
    world: &World,
    uuid: &str,
    edit: impl FnOnce(&mut Scan) -> T,
) -> Option<(Arc<Tenant>, T)> {
    let tenant = world.find_tenant(|tenant| tenant.scans().get(uuid).is_some())?;
    let now = world.now(Some(&tenant));
    let done = tenant
        .scans()
        .get_mut(uuid)
        .filter(|scan| now < scan.expires)
        .map(edit)?;
    Some((tenant, done))
}

/// What the phone shows after scanning.
pub(crate) async fn confirm(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    match status(&world, params.get("uuid")) {
        Some((tenant, _)) => on_phone(&world, &request, world.person_of(&request, &tenant)),
        None => expired().into_response(),
    }
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
    match act(&world, params.get("uuid"), Act::Allow, &person) {
        Some(()) => Reply {
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

pub(crate) async fn deny(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let Some(person) = world.person(&id) else {
        return Reply::status(404).into_response();
    };
    match act(&world, params.get("uuid"), Act::Deny, &person) {
        Some(()) => pages::notice("已取消登录", "Cancelled", None),
        None => expired(),
    }
    .into_response()
}

fn on_phone(world: &World, request: &HttpRequest, person: Person) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let uuid = params.get("uuid");
    let query = act(world, uuid, Act::Scan, &person).and_then(|()| {
        with(world, uuid, |scan| {
            (scan.query.clone(), scan.address.clone())
        })
    });
    let Some((_, (query, shown_at))) = query else {
        return expired().into_response();
    };
    let asked = match check(
        world,
        &Params::parse(&query),
        Endpoint::QrConnect,
        &shown_at,
    ) {
        Err(refused) => return refused.page().into_response(),
        Ok(asked) => asked,
    };
    let address = address(request);
    let href = |what: &str, person: &Person| {
        format!(
            "{address}/connect/confirm/{what}/{}?uuid={uuid}",
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
