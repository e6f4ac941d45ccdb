use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use serde_json::json;

use super::read::{Answered, Body, OfAccount, account, body, done, query};
use crate::simulator::world::{Replay, World};

pub(super) async fn get(world: Data<World>, request: HttpRequest) -> Answered {
    let OfAccount { appid } = query(&request)?;
    let at = account(&world, appid.as_deref())?;
    let replay = match &at {
        Some(tenant) => world.replay(tenant),
        None => world.rules.replay().flatten(),
    };
    let mut replays = world.replays.done();
    replays.retain(|done| appid.as_ref().is_none_or(|appid| done.appid == *appid));
    Ok(HttpResponse::Ok().json(json!({"replay": replay, "replays": replays})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    appid: Option<String>,
    // Said in any case, if only that there is none.
    #[serde(deserialize_with = "Option::deserialize")]
    replay: Option<Replay>,
}

pub(super) async fn post(world: Data<World>, given: Body) -> Answered {
    let Post { appid, replay } = body(given)?;
    let at = account(&world, appid.as_deref())?;
    world.rules_at(at.as_deref()).set_replay(Some(replay));
    Ok(done())
}
