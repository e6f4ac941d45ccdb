//! Logins through a third-party platform.

use actix_wechat::simulator::{Account, Consent, Endpoint, Fault, Simulator};
use serde_json::{Value, json};

use crate::client::*;

const PLATFORM: &str = "wxc0000000000000001";
const BACK: &str = "https%3A%2F%2Fplatform.example.cn%2Fback%3Fx%3D1%23r";

fn platform() -> Simulator {
    let shop = |appid: &str| {
        Account::official(appid, "secret-of-the-shop", "shop.example.cn").gate_user_agent(false)
    };
    start(
        Simulator::builder()
            .account(shop("wx1").authorises(PLATFORM).bound(true))
            .account(shop("wx2"))
            .account(Account::platform(
                PLATFORM,
                "secret-of-the-platform",
                "platform.example.cn",
            ))
            .account(Account::platform(
                "wxc2",
                "another-secret",
                "other.example.cn",
            ))
            .consent(Consent::Automatic),
    )
}

fn authorize_through(appid: &str, component: &str) -> String {
    format!(
        "/connect/oauth2/authorize?appid={appid}&redirect_uri={BACK}&response_type=code&scope=snsapi_userinfo&state=s&component_appid={component}"
    )
}

fn component_token(sim: &Simulator, body: &Value) -> Value {
    let path = Endpoint::ComponentToken.path();
    let answer = request(sim, "POST", path, &[], &body.to_string()).expect("an answer");
    answer.json()
}

fn own_token(sim: &Simulator) -> String {
    let answer = component_token(
        sim,
        &json!({
            "component_appid": PLATFORM,
            "component_appsecret": "secret-of-the-platform",
            "component_verify_ticket": "ticket@@@any",
        }),
    );
    assert_eq!(answer["expires_in"], 7200);
    answer["component_access_token"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// A call with these parameters; those of no value are left out.
fn call(sim: &Simulator, endpoint: Endpoint, params: &[(&str, &str)]) -> Value {
    let given: Vec<_> = params
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    get(sim, &format!("{}?{}", endpoint.path(), given.join("&"))).json()
}

/// The parameters, one of them replaced.
fn with<'a>(params: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let replaced = params
        .iter()
        .map(|(own, old)| (*own, if *own == name { value } else { old }));
    replaced.collect()
}

#[test]
fn a_login_through_a_platform() {
    let sim = platform();
    let back = get(&sim, &authorize_through("wx1", PLATFORM));
    let code = back.code();
    assert_eq!(
        back.location().replace(&code, "CODE"),
        "https://platform.example.cn/back?x=1&code=CODE&state=s&appid=wx1#r"
    );
    let token = own_token(&sim);
    let exchange = [
        ("appid", "wx1"),
        ("code", &code),
        ("grant_type", "authorization_code"),
        ("component_appid", PLATFORM),
        ("component_access_token", &token),
    ];
    let tokens = call(&sim, Endpoint::ComponentAccessToken, &exchange);
    assert_eq!(tokens["scope"], "snsapi_userinfo");
    assert!(tokens["unionid"].is_string());
    assert_eq!(get(&sim, &userinfo(&tokens)).json()["nickname"], "小明");
    let refresh = [
        ("appid", "wx1"),
        ("grant_type", "refresh_token"),
        ("component_appid", PLATFORM),
        ("component_access_token", &token),
        (
            "refresh_token",
            tokens["refresh_token"].as_str().unwrap_or_default(),
        ),
    ];
    let again = call(&sim, Endpoint::ComponentRefreshToken, &refresh);
    assert_eq!(again["openid"], tokens["openid"]);
    assert_eq!(
        call(&sim, Endpoint::ComponentAccessToken, &exchange)["errcode"],
        40163
    );
    // What was given through the platform is refreshed through it alone.
    let alone = [refresh[0], refresh[1], refresh[4]];
    assert_eq!(call(&sim, Endpoint::RefreshToken, &alone)["errcode"], 40030);
    assert_eq!(sim.count(Endpoint::ComponentAccessToken), 2);
    let log = format!("{:?}", sim.calls());
    assert!(!log.contains("secret-of") && !log.contains(&token), "{log}");
}

#[test]
fn each_mistake_has_its_number() {
    let sim = platform();
    let token = own_token(&sim);
    let code = || get(&sim, &authorize_through("wx1", PLATFORM)).code();
    let first = code();
    let exchange = [
        ("appid", "wx1"),
        ("code", first.as_str()),
        ("grant_type", "authorization_code"),
        ("component_appid", PLATFORM),
        ("component_access_token", token.as_str()),
    ];
    for (name, value, errcode) in [
        ("appid", "", 41002),
        ("appid", "wx0", 40013),
        ("appid", PLATFORM, 40013),
        ("code", "", 41008),
        ("code", "unknown", 40029),
        ("grant_type", "refresh_token", 40002),
        ("component_appid", "", 41018),
        ("component_appid", "wx0", 40013),
        ("component_appid", "wx2", 40013),
        ("component_appid", "wxc2", 40094),
        ("component_access_token", "", 40094),
        ("component_access_token", "unknown", 40094),
        ("appid", "wx2", 61007),
    ] {
        let answer = call(
            &sim,
            Endpoint::ComponentAccessToken,
            &with(&exchange, name, value),
        );
        assert_eq!(answer["errcode"], errcode, "{name}={value}: {answer}");
    }
    // A code belongs to the mode that it came by, either way.
    let account = sim.account().clone();
    assert_eq!(get(&sim, &access_token(&account, &first)).errcode(), 40029);
    let plain = sim.mint_code(
        "wx1",
        &actix_wechat::simulator::Person::named("小明"),
        "snsapi_userinfo",
    );
    let answer = call(
        &sim,
        Endpoint::ComponentAccessToken,
        &with(&exchange, "code", &plain),
    );
    assert_eq!(answer["errcode"], 40029);
    // None of these spent it.
    let tokens = call(&sim, Endpoint::ComponentAccessToken, &exchange);
    let refresh = [
        ("appid", "wx1"),
        ("grant_type", "refresh_token"),
        ("component_appid", PLATFORM),
        ("component_access_token", token.as_str()),
        (
            "refresh_token",
            tokens["refresh_token"].as_str().unwrap_or_default(),
        ),
    ];
    for (name, value, errcode) in [
        ("refresh_token", "", 41003),
        ("refresh_token", "unknown", 61023),
        ("component_appid", "", 41018),
        ("component_access_token", "unknown", 40094),
        ("appid", "wx2", 61007),
        ("grant_type", "authorization_code", 40002),
    ] {
        let answer = call(
            &sim,
            Endpoint::ComponentRefreshToken,
            &with(&refresh, name, value),
        );
        assert_eq!(answer["errcode"], errcode, "{name}={value}: {answer}");
    }
    sim.advance(std::time::Duration::from_secs(7200));
    let answer = call(&sim, Endpoint::ComponentRefreshToken, &refresh);
    assert_eq!(answer["errcode"], 40094, "the platform's own token is over");
}

#[test]
fn the_page_checks_the_platform() {
    let sim = platform();
    for (path, shown) in [
        (authorize_through("wx2", PLATFORM), "10015"),
        (authorize_through("wx1", "wxc2"), "10015"),
        (authorize_through("wx1", "wx2"), "10015"),
        (authorize_through("wx1", "unknown"), "10015"),
        (authorize_through(PLATFORM, PLATFORM), "10016"),
        // The platform's domain, and not the account's.
        (
            authorize_through("wx1", PLATFORM).replace("platform.example", "shop.example"),
            "10003",
        ),
        (authorize_through("wx1", ""), "10003"),
    ] {
        let answer = get(&sim, &path);
        assert_eq!(answer.header("location"), None, "{path}");
        assert!(answer.text().contains(shown), "{path}: {}", answer.text());
    }
}

#[test]
fn a_platform_gets_its_own_token() {
    let sim = platform();
    let good = json!({
        "component_appid": PLATFORM,
        "component_appsecret": "secret-of-the-platform",
        "component_verify_ticket": "t",
    });
    for (name, value, errcode) in [
        ("component_appid", "", 41018),
        ("component_appid", "wx1", 40013),
        ("component_appsecret", "wrong", 40125),
        ("component_verify_ticket", "", 61006),
    ] {
        let mut body = good.clone();
        body[name] = value.into();
        assert_eq!(component_token(&sim, &body)["errcode"], errcode, "{name}");
    }
    assert_eq!(component_token(&sim, &json!("no object"))["errcode"], 47001);
    sim.fault_times(Endpoint::ComponentToken, Fault::Errcode(-1), 1);
    assert_eq!(component_token(&sim, &good)["errcode"], -1);
    assert_eq!(component_token(&sim, &good)["errcode"], Value::Null);
    assert_eq!(sim.count(Endpoint::ComponentToken), 7);
}
