use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    account::{Account, Kind},
    rid::Rid,
    snapshot::Snapshot,
};

/// An account as a file or the control API writes it; what is left out is as its kind has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountForm {
    kind: Kind,
    appid: Option<String>,
    secret: Option<String>,
    domains: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    platforms: Option<Vec<String>>,
    any_redirect: Option<bool>,
    gate_user_agent: Option<bool>,
    refusal_returns: Option<bool>,
    authdeny: Option<bool>,
    bound: Option<bool>,
    unionid_for_base: Option<bool>,
    require_state: Option<bool>,
    strict_order: Option<bool>,
    connect_redirect: Option<bool>,
    blocked: Option<bool>,
    follower_only: Option<bool>,
    remember_consent: Option<bool>,
    entered_from_menu: Option<bool>,
    mangle_state: Option<bool>,
    snapshot: Option<Snapshot>,
    post_refused: Option<bool>,
    bad_token_errcode: Option<i64>,
    base_profile: Option<bool>,
    refresh_dies_on_base: Option<bool>,
    rid: Option<Rid>,
}

fn read(form: AccountForm) -> Result<Account, String> {
    let test = Account::test();
    let named = |given: Option<String>, name: &str, of_test: &str| match given {
        Some(text) if is_word(&text) => Ok(text),
        Some(_) => Err(format!("`{name}` is 1 to 128 visible ASCII characters")),
        None if form.kind == Kind::Test => Ok(of_test.to_owned()),
        None => Err(format!("`{name}` is missing")),
    };
    let appid = named(form.appid, "appid", test.appid())?;
    let secret = named(form.secret, "secret", test.secret())?;
    let mut account = match form.kind {
        Kind::Test => Account {
            appid,
            secret,
            ..test
        },
        Kind::Official => Account::official(appid, secret, ""),
        Kind::Website => Account::website(appid, secret, ""),
        Kind::Platform => Account::platform(appid, secret, ""),
    };
    account.domains = form.domains.unwrap_or_default();
    if account.domains.len() > 2 {
        return Err("`domains` are two at the most, as at WeChat".to_owned());
    }
    if let Some(odd) = account.domains.iter().find(|domain| !is_domain(domain)) {
        return Err(format!(
            "`{odd}` in `domains` is no domain: write `shop.example.cn`, or `shop.example.cn/app`"
        ));
    }
    let errcode = form.bad_token_errcode.unwrap_or(account.bad_token_errcode);
    if ![40001, 40014].contains(&errcode) {
        return Err("`bad_token_errcode` is 40001 or 40014".to_owned());
    }
    account.bad_token_errcode = errcode;
    account.snapshot = form.snapshot;
    let set = |switch: &mut bool, given: Option<bool>| *switch = given.unwrap_or(*switch);
    set(&mut account.any_redirect, form.any_redirect);
    set(&mut account.gate_user_agent, form.gate_user_agent);
    set(&mut account.refusal_returns, form.refusal_returns);
    set(&mut account.authdeny, form.authdeny);
    set(&mut account.bound, form.bound);
    set(&mut account.unionid_for_base, form.unionid_for_base);
    set(&mut account.require_state, form.require_state);
    set(&mut account.strict_order, form.strict_order);
    set(&mut account.connect_redirect, form.connect_redirect);
    set(&mut account.blocked, form.blocked);
    set(&mut account.follower_only, form.follower_only);
    set(&mut account.remember_consent, form.remember_consent);
    set(&mut account.entered_from_menu, form.entered_from_menu);
    set(&mut account.mangle_state, form.mangle_state);
    set(&mut account.post_refused, form.post_refused);
    set(&mut account.base_profile, form.base_profile);
    set(&mut account.refresh_dies_on_base, form.refresh_dies_on_base);
    account.scopes = form.scopes.unwrap_or(account.scopes);
    account.platforms = form.platforms.unwrap_or(account.platforms);
    account.rid = form.rid.unwrap_or(account.rid);
    Ok(account)
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(AccountForm::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        AccountForm::of(self.clone()).serialize(serializer)
    }
}

impl AccountForm {
    fn of(account: Account) -> Self {
        Self {
            kind: account.kind,
            appid: Some(account.appid),
            secret: Some(account.secret),
            domains: Some(account.domains),
            scopes: Some(account.scopes),
            platforms: Some(account.platforms),
            any_redirect: Some(account.any_redirect),
            gate_user_agent: Some(account.gate_user_agent),
            refusal_returns: Some(account.refusal_returns),
            authdeny: Some(account.authdeny),
            bound: Some(account.bound),
            unionid_for_base: Some(account.unionid_for_base),
            require_state: Some(account.require_state),
            strict_order: Some(account.strict_order),
            connect_redirect: Some(account.connect_redirect),
            blocked: Some(account.blocked),
            follower_only: Some(account.follower_only),
            remember_consent: Some(account.remember_consent),
            entered_from_menu: Some(account.entered_from_menu),
            mangle_state: Some(account.mangle_state),
            snapshot: account.snapshot,
            post_refused: Some(account.post_refused),
            bad_token_errcode: Some(account.bad_token_errcode),
            base_profile: Some(account.base_profile),
            refresh_dies_on_base: Some(account.refresh_dies_on_base),
            rid: Some(account.rid),
        }
    }
}

fn is_word(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A host, perhaps with a port and a path; no scheme, no query.
fn is_domain(text: &str) -> bool {
    let host = text.split('/').next().unwrap_or_default();
    let odd = |char: char| char.is_whitespace() || char.is_control() || "?#\\@".contains(char);
    !host.is_empty() && !text.contains("//") && !text.contains(odd)
}
