use std::time::{Duration, UNIX_EPOCH};

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use serde_json::json;

use super::read::{Answered, Body, OfAccount, account, body, invalid, query};
use crate::simulator::world::{Tenant, World};

pub(super) async fn get(world: Data<World>, request: HttpRequest) -> Answered {
    let OfAccount { appid } = query(&request)?;
    let at = account(&world, appid.as_deref())?;
    Ok(show(&world, at.as_deref()))
}

/// All in seconds.
fn show(world: &World, at: Option<&Tenant>) -> HttpResponse {
    let now = world.now(at).duration_since(UNIX_EPOCH);
    let shift = world.rules_at(at).shift();
    HttpResponse::Ok().json(json!({
        "appid": at.map(Tenant::appid),
        "now": now.unwrap_or_default().as_secs(),
        "ahead": shift.ahead().as_secs_f64(),
        "frozen": shift.is_frozen(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    appid: Option<String>,
    /// Seconds that pass at once.
    advance: Option<f64>,
    /// Whether time stands still.
    freeze: Option<bool>,
}

pub(super) async fn put(world: Data<World>, given: Body) -> Answered {
    let put: Put = body(given)?;
    let at = account(&world, put.appid.as_deref())?;
    let at = at.as_deref();
    if put.advance.is_none() && put.freeze.is_none() {
        return Err(invalid("give `advance`, `freeze` or both"));
    }
    if let Some(seconds) = put.advance {
        // More than a clock holds is as far as it goes.
        let by = Duration::try_from_secs_f64(seconds.min(1e18));
        let by = by.map_err(|_| invalid("`advance` is seconds, and not below zero"))?;
        world.advance(at, by);
    }
    if let Some(freeze) = put.freeze {
        world.freeze_time(at, freeze);
    }
    Ok(show(&world, at))
}
