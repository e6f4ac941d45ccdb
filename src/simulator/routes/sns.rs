//! The four `/sns/*` endpoints.

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{self, Bytes},
};

use crate::simulator::{
    query::Params,
    reply::{Answer, Reply, error_body, spoil},
    world::{Account, Endpoint, Fault, Grant, Tokens, World},
};

/// Anything but the answer's JSON is an error number.
type Outcome = Result<Vec<u8>, i64>;

/// Answers a call to `endpoint`; a body that is too big or breaks off counts as none.
pub(crate) async fn call(
    endpoint: Endpoint,
    world: web::Data<World>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    let form = if request.method() == Method::POST {
        body.unwrap_or_default()
    } else {
        Bytes::new()
    };
    let params = Params::parse(request.query_string()).and_form(&form);
    world.record(endpoint, &request, &form, &params);

    let error = |errcode| {
        let account = world
            .account(params.get("appid"))
            .map(|(_, account)| account);
        Reply::json(error_body(errcode, world.rid(account), world.now()))
    };
    let work = || match answer(endpoint, &world, &request, &params) {
        Ok(body) => Reply::json(body),
        Err(errcode) => error(errcode),
    };
    match world.faults.next(endpoint, world.now()) {
        None => work().into_response(),
        Some(Fault::TransientToken) if !world.book().balks(params.get("access_token")) => {
            work().into_response()
        }
        Some(fault) => spoil(&request, fault, work, error).await,
    }
}

fn answer(endpoint: Endpoint, world: &World, request: &HttpRequest, params: &Params) -> Outcome {
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::POST if !post_refused(world, params) => {}
        _ => return Err(43001),
    }
    match endpoint {
        Endpoint::AccessToken => access_token(world, params),
        Endpoint::RefreshToken => refresh_token(world, params),
        Endpoint::UserInfo => userinfo(world, params),
        Endpoint::Auth => auth(world, params),
        Endpoint::Authorize | Endpoint::QrConnect => Err(-1),
    }
}

fn post_refused(world: &World, params: &Params) -> bool {
    let account = world
        .account(params.get("appid"))
        .map(|(_, account)| account);
    account
        .or(world.accounts.first())
        .is_some_and(|account| account.post_refused)
}

fn required(params: &Params, names: &[(&str, i64)]) -> Result<(), i64> {
    match names.iter().find(|(name, _)| params.get(name).is_empty()) {
        Some((_, errcode)) => Err(*errcode),
        None => Ok(()),
    }
}

fn access_token(world: &World, params: &Params) -> Outcome {
    required(
        params,
        &[("appid", 41002), ("secret", 41004), ("code", 41008)],
    )?;
    if params.get("grant_type") != "authorization_code" {
        return Err(40002);
    }
    let (index, account) = world.account(params.get("appid")).ok_or(40013)?;
    if params.get("secret") != account.secret() {
        return Err(40125);
    }
    let now = world.now();
    let mut book = world.book();
    let grant = book.spend(params.get("code"), index, now)?;
    let tokens = book.issue(grant, account.refresh_dies_on_base, now);
    drop(book);
    let mut answer = tokens_of(account, &tokens);
    let scope_has_unionid = tokens.grant.scope != "snsapi_base" || account.unionid_for_base;
    if account.bound && scope_has_unionid {
        answer.text("unionid", &tokens.grant.person.unionid());
    }
    let flagged = account
        .snapshot
        .as_ref()
        .is_none_or(|snapshot| snapshot.flagged);
    if tokens.grant.snapshot && flagged {
        answer.number("is_snapshotuser", 1);
    }
    Ok(answer.finish())
}

fn refresh_token(world: &World, params: &Params) -> Outcome {
    required(params, &[("appid", 41002), ("refresh_token", 41003)])?;
    if params.get("grant_type") != "refresh_token" {
        return Err(40002);
    }
    let (index, account) = world.account(params.get("appid")).ok_or(40013)?;
    let tokens = world
        .book()
        .refresh(params.get("refresh_token"), index, world.now())?;
    Ok(tokens_of(account, &tokens).finish())
}

fn tokens_of(account: &Account, tokens: &Tokens) -> Answer {
    let mut answer = Answer::new();
    answer
        .text("access_token", &tokens.access)
        .number("expires_in", 7200)
        .text("refresh_token", &tokens.refresh)
        .text("openid", &tokens.grant.person.openid(account.appid()))
        .text("scope", &tokens.grant.scope);
    answer
}

/// Whose access token this is. The openid is judged after the token itself: 40003 says that the token is good.
fn owner(world: &World, params: &Params) -> Result<(Grant, String), i64> {
    required(params, &[("access_token", 41001), ("openid", 41009)])?;
    let openid_of = |grant: &Grant| {
        let account = world.accounts.get(grant.account);
        account
            .map(|account| grant.person.openid(account.appid()))
            .unwrap_or_default()
    };
    let openid = params.get("openid");
    let owner = world.book().owner(
        params.get("access_token"),
        |grant| openid_of(grant) == openid,
        world.now(),
    );
    match owner {
        Ok(grant) => Ok((grant, openid.to_owned())),
        Err(40001) => Err(world
            .accounts
            .first()
            .map_or(40001, |account| account.bad_token_errcode)),
        Err(errcode) => Err(errcode),
    }
}

fn userinfo(world: &World, params: &Params) -> Outcome {
    let (grant, openid) = owner(world, params)?;
    let account = world.accounts.get(grant.account).ok_or(-1)?;
    let snapshot_profile = account
        .snapshot
        .as_ref()
        .is_none_or(|snapshot| snapshot.profile);
    if grant.snapshot && !snapshot_profile {
        return Err(48001);
    }
    let base_profile = || account.base_profile && world.book().has_consented(&grant, world.now());
    if grant.scope == "snsapi_base" && !base_profile() {
        return Err(48001);
    }
    let mut answer = Answer::new();
    answer.text("openid", &openid);
    answer.profile(&grant.person, world.pictures(account));
    if account.bound {
        answer.text("unionid", &grant.person.unionid());
    }
    Ok(answer.finish())
}

fn auth(world: &World, params: &Params) -> Outcome {
    owner(world, params)?;
    let mut answer = Answer::new();
    answer.number("errcode", 0).text("errmsg", "ok");
    Ok(answer.finish())
}
