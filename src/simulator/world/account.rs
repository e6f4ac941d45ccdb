use std::fmt;

use serde::{Deserialize, Serialize};

use super::{rid::Rid, snapshot::Snapshot};
use crate::simulator::query::Target;

/// An account at WeChat: what an operator sets up there, and how faithfully the simulator plays it.
///
/// Constructors, then by-value setters. In a file and in the control API it has the same names: `kind`, `appid`, `secret`,
/// `domains`, and each switch; unknown ones are refused.
///
/// ```
/// use actix_wechat::simulator::{Account, Rid};
///
/// let shop = Account::official("wx0123456789abcdef", "the app secret", "shop.example.cn")
///     .bound(true)
///     .rid(Rid::Hints);
/// assert_eq!(shop.appid(), "wx0123456789abcdef");
/// assert!(!format!("{shop:?}").contains("the app secret"));
///
/// let written = r#"{"kind":"official","appid":"wx0123456789abcdef","secret":"s","domains":["shop.example.cn"],"bound":true}"#;
/// assert_eq!(serde_json::from_str::<Account>(written)?.appid(), shop.appid());
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Account {
    pub(super) appid: String,
    pub(super) secret: String,
    pub(crate) kind: Kind,
    pub(crate) domains: Vec<String>,
    pub(crate) scopes: Vec<String>,
    /// The platforms that log in on its behalf.
    pub(crate) platforms: Vec<String>,
    pub(crate) any_redirect: bool,
    pub(crate) gate_user_agent: bool,
    pub(crate) refusal_returns: bool,
    pub(crate) authdeny: bool,
    pub(crate) bound: bool,
    pub(crate) unionid_for_base: bool,
    pub(crate) require_state: bool,
    pub(crate) strict_order: bool,
    pub(crate) connect_redirect: bool,
    pub(crate) blocked: bool,
    pub(crate) follower_only: bool,
    pub(crate) remember_consent: bool,
    pub(crate) entered_from_menu: bool,
    pub(crate) mangle_state: bool,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) post_refused: bool,
    pub(crate) bad_token_errcode: i64,
    pub(crate) base_profile: bool,
    pub(crate) refresh_dies_on_base: bool,
    pub(crate) rid: Rid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// 公众号测试号: addresses and ports allowed.
    Test,
    /// 服务号.
    Official,
    /// 网站应用, the login by QR code.
    Website,
    /// 第三方平台, which logs people in on behalf of official accounts.
    Platform,
}

impl Account {
    /// A test account, as WeChat gives to everybody for development: it redirects to any port of this machine and to the domains
    /// added by [`domain`](Self::domain), serves any browser, and when somebody refuses, the browser comes back with `state` only.
    /// Always the same appid and secret.
    pub fn test() -> Self {
        Self {
            gate_user_agent: false,
            refusal_returns: true,
            remember_consent: false,
            follower_only: true,
            ..Self::new(
                Kind::Test,
                "wx7e57000000000001",
                "7e57c0de5ec2e7007e57c0de5ec2e700",
            )
        }
    }

    /// An official account, played faithfully: WeChat's browser only, `domain` exactly and without a port, and who refuses is not
    /// sent back at all.
    pub fn official(
        appid: impl Into<String>,
        secret: impl Into<String>,
        domain: impl Into<String>,
    ) -> Self {
        Self::new(Kind::Official, appid, secret).domain(domain)
    }

    /// A website app of the Open Platform: login by QR code, in any browser, through `/connect/qrconnect`. Bound, as they all are.
    pub fn website(
        appid: impl Into<String>,
        secret: impl Into<String>,
        domain: impl Into<String>,
    ) -> Self {
        Self {
            scopes: vec!["snsapi_login".to_owned()],
            gate_user_agent: false,
            bound: true,
            ..Self::new(Kind::Website, appid, secret)
        }
        .domain(domain)
    }

    /// A third-party platform: `appid` and `secret` are what WeChat calls `component_appid` and `component_appsecret`. Official
    /// accounts that [authorise](Self::authorises) it are logged in to through it, and people come back to its domain.
    ///
    /// ```
    /// use actix_wechat::simulator::Account;
    ///
    /// let platform = Account::platform("wxc0000000000000001", "its secret", "platform.example.cn");
    /// let shop = Account::official("wx0123456789abcdef", "a secret", "shop.example.cn")
    ///     .authorises(platform.appid());
    /// ```
    pub fn platform(
        appid: impl Into<String>,
        secret: impl Into<String>,
        domain: impl Into<String>,
    ) -> Self {
        Self {
            scopes: Vec::new(),
            gate_user_agent: false,
            ..Self::new(Kind::Platform, appid, secret)
        }
        .domain(domain)
    }

    fn new(kind: Kind, appid: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            appid: appid.into(),
            secret: secret.into(),
            kind,
            domains: Vec::new(),
            scopes: vec!["snsapi_base".to_owned(), "snsapi_userinfo".to_owned()],
            platforms: Vec::new(),
            any_redirect: false,
            gate_user_agent: true,
            refusal_returns: false,
            authdeny: false,
            bound: false,
            unionid_for_base: false,
            require_state: false,
            strict_order: false,
            connect_redirect: false,
            blocked: false,
            follower_only: false,
            remember_consent: kind == Kind::Official,
            entered_from_menu: false,
            mangle_state: false,
            snapshot: None,
            post_refused: false,
            bad_token_errcode: 40001,
            base_profile: false,
            refresh_dies_on_base: false,
            rid: Rid::Current,
        }
    }

    /// The appid.
    pub fn appid(&self) -> &str {
        &self.appid
    }

    /// The app secret. Not secret at all here, and still kept out of the simulator's log and WeChat's pages, so that a test which finds
    /// it there has found a leak of the application.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// One more domain to redirect to: `shop.example.cn`, or with a path `shop.example.cn/app`; WeChat takes two, further ones
    /// replace the last. A test account may name an address, and then names its port too: `10.0.0.7:8008`.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.truncate(1);
        self.domains.push(domain.into());
        self
    }

    /// The scopes that the account may ask for. Default: `snsapi_base` and `snsapi_userinfo`, for a website `snsapi_login`.
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Redirects anywhere on the web. WeChat never does; a test that does not care for domains may. Default: false.
    pub fn any_redirect(mut self, any: bool) -> Self {
        self.any_redirect = any;
        self
    }

    /// Serves only user agents with `MicroMessenger` and without `wxwork`. Default: true for [`official`](Self::official).
    pub fn gate_user_agent(mut self, gate: bool) -> Self {
        self.gate_user_agent = gate;
        self
    }

    /// Who refuses is sent back with `state` only, as WeChat's older documentation says; else not at all, as WeChat does. Default:
    /// true for [`test`](Self::test).
    pub fn refusal_returns(mut self, returns: bool) -> Self {
        self.refusal_returns = returns;
        self
    }

    /// One more [platform](Self::platform) that may log in on this account's behalf, by its appid. Default: none, so that logins
    /// through a platform show 10015, and its calls get 61007.
    pub fn authorises(mut self, component_appid: impl Into<String>) -> Self {
        self.platforms.push(component_appid.into());
        self
    }

    /// Who refuses is sent back with `code=authdeny` and `state`, as has been reported. Default: false.
    ///
    /// ```
    /// use actix_wechat::simulator::Account;
    ///
    /// let account = Account::test().authdeny(true);
    /// ```
    pub fn authdeny(mut self, authdeny: bool) -> Self {
        self.authdeny = authdeny;
        self
    }

    /// Bound to an Open Platform account, so that answers carry a `unionid`. Default: true for [`website`](Self::website).
    pub fn bound(mut self, bound: bool) -> Self {
        self.bound = bound;
        self
    }

    /// Gives a `unionid` with `snsapi_base` too, as has been seen for people who had allowed `snsapi_userinfo` before; only
    /// where the account is [`bound`](Self::bound). Default: false.
    pub fn unionid_for_base(mut self, given: bool) -> Self {
        self.unionid_for_base = given;
        self
    }

    /// Refuses an empty `state` with 10013. Default: false.
    pub fn require_state(mut self, required: bool) -> Self {
        self.require_state = required;
        self
    }

    /// Refuses an authorize address whose parameters are not in the documented order. Default: false.
    pub fn strict_order(mut self, strict: bool) -> Self {
        self.strict_order = strict;
        self
    }

    /// Answers the first visit with a redirect to itself plus `connect_redirect=1`. Default: false.
    pub fn connect_redirect(mut self, redirect: bool) -> Self {
        self.connect_redirect = redirect;
        self
    }

    /// The account is blocked: 10004. Default: false.
    pub fn blocked(mut self, blocked: bool) -> Self {
        self.blocked = blocked;
        self
    }

    /// Only followers may log in, others see 10006. Default: true for [`test`](Self::test), as at WeChat; people
    /// [follow](crate::simulator::Person::follower) unless told otherwise.
    pub fn follower_only(mut self, only: bool) -> Self {
        self.follower_only = only;
        self
    }

    /// Who allowed `snsapi_userinfo` is not asked again for 30 days, unless `forcePopup=true`. Default: true for
    /// [`official`](Self::official); a test account always asks, so that one can become somebody else.
    pub fn remember_consent(mut self, remember: bool) -> Self {
        self.remember_consent = remember;
        self
    }

    /// Followers come from the account's own menu, where WeChat asks for no consent. Default: false.
    pub fn entered_from_menu(mut self, entered: bool) -> Self {
        self.entered_from_menu = entered;
        self
    }

    /// Sends `state` back decoded once too often and without quotation marks, as has been reported. Default: false.
    pub fn mangle_state(mut self, mangle: bool) -> Self {
        self.mangle_state = mangle;
        self
    }

    /// Opens pages that ask for `snsapi_userinfo` as snapshot pages: see [`Snapshot`]. Default: `None`.
    pub fn snapshot(mut self, snapshot: impl Into<Option<Snapshot>>) -> Self {
        self.snapshot = snapshot.into();
        self
    }

    /// Refuses `POST` on the API with 43001. Default: false, WeChat is known to take it.
    pub fn post_refused(mut self, refused: bool) -> Self {
        self.post_refused = refused;
        self
    }

    /// What an unknown access token gets, 40001 or 40014; both have been seen. The first account's counts, for an unknown token
    /// belongs to nobody. Default: 40001.
    pub fn bad_token_errcode(mut self, errcode: i64) -> Self {
        self.bad_token_errcode = errcode;
        self
    }

    /// Gives the profile to a `snsapi_base` token of somebody who allowed `snsapi_userinfo` in the last 30 days, as has been seen;
    /// else it is 48001. Default: false.
    pub fn base_profile(mut self, given: bool) -> Self {
        self.base_profile = given;
        self
    }

    /// A later `snsapi_base` login of the same person ends earlier refresh tokens, as has been reported. Default: false.
    pub fn refresh_dies_on_base(mut self, dies: bool) -> Self {
        self.refresh_dies_on_base = dies;
        self
    }

    /// How `errmsg` ends. Default: [`Rid::Current`].
    pub fn rid(mut self, rid: Rid) -> Self {
        self.rid = rid;
        self
    }

    pub(crate) fn is_website(&self) -> bool {
        self.kind == Kind::Website
    }

    pub(crate) fn permits_scope(&self, scope: &str) -> bool {
        scope
            .split(',')
            .all(|part| self.scopes.iter().any(|own| own == part))
    }

    pub(crate) fn permits_target(&self, target: &Target) -> bool {
        let test = self.kind == Kind::Test;
        self.any_redirect
            || test && target.is_loopback()
            || self
                .domains
                .iter()
                .any(|domain| target.is_under(domain, test))
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("appid", &self.appid)
            .field("kind", &self.kind)
            .field("domains", &self.domains)
            .finish_non_exhaustive()
    }
}
