//! Each query of the Grafana dashboard shows something of what an exporter told.

use actix_wechat::simulator::{Endpoint, Fault};
use serde_json::Value;

use crate::{
    exporter::Exporter,
    promql::{Point, Scrapes, names},
    site::{Site, Way, visit_hub},
};

/// A query of a panel, and the names of its lines.
struct Query {
    panel: String,
    text: String,
    legend: String,
}

fn dashboard() -> Value {
    let json = include_str!("../../examples/metrics/dashboard.json");
    serde_json::from_str(json).expect("JSON")
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// With what Grafana puts in for its variables.
fn queries() -> Vec<Query> {
    let dashboard = dashboard();
    let of_panel = |panel: &Value| {
        let targets = list(panel, "targets").iter();
        let queries = targets.map(|target| Query {
            panel: text(&panel["title"]),
            text: text(&target["expr"])
                .replace("$__rate_interval", "1m")
                .replace("$appid", ".*"),
            legend: text(&target["legendFormat"]),
        });
        queries.collect::<Vec<_>>()
    };
    list(&dashboard, "panels")
        .iter()
        .flat_map(of_panel)
        .collect()
}

/// The labels between double braces.
fn labels(legend: &str) -> impl Iterator<Item = &str> {
    let parts = legend.split("{{").skip(1);
    parts.map(|part| part.split("}}").next().unwrap_or_default())
}

/// Two scrapes with something of everything in between.
async fn scrapes(exporter: &Exporter) -> Scrapes {
    let site = Site::start(|it| it).await;
    let visits = async || {
        let wechat = site.wechat();
        site.visit(Way::Opens("/user"), exporter).await;
        wechat.fault_times(Endpoint::AccessToken, Fault::Errcode(40125), 1);
        site.visit(Way::Opens("/user"), exporter).await;
        site.visit(Way::OpensWithoutCookies, exporter).await;
        let long = format!(
            "appid=wx1&redirect_uri=https://shop.example.com/{}",
            "x".repeat(1_000)
        );
        visit_hub(&[long, "appid=wx1".to_owned()]).await;
    };
    // A histogram is there from its first call on.
    visits().await;
    let before = exporter.rows();
    visits().await;
    Scrapes {
        before,
        after: exporter.rows(),
    }
}

#[actix_web::test]
async fn each_panel_shows_what_was_counted() {
    let exporter = Exporter::of_this_test().await;
    let scrapes = scrapes(&exporter).await;
    let queries = queries();
    assert!(queries.len() >= 8);
    let mut shown = Vec::new();
    for Query {
        panel,
        text,
        legend,
    } in &queries
    {
        let points = scrapes
            .ask(text)
            .unwrap_or_else(|err| panic!("{panel}: {err}"));
        let has_something = points
            .iter()
            .any(|it| it.value > 0.0 && it.value.is_finite());
        assert!(has_something, "{panel} shows nothing: {points:?}");
        let lines: Vec<_> = points.iter().map(|it| &it.labels).collect();
        let is_told_apart = |(at, it)| !lines[..at].contains(it);
        assert!(lines.iter().enumerate().all(is_told_apart), "{panel}");
        for point in &points {
            let named: Vec<_> = labels(legend).collect();
            let has = point.labels.keys().map(String::as_str).collect::<Vec<_>>();
            let all = has.iter().all(|label| named.contains(label));
            assert!(
                all && named.len() == has.len(),
                "{panel}: {legend} names {point:?}"
            );
        }
        shown.push((panel.as_str(), points));
    }
    let value = |panel: &str, label: &str| {
        let (_, points) = shown.iter().find(|(title, _)| *title == panel)?;
        let is_it = |it: &&Point| it.labels.is_empty() || it.labels.values().any(|it| it == label);
        points.iter().find(is_it).map(|it| it.value)
    };
    // One of five came in, in the minute between the scrapes.
    assert_eq!(value("Completed of started, last hour", ""), Some(0.2));
    let per_minute = |panel, label: &str| value(panel, label).map(f64::round);
    let ended = "Logins that ended otherwise, per minute";
    assert_eq!(per_minute(ended, "misconfigured"), Some(1.0));
    assert_eq!(per_minute(ended, "cookies_off"), Some(1.0));
    assert_eq!(per_minute(ended, "completed"), None);
    let refused = "Refused by the hub, per minute";
    assert_eq!(per_minute(refused, "no_target"), Some(1.0));
}

/// Whatever is misspelled in a query, its test sees it.
#[actix_web::test]
async fn a_misspelled_query_is_found() {
    let exporter = Exporter::of_this_test().await;
    let scrapes = scrapes(&exporter).await;
    let mut tried = 0;
    for Query { panel, text, .. } in queries() {
        scrapes.ask(&text).expect("right as it is");
        for name in names(&text) {
            let wrong = misspelled(&text, &name);
            let answer = scrapes.ask(&wrong);
            assert!(answer.is_err(), "{panel}: {wrong} answers {answer:?}");
            tried += 1;
        }
        for wrong in [text.replacen('(', "((", 1), text.replace("rate(", "rates(")] {
            let answer = scrapes.ask(&wrong);
            assert!(
                wrong == text || answer.is_err(),
                "{panel}: {wrong} answers {answer:?}"
            );
        }
    }
    assert!(tried > 25, "{tried}");
    let value = r#"sum(rate(wechat_logins_total{outcome="complete"}[1m]))"#;
    scrapes.ask(value).expect_err("no such outcome");
}

/// One letter more, wherever the name stands as a word.
fn misspelled(query: &str, name: &str) -> String {
    let is_of_a_word = |char: char| char.is_alphanumeric() || char == '_';
    let mut wrong = String::new();
    for part in query.split_inclusive(|char| !is_of_a_word(char)) {
        let word = part.trim_end_matches(|char| !is_of_a_word(char));
        let more = if word == name { "s" } else { "" };
        wrong += &[word, more, &part[word.len()..]].concat();
    }
    wrong
}

#[actix_web::test]
async fn the_guides_alerts_can_be_asked() {
    let exporter = Exporter::of_this_test().await;
    let scrapes = scrapes(&exporter).await;
    let chapter = include_str!("../../src/guide/metrics.md");
    let (_, alerts) = chapter.split_once("```promql\n").expect("the alerts");
    let (alerts, _) = alerts.split_once("```").expect("their end");
    let mut fires = Vec::new();
    for alert in alerts.lines() {
        let points = scrapes.ask(alert).unwrap_or_else(|err| panic!("{err}"));
        fires.push(!points.is_empty());
        for name in names(alert) {
            let wrong = misspelled(alert, &name);
            assert!(scrapes.ask(&wrong).is_err(), "{wrong}");
        }
    }
    // One login was misconfigured in between.
    assert_eq!(fires, [true, false, false, false]);
}

/// What Grafana needs beside the queries.
#[actix_web::test]
async fn the_dashboard_asks_for_its_source_and_its_account() {
    let exporter = Exporter::of_this_test().await;
    let _site = Site::start(|it| it).await;
    let dashboard = dashboard();
    let [source] = list(&dashboard, "__inputs") else {
        panic!("one source")
    };
    assert_eq!(source["name"], "DS_PROMETHEUS");
    assert_eq!(source["pluginId"], "prometheus");
    let [account] = list(&dashboard["templating"], "list") else {
        panic!("one variable")
    };
    let (metric, label) = account["definition"]
        .as_str()
        .and_then(|it| {
            it.strip_prefix("label_values(")?
                .strip_suffix(')')?
                .split_once(", ")
        })
        .expect("the values of a label");
    assert_eq!(account["query"]["query"], account["definition"]);
    let has_it = |name: &str| {
        exporter
            .rows()
            .iter()
            .any(|it| it.name == name && !it.label(label).is_empty())
    };
    assert!(has_it(metric), "{metric} {label}");
    assert_eq!(account["allValue"], ".*");
    let panels = list(&dashboard, "panels");
    let targets = panels.iter().flat_map(|panel| list(panel, "targets"));
    for sourced in panels.iter().chain([account]).chain(targets) {
        assert_eq!(sourced["datasource"]["uid"], "${DS_PROMETHEUS}");
    }
    let ids: Vec<_> = panels.iter().map(|panel| &panel["id"]).collect();
    let is_new = |(at, id)| !ids[..at].contains(id);
    assert!(ids.iter().enumerate().all(is_new), "{ids:?}");
}
