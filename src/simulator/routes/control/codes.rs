use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use serde_json::json;

use super::read::{Answered, Body, body, invalid, person, unknown_account};
use crate::simulator::world::{Kind, World};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    appid: String,
    person: Option<String>,
    scope: Option<String>,
    component_appid: Option<String>,
}

pub(super) async fn post(world: Data<World>, given: Body) -> Answered {
    let post: Post = body(given)?;
    let Some(tenant) = world.tenant(&post.appid) else {
        return Err(unknown_account(&world, &post.appid));
    };
    let account = tenant.account();
    let usual = match account.kind {
        Kind::Website => "snsapi_login",
        _ => "snsapi_userinfo",
    };
    let scope = post.scope.as_deref().unwrap_or(usual);
    if !account.permits_scope(scope) {
        let scopes = account.scopes.join("`, `");
        return Err(invalid(format!(
            "`scope` is one of this account's: `{scopes}`"
        )));
    }
    let component = post.component_appid.as_deref();
    if let Some(component) = component
        && !account.platforms.iter().any(|own| own == component)
    {
        return Err(invalid(
            "`component_appid` is no platform that this account authorises",
        ));
    }
    let person = match &post.person {
        Some(text) => person(&world, text)?,
        None => world.signed_in(Some(&tenant)),
    };
    let code = world.mint_for(&post.appid, &person, scope, component);
    Ok(HttpResponse::Ok().json(json!({
        "code": code,
        "openid": person.openid(&post.appid),
        "scope": scope,
    })))
}
