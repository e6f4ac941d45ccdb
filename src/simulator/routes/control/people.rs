use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde_json::{Map, Value, json};

use super::{
    accounts::merged,
    read::{Answered, Body, done, fields, invalid, of_fields, person, unknown_person},
};
use crate::simulator::{
    reply::Refusal,
    world::{Person, World},
};

pub(super) async fn list(world: Data<World>) -> Answered {
    Ok(HttpResponse::Ok().json(json!({ "people": world.people() })))
}

pub(super) async fn get(world: Data<World>, id: Path<String>) -> Answered {
    Ok(HttpResponse::Ok().json(person(&world, &id)?))
}

pub(super) async fn post(world: Data<World>, id: Path<String>, body: Body) -> Answered {
    let somebody = of(&id, fields(body)?)?;
    if world.person(&id).is_some() {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "person_exists",
            format!("there is somebody with the id `{id}`: change them with PATCH"),
        ));
    }
    world.put_person(somebody.clone());
    Ok(HttpResponse::Created().json(somebody))
}

pub(super) async fn patch(world: Data<World>, id: Path<String>, body: Body) -> Answered {
    let before = person(&world, &id)?;
    let changed = of(before.id(), merged(&before, fields(body)?)?)?;
    world.put_person(changed.clone());
    Ok(HttpResponse::Ok().json(changed))
}

pub(super) async fn delete(world: Data<World>, id: Path<String>) -> Answered {
    let somebody = person(&world, &id)?;
    if world.remove_person(somebody.id()) {
        Ok(done())
    } else {
        Err(unknown_person(&world, &id))
    }
}

fn of(id: &str, mut fields: Map<String, Value>) -> Result<Person, Refusal> {
    let own = fields.insert("id".to_owned(), id.into());
    if own.is_some_and(|own| own != id) {
        return Err(invalid("`id` is not the one of the address"));
    }
    of_fields(fields)
}
