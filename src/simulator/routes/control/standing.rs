use actix_web::web::Data;
use serde::Deserialize;

use super::read::{Answered, Body, account, body, done, person};
use crate::simulator::world::{Standing, World};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    appid: Option<String>,
    person: String,
    what: Standing,
}

pub(super) async fn post(world: Data<World>, given: Body) -> Answered {
    let post: Post = body(given)?;
    let at = account(&world, post.appid.as_deref())?;
    let person = person(&world, &post.person)?;
    world.stand(at.as_deref(), &person, post.what);
    Ok(done())
}
