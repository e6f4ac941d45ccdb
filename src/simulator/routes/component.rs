//! `/cgi-bin/component/api_component_token`: a platform's own token.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data},
};
use serde::Deserialize;
use serde_json::json;
use std::cell::Cell;

use crate::simulator::{
    check::platform,
    query::Params,
    reply::{Reply, error_body, spoil},
    world::{Endpoint, World},
};

/// The ticket comes by message push, which is not played: any will do.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    component_appid: String,
    component_appsecret: String,
    component_verify_ticket: String,
}

pub(crate) async fn token(
    world: Data<World>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    let asked = serde_json::from_slice::<Asked>(&body.unwrap_or_default());
    let tenant = asked
        .as_ref()
        .ok()
        .and_then(|asked| world.tenant(&asked.component_appid));
    let tenant = tenant.as_deref();
    let endpoint = Endpoint::ComponentToken;
    // The body is all secrets: nothing of it is kept.
    let id = world.record(endpoint, tenant, &request, &[], &Params::default());
    let told = Cell::new(None);
    let error = |errcode| {
        told.set(Some(errcode));
        let rid = world.rid(tenant.map(|it| it.account()).as_deref());
        Reply::json(error_body(errcode, rid, world.now(tenant)))
    };
    let work = || match issue(&world, &asked) {
        Ok(token) => {
            let answer = json!({"component_access_token": token, "expires_in": 7200});
            Reply::json(answer.to_string().into_bytes())
        }
        Err(errcode) => error(errcode),
    };
    let fault = world.fault(tenant, endpoint);
    let response = match fault.clone() {
        None => work().into_response(),
        Some(fault) => spoil(&request, fault, work, error).await,
    };
    world.log.conclude(id, told.get(), fault);
    response
}

fn issue(world: &World, asked: &Result<Asked, serde_json::Error>) -> Result<String, i64> {
    let asked = asked.as_ref().map_err(|_| 47001)?;
    if asked.component_appid.is_empty() {
        return Err(41018);
    }
    let platform = platform(world, &asked.component_appid).ok_or(40013)?;
    if asked.component_appsecret != platform.secret() {
        return Err(40125);
    }
    if asked.component_verify_ticket.is_empty() {
        return Err(61006);
    }
    let tenant = world.tenant(&asked.component_appid).ok_or(40013)?;
    let now = world.now(Some(&tenant));
    Ok(tenant.book().issue_component_token(now).as_ref().to_owned())
}
