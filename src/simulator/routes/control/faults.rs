use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use serde_json::json;

use super::read::{Answered, Body, OfAccount, account, body, done, invalid, query};
use crate::simulator::world::{Endpoint, Fault, World};

pub(super) async fn get(world: Data<World>, request: HttpRequest) -> Answered {
    let OfAccount { appid } = query(&request)?;
    let at = account(&world, appid.as_deref())?;
    let faults: Vec<_> = world
        .rules_at(at.as_deref())
        .faults
        .list()
        .into_iter()
        .map(|(endpoint, fault, times)| {
            json!({"endpoint": endpoint, "fault": fault, "times": times})
        })
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "faults": faults })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    appid: Option<String>,
    endpoint: Endpoint,
    fault: Fault,
    /// From now on, if it is not said.
    times: Option<usize>,
}

pub(super) async fn post(world: Data<World>, given: Body) -> Answered {
    let post: Post = body(given)?;
    let at = account(&world, post.appid.as_deref())?;
    let faults = &world.rules_at(at.as_deref()).faults;
    match post.times {
        Some(0) => return Err(invalid("`times` is 1 or more, or left out for always")),
        Some(times) => faults.queue(post.endpoint, post.fault, times),
        None => faults.set(post.endpoint, post.fault),
    }
    Ok(done())
}

pub(super) async fn delete(world: Data<World>, request: HttpRequest) -> Answered {
    let OfAccount { appid } = query(&request)?;
    match account(&world, appid.as_deref())? {
        Some(tenant) => tenant.rules.faults.clear(),
        None => world.clear_faults(),
    }
    Ok(done())
}
