use actix_wechat::simulator::{Consent, Endpoint, Person, Simulator};
use serde_json::{Value, json};

use super::client::*;

const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

fn post(sim: &Simulator, path: &str, body: &Value) -> Answer {
    request(sim, "POST", path, &JSON, &body.to_string()).expect("an answer")
}

#[test]
fn it_is_off_unless_asked_for() {
    let sim = automatic();
    assert_eq!(get(&sim, "/_control/calls").status, 404);
    assert_eq!(
        post(&sim, "/_control/consent", &json!({"consent": "refuse"})).status,
        404
    );
}

#[test]
fn it_does_what_the_handle_does() {
    let sim = start(Simulator::builder().control_api(true));
    let ok = |path: &str, body: Value| {
        let answer = post(&sim, path, &body);
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text());
        answer.json()
    };
    ok("/_control/consent", json!({"consent": "automatic"}));
    let who = ok("/_control/sign_in", json!({"name": "新人"}));
    let people = get(&sim, "/_control/people").json();
    assert_eq!(people["signed_in"], who["id"]);
    assert!(
        people["people"]
            .as_array()
            .is_some_and(|people| people.iter().any(|person| person["name"] == "新人"))
    );
    let code = get(&sim, &authorize(sim.account(), "snsapi_userinfo")).code();
    let tokens = get(&sim, &access_token(sim.account(), &code)).json();
    assert_eq!(
        tokens["openid"],
        Person::named("新人").openid(sim.account().appid())
    );

    let calls = get(&sim, "/_control/calls").json();
    assert_eq!(calls["counts"][Endpoint::AccessToken.path()], 1);
    assert_eq!(calls["calls"][1]["code"], code.as_str());
    assert!(!calls.to_string().contains(sim.account().secret()));
    assert_eq!(
        request(&sim, "DELETE", "/_control/calls", &JSON, "")
            .expect("an answer")
            .status,
        200
    );
    assert_eq!(
        (sim.count(Endpoint::AccessToken), sim.calls().len()),
        (0, 0)
    );

    ok(
        "/_control/faults",
        json!({"endpoint": "user_info", "fault": {"errcode": 45009}, "times": 1}),
    );
    ok(
        "/_control/faults",
        json!({"endpoint": "user_info", "fault": {"spent": {"late": [{"secs": 0, "nanos": 1}, "html"]}}}),
    );
    assert_eq!(get(&sim, &userinfo(&tokens)).errcode(), 45009);
    assert!(
        get(&sim, &userinfo(&tokens))
            .text()
            .starts_with("<!DOCTYPE")
    );
    assert_eq!(
        request(&sim, "DELETE", "/_control/faults", &JSON, "")
            .expect("an answer")
            .status,
        200
    );
    assert_eq!(get(&sim, &userinfo(&tokens)).json()["nickname"], "新人");

    ok("/_control/replay", json!({"replay": "together"}));
    ok(
        "/_control/replay",
        json!({"replay": {"shared": {"secs": 2, "nanos": 0}}}),
    );
    ok("/_control/replay", json!({"replay": null}));
    assert_eq!(get(&sim, "/_control/replay").json(), json!({"replays": []}));

    ok(
        "/_control/standing",
        json!({"name": "新人", "what": "freeze"}),
    );
    assert_eq!(get(&sim, &userinfo(&tokens)).errcode(), 50002);
    ok(
        "/_control/standing",
        json!({"name": "新人", "what": "unfreeze"}),
    );
    ok("/_control/clock", json!({"seconds": 7200}));
    assert_eq!(get(&sim, &userinfo(&tokens)).errcode(), 42001);
    let minted = ok(
        "/_control/codes",
        json!({"appid": sim.account().appid(), "name": "小红", "scope": "snsapi_base"}),
    );
    let code = minted["code"].as_str().unwrap_or_default();
    assert_eq!(
        get(&sim, &access_token(sim.account(), code)).json()["scope"],
        "snsapi_base"
    );
    ok("/_control/consent", json!({"consent": "ask"}));
    assert_eq!(
        get(&sim, &authorize(sim.account(), "snsapi_userinfo")).status,
        200
    );
    sim.set_consent(Consent::Refuse);
}

#[test]
fn it_refuses_what_it_does_not_understand() {
    let sim = start(Simulator::builder().control_api(true));
    for (content_type, body) in [
        ("application/json", "{"),
        ("application/json", "{\"consent\":\"maybe\"}"),
        // What a form or a simple request of a foreign page would send.
        ("text/plain", "{\"consent\":\"refuse\"}"),
        ("application/x-www-form-urlencoded", "consent=refuse"),
    ] {
        let answer = request(
            &sim,
            "POST",
            "/_control/consent",
            &[("Content-Type", content_type)],
            body,
        )
        .expect("an answer");
        assert!(
            (400..500).contains(&answer.status),
            "{content_type} {body}: {}",
            answer.status
        );
    }
    let huge = json!({"seconds": u64::MAX});
    assert!(post(&sim, "/_control/clock", &huge).status < 500);
    assert_eq!(
        get(&sim, "/sns/auth").errcode(),
        41001,
        "a clock gone mad stops nothing"
    );
    let code = get(&sim, &authorize(sim.account(), "snsapi_base")).code();
    assert!(get(&sim, &access_token(sim.account(), &code)).status < 500);
}
