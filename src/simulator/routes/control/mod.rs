//! The control API: what [`Simulator`](crate::simulator::Simulator) can do, for programs of any language. JSON, unknown fields
//! refused; described in `openapi.json`, which is served beside it.

use actix_web::{
    HttpResponse, Resource,
    http::StatusCode,
    middleware::from_fn,
    web::{self, Data},
};
use serde_json::json;

use self::read::{Answered, text};
use super::{Site, gate};
use crate::simulator::reply::Refusal;

mod accounts;
mod calls;
mod clock;
mod codes;
mod domain;
mod events;
mod faults;
mod people;
mod qr;
mod read;
mod replay;
mod session;
mod standing;

pub(crate) const ROOT: &str = "/_control/v1";
const OPENAPI: &str = include_str!("../../../../templates/simulator/openapi.json");

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    let v1 = web::scope(ROOT)
        .wrap(from_fn(gate::guard_control))
        .service(at("/reset").route(web::post().to(session::reset)))
        .service(at("/accounts").route(web::get().to(accounts::list)))
        .service(
            at("/accounts/{appid}")
                .route(web::get().to(accounts::get))
                .route(web::post().to(accounts::post))
                .route(web::patch().to(accounts::patch))
                .route(web::delete().to(accounts::delete)),
        )
        .service(at("/accounts/{appid}/domain_check").route(web::post().to(domain::check)))
        .service(at("/people").route(web::get().to(people::list)))
        .service(
            at("/people/{id}")
                .route(web::get().to(people::get))
                .route(web::post().to(people::post))
                .route(web::patch().to(people::patch))
                .route(web::delete().to(people::delete)),
        )
        .service(
            at("/session")
                .route(web::get().to(session::get))
                .route(web::put().to(session::put)),
        )
        .service(
            at("/faults")
                .route(web::get().to(faults::get))
                .route(web::post().to(faults::post))
                .route(web::delete().to(faults::delete)),
        )
        .service(
            at("/replay")
                .route(web::get().to(replay::get))
                .route(web::post().to(replay::post)),
        )
        .service(at("/standing").route(web::post().to(standing::post)))
        .service(
            at("/clock")
                .route(web::get().to(clock::get))
                .route(web::put().to(clock::put)),
        )
        .service(at("/codes").route(web::post().to(codes::post)))
        .service(at("/qr").route(web::get().to(qr::list)))
        .service(at("/qr/{uuid}").route(web::post().to(qr::post)))
        .service(
            at("/calls")
                .route(web::get().to(calls::get))
                .route(web::delete().to(calls::delete)),
        )
        .service(at("/events").route(web::get().to(events::get)))
        .service(at("/readyz").route(web::get().to(ready)))
        .service(at("/ca.pem").route(web::get().to(ca)))
        .service(at("/bundle.pem").route(web::get().to(bundle)))
        .service(at("/openapi.json").route(web::get().to(openapi)))
        .default_service(web::to(unknown));
    app.service(v1);
}

/// What a program may ask before it has the token.
pub(crate) fn is_open(path: &str) -> bool {
    ["/readyz", "/ca.pem", "/bundle.pem", "/openapi.json"]
        .iter()
        .any(|open| path.strip_prefix(ROOT) == Some(open))
}

fn at(path: &str) -> Resource {
    web::resource(path).default_service(web::to(wrong_method))
}

async fn wrong_method() -> Answered {
    Err(Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("another method than those of {ROOT}/openapi.json"),
    ))
}

async fn unknown() -> Answered {
    Err(Refusal::new(
        StatusCode::NOT_FOUND,
        "unknown_route",
        format!("no such route: see {ROOT}/openapi.json"),
    ))
}

async fn ready() -> Answered {
    let version = env!("CARGO_PKG_VERSION");
    Ok(HttpResponse::Ok().json(json!({"ready": true, "version": version})))
}

async fn ca(site: Data<Site>) -> Answered {
    pem(site.certificates.as_ref().map(|pems| &pems.ca))
}

async fn bundle(site: Data<Site>) -> Answered {
    pem(site.certificates.as_ref().map(|pems| &pems.bundle))
}

fn pem(pem: Option<&String>) -> Answered {
    match pem {
        Some(pem) => Ok(text("application/x-pem-file", pem.clone())),
        None => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "no_certificate",
            "the simulator serves no TLS: start it with `--https`, or give it `Builder::certificates`",
        )),
    }
}

async fn openapi() -> Answered {
    Ok(text("application/json", OPENAPI.to_owned()))
}
