//! The guide's tables say what the exporter's text has, and the text says nothing that is a secret.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use actix_wechat::{
    Login,
    simulator::{Endpoint, Fault, Person},
};

use support::Visitor;

use crate::{
    exporter::Exporter,
    site::{Site, Way, open_website, visit_hub, with_website},
};

const CHAPTERS: [&str; 2] = [
    include_str!("../../src/guide/metrics.md"),
    include_str!("../../src/guide/zh/metrics.md"),
];
const EVENTS: &str = include_str!("../../src/guide/operating.md");

/// The cells of the rows whose first one has a name that begins so.
fn rows<'a>(page: &'a str, begins: &str) -> Vec<Vec<&'a str>> {
    let begin = format!("| {begins}");
    let rows = page.lines().filter(|line| line.starts_with(&begin));
    rows.map(|row| row.trim_matches(['|', ' ']).split(" | ").collect())
        .collect()
}

fn names(cell: &str) -> BTreeSet<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The label's values by the guide, but for those that are explained elsewhere.
fn values<'a>(page: &'a str, row: &str) -> BTreeSet<&'a str> {
    let rows = rows(page, row);
    let [cells] = rows.as_slice() else {
        panic!("one row {row}")
    };
    let mut values = names(cells[1]);
    for no_value in ["reason", "Reason", "CallError"] {
        values.remove(no_value);
    }
    values
}

#[actix_web::test]
async fn the_guide_names_each_metric_with_its_labels() {
    let exporter = Exporter::of_this_test().await;
    let site = Site::start(with_website).await;
    site.visit(Way::Opens("/user"), &exporter).await;
    visit_hub(&[]).await;
    let text = exporter.text();
    let kinds: BTreeMap<_, _> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .collect();
    let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in exporter.rows() {
        let name = ["_bucket", "_sum", "_count"]
            .iter()
            .fold(row.name.as_str(), |name, end| {
                name.strip_suffix(end).unwrap_or(name)
            });
        let known = labels.entry(name.to_owned()).or_default();
        known.extend(row.labels.into_keys().filter(|label| label != "le"));
    }
    for (chapter, words) in CHAPTERS
        .iter()
        .zip([["counter", "histogram"], ["计数器", "直方图"]])
    {
        let promised = rows(chapter, "`wechat_");
        let named: BTreeSet<_> = promised.iter().flat_map(|row| names(row[0])).collect();
        assert_eq!(named, kinds.keys().copied().collect());
        for row in promised {
            let name = row[0].trim_matches('`');
            let kind = if kinds[name] == "counter" {
                words[0]
            } else {
                words[1]
            };
            assert_eq!(row[1], kind, "{name}");
            let known: BTreeSet<_> = labels[name].iter().map(String::as_str).collect();
            assert_eq!(names(row[2]), known, "{name}");
            assert!(
                text.contains(&format!("# HELP {name} ")),
                "{name} is not described"
            );
        }
    }
}

/// What a label can be is there from the start, at 0; `each_end_of_a_login_is_counted_once` brings
/// each of the values about.
#[actix_web::test]
async fn the_guide_names_each_value_of_a_label() {
    let exporter = Exporter::of_this_test().await;
    let site = Site::start(|it| with_website(it.appid("wx-all-values"))).await;
    visit_hub(&[]).await;
    let rows = exporter.rows();
    let known = |metric: &str, label: &str| {
        let appid = site.account().appid();
        let own = rows
            .iter()
            .filter(|it| ["", appid].contains(&it.label("appid")));
        let of_metric = own.filter(|row| row.name == metric);
        let values = of_metric.map(|row| row.label(label).to_owned());
        values.collect::<BTreeSet<String>>()
    };
    let events = self::rows(EVENTS, "`wechat.");
    let events: BTreeSet<_> = events.iter().flat_map(|row| names(row[0])).collect();
    let counted_elsewhere = [
        "wechat.login.completed",
        "wechat.login.failed",
        "wechat.hub.refused",
    ];
    let others = events
        .into_iter()
        .filter(|it| !counted_elsewhere.contains(it));
    let others: BTreeSet<_> = others.map(ToOwned::to_owned).collect();
    assert_eq!(known("wechat_events_total", "event"), others);
    for (chapter, [of_a_login, of_a_call]) in CHAPTERS.iter().zip([
        ["`outcome` of a login", "`outcome` of a call"],
        ["登录的 `outcome`", "调用的 `outcome`"],
    ]) {
        for (metric, label, row) in [
            ("wechat_logins_started_total", "scope", "`scope`"),
            ("wechat_logins_total", "outcome", of_a_login),
            ("wechat_hub_refusals_total", "problem", "`problem`"),
        ] {
            let known = known(metric, label);
            let known: BTreeSet<_> = known.iter().map(String::as_str).collect();
            assert_eq!(values(chapter, row), known, "{metric}");
        }
        // A histogram has no beginning: what other tests have seen by now is among them.
        for (label, row) in [("call", "`call`"), ("outcome", of_a_call)] {
            let known = known("wechat_call_duration_seconds_count", label);
            let known: BTreeSet<_> = known.iter().map(String::as_str).collect();
            let promised = values(chapter, row);
            assert!(
                known.is_subset(&promised),
                "{label}: {known:?}, not {promised:?}"
            );
        }
    }
}

/// A login whose every secret is known, and one that fails with all of them.
#[actix_web::test]
async fn no_secret_is_in_the_text() {
    const TOLD: [&str; 5] = [
        "59_access",
        "59_refresh",
        "oSecretPerson",
        "oSecretUnion",
        "小密",
    ];
    let exporter = Exporter::of_this_test().await;
    let logins: Arc<Mutex<Vec<Login>>> = Arc::default();
    let kept = Arc::clone(&logins);
    let site = Site::start(move |it| {
        with_website(it).on_login(move |login| {
            kept.lock().expect("the logins").push(login);
            async { Ok::<(), std::io::Error>(()) }
        })
    })
    .await;
    let wechat = site.wechat();
    open_website(wechat);
    let [access, refresh, openid, unionid, nickname] = TOLD;
    let tokens = format!(
        r#"{{"access_token":"{access}","refresh_token":"{refresh}","openid":"{openid}","unionid":"{unionid}"}}"#
    );
    let profile = format!(r#"{{"openid":"{openid}","nickname":"{nickname}"}}"#);
    wechat.fault_times(Endpoint::AccessToken, Fault::Body(tokens.clone()), 2);
    wechat.fault_times(Endpoint::UserInfo, Fault::Body(profile), 1);
    wechat.fault(Endpoint::UserInfo, Fault::Html);
    let mut secrets: Vec<String> = TOLD.map(ToOwned::to_owned).to_vec();
    secrets.push(wechat.account().secret().to_owned());
    for expected in [302, 502] {
        let visitor = Visitor::new();
        let page = site.at("/user?coupon=SECRETCOUPON");
        let callback = visitor.callback(&page).await;
        let query = url::Url::parse(&callback).expect("an address");
        let of_query = query.query_pairs().map(|(_, value)| value.into_owned());
        secrets.extend(of_query);
        secrets.extend(visitor.cookie_header(&callback));
        visitor.get(&callback).await.assert_status(expected);
        secrets.extend(visitor.cookie_header(&callback));
        secrets.push(page);
    }
    assert_eq!(logins.lock().expect("the logins")[0].user.openid, openid);
    let worker = site.account().worker();
    let _ = worker.refresh(site.account().appid(), refresh).await;
    let _ = worker.check(access, openid).await;
    // What visitors choose is in no label of the hub's either.
    let chosen = [
        "appid=wxChosen",
        "redirect_uri=https://chosen.example/",
        "code=chosen1",
    ];
    visit_hub(&[chosen.join("&")]).await;
    secrets.extend(["wxChosen", "chosen.example", "chosen1"].map(ToOwned::to_owned));
    secrets.push(Person::named("小明").openid(site.account().appid()));
    let text = exporter.text();
    assert!(text.contains("wechat_logins_total"));
    assert!(secrets.len() > 18, "{secrets:?}");
    for secret in &secrets {
        assert!(
            !secret.is_empty() && !text.contains(secret.as_str()),
            "{secret}"
        );
    }
}

/// The guide's, the example's and this test's buckets are the same.
#[test]
fn the_buckets_are_the_same_everywhere() {
    let example = include_str!("../../examples/metrics.rs");
    let own = include_str!("exporter.rs");
    let buckets = |text: &str| {
        let (_, rest) = text
            .split_once("BUCKETS: [f64; 11] = [")
            .expect("the buckets");
        let (numbers, _) = rest.split_once(']').expect("their end");
        let numbers: String = numbers.split_whitespace().collect();
        numbers.trim_end_matches(',').to_owned()
    };
    for text in [CHAPTERS[0], CHAPTERS[1], example] {
        assert_eq!(buckets(text), buckets(own));
    }
}
