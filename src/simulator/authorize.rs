//! `/connect/oauth2/authorize`: the checks, the consent page, and the way back.

use actix_web::{HttpRequest, HttpResponse, http::header::USER_AGENT, web};

use url::form_urlencoded;

use super::{
    account::{Account, Kind},
    book::Grant,
    calls::Endpoint,
    pages::{ConsentPage, Face},
    params::{Params, decode, decode_text},
    person::Person,
    reply::{Reply, spoil},
    target::{Target, header_safe},
    world::{Consent, World},
};

/// A request that passed the checks of the page it was made to.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) account: &'a Account,
    index: usize,
    pub(super) target: Target,
    scope: String,
    /// As it goes back.
    pub(super) state: String,
    force_popup: bool,
}

pub(super) async fn authorize(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    world.record(Endpoint::Authorize, &request, &[], &params);
    let work = || first_visit(&world, &request, &params);
    match world.faults.next(Endpoint::Authorize, world.now()) {
        None => work().into_response(),
        Some(fault) => spoil(&request, fault, work, |errcode| error(&world, errcode)).await,
    }
}

/// The consent page again, with somebody else chosen.
pub(super) async fn choose(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    decided(&world, &request, &id, |asked, person| {
        consent_page(&world, asked, person, &asked_query(&request))
    })
}

pub(super) async fn allow(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    decided(&world, &request, &id, |asked, person| Reply {
        cookie: Some(world.remember(person)),
        ..consent(&world, asked, person)
    })
}

pub(super) async fn deny(
    world: web::Data<World>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    decided(&world, &request, &id, |asked, _| refuse(&world, asked))
}

/// WeChat's button "使用完整服务" on a snapshot page: the same request once more, with consent and a real user. Without a query, of
/// the last snapshot page.
pub(super) async fn full_service(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let query = match request.query_string() {
        "" => world.last_snapshot().unwrap_or_default(),
        query => query.to_owned(),
    };
    let params = Params::parse(&query);
    let reply = match asked(&world, &request, &params) {
        Err(page) => page,
        Ok(asked) => ask(&world, &asked, &world.person_of(&request), &query),
    };
    reply.into_response()
}

fn decided(
    world: &World,
    request: &HttpRequest,
    id: &str,
    decide: impl FnOnce(&Asked<'_>, &Person) -> Reply,
) -> HttpResponse {
    let params = Params::parse(&asked_query(request));
    let reply = match (asked(world, request, &params), world.person(id)) {
        (Err(page), _) => page,
        (Ok(asked), Some(person)) => decide(&asked, &person),
        (Ok(_), None) => Reply::status(404),
    };
    reply.into_response()
}

/// The authorize query that a link of the consent page carries: in one parameter, so that the address is the same with and without
/// HTML's escapes.
fn asked_query(request: &HttpRequest) -> String {
    Params::parse(request.query_string()).get("ask").to_owned()
}

fn first_visit(world: &World, request: &HttpRequest, params: &Params) -> Reply {
    let asked = match asked(world, request, params) {
        Err(page) => return page,
        Ok(asked) => asked,
    };
    if asked.account.connect_redirect && !params.has("connect_redirect") {
        return Reply::redirect(format!(
            "{}?{}&connect_redirect=1#wechat_redirect",
            Endpoint::Authorize.path(),
            header_safe(request.query_string())
        ));
    }
    let person = world.person_of(request);
    if !asked.wants_profile() {
        return grant(world, &asked, &person);
    }
    let consented = world
        .book()
        .has_consented(&asked.grant_for(&person), world.now());
    if let Some(snapshot) = &asked.account.snapshot
        && !consented
    {
        world.set_last_snapshot(request.query_string());
        let person = if snapshot.real_user {
            person
        } else {
            world.virtual_user()
        };
        return asked.back_with(
            world,
            Grant {
                snapshot: true,
                ..asked.grant_for(&person)
            },
        );
    }
    let silent = asked.account.entered_from_menu && person.is_follower()
        || asked.account.remember_consent && consented;
    if silent && !asked.force_popup && world.consent() != Consent::Refuse {
        return grant(world, &asked, &person);
    }
    ask(world, &asked, &person, request.query_string())
}

fn ask(world: &World, asked: &Asked<'_>, person: &Person, query: &str) -> Reply {
    match world.consent() {
        Consent::Ask => consent_page(world, asked, person, query),
        // Not who chose a name on the page before: a test has the last word.
        Consent::Automatic => consent(world, asked, &world.signed_in()),
        Consent::Refuse => refuse(world, asked),
    }
}

fn consent_page(world: &World, asked: &Asked<'_>, person: &Person, query: &str) -> Reply {
    let ask: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let href = |what: &str, person: &Person| {
        let url = &world.url;
        format!("{url}/connect/oauth2/{what}/{}?ask={ask}", person.id())
    };
    world.pages.consent(&ConsentPage {
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

fn grant(world: &World, asked: &Asked<'_>, person: &Person) -> Reply {
    if asked.account.follower_only && !person.is_follower() {
        return error(world, 10006);
    }
    asked.back_with(world, asked.grant_for(person))
}

/// Grants what was consented to, which is remembered; a silent login does not prolong that.
fn consent(world: &World, asked: &Asked<'_>, person: &Person) -> Reply {
    let account = asked.account;
    let keeps = account.remember_consent || account.base_profile || account.snapshot.is_some();
    if keeps && asked.wants_profile() {
        world.book().consent(&asked.grant_for(person), world.now());
    }
    grant(world, asked, person)
}

fn refuse(world: &World, asked: &Asked<'_>) -> Reply {
    if asked.account.refusal_returns {
        return Reply::redirect(asked.target.with(&[("state", &asked.state)]));
    }
    world.pages.notice(
        "已取消授权，网站不会得到通知",
        "Refused; the site is not told",
        None,
    )
}

impl Asked<'_> {
    fn wants_profile(&self) -> bool {
        self.scope.split(',').any(|scope| scope != "snsapi_base")
    }

    pub(super) fn grant_for(&self, person: &Person) -> Grant {
        Grant {
            account: self.index,
            person: person.clone(),
            scope: self.scope.clone(),
            snapshot: false,
        }
    }

    fn back_with(&self, world: &World, grant: Grant) -> Reply {
        Reply::redirect(
            self.target
                .with(&[("code", &world.mint(grant)), ("state", &self.state)]),
        )
    }
}

/// WeChat's checks of an authorize request, in the order of the protocol's table; the page that is shown where one fails.
fn asked<'a>(world: &'a World, request: &HttpRequest, params: &Params) -> Result<Asked<'a>, Reply> {
    let appid = params.get("appid");
    let account = world.account(appid);
    // Told first of all: WeChat's page does it by script, before anything else shows. An unknown appid is gated as the first account.
    if account
        .map(|(_, account)| account)
        .or(world.accounts.first())
        .is_some_and(|account| account.gate_user_agent)
        && !is_wechat(request)
    {
        return Err(world.pages.notice(
            "请在微信客户端打开链接",
            "Please open this link in WeChat",
            None,
        ));
    }
    let asked = check(world, params, Endpoint::Authorize)?;
    if asked.account.strict_order && !is_in_order(params) || params.get("response_type") != "code" {
        return Err(world
            .pages
            .notice("该链接无法访问", "This link cannot be visited", None));
    }
    Ok(asked)
}

/// The checks that both pages make.
pub(super) fn check<'a>(
    world: &'a World,
    params: &Params,
    page: Endpoint,
) -> Result<Asked<'a>, Reply> {
    let fail = |errcode| Err(error(world, errcode));
    let account = world.account(params.get("appid"));
    let state_required = account.is_some_and(|(_, account)| account.require_state);
    for (name, errcode) in [
        ("appid", 10012),
        ("redirect_uri", 10011),
        ("scope", 10010),
        ("state", 10013),
    ] {
        if params.get(name).is_empty() && (name != "state" || state_required) {
            return fail(errcode);
        }
    }
    let Some((index, account)) = account else {
        return Err(world.pages.notice("AppID 参数错误", "Unknown appid", None));
    };
    let scope = params.get("scope");
    match (page, account.kind) {
        (Endpoint::QrConnect, Kind::Test | Kind::Official) => return fail(10005),
        // An Open Platform appid's scope cannot be permitted here, and WeChat has a clearer number for it.
        (Endpoint::Authorize, Kind::Website) => return fail(10016),
        _ if !account.permits_scope(scope) => return fail(10005),
        _ => {}
    }
    let Some(target) = Target::parse(params.raw("redirect_uri")) else {
        return Err(world
            .pages
            .notice("redirect_uri 参数错误", "Bad redirect_uri", None));
    };
    if !account.permits_target(&target) {
        return fail(10003);
    }
    let state = params.raw("state");
    // No such limit is reported of the page with the QR code.
    if page == Endpoint::Authorize && decode(state).len() > 128 {
        return Err(world
            .pages
            .notice("state参数过长", "state is too long", None));
    }
    if account.blocked {
        return fail(10004);
    }
    Ok(Asked {
        account,
        index,
        target,
        scope: scope.to_owned(),
        state: if account.mangle_state {
            mangled(state)
        } else {
            header_safe(state)
        },
        force_popup: params.get("forcePopup") == "true",
    })
}

/// WeChat's error page.
pub(super) fn error(world: &World, errcode: i64) -> Reply {
    let (zh, en) = match errcode {
        10003 => (
            "redirect_uri 域名与后台配置不一致",
            "The redirect_uri's domain is not the configured one",
        ),
        10004 => ("此公众号被封禁", "This account is blocked"),
        10005 => (
            "此公众号并没有这些 scope 的权限",
            "This account may not ask for this scope",
        ),
        10006 => ("必须关注此测试号", "Follow this test account first"),
        10009 => ("操作太频繁了，请稍后重试", "Too frequent, try again later"),
        10010 => ("scope 不能为空", "scope must not be empty"),
        10011 => ("redirect_uri 不能为空", "redirect_uri must not be empty"),
        10012 => ("appid 不能为空", "appid must not be empty"),
        10013 => ("state 不能为空", "state must not be empty"),
        10015 => (
            "公众号未授权第三方平台",
            "The account has not authorised the third-party platform",
        ),
        10016 => (
            "不支持微信开放平台的 AppID，请使用公众号 AppID",
            "Not an Open Platform appid: use the official account's",
        ),
        _ => ("系统错误", "System error"),
    };
    world.pages.notice(zh, en, Some(errcode))
}

/// WeChat's browser, and not that of WeCom, which calls itself WeChat too.
fn is_wechat(request: &HttpRequest) -> bool {
    let agent = request
        .headers()
        .get(USER_AGENT)
        .map(|value| value.as_bytes().to_ascii_lowercase());
    let agent = String::from_utf8_lossy(agent.as_deref().unwrap_or_default()).into_owned();
    agent.contains("micromessenger") && !agent.contains("wxwork")
}

fn is_in_order(params: &Params) -> bool {
    let positions = ["appid", "redirect_uri", "response_type", "scope", "state"]
        .map(|name| params.position(name));
    positions.iter().flatten().is_sorted()
}

/// Decoded once too often, without quotation marks, and fit for a query again.
fn mangled(state: &str) -> String {
    let text = decode_text(&decode_text(state)).replace('"', "");
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
