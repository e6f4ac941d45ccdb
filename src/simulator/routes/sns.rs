//! The `/sns/*` endpoints, a platform's among them.

use std::{cell::Cell, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{self, Bytes},
};

use crate::simulator::{
    check::platform,
    query::{Params, address},
    reply::{Answer, Reply, error_body, spoil},
    world::{Account, Endpoint, Fault, Grant, Kind, Tenant, Tokens, World},
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
    let tenant = match params.get("appid") {
        "" => world.holder(params.get("access_token")),
        appid => world.tenant(appid),
    };
    let call = Call {
        endpoint,
        world: &world,
        request: &request,
        params: &params,
        tenant: tenant.as_deref(),
        account: tenant.as_ref().map(|tenant| tenant.account()),
    };
    call.answer(&form).await
}

/// A call, and the account that it is for, if there is one.
struct Call<'a> {
    endpoint: Endpoint,
    world: &'a World,
    request: &'a HttpRequest,
    params: &'a Params,
    tenant: Option<&'a Tenant>,
    account: Option<Arc<Account>>,
}

impl Call<'_> {
    async fn answer(&self, form: &[u8]) -> HttpResponse {
        let (world, tenant) = (self.world, self.tenant);
        let id = world.record(self.endpoint, tenant, self.request, form, self.params);
        let told = Cell::new(None);
        let error = |errcode| {
            told.set(Some(errcode));
            let rid = world.rid(self.account.as_deref());
            Reply::json(error_body(errcode, rid, world.now(tenant)))
        };
        let work = || match self.outcome() {
            Ok(body) => Reply::json(body),
            Err(errcode) => error(errcode),
        };
        let fault = world
            .fault(tenant, self.endpoint)
            .filter(|fault| *fault != Fault::TransientToken || self.balks());
        let response = match fault.clone() {
            None => work().into_response(),
            Some(fault) => spoil(self.request, fault, work, error).await,
        };
        if told.get().is_some() || fault.is_some() {
            world.log.conclude(id, told.get(), fault);
        }
        response
    }

    fn outcome(&self) -> Outcome {
        match *self.request.method() {
            Method::GET | Method::HEAD => {}
            Method::POST if !self.post_refused() => {}
            _ => return Err(43001),
        }
        match self.endpoint {
            Endpoint::AccessToken => self.access_token(),
            Endpoint::RefreshToken => self.refresh_token(),
            Endpoint::ComponentAccessToken => self.component_access_token(),
            Endpoint::ComponentRefreshToken => self.component_refresh_token(),
            Endpoint::UserInfo => self.userinfo(),
            Endpoint::Auth => self.auth(),
            Endpoint::Authorize | Endpoint::QrConnect | Endpoint::ComponentToken => Err(-1),
        }
    }

    /// Whether this access token is refused without a reason, once.
    fn balks(&self) -> bool {
        let access = self.params.get("access_token");
        let holder = self.world.holder(access);
        holder.is_some_and(|holder| holder.book().balks(access))
    }

    fn post_refused(&self) -> bool {
        match &self.account {
            Some(account) => account.post_refused,
            None => self
                .world
                .first()
                .is_some_and(|account| account.post_refused),
        }
    }

    fn required(&self, names: &[(&str, i64)]) -> Result<(), i64> {
        match names
            .iter()
            .find(|(name, _)| self.params.get(name).is_empty())
        {
            Some((_, errcode)) => Err(*errcode),
            None => Ok(()),
        }
    }

    /// The account that the appid names; a platform's own appid logs nobody in.
    fn named(&self) -> Result<(&Tenant, &Account), i64> {
        let named = self.tenant.zip(self.account.as_deref());
        named
            .filter(|(_, account)| account.kind != Kind::Platform)
            .ok_or(40013)
    }

    fn access_token(&self) -> Outcome {
        self.required(&[("appid", 41002), ("secret", 41004), ("code", 41008)])?;
        if self.params.get("grant_type") != "authorization_code" {
            return Err(40002);
        }
        let (tenant, account) = self.named()?;
        if self.params.get("secret") != account.secret() {
            return Err(40125);
        }
        self.spend(tenant, account, None)
    }

    fn component_access_token(&self) -> Outcome {
        self.required(&[
            ("appid", 41002),
            ("component_appid", 41018),
            ("code", 41008),
        ])?;
        if self.params.get("grant_type") != "authorization_code" {
            return Err(40002);
        }
        let (tenant, account) = self.named()?;
        let platform = self.through(account)?;
        self.spend(tenant, account, Some(platform.appid()))
    }

    fn spend(&self, tenant: &Tenant, account: &Account, component: Option<&str>) -> Outcome {
        let now = self.world.now(Some(tenant));
        let mut book = tenant.book();
        let grant = book.spend(self.params.get("code"), component, now)?;
        let tokens = book.issue(grant, account.refresh_dies_on_base, now);
        drop(book);
        let mut answer = tokens_of(account, &tokens);
        let grant = &tokens.grant;
        let scope_has_unionid = grant.scope != "snsapi_base" || account.unionid_for_base;
        if account.bound && scope_has_unionid {
            answer.text("unionid", &self.world.current(grant).unionid());
        }
        let flagged = account
            .snapshot
            .as_ref()
            .is_none_or(|snapshot| snapshot.flagged);
        if grant.snapshot && flagged {
            answer.number("is_snapshotuser", 1);
        }
        Ok(answer.finish())
    }

    fn refresh_token(&self) -> Outcome {
        self.required(&[("appid", 41002), ("refresh_token", 41003)])?;
        if self.params.get("grant_type") != "refresh_token" {
            return Err(40002);
        }
        let (tenant, account) = self.named()?;
        self.refresh(tenant, account, None)
    }

    fn component_refresh_token(&self) -> Outcome {
        self.required(&[
            ("appid", 41002),
            ("component_appid", 41018),
            ("refresh_token", 41003),
        ])?;
        if self.params.get("grant_type") != "refresh_token" {
            return Err(40002);
        }
        let (tenant, account) = self.named()?;
        let platform = self.through(account)?;
        self.refresh(tenant, account, Some(platform.appid()))
            .map_err(|errcode| match errcode {
                40030 => 61023,
                errcode => errcode,
            })
    }

    fn refresh(&self, tenant: &Tenant, account: &Account, component: Option<&str>) -> Outcome {
        let now = self.world.now(Some(tenant));
        let refresh = self.params.get("refresh_token");
        let tokens = tenant.book().refresh(refresh, component, now)?;
        Ok(tokens_of(account, &tokens).finish())
    }

    /// The platform that calls, if its own token is good and the account has authorised it.
    fn through(&self, account: &Account) -> Result<Arc<Account>, i64> {
        let component = self.params.get("component_appid");
        let platform = platform(self.world, component).ok_or(40013)?;
        let tenant = self.world.tenant(component).ok_or(40013)?;
        let now = self.world.now(Some(&tenant));
        let token = self.params.get("component_access_token");
        if !tenant.book().is_component_token(token, now) {
            return Err(40094);
        }
        if !account.platforms.iter().any(|own| own == component) {
            return Err(61007);
        }
        Ok(platform)
    }

    /// Whose access token this is. The openid is judged after the token itself: 40003 says that the token is good.
    fn owner(&self) -> Result<(Arc<Tenant>, Grant), i64> {
        self.required(&[("access_token", 41001), ("openid", 41009)])?;
        let (access, openid) = (self.params.get("access_token"), self.params.get("openid"));
        let Some(holder) = self.world.holder(access) else {
            let first = self.world.first();
            return Err(first.map_or(40001, |account| account.bad_token_errcode));
        };
        let now = self.world.now(Some(&holder));
        let grant = holder.book().owner(
            access,
            |person| self.world.is_frozen(person),
            |grant| grant.person.openid(holder.appid()) == openid,
            now,
        )?;
        Ok((holder, grant))
    }

    fn userinfo(&self) -> Outcome {
        let (holder, grant) = self.owner()?;
        let account = holder.account();
        let snapshot_profile = account
            .snapshot
            .as_ref()
            .is_none_or(|snapshot| snapshot.profile);
        if grant.snapshot && !snapshot_profile {
            return Err(48001);
        }
        let base_profile = || {
            let now = self.world.now(Some(&holder));
            account.base_profile && holder.book().has_consented(&grant.person, now)
        };
        if grant.scope == "snsapi_base" && !base_profile() {
            return Err(48001);
        }
        let person = self.world.current(&grant);
        let mut answer = Answer::new();
        answer
            .text("openid", self.params.get("openid"))
            .profile(&person, &self.pictures(&account, &grant));
        if account.bound {
            answer.text("unionid", &person.unionid());
        }
        Ok(answer.finish())
    }

    /// Where the pictures of an account's users are: at a test account here, so that they show without the internet, in the
    /// browser that logged in.
    fn pictures(&self, account: &Account, grant: &Grant) -> Arc<str> {
        match account.kind {
            Kind::Test => match &grant.address {
                Some(address) => address.clone(),
                None => address(self.request),
            },
            _ => "https://thirdwx.qlogo.cn".into(),
        }
    }

    fn auth(&self) -> Outcome {
        self.owner()?;
        let mut answer = Answer::new();
        answer.number("errcode", 0).text("errmsg", "ok");
        Ok(answer.finish())
    }
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
