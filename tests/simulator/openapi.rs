//! The control API's own document, held against what it does.

use std::collections::BTreeSet;

use actix_wechat::simulator::{Account, Endpoint, Person, Simulator};
use serde_json::{Value, json};

use super::client::*;

const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

/// What the document says of the route that this path is at.
pub(super) struct Document(Value);

impl Document {
    pub(super) fn of(sim: &Simulator) -> Self {
        let answer = get(sim, "/_control/v1/openapi.json");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        Self(answer.json())
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.0["paths"].as_object().expect("paths");
        paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods").iter();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
    }

    /// The operation, and its template, of a call.
    pub(super) fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let path = path.split('?').next().unwrap_or_default();
        let is_at = |template: &str| {
            let (own, asked) = (template.split('/'), path.split('/'));
            own.clone().count() == asked.clone().count()
                && own
                    .zip(asked)
                    .all(|(own, asked)| own.starts_with('{') || own == asked)
        };
        self.operations()
            .find(|(template, own, _)| own.eq_ignore_ascii_case(method) && is_at(template))
            .map(|(template, _, operation)| (template, operation))
    }

    fn schema(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }

    fn properties(&self, name: &str) -> BTreeSet<&str> {
        let properties = self.schema(name)["properties"].as_object();
        properties
            .expect("properties")
            .keys()
            .map(String::as_str)
            .collect()
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

#[test]
fn each_example_is_taken() {
    let sim = start(Simulator::builder().control_api(true));
    let document = Document::of(&sim);
    let mut tried = 0;
    for (path, method, operation) in document.operations() {
        if path == "/events" {
            // Never ends.
            continue;
        }
        let appid = sim.account().appid();
        let id = Person::named("小明");
        let concrete = path
            .replace(
                "{appid}",
                if method == "post" && !path.ends_with("check") {
                    "wxnew"
                } else {
                    appid
                },
            )
            .replace("{id}", if method == "post" { "new" } else { id.id() })
            .replace("{uuid}", "none");
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let body = if example.is_null() {
            String::new()
        } else {
            example.to_string()
        };
        let path = format!("/_control/v1{concrete}");
        let answer = request(&sim, &method.to_uppercase(), &path, &JSON, &body).expect("an answer");
        let documented = &operation["responses"][answer.status.to_string()];
        assert!(documented.is_object(), "{method} {path}: {}", answer.text());
        let unhelped = ["/ca.pem", "/bundle.pem", "/qr/none", "domain_check"];
        let is_good = answer.status < 400 || unhelped.iter().any(|end| path.ends_with(end));
        assert!(is_good, "{method} {path} {body}: {}", answer.text());
        tried += 1;
        // What one example changes is not the next one's.
        if method != "get" {
            sim.reset();
        }
    }
    assert!(tried > 25, "{tried}");
}

#[test]
fn each_field_is_described() {
    let sim = start(
        Simulator::builder()
            .account(Account::test())
            .people([Person::with_raw_nickname("x", vec![255])
                .legacy()
                .with_unionid("u")
                .headimgurl("h")
                .privilege(["p"])])
            .control_api(true),
    );
    let document = Document::of(&sim);
    let accounts = get(&sim, "/_control/v1/accounts").json();
    assert_eq!(
        keys(&accounts["accounts"][0]),
        document.properties("Account")
    );
    let people = get(&sim, "/_control/v1/people").json();
    assert_eq!(keys(&people["people"][0]), document.properties("Person"));
    get(&sim, "/sns/auth");
    get(&sim, "/nothing");
    let log = get(&sim, "/_control/v1/calls").json();
    assert_eq!(keys(&log["calls"][0]), document.properties("Call"));
    assert_eq!(keys(&log["strays"][0]), document.properties("Stray"));
    for (path, name) in [("session", "Session"), ("clock", "Clock")] {
        let answer = get(&sim, &format!("/_control/v1/{path}")).json();
        assert_eq!(keys(&answer), document.properties(name));
    }
    for name in document.schema("Endpoint")["enum"]
        .as_array()
        .expect("endpoints")
    {
        serde_json::from_value::<Endpoint>(name.clone()).expect("an endpoint");
    }
    for fault in document.schema("Fault")["oneOf"][0]["enum"]
        .as_array()
        .expect("faults")
    {
        serde_json::from_value::<actix_wechat::simulator::Fault>(fault.clone()).expect("a fault");
    }
    assert_eq!(document.0["openapi"], json!("3.1.0"));
}

#[test]
fn each_reference_leads_somewhere() {
    let sim = start(Simulator::builder().control_api(true));
    let document = Document::of(&sim);
    let mut open = vec![&document.0];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            let name = reference.trim_start_matches("#/components/schemas/");
            assert!(document.schema(name).is_object(), "{reference}");
            seen += 1;
        }
        match value {
            Value::Array(values) => open.extend(values),
            Value::Object(values) => open.extend(values.values()),
            _ => {}
        }
    }
    assert!(seen > 50, "{seen}");
}
