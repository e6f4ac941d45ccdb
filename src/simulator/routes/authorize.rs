//! `/connect/oauth2/authorize`: the consent page, and the way back.

use std::{cell::Cell, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, web};
use url::form_urlencoded;

use crate::simulator::{
    check::{Asked, asked, error},
    query::{Params, address, header_safe},
    reply::{
        Reply,
        pages::{self, ConsentPage, Face},
        spoil,
    },
    world::{Consent, Endpoint, Grant, LastSnapshot, Person, World},
};

pub(crate) async fn authorize(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let tenant = world.tenant(params.get("appid"));
    let tenant = tenant.as_deref();
    let id = world.record(Endpoint::Authorize, tenant, &request, &[], &params);
    let fault = world.fault(tenant, Endpoint::Authorize);
    let told = Cell::new(None);
    let work = || {
        let reply = first_visit(&world, &request, &params);
        told.set(reply.errcode);
        reply
    };
    let response = match fault.clone() {
        None => answer(&world, &request, work()).await,
        Some(fault) => {
            let error = |errcode| {
                told.set(Some(errcode));
                error(errcode)
            };
            spoil(&request, fault, work, error).await
        }
    };
    world.log.conclude(id, told.get(), fault);
    response
}

/// The consent page again, with somebody else chosen.
pub(crate) async fn choose(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    decided(&world, &request, &id, |asked, person| {
        consent_page(
            &world,
            asked,
            person,
            &asked_query(&request),
            &address(&request),
        )
    })
    .await
}

pub(crate) async fn allow(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    decided(&world, &request, &id, |asked, person| Reply {
        cookie: Some(world.remember(person)),
        ..consent(&world, asked, person, &address(&request))
    })
    .await
}

pub(crate) async fn deny(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    decided(&world, &request, &id, |asked, _| refuse(asked)).await
}

/// WeChat's button "使用完整服务" on a snapshot page: the same request once more, with consent and a real user. Without a query, of
/// the last snapshot page.
pub(crate) async fn full_service(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let query = match request.query_string() {
        "" => world
            .last_snapshot()
            .map(|last| last.query)
            .unwrap_or_default(),
        query => query.to_owned(),
    };
    let params = Params::parse(&query);
    let reply = match asked(&world, &request, &params) {
        Err(refused) => refused.page(),
        Ok(asked) => {
            let person = world.person_of(&request, &asked.tenant);
            ask(&world, &asked, &person, &query, &address(&request))
        }
    };
    answer(&world, &request, reply).await
}

async fn decided(
    world: &web::Data<World>,
    request: &HttpRequest,
    id: &str,
    decide: impl FnOnce(&Asked, &Person) -> Reply,
) -> HttpResponse {
    let params = Params::parse(&asked_query(request));
    let reply = match (asked(world, request, &params), world.person(id)) {
        (Err(refused), _) => refused.page(),
        (Ok(asked), Some(person)) => decide(&asked, &person),
        (Ok(_), None) => Reply::status(404),
    };
    answer(world, request, reply).await
}

/// Answers, and sees to the copy of a callback.
async fn answer(world: &web::Data<World>, request: &HttpRequest, mut reply: Reply) -> HttpResponse {
    if let Some(code) = &reply.login {
        let query = match asked_query(request) {
            none if none.is_empty() => request.query_string().to_owned(),
            query => query,
        };
        world.log.link(Endpoint::Authorize, &query, code);
    }
    if let Some(copy) = reply.copy.take() {
        copy.open(world, request).await;
    }
    reply.into_response()
}

/// The authorize query that a link of the consent page carries: in one parameter, so that the address is the same with and without
/// HTML's escapes.
fn asked_query(request: &HttpRequest) -> String {
    Params::parse(request.query_string()).get("ask").to_owned()
}

fn first_visit(world: &World, request: &HttpRequest, params: &Params) -> Reply {
    let asked = match asked(world, request, params) {
        Err(refused) => return refused.page(),
        Ok(asked) => asked,
    };
    if asked.account.connect_redirect && !params.has("connect_redirect") {
        return Reply::redirect(format!(
            "{}?{}&connect_redirect=1#wechat_redirect",
            Endpoint::Authorize.path(),
            header_safe(request.query_string())
        ));
    }
    let address = address(request);
    let tenant = &asked.tenant;
    let person = world.person_of(request, tenant);
    if !asked.wants_profile() {
        return grant(world, &asked, &person, &address);
    }
    let consented = tenant
        .book()
        .has_consented(&person, world.now(Some(tenant)));
    if let Some(snapshot) = &asked.account.snapshot
        && !consented
    {
        world.set_last_snapshot(LastSnapshot {
            address: address.clone(),
            query: request.query_string().to_owned(),
        });
        let person = if snapshot.real_user {
            person
        } else {
            world.virtual_user()
        };
        return asked.back_with(
            world,
            Grant {
                snapshot: true,
                ..asked.grant_for(&person, &address)
            },
        );
    }
    let silent = asked.account.entered_from_menu && person.is_follower()
        || asked.account.remember_consent && consented;
    if silent && !asked.force_popup && world.consent(Some(tenant)) != Consent::Refuse {
        return grant(world, &asked, &person, &address);
    }
    ask(world, &asked, &person, request.query_string(), &address)
}

fn ask(world: &World, asked: &Asked, person: &Person, query: &str, address: &Arc<str>) -> Reply {
    let tenant = Some(&*asked.tenant);
    match world.consent(tenant) {
        Consent::Ask => consent_page(world, asked, person, query, address),
        // Not who chose a name on the page before: a test has the last word.
        Consent::Automatic => consent(world, asked, &world.signed_in(tenant), address),
        Consent::Refuse => refuse(asked),
    }
}

fn consent_page(
    world: &World,
    asked: &Asked,
    person: &Person,
    query: &str,
    address: &str,
) -> Reply {
    let ask: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let href = |what: &str, person: &Person| {
        format!("{address}/connect/oauth2/{what}/{}?ask={ask}", person.id())
    };
    pages::consent(&ConsentPage {
        appid: asked.account.appid(),
        host: &asked.target.host,
        person: Face::new(person, String::new(), true),
        people: world
            .people()
            .iter()
            .map(|other| Face::new(other, href("choose", other), other == person))
            .collect(),
        allow: href("allow", person),
        deny: href("deny", person),
    })
}

fn grant(world: &World, asked: &Asked, person: &Person, address: &Arc<str>) -> Reply {
    if asked.account.follower_only && !person.is_follower() {
        return error(10006);
    }
    asked.back_with(world, asked.grant_for(person, address))
}

/// Grants what was consented to, which is remembered; a silent login does not prolong that.
fn consent(world: &World, asked: &Asked, person: &Person, address: &Arc<str>) -> Reply {
    let account = &asked.account;
    let keeps = account.remember_consent || account.base_profile || account.snapshot.is_some();
    if keeps && asked.wants_profile() {
        let now = world.now(Some(&asked.tenant));
        asked.tenant.book().consent(person, now);
    }
    grant(world, asked, person, address)
}

fn refuse(asked: &Asked) -> Reply {
    if asked.account.authdeny {
        return Reply::redirect(asked.callback("authdeny"));
    }
    if asked.account.refusal_returns {
        return Reply::redirect(asked.target.with(&[("state", &asked.state)]));
    }
    pages::notice(
        "已取消授权，网站不会得到通知",
        "Refused; the site is not told",
        None,
    )
}
