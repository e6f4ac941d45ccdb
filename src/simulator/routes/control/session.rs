use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use serde_json::json;

use super::read::{
    Answered, Body, OfAccount, account, body, done, given, invalid, person, query, unknown_account,
};
use crate::simulator::world::{Consent, Tenant, World};

pub(super) async fn get(world: Data<World>, request: HttpRequest) -> Answered {
    let OfAccount { appid } = query(&request)?;
    let at = account(&world, appid.as_deref())?;
    Ok(show(&world, at.as_deref()))
}

fn show(world: &World, at: Option<&Tenant>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "appid": at.map(Tenant::appid),
        "person": world.signed_in(at).id(),
        "consent": world.consent(at),
    }))
}

/// What is `null` falls back: at one account to what holds for all, for all to the beginning.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    appid: Option<String>,
    #[serde(default, deserialize_with = "given")]
    person: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    consent: Option<Option<Consent>>,
}

pub(super) async fn put(world: Data<World>, given: Body) -> Answered {
    let put: Put = body(given)?;
    let at = account(&world, put.appid.as_deref())?;
    let at = at.as_deref();
    if put.person.is_none() && put.consent.is_none() {
        return Err(invalid("give `person`, `consent` or both"));
    }
    if let Some(text) = put.person {
        let id = match text {
            Some(text) => Some(person(&world, &text)?.id().to_owned()),
            None => None,
        };
        world.set_signed_in(at, id);
    }
    if let Some(consent) = put.consent {
        world.set_consent(at, consent);
    }
    Ok(show(&world, at))
}

pub(super) async fn reset(world: Data<World>, given: Body) -> Answered {
    let OfAccount { appid } = body(given)?;
    match appid {
        None => world.reset(),
        Some(appid) if world.reset_account(&appid) => {}
        Some(appid) => return Err(unknown_account(&world, &appid)),
    }
    Ok(done())
}
