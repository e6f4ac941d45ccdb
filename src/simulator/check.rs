//! WeChat's checks of what a site asks for, and its error pages.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header::USER_AGENT};
use url::form_urlencoded;

use super::{
    query::{Params, Target, address, decode, decode_text, header_safe},
    reply::{Duplicate, Reply, pages},
    world::{Account, Endpoint, Grant, Kind, Person, Replay, Tenant, World},
};

/// Why a page goes no further.
#[derive(Debug)]
pub(crate) enum Refused {
    /// One of WeChat's numbers.
    Errcode(i64),
    /// In Chinese and English, without a number.
    Said(&'static str, &'static str),
}

impl Refused {
    pub(crate) fn page(self) -> Reply {
        match self {
            Self::Errcode(errcode) => error(errcode),
            Self::Said(zh, en) => pages::notice(zh, en, None),
        }
    }
}

/// A request that passed the checks of the page it was made to.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) account: Arc<Account>,
    pub(crate) target: Target,
    scope: String,
    /// As it goes back.
    pub(crate) state: String,
    pub(crate) force_popup: bool,
    /// The platform that the login is made through.
    component: Option<Arc<str>>,
}

impl Asked {
    pub(crate) fn wants_profile(&self) -> bool {
        self.scope.split(',').any(|scope| scope != "snsapi_base")
    }

    /// What somebody who found the simulator at this address grants.
    pub(crate) fn grant_for(&self, person: &Person, address: &Arc<str>) -> Grant {
        Grant {
            person: person.clone(),
            listed: true,
            scope: self.scope.clone(),
            snapshot: false,
            component: self.component.clone(),
            address: Some(address.clone()),
            code: None,
        }
    }

    /// The address to go back to, with this code.
    pub(crate) fn callback(&self, code: &str) -> String {
        let mut appended = vec![("code", code), ("state", &self.state)];
        if self.component.is_some() {
            appended.push(("appid", self.account.appid()));
        }
        self.target.with(&appended)
    }

    pub(crate) fn back_with(&self, world: &World, grant: Grant) -> Reply {
        let mint = |grant| world.mint(&self.tenant, grant);
        let replay = world.replay(&self.tenant);
        let replay = replay.filter(|_| self.target.is_loopback());
        let another = (replay == Some(Replay::AnotherCode)).then(|| mint(grant.clone()));
        let code = mint(grant);
        let copied = self.callback(another.as_ref().unwrap_or(&code));
        let appid = self.account.appid();
        Reply {
            copy: replay.map(|replay| Duplicate::of(appid, &copied, replay).into()),
            ..Reply::redirect(self.callback(&code)).of_login(code)
        }
    }
}

/// WeChat's checks of an authorize request, in the order of the protocol's table.
pub(crate) fn asked(
    world: &World,
    request: &HttpRequest,
    params: &Params,
) -> Result<Asked, Refused> {
    let account = world
        .tenant(params.get("appid"))
        .map(|tenant| tenant.account());
    // Told first of all: WeChat's page does it by script, before anything else shows. An unknown appid is gated as the first account.
    if account
        .or_else(|| world.first())
        .is_some_and(|account| account.gate_user_agent)
        && !is_wechat(request)
    {
        return Err(Refused::Said(
            "请在微信客户端打开链接",
            "Please open this link in WeChat",
        ));
    }
    let asked = check(world, params, Endpoint::Authorize, &address(request))?;
    if asked.account.strict_order && !is_in_order(params) || params.get("response_type") != "code" {
        return Err(Refused::Said(
            "该链接无法访问",
            "This link cannot be visited",
        ));
    }
    Ok(asked)
}

/// The checks that both pages make; the browser found the simulator at `address`.
pub(crate) fn check(
    world: &World,
    params: &Params,
    page: Endpoint,
    address: &str,
) -> Result<Asked, Refused> {
    let fail = |errcode| Err(Refused::Errcode(errcode));
    let tenant = world.tenant(params.get("appid"));
    let account = tenant.as_ref().map(|tenant| tenant.account());
    let state_required = account
        .as_ref()
        .is_some_and(|account| account.require_state);
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
    let (Some(tenant), Some(account)) = (tenant, account) else {
        return Err(Refused::Said("AppID 参数错误", "Unknown appid"));
    };
    let scope = params.get("scope");
    match (page, account.kind) {
        (Endpoint::QrConnect, Kind::Test | Kind::Official | Kind::Platform) => return fail(10005),
        // An Open Platform appid's scope cannot be permitted here, and WeChat has a clearer number for it.
        (Endpoint::Authorize, Kind::Website | Kind::Platform) => return fail(10016),
        _ if !account.permits_scope(scope) => return fail(10005),
        _ => {}
    }
    let platform = match params.get("component_appid") {
        component if component.is_empty() || page != Endpoint::Authorize => None,
        component => match platform(world, component) {
            Some(platform) if account.platforms.iter().any(|own| own == component) => {
                Some(platform)
            }
            _ => return fail(10015),
        },
    };
    let Some(target) = Target::parse(params.raw("redirect_uri")) else {
        return Err(Refused::Said("redirect_uri 参数错误", "Bad redirect_uri"));
    };
    // Through a platform people come back to the platform.
    let permits = platform.as_ref().unwrap_or(&account);
    // The simulator's own page tries logins of every account.
    let is_tried = target.is_at(address, "/try");
    if !is_tried && !permits.permits_target(&target) {
        return fail(10003);
    }
    let state = params.raw("state");
    // No such limit is reported of the page with the QR code.
    if page == Endpoint::Authorize && decode(state).len() > 128 {
        return Err(Refused::Said("state参数过长", "state is too long"));
    }
    if account.blocked {
        return fail(10004);
    }
    Ok(Asked {
        target,
        scope: scope.to_owned(),
        state: if account.mangle_state {
            mangled(state)
        } else {
            header_safe(state)
        },
        force_popup: params.get("forcePopup") == "true",
        component: platform.map(|platform| platform.appid().into()),
        tenant,
        account,
    })
}

/// The platform of this appid.
pub(crate) fn platform(world: &World, component_appid: &str) -> Option<Arc<Account>> {
    let tenant = world.tenant(component_appid)?;
    Some(tenant.account()).filter(|account| account.kind == Kind::Platform)
}

/// WeChat's error page.
pub(crate) fn error(errcode: i64) -> Reply {
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
    pages::notice(zh, en, Some(errcode))
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
