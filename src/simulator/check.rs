//! WeChat's checks of what a site asks for, and its error pages.

use actix_web::{HttpRequest, http::header::USER_AGENT};
use url::form_urlencoded;

use super::{
    query::{Params, Target, decode, decode_text, header_safe},
    reply::{Duplicate, Reply, pages},
    world::{Account, Endpoint, Grant, Kind, Person, Replay, World},
};

/// A request that passed the checks of the page it was made to.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) account: &'a Account,
    index: usize,
    pub(crate) target: Target,
    scope: String,
    /// As it goes back.
    pub(crate) state: String,
    pub(crate) force_popup: bool,
}

impl Asked<'_> {
    pub(crate) fn wants_profile(&self) -> bool {
        self.scope.split(',').any(|scope| scope != "snsapi_base")
    }

    pub(crate) fn grant_for(&self, person: &Person) -> Grant {
        Grant {
            account: self.index,
            person: person.clone(),
            scope: self.scope.clone(),
            snapshot: false,
        }
    }

    pub(crate) fn back_with(&self, world: &World, grant: Grant) -> Reply {
        let callback = |grant| {
            self.target
                .with(&[("code", &world.mint(grant)), ("state", &self.state)])
        };
        let replay = world.replays.kind().filter(|_| self.target.is_loopback());
        let another = (replay == Some(Replay::AnotherCode)).then(|| callback(grant.clone()));
        let back = callback(grant);
        Reply {
            copy: replay
                .map(|replay| Duplicate::of(another.as_ref().unwrap_or(&back), replay).into()),
            ..Reply::redirect(back)
        }
    }
}

/// WeChat's checks of an authorize request, in the order of the protocol's table; the page that is shown where one fails.
pub(crate) fn asked<'a>(
    world: &'a World,
    request: &HttpRequest,
    params: &Params,
) -> Result<Asked<'a>, Reply> {
    let appid = params.get("appid");
    let account = world.account(appid);
    // Told first of all: WeChat's page does it by script, before anything else shows. An unknown appid is gated as the first account.
    if account
        .map(|(_, account)| account)
        .or(world.accounts.first())
        .is_some_and(|account| account.gate_user_agent)
        && !is_wechat(request)
    {
        return Err(pages::notice(
            "请在微信客户端打开链接",
            "Please open this link in WeChat",
            None,
        ));
    }
    let asked = check(world, params, Endpoint::Authorize)?;
    if asked.account.strict_order && !is_in_order(params) || params.get("response_type") != "code" {
        return Err(pages::notice(
            "该链接无法访问",
            "This link cannot be visited",
            None,
        ));
    }
    Ok(asked)
}

/// The checks that both pages make.
pub(crate) fn check<'a>(
    world: &'a World,
    params: &Params,
    page: Endpoint,
) -> Result<Asked<'a>, Reply> {
    let fail = |errcode| Err(error(errcode));
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
        return Err(pages::notice("AppID 参数错误", "Unknown appid", None));
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
        return Err(pages::notice(
            "redirect_uri 参数错误",
            "Bad redirect_uri",
            None,
        ));
    };
    if !account.permits_target(&target) {
        return fail(10003);
    }
    let state = params.raw("state");
    // No such limit is reported of the page with the QR code.
    if page == Endpoint::Authorize && decode(state).len() > 128 {
        return Err(pages::notice("state参数过长", "state is too long", None));
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
