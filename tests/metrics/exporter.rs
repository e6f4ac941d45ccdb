//! The exporter of this process, and its text in rows.

use std::{collections::BTreeMap, sync::OnceLock};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::sync::{Mutex, MutexGuard};

const CALLS: &str = "wechat_call_duration_seconds";
/// Those that the guide names.
const BUCKETS: [f64; 11] = [0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.0, 3.5, 5.0];

static EXPORTER: OnceLock<PrometheusHandle> = OnceLock::new();
static IN_USE: Mutex<()> = Mutex::const_new(());

/// The process's only exporter, for one test at a time: its counts cannot be told apart.
pub(crate) struct Exporter {
    handle: PrometheusHandle,
    _alone: MutexGuard<'static, ()>,
}

/// One line of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Row {
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

impl Exporter {
    pub(crate) async fn of_this_test() -> Self {
        let alone = IN_USE.lock().await;
        let handle = EXPORTER.get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Full(CALLS.to_owned()), &BUCKETS)
                .and_then(PrometheusBuilder::install_recorder)
                .expect("the first recorder")
        });
        Self {
            handle: handle.clone(),
            _alone: alone,
        }
    }

    pub(crate) fn text(&self) -> String {
        self.handle.render()
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let text = self.text();
        let lines = text
            .lines()
            .filter(|it| !it.is_empty() && !it.starts_with('#'));
        lines.map(row).collect()
    }

    /// What was counted so far, a line each: the metric and the values of its labels but the
    /// account's, which is returned apart. Times are left out.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in self.rows() {
            let Some(name) = row.name.strip_prefix("wechat_") else {
                continue;
            };
            let name = match name.strip_suffix("_total") {
                Some(name) => name,
                None if name == "call_duration_seconds_count" => "calls",
                None => continue,
            };
            let account = row.label("appid").to_owned();
            let labels = row.labels.into_iter().filter(|(label, _)| label != "appid");
            let values = labels.map(|(_, value)| value).collect::<Vec<_>>();
            let line = format!("{name} {}", values.join(" "));
            counts.0.insert((account, line), row.value);
        }
        counts
    }
}

#[derive(Default)]
pub(crate) struct Counts(BTreeMap<(String, String), f64>);

impl Counts {
    /// What was counted since then: `logins completed 1`, and for which account.
    pub(crate) fn since(&self, before: &Self) -> Vec<(String, String)> {
        let new = self.0.iter().filter_map(|(key, value)| {
            let more = value - before.0.get(key).unwrap_or(&0.0);
            let (account, line) = key;
            (more != 0.0).then(|| (account.clone(), format!("{line} {more}")))
        });
        new.collect()
    }

    /// The lines of this account, whatever their counts.
    pub(crate) fn of(&self, appid: &str) -> BTreeMap<&str, f64> {
        let own = self.0.iter().filter(|((account, _), _)| account == appid);
        own.map(|((_, line), value)| (line.as_str(), *value))
            .collect()
    }
}

/// `name{label="value",…} 1`
fn row(line: &str) -> Row {
    let (series, value) = line.rsplit_once(' ').expect("a value");
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let labels = labels.strip_suffix('}').expect("the labels' end");
    let pairs = labels.split("\",").filter(|pair| !pair.is_empty());
    let labels = pairs.map(|pair| {
        let (label, value) = pair.split_once("=\"").expect("a label");
        (label.to_owned(), value.trim_end_matches('"').to_owned())
    });
    Row {
        name: name.to_owned(),
        labels: labels.collect(),
        value: value.parse().expect("a number"),
    }
}
