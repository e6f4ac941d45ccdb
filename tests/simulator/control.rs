use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    thread,
};

use actix_wechat::simulator::{Account, Endpoint, Person, Simulator};
use serde_json::{Value, json};

use super::{client::*, openapi::Document};

const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

fn controlled() -> Simulator {
    start(
        Simulator::builder()
            .account(Account::test())
            .account(Account::website("wxb", "website-secret", "shop.example.cn"))
            .people([
                Person::named("小明").with_id("ming"),
                Person::named("小红").with_id("hong"),
            ])
            .control_api(true),
    )
}

/// A call with a JSON body, or with none.
fn call(sim: &Simulator, method: &str, path: &str, body: &Value) -> Answer {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let path = format!("/_control/v1{path}");
    request(sim, method, &path, &JSON, &body).expect("an answer")
}

#[track_caller]
fn ok(sim: &Simulator, method: &str, path: &str, body: Value) -> Value {
    let answer = call(sim, method, path, &body);
    assert!(
        [200, 201].contains(&answer.status),
        "{method} {path} {body}: {}",
        answer.text()
    );
    answer.json()
}

#[test]
fn it_is_off_unless_asked_for() {
    let sim = automatic();
    assert_eq!(get(&sim, "/_control/v1/calls").status, 404);
    let refuse = json!({"consent": "refuse"});
    assert_eq!(call(&sim, "PUT", "/session", &refuse).status, 404);
}

#[test]
fn it_does_what_the_handle_does() {
    let sim = start(Simulator::builder().control_api(true));
    let appid = sim.account().appid().to_owned();
    ok(&sim, "POST", "/people/new", json!({"name": "新人"}));
    let session = json!({"consent": "automatic", "person": "new"});
    let session = ok(&sim, "PUT", "/session", session);
    assert_eq!(session["person"], "new");
    assert!(
        sim.people()
            .iter()
            .any(|person| person.id() == "new" && person.name() == "新人")
    );
    let code = get(&sim, &authorize(sim.account(), "snsapi_userinfo")).code();
    let tokens = get(&sim, &access_token(sim.account(), &code)).json();
    let somebody = Person::named("新人").with_id("new");
    assert_eq!(tokens["openid"], somebody.openid(&appid));

    let calls = ok(&sim, "GET", "/calls", Value::Null);
    assert_eq!(calls["counts"][Endpoint::AccessToken.path()], 1);
    assert_eq!(calls["calls"][1]["code"], code.as_str());
    assert_eq!(calls["calls"][1]["appid"], appid.as_str());
    assert!(!calls.to_string().contains(sim.account().secret()));
    ok(&sim, "DELETE", "/calls", Value::Null);
    assert_eq!(
        (sim.count(Endpoint::AccessToken), sim.calls().len()),
        (0, 0)
    );

    for fault in [
        json!({"endpoint": "user_info", "fault": {"errcode": 45009}, "times": 1}),
        json!({"endpoint": "user_info", "fault": {"spent": {"late": [{"secs": 0, "nanos": 1}, {"late": [0.001, "html"]}]}}}),
    ] {
        ok(&sim, "POST", "/faults", fault);
    }
    let faults = ok(&sim, "GET", "/faults", Value::Null);
    assert_eq!(faults["faults"][0]["fault"], json!({"errcode": 45009}));
    assert_eq!(faults["faults"].as_array().map(Vec::len), Some(2));
    assert_eq!(get(&sim, &userinfo(&tokens)).errcode(), 45009);
    assert!(
        get(&sim, &userinfo(&tokens))
            .text()
            .starts_with("<!DOCTYPE")
    );
    let calls = ok(&sim, "GET", "/calls", Value::Null);
    assert_eq!(calls["calls"][0]["errcode"], 45009);
    assert_eq!(calls["calls"][0]["fault"], json!({"errcode": 45009}));
    ok(&sim, "DELETE", "/faults", Value::Null);
    assert_eq!(get(&sim, &userinfo(&tokens)).json()["nickname"], "新人");

    for replay in [
        json!("together"),
        json!({"shared": {"secs": 2, "nanos": 0}}),
        json!({"after": 0.5}),
        Value::Null,
    ] {
        ok(&sim, "POST", "/replay", json!({ "replay": replay }));
        let now = ok(&sim, "GET", "/replay", Value::Null);
        assert_eq!(now["replay"].is_null(), replay.is_null(), "{now}");
        assert_eq!(now["replays"], json!([]));
    }

    let stand = |what: &str| json!({"person": "new", "what": what});
    ok(&sim, "POST", "/standing", stand("freeze"));
    assert_eq!(get(&sim, &userinfo(&tokens)).errcode(), 50002);
    ok(&sim, "POST", "/standing", stand("unfreeze"));
    ok(&sim, "PATCH", "/people/new", json!({"name": "改名"}));
    assert_eq!(get(&sim, &userinfo(&tokens)).json()["nickname"], "改名");
    ok(&sim, "PUT", "/clock", json!({"freeze": true}));
    ok(&sim, "PUT", "/clock", json!({"advance": 7200}));
    assert_eq!(get(&sim, &userinfo(&tokens)).errcode(), 42001);
    let minted = json!({"appid": appid, "person": "小红", "scope": "snsapi_base"});
    let minted = ok(&sim, "POST", "/codes", minted);
    let code = minted["code"].as_str().unwrap_or_default();
    let tokens = get(&sim, &access_token(sim.account(), code)).json();
    assert_eq!(tokens["scope"], "snsapi_base");
    assert_eq!(tokens["openid"], minted["openid"]);
    ok(&sim, "PUT", "/session", json!({"consent": "ask"}));
    assert_eq!(
        get(&sim, &authorize(sim.account(), "snsapi_userinfo")).status,
        200
    );
    ok(&sim, "POST", "/reset", Value::Null);
    assert!(sim.calls().is_empty() && sim.people().len() == Person::cast().len());
}

/// Each route, what it takes, and what it refuses: the answer's status, and the error's code, or a part of a good answer.
#[test]
fn each_route_takes_what_is_good_and_refuses_the_rest() {
    let official = json!({"kind": "official", "secret": "s", "domains": ["a.cn"], "bound": true});
    let with = |mut body: Value, name: &str, value: Value| {
        body[name] = value;
        body
    };
    let cases: Vec<(&str, &str, Value, u16, &str)> = vec![
        ("POST", "/reset", Value::Null, 200, ""),
        ("POST", "/reset", json!({"appid": "wxb"}), 200, ""),
        (
            "POST",
            "/reset",
            json!({"appid": "wx?"}),
            404,
            "unknown_account",
        ),
        ("POST", "/reset", json!({"appids": 1}), 422, "unknown_field"),
        ("POST", "/reset", json!([]), 422, "invalid_value"),
        ("POST", "/reset", json!(["wxb"]), 422, "invalid_value"),
        ("GET", "/reset", Value::Null, 405, "method_not_allowed"),
        ("GET", "/accounts", Value::Null, 200, "wxb"),
        ("GET", "/accounts/wxb", Value::Null, 200, "website"),
        ("GET", "/accounts/wx?", Value::Null, 404, "unknown_account"),
        (
            "POST",
            "/accounts/wxc",
            official.clone(),
            201,
            "\"bound\":true",
        ),
        (
            "POST",
            "/accounts/wxc",
            official.clone(),
            409,
            "account_exists",
        ),
        (
            "POST",
            "/accounts/wxd",
            with(official.clone(), "kind", json!("bank")),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/accounts/wxd",
            with(official.clone(), "bond", json!(true)),
            422,
            "unknown_field",
        ),
        (
            "POST",
            "/accounts/wxd",
            with(official.clone(), "appid", json!("wxe")),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/accounts/wxd",
            with(official.clone(), "secret", json!("a b")),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/accounts/wxd",
            with(official.clone(), "domains", json!(["https://a.cn"])),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/accounts/wxd",
            with(official.clone(), "domains", json!(["a", "b", "c"])),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/accounts/wxd",
            with(official.clone(), "bad_token_errcode", json!(1)),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/accounts/wxd",
            with(official.clone(), "snapshot", json!({"flag": true})),
            422,
            "unknown_field",
        ),
        (
            "POST",
            "/accounts/wxd",
            json!({"kind": "official"}),
            422,
            "invalid_value",
        ),
        ("POST", "/accounts/wxd", json!({"kind": "test"}), 201, "wxd"),
        (
            "POST",
            "/accounts/wxp",
            json!({"kind": "platform", "secret": "p"}),
            201,
            "platform",
        ),
        (
            "PATCH",
            "/accounts/wxc",
            json!({"blocked": true}),
            200,
            "\"blocked\":true",
        ),
        (
            "PATCH",
            "/accounts/wxc",
            json!({"blocked": null}),
            200,
            "\"blocked\":false",
        ),
        (
            "PATCH",
            "/accounts/wxc",
            json!({"snapshot": {}}),
            200,
            "\"flagged\":true",
        ),
        (
            "PATCH",
            "/accounts/wxc",
            json!({"rid": "hints"}),
            200,
            "hints",
        ),
        (
            "PATCH",
            "/accounts/wxc",
            json!({"block": true}),
            422,
            "unknown_field",
        ),
        (
            "PATCH",
            "/accounts/wxc",
            json!({"appid": "wxz"}),
            422,
            "invalid_value",
        ),
        ("PATCH", "/accounts/wx?", json!({}), 404, "unknown_account"),
        ("DELETE", "/accounts/wxc", Value::Null, 200, ""),
        (
            "DELETE",
            "/accounts/wxc",
            Value::Null,
            404,
            "unknown_account",
        ),
        (
            "PUT",
            "/accounts/wxc",
            official.clone(),
            405,
            "method_not_allowed",
        ),
        (
            "POST",
            "/accounts/wxb/domain_check",
            json!({"domain": "a.cn", "file": "x", "content": "", "at": "127.0.0.1:1"}),
            422,
            "domain_check_failed",
        ),
        (
            "POST",
            "/accounts/wxb/domain_check",
            json!({"domain": "a.cn", "file": "MP_verify_0123456789abcdef.txt", "content": "", "at": "192.0.2.1:80"}),
            422,
            "domain_check_failed",
        ),
        (
            "POST",
            "/accounts/wxb/domain_check",
            json!({"domain": "a.cn"}),
            422,
            "invalid_value",
        ),
        ("GET", "/people", Value::Null, 200, "hong"),
        ("GET", "/people/ming", Value::Null, 200, "小明"),
        ("GET", "/people/nobody", Value::Null, 404, "unknown_person"),
        (
            "POST",
            "/people/wang",
            json!({"name": "老王", "sex": 1, "follower": false}),
            201,
            "老王",
        ),
        (
            "POST",
            "/people/wang",
            json!({"name": "老王"}),
            409,
            "person_exists",
        ),
        (
            "POST",
            "/people/cut",
            json!({"nickname_base64": "YeWw"}),
            201,
            "YeWw",
        ),
        (
            "POST",
            "/people/x",
            json!({"nickname_base64": "!"}),
            422,
            "invalid_value",
        ),
        ("POST", "/people/x", json!({}), 422, "invalid_value"),
        (
            "POST",
            "/people/x",
            json!({"name": "x", "sex": 3}),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/people/x",
            json!({"name": "x", "age": 3}),
            422,
            "unknown_field",
        ),
        (
            "POST",
            "/people/a.b",
            json!({"name": "x"}),
            422,
            "invalid_value",
        ),
        ("PATCH", "/people/wang", json!({"unionid": "oU"}), 200, "oU"),
        (
            "PATCH",
            "/people/wang",
            json!({"id": "li"}),
            422,
            "invalid_value",
        ),
        ("PATCH", "/people/nobody", json!({}), 404, "unknown_person"),
        ("DELETE", "/people/wang", Value::Null, 200, ""),
        ("DELETE", "/people/wang", Value::Null, 404, "unknown_person"),
        ("GET", "/session", Value::Null, 200, "ming"),
        ("GET", "/session?appid=wxb", Value::Null, 200, "wxb"),
        (
            "GET",
            "/session?appid=wx0",
            Value::Null,
            404,
            "unknown_account",
        ),
        ("GET", "/session?app=wxb", Value::Null, 400, "invalid_query"),
        (
            "PUT",
            "/session",
            json!({"person": "hong", "consent": "refuse"}),
            200,
            "refuse",
        ),
        ("PUT", "/session", json!({"person": "小明"}), 200, "ming"),
        (
            "PUT",
            "/session",
            json!({"person": null, "consent": null}),
            200,
            "ask",
        ),
        (
            "PUT",
            "/session",
            json!({"appid": "wxb", "person": "hong"}),
            200,
            "hong",
        ),
        (
            "PUT",
            "/session",
            json!({"person": "nobody"}),
            404,
            "unknown_person",
        ),
        (
            "PUT",
            "/session",
            json!({"consent": "maybe"}),
            422,
            "invalid_value",
        ),
        ("PUT", "/session", json!({}), 422, "invalid_value"),
        (
            "PUT",
            "/session",
            json!({"name": "x"}),
            422,
            "unknown_field",
        ),
        (
            "POST",
            "/faults",
            json!({"endpoint": "auth", "fault": "hang", "times": 3}),
            200,
            "",
        ),
        (
            "POST",
            "/faults",
            json!({"appid": "wxb", "endpoint": "access_token", "fault": {"delay": 2}}),
            200,
            "",
        ),
        (
            "POST",
            "/faults",
            json!({"endpoint": "auth", "fault": "hang", "times": 0}),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/faults",
            json!({"endpoint": "auth", "fault": {"delay": -1}}),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/faults",
            json!({"endpoint": "auth", "fault": {"delay": "2s"}}),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/faults",
            json!({"endpoint": "auth", "fault": "sleepy"}),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/faults",
            json!({"endpoint": "pay", "fault": "hang"}),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/faults",
            json!({"endpoint": "auth", "fault": "hang", "time": 1}),
            422,
            "unknown_field",
        ),
        (
            "POST",
            "/faults",
            json!({"appid": "wx?", "endpoint": "auth", "fault": "hang"}),
            404,
            "unknown_account",
        ),
        (
            "GET",
            "/faults?appid=wxb",
            Value::Null,
            200,
            "{\"delay\":2.0}",
        ),
        ("DELETE", "/faults?appid=wxb", Value::Null, 200, ""),
        ("GET", "/faults?appid=wxb", Value::Null, 200, "[]"),
        (
            "DELETE",
            "/faults?appid=wx0",
            Value::Null,
            404,
            "unknown_account",
        ),
        ("DELETE", "/faults", Value::Null, 200, ""),
        ("POST", "/replay", json!({"replay": "before"}), 200, ""),
        (
            "POST",
            "/replay",
            json!({"appid": "wxb", "replay": null}),
            200,
            "",
        ),
        ("POST", "/replay", json!({}), 422, "invalid_value"),
        (
            "POST",
            "/replay",
            json!({"replay": "often"}),
            422,
            "invalid_value",
        ),
        (
            "GET",
            "/replay?appid=wxb",
            Value::Null,
            200,
            "\"replay\":null",
        ),
        ("GET", "/replay", Value::Null, 200, "\"replay\":\"before\""),
        (
            "POST",
            "/standing",
            json!({"appid": "wxb", "person": "hong", "what": "revoke"}),
            200,
            "",
        ),
        (
            "POST",
            "/standing",
            json!({"person": "hong", "what": "hug"}),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/standing",
            json!({"person": "nobody", "what": "freeze"}),
            404,
            "unknown_person",
        ),
        ("GET", "/clock", Value::Null, 200, "\"frozen\":false"),
        (
            "PUT",
            "/clock",
            json!({"advance": 1.5, "appid": "wxb"}),
            200,
            "\"ahead\":1.5",
        ),
        (
            "PUT",
            "/clock",
            json!({"freeze": true}),
            200,
            "\"frozen\":true",
        ),
        (
            "PUT",
            "/clock",
            json!({"freeze": false}),
            200,
            "\"frozen\":false",
        ),
        (
            "PUT",
            "/clock",
            json!({"advance": -1}),
            422,
            "invalid_value",
        ),
        (
            "PUT",
            "/clock",
            json!({"advance": "1h"}),
            422,
            "invalid_value",
        ),
        ("PUT", "/clock", json!({}), 422, "invalid_value"),
        ("PUT", "/clock", json!({"seconds": 1}), 422, "unknown_field"),
        (
            "POST",
            "/codes",
            json!({"appid": "wxb"}),
            200,
            "snsapi_login",
        ),
        (
            "POST",
            "/codes",
            json!({"appid": "wxb", "person": "hong", "scope": "snsapi_login"}),
            200,
            "openid",
        ),
        (
            "POST",
            "/codes",
            json!({"appid": "wxb", "scope": "snsapi_base"}),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/codes",
            json!({"appid": "wxb", "component_appid": "wxp"}),
            422,
            "invalid_value",
        ),
        (
            "POST",
            "/codes",
            json!({"appid": "wx?"}),
            404,
            "unknown_account",
        ),
        ("POST", "/codes", json!({}), 422, "invalid_value"),
        ("GET", "/qr", Value::Null, 200, "[]"),
        (
            "POST",
            "/qr/unknown",
            json!({"action": "scan"}),
            404,
            "unknown_qr",
        ),
        (
            "POST",
            "/qr/unknown",
            json!({"action": "eat"}),
            422,
            "invalid_value",
        ),
        (
            "GET",
            "/calls?appid=wxb&after=0&wait=0",
            Value::Null,
            200,
            "\"calls\":[]",
        ),
        ("GET", "/calls?wait=61", Value::Null, 422, "invalid_value"),
        ("GET", "/calls?after=x", Value::Null, 400, "invalid_query"),
        (
            "GET",
            "/calls?appid=wx0",
            Value::Null,
            404,
            "unknown_account",
        ),
        ("DELETE", "/calls?appid=wxb", Value::Null, 200, ""),
        (
            "GET",
            "/events?appid=wx0",
            Value::Null,
            404,
            "unknown_account",
        ),
        ("GET", "/readyz", Value::Null, 200, "true"),
        ("GET", "/ca.pem", Value::Null, 404, "no_certificate"),
        ("GET", "/bundle.pem", Value::Null, 404, "no_certificate"),
        ("GET", "/nothing", Value::Null, 404, "unknown_route"),
    ];
    let sim = controlled();
    let document = Document::of(&sim);
    let mut good = BTreeSet::new();
    for (method, path, body, status, expected) in cases {
        let answer = call(&sim, method, path, &body);
        if let Some((template, operation)) = document.operation(method, path) {
            let documented = &operation["responses"][status.to_string()];
            assert!(
                documented.is_object(),
                "{method} {path}: {status} is not documented"
            );
            if status < 400 {
                good.insert((template.to_owned(), method.to_lowercase()));
            }
        }
        let case = format!("{method} {path} {body}: {}", answer.text());
        assert_eq!(answer.status, status, "{case}");
        if status < 400 {
            assert!(answer.text().contains(expected), "{case}");
            continue;
        }
        let error = answer.json()["error"].clone();
        assert_eq!(error["code"], expected, "{case}");
        assert!(!error["message"].as_str().unwrap_or_default().is_empty());
        if expected.starts_with("unknown_") && expected != "unknown_route" {
            assert!(error["known"].is_array(), "{case}");
        }
    }
    // Streams, certificates, and what needs a QR code or a site have tests of their own.
    let elsewhere = [
        "/events",
        "/ca.pem",
        "/bundle.pem",
        "/qr/{uuid}",
        "domain_check",
        "/openapi.json",
    ];
    for (path, method, _) in document.operations() {
        let is_tried = good.contains(&(path.to_owned(), method.to_owned()));
        let is_elsewhere = elsewhere.iter().any(|end| path.ends_with(end));
        assert!(
            is_tried || is_elsewhere,
            "{method} {path} has no good case here"
        );
    }
}

#[test]
fn it_says_what_there_would_have_been() {
    let sim = controlled();
    let error = call(&sim, "PUT", "/session", &json!({"person": "li"})).json();
    assert_eq!(error["error"]["known"], json!(["ming", "hong"]));
    let error = call(&sim, "PUT", "/clock", &json!({"advnce": 1})).json();
    assert_eq!(
        error["error"]["known"],
        json!(["appid", "advance", "freeze"])
    );
    for (body, code) in [
        ("{", "invalid_json"),
        ("[1]", "invalid_value"),
        ("\u{fffd}", "invalid_json"),
    ] {
        let answer = request(&sim, "PUT", "/_control/v1/clock", &JSON, body).expect("an answer");
        assert_eq!(answer.json()["error"]["code"], code, "{body}");
    }
}

#[test]
fn a_clock_gone_mad_stops_nothing() {
    let sim = start(Simulator::builder().control_api(true));
    let huge = json!({"advance": f64::MAX});
    assert!(call(&sim, "PUT", "/clock", &huge).status < 500);
    assert_eq!(get(&sim, "/sns/auth").errcode(), 41001);
    let code = get(&sim, &authorize(sim.account(), "snsapi_base")).code();
    assert!(get(&sim, &access_token(sim.account(), &code)).status < 500);
}

#[test]
fn the_next_call_is_waited_for() {
    let sim = controlled();
    get(&sim, "/sns/auth");
    let before = ok(&sim, "GET", "/calls", Value::Null);
    let last = before["last"].as_u64().expect("a number");
    let waiting = sim.clone();
    let (tell, told) = std::sync::mpsc::channel();
    let waiter = thread::spawn(move || {
        let path = format!("/_control/v1/calls?after={last}&wait=30");
        let stream = send(&waiting, "GET", &path, &JSON, "").expect("a connection");
        stream.set_read_timeout(None).expect("patience");
        tell.send(()).expect("a listener");
        let mut lines = BufReader::new(stream).lines();
        lines.next_back_line()
    });
    told.recv().expect("a waiter");
    get(&sim, "/sns/auth?openid=later");
    let answer = waiter.join().expect("an answer");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["calls"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["calls"][0]["query"], "openid=later");
}

trait LastLine {
    fn next_back_line(&mut self) -> String;
}

impl<T: Iterator<Item = std::io::Result<String>>> LastLine for T {
    fn next_back_line(&mut self) -> String {
        self.map(|line| line.expect("a line"))
            .last()
            .unwrap_or_default()
    }
}

#[test]
fn events_come_as_they_happen() {
    let sim = controlled();
    let stream = send(&sim, "GET", "/_control/v1/events", &[], "").expect("a connection");
    let mut lines = BufReader::new(stream)
        .lines()
        .map(|line| line.expect("a line"));
    let mut until = |wanted: &str| {
        lines
            .find(|line| line.contains(wanted))
            .unwrap_or_else(|| panic!("no {wanted}"))
    };
    // The first comment says that nothing is missed from now on.
    until(":");
    until("text/event-stream");
    until(":");
    get(&sim, "/sns/auth?openid=o1");
    until("event: call");
    assert!(until("data: ").contains("openid=o1"));
    get(&sim, "/cgi-bin/token");
    until("event: stray");
    assert!(until("data: ").contains("/cgi-bin/token"));
}

#[test]
fn what_is_not_played_is_told_of() {
    let sim = controlled();
    assert_eq!(get(&sim, "/cgi-bin/token?secret=s").status, 404);
    get_as(&sim, "/sns/auth", &[("Host", "evil.example")]);
    get_as(&sim, "/sns/auth", &[("Origin", "https://evil.example")]);
    let strays = ok(&sim, "GET", "/calls", Value::Null)["strays"].clone();
    let reasons: Vec<_> = (0..3).map(|at| strays[at]["reason"].clone()).collect();
    assert_eq!(reasons, ["unplayed_path", "foreign_host", "foreign_origin"]);
    assert_eq!(strays[0]["path"], "/cgi-bin/token");
    assert_eq!(strays[1]["host"], "evil.example");
}

#[test]
fn a_pending_qr_code_is_scanned_from_outside() {
    let sim = controlled();
    let page = "/connect/qrconnect?appid=wxb&redirect_uri=https%3A%2F%2Fshop.example.cn%2F&response_type=code&scope=snsapi_login&state=s";
    let poll = |uuid: &str| get(&sim, &format!("/connect/l/qrconnect?uuid={uuid}&last=1")).text();
    for (actions, expected) in [
        (&["scan"][..], "404"),
        (&["scan", "deny"], "403"),
        (&["expire"], "402"),
        (&["allow"], "405"),
    ] {
        assert_eq!(get(&sim, page).status, 200);
        let pending = ok(&sim, "GET", "/qr?appid=wxb", Value::Null);
        let pending = pending["codes"].as_array().cloned().unwrap_or_default();
        let waiting: Vec<_> = pending
            .iter()
            .filter(|it| it["status"] == "waiting")
            .collect();
        let [code] = &waiting[..] else {
            panic!("one that waits, and not {pending:?}")
        };
        let uuid = code["uuid"].as_str().unwrap_or_default();
        for action in actions {
            let body = json!({"action": action, "person": "hong"});
            ok(&sim, "POST", &format!("/qr/{uuid}"), body);
        }
        let polled = poll(uuid);
        assert!(polled.contains(expected), "{actions:?}: {polled}");
        if expected == "405" {
            let code = polled.split('\'').nth(1).unwrap_or_default();
            let account = sim.account_of("wxb").expect("an account");
            let tokens = get(&sim, &access_token(&account, code)).json();
            let hong = Person::named("小红").with_id("hong");
            assert_eq!(tokens["openid"], hong.openid("wxb"));
        }
        if expected == "402" {
            let again = call(
                &sim,
                "POST",
                &format!("/qr/{uuid}"),
                &json!({"action": "scan"}),
            );
            assert_eq!(again.status, 404);
        }
    }
}

#[test]
fn certificates_are_handed_out() {
    let sim = start(
        Simulator::builder()
            .control_api(true)
            .token("t")
            .certificates("the CA", "the bundle"),
    );
    for (path, body) in [("/ca.pem", "the CA"), ("/bundle.pem", "the bundle")] {
        // Needed before anything else, so it takes no token.
        assert_eq!(call(&sim, "GET", path, &Value::Null).text(), body);
    }
    assert_eq!(call(&sim, "GET", "/readyz", &Value::Null).status, 200);
    assert_eq!(call(&sim, "GET", "/calls", &Value::Null).status, 401);
}
