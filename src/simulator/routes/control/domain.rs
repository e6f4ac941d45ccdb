use std::net::SocketAddr;

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;

use super::read::{Answered, Body, account, body, done};
use crate::simulator::{
    reply::{Refusal, check_domain},
    world::World,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    domain: String,
    file: String,
    content: String,
    /// Where that domain listens on this machine.
    at: SocketAddr,
}

pub(super) async fn check(world: Data<World>, appid: Path<String>, given: Body) -> Answered {
    account(&world, Some(&appid))?;
    let post: Post = body(given)?;
    match check_domain(&post.domain, post.at, &post.file, post.content.as_bytes()).await {
        Ok(()) => Ok(done()),
        Err(reason) => Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "domain_check_failed",
            reason,
        )),
    }
}
