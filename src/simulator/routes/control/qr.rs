use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;
use serde_json::json;

use super::read::{Answered, Body, OfAccount, account, body, done, person, query};
use crate::simulator::{
    reply::Refusal,
    routes::phone::{Act, act, status},
    world::World,
};

pub(super) async fn list(world: Data<World>, request: HttpRequest) -> Answered {
    let OfAccount { appid } = query(&request)?;
    let at = account(&world, appid.as_deref())?;
    let mut tenants = world.tenants();
    tenants.retain(|tenant| at.as_ref().is_none_or(|at| at.appid() == tenant.appid()));
    let mut codes = Vec::new();
    for tenant in tenants {
        let now = world.now(Some(&tenant));
        for (uuid, scan) in tenant.scans().iter() {
            if let Ok(left) = scan.expires.duration_since(now) {
                codes.push(json!({
                    "uuid": uuid,
                    "appid": tenant.appid(),
                    "status": scan.status.name(),
                    "expires_in": left.as_secs(),
                }));
            }
        }
    }
    // The newest first, and always in the same order.
    codes.sort_by_key(|code| {
        let left = code["expires_in"].as_u64().unwrap_or_default();
        (std::cmp::Reverse(left), code["uuid"].to_string())
    });
    Ok(HttpResponse::Ok().json(json!({ "codes": codes })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    action: Act,
    person: Option<String>,
}

pub(super) async fn post(world: Data<World>, uuid: Path<String>, given: Body) -> Answered {
    let post: Post = body(given)?;
    let unknown = || unknown_qr(&world, &uuid);
    let (tenant, _) = status(&world, &uuid).ok_or_else(unknown)?;
    let person = match &post.person {
        Some(text) => person(&world, text)?,
        None => world.signed_in(Some(&tenant)),
    };
    act(&world, &uuid, post.action, &person).ok_or_else(unknown)?;
    Ok(done())
}

fn unknown_qr(world: &World, uuid: &str) -> Refusal {
    let mut known = Vec::new();
    for tenant in world.tenants() {
        let now = world.now(Some(&tenant));
        let scans = tenant.scans();
        let good = scans.iter().filter(|(_, scan)| now < scan.expires);
        known.extend(good.map(|(uuid, _)| uuid.to_owned()));
    }
    Refusal::new(
        StatusCode::NOT_FOUND,
        "unknown_qr",
        format!("there is no QR code `{uuid}`, or not any more"),
    )
    .known(known)
}
