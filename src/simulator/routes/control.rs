//! The control API: what [`Simulator`](crate::simulator::Simulator) can do, for tests in another process.
//!
//! It takes JSON by its content type only, which a foreign page in a browser cannot send without asking first.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json},
};
use serde::Deserialize;
use serde_json::json;

use crate::simulator::world::{Consent, Endpoint, Fault, Person, Replay, World};

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.route("/calls", web::get().to(calls))
        .route("/calls", web::delete().to(clear_calls))
        .route("/people", web::get().to(people))
        .route("/sign_in", web::post().to(sign_in))
        .route("/consent", web::post().to(consent))
        .route("/faults", web::post().to(faults))
        .route("/faults", web::delete().to(clear_faults))
        .route("/replay", web::post().to(replay))
        .route("/replay", web::get().to(replays))
        .route("/codes", web::post().to(codes))
        .route("/clock", web::post().to(clock))
        .route("/standing", web::post().to(standing));
}

fn done() -> HttpResponse {
    HttpResponse::Ok().json(json!({"ok": true}))
}

async fn calls(world: Data<World>) -> HttpResponse {
    let counts: serde_json::Map<_, _> = Endpoint::ALL
        .iter()
        .map(|endpoint| {
            (
                endpoint.path().to_owned(),
                world.calls.count(*endpoint).into(),
            )
        })
        .collect();
    HttpResponse::Ok().json(json!({"counts": counts, "calls": world.calls.all()}))
}

async fn clear_calls(world: Data<World>) -> HttpResponse {
    world.calls.clear();
    done()
}

async fn people(world: Data<World>) -> HttpResponse {
    let people = world.people();
    let people: Vec<_> = people
        .iter()
        .map(|person| json!({"id": person.id(), "name": person.name()}))
        .collect();
    HttpResponse::Ok().json(json!({"signed_in": world.signed_in().id(), "people": people}))
}

#[derive(Deserialize)]
struct Who {
    name: String,
}

impl Who {
    /// Somebody known by that name, else somebody new.
    fn person(&self, world: &World) -> Person {
        let known = world
            .people()
            .into_iter()
            .find(|person| person.name() == self.name);
        known.unwrap_or_else(|| Person::named(self.name.as_str()))
    }
}

async fn sign_in(world: Data<World>, who: Json<Who>) -> HttpResponse {
    let person = who.person(&world);
    let id = person.id().to_owned();
    world.sign_in(person);
    HttpResponse::Ok().json(json!({"id": id}))
}

#[derive(Deserialize)]
struct SetConsent {
    consent: Consent,
}

async fn consent(world: Data<World>, set: Json<SetConsent>) -> HttpResponse {
    world.set_consent(set.consent);
    done()
}

#[derive(Deserialize)]
struct SetFault {
    endpoint: Endpoint,
    fault: Fault,
    /// From now on, if it is not said.
    times: Option<usize>,
}

async fn faults(world: Data<World>, set: Json<SetFault>) -> HttpResponse {
    let SetFault {
        endpoint,
        fault,
        times,
    } = set.into_inner();
    match times {
        Some(times) => world.faults.queue(endpoint, fault, times),
        None => world.faults.set(endpoint, fault),
    }
    done()
}

async fn clear_faults(world: Data<World>) -> HttpResponse {
    world.faults.clear();
    done()
}

#[derive(Deserialize)]
struct SetReplay {
    replay: Option<Replay>,
}

async fn replay(world: Data<World>, set: Json<SetReplay>) -> HttpResponse {
    world.replays.set(set.replay);
    done()
}

async fn replays(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"replays": world.replays.done()}))
}

#[derive(Deserialize)]
struct Mint {
    appid: String,
    #[serde(flatten)]
    who: Who,
    scope: String,
}

async fn codes(world: Data<World>, mint: Json<Mint>) -> HttpResponse {
    let code = world.mint_for(&mint.appid, &mint.who.person(&world), &mint.scope);
    HttpResponse::Ok().json(json!({"code": code}))
}

#[derive(Deserialize)]
struct Advance {
    seconds: u64,
}

async fn clock(world: Data<World>, advance: Json<Advance>) -> HttpResponse {
    world.advance(Duration::from_secs(advance.seconds));
    done()
}

#[derive(Deserialize)]
struct Standing {
    #[serde(flatten)]
    who: Who,
    what: What,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Revoke,
    Freeze,
    Unfreeze,
    ChangePassword,
}

async fn standing(world: Data<World>, standing: Json<Standing>) -> HttpResponse {
    let person = standing.who.person(&world);
    let accounts = world.accounts.len();
    let mut book = world.book();
    match standing.what {
        What::Revoke => book.revoke(&person, accounts),
        What::Freeze => book.freeze(&person, true),
        What::Unfreeze => book.freeze(&person, false),
        What::ChangePassword => book.change_password(&person),
    }
    done()
}
