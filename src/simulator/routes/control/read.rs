//! Reading what a control call says.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Query},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::simulator::{
    reply::Refusal,
    world::{Person, Tenant, World},
};

pub(super) type Answered = Result<HttpResponse, Refusal>;
pub(super) type Body = Result<Bytes, actix_web::Error>;

/// The query of calls that are for one account or for all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfAccount {
    pub(super) appid: Option<String>,
}

pub(super) fn done() -> HttpResponse {
    HttpResponse::Ok().json(json!({"ok": true}))
}

pub(super) fn text(content_type: &str, text: String) -> HttpResponse {
    HttpResponse::Ok().content_type(content_type).body(text)
}

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", message)
}

pub(super) fn body<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let body = body.map_err(|error| {
        let status = error.as_response_error().status_code();
        Refusal::new(status, "unreadable_body", error.to_string())
    })?;
    // An empty body is an object without fields.
    let body = if body.is_empty() { b"{}" } else { &body[..] };
    // Through a map, for a list would be taken as a struct's fields, too.
    let fields = serde_json::from_slice(body).map_err(|error| refused(&error))?;
    of_fields(fields)
}

/// Fields of something that is taken together from the address and the body.
pub(super) fn fields(given: Body) -> Result<Map<String, Value>, Refusal> {
    body(given)
}

pub(super) fn of_fields<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| refused(&error))
}

pub(super) fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Refusal> {
    match Query::<T>::from_query(request.query_string()) {
        Ok(query) => Ok(query.into_inner()),
        Err(error) => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "invalid_query",
            error.to_string(),
        )),
    }
}

/// The account of this appid, if one is named.
pub(super) fn account(world: &World, appid: Option<&str>) -> Result<Option<Arc<Tenant>>, Refusal> {
    let Some(appid) = appid else {
        return Ok(None);
    };
    match world.tenant(appid) {
        Some(tenant) => Ok(Some(tenant)),
        None => Err(unknown_account(world, appid)),
    }
}

pub(super) fn unknown_account(world: &World, appid: &str) -> Refusal {
    let known = world.tenants();
    Refusal::new(
        StatusCode::NOT_FOUND,
        "unknown_account",
        format!("there is no account `{appid}`"),
    )
    .known(known.iter().map(|tenant| tenant.appid().to_owned()))
}

/// The person of this id, or with this name where only one has it.
pub(super) fn person(world: &World, text: &str) -> Result<Person, Refusal> {
    if let Some(person) = world.person(text) {
        return Ok(person);
    }
    let mut namesakes = world.people();
    namesakes.retain(|person| person.name() == text);
    match namesakes.pop() {
        Some(person) if namesakes.is_empty() => Ok(person),
        _ => Err(unknown_person(world, text)),
    }
}

pub(super) fn unknown_person(world: &World, text: &str) -> Refusal {
    let known = world.people();
    Refusal::new(
        StatusCode::NOT_FOUND,
        "unknown_person",
        format!("there is nobody with the id `{text}`, and not exactly one of that name"),
    )
    .known(known.iter().map(|person| person.id().to_owned()))
}

/// Tells a field that is `null` from one that is not there.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn refused(error: &serde_json::Error) -> Refusal {
    let message = error.to_string();
    if !error.is_data() {
        let message = format!("the body is no JSON object: {message}");
        return Refusal::new(StatusCode::BAD_REQUEST, "invalid_json", message);
    }
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let Some((_, expected)) = message
        .strip_prefix("unknown field ")
        .and_then(|rest| rest.split_once("expected"))
    else {
        return Refusal::new(status, "invalid_value", message);
    };
    // Every second piece is a name between backticks.
    let known: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
    let known = known.into_iter().map(str::to_owned);
    Refusal::new(status, "unknown_field", message.clone()).known(known)
}
