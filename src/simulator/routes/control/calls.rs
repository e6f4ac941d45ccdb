use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, rt::time::timeout, web::Data};
use serde::Deserialize;
use serde_json::json;

use super::read::{Answered, OfAccount, account, done, invalid, query};
use crate::simulator::world::{Endpoint, World};

/// As long as a caller may wait for the next call, in seconds.
const LONGEST: f64 = 60.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    appid: Option<String>,
    /// The number of the last call that is known already.
    after: Option<u64>,
    /// Seconds to wait for a later one.
    wait: Option<f64>,
}

pub(super) async fn get(world: Data<World>, request: HttpRequest) -> Answered {
    let get: Get = query(&request)?;
    account(&world, get.appid.as_deref())?;
    let wait = get.wait.unwrap_or_default();
    if !(0.0..=LONGEST).contains(&wait) {
        return Err(invalid(format!("`wait` is 0 to {LONGEST} seconds")));
    }
    let (appid, after) = (get.appid.as_deref(), get.after.unwrap_or_default());
    let mut news = world.log.news();
    let is_there = || {
        !world.log.calls(appid, after).is_empty()
            || appid.is_none() && !world.log.strays(after).is_empty()
    };
    let until_there = async { while !is_there() && news.changed().await.is_ok() {} };
    // Nothing new is an answer, too.
    let _ = timeout(Duration::from_secs_f64(wait), until_there).await;
    let counts: serde_json::Map<_, _> = Endpoint::ALL
        .into_iter()
        .map(|endpoint| {
            let count = world.log.count(appid, endpoint);
            (endpoint.path().to_owned(), count.into())
        })
        .collect();
    let calls = world.log.calls(appid, after);
    let strays = match appid {
        Some(_) => Vec::new(),
        None => world.log.strays(after),
    };
    // Where to go on: nothing between what is told now and the next time is missed.
    let ids = calls.iter().map(|call| call.id);
    let last = ids.chain(strays.iter().map(|stray| stray.id)).max();
    Ok(HttpResponse::Ok().json(json!({
        "counts": counts,
        "calls": calls,
        "strays": strays,
        "last": last.unwrap_or(after),
    })))
}

pub(super) async fn delete(world: Data<World>, request: HttpRequest) -> Answered {
    let OfAccount { appid } = query(&request)?;
    account(&world, appid.as_deref())?;
    world.log.clear(appid.as_deref());
    Ok(done())
}
