use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde_json::{Map, Value, json};

use super::read::{Answered, Body, account, done, fields, invalid, of_fields, unknown_account};
use crate::simulator::{
    reply::Refusal,
    world::{Account, World},
};

pub(super) async fn list(world: Data<World>) -> Answered {
    let accounts: Vec<_> = world.tenants().iter().map(|it| it.account()).collect();
    let accounts: Vec<&Account> = accounts.iter().map(|account| &**account).collect();
    Ok(HttpResponse::Ok().json(json!({ "accounts": accounts })))
}

pub(super) async fn get(world: Data<World>, appid: Path<String>) -> Answered {
    match account(&world, Some(&appid))? {
        Some(tenant) => Ok(HttpResponse::Ok().json(&*tenant.account())),
        None => Err(unknown_account(&world, &appid)),
    }
}

pub(super) async fn post(world: Data<World>, appid: Path<String>, body: Body) -> Answered {
    let account = of(&appid, fields(body)?)?;
    if world.tenant(&appid).is_some() {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "account_exists",
            format!("there is an account `{appid}`: change it with PATCH"),
        ));
    }
    world.put_account(account.clone());
    Ok(HttpResponse::Created().json(account))
}

pub(super) async fn patch(world: Data<World>, appid: Path<String>, body: Body) -> Answered {
    let Some(tenant) = account(&world, Some(&appid))? else {
        return Err(unknown_account(&world, &appid));
    };
    let changed = of(&appid, merged(&*tenant.account(), fields(body)?)?)?;
    tenant.set_account(changed.clone());
    Ok(HttpResponse::Ok().json(changed))
}

pub(super) async fn delete(world: Data<World>, appid: Path<String>) -> Answered {
    if world.remove_account(&appid) {
        Ok(done())
    } else {
        Err(unknown_account(&world, &appid))
    }
}

fn of(appid: &str, mut fields: Map<String, Value>) -> Result<Account, Refusal> {
    let own = fields.insert("appid".to_owned(), appid.into());
    if own.is_some_and(|own| own != appid) {
        return Err(invalid("`appid` is not the one of the address"));
    }
    of_fields(fields)
}

/// What there is, with these fields in place of its own; `null` brings a default back.
pub(super) fn merged(
    before: impl serde::Serialize,
    changes: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(before) else {
        return Err(invalid("what there is cannot be written"));
    };
    for (name, value) in changes {
        if value.is_null() {
            fields.remove(&name);
        } else {
            fields.insert(name, value);
        }
    }
    Ok(fields)
}
