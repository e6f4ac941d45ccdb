//! As much of PromQL as the dashboard needs, over two scrapes: the parser is a crate's. It is
//! stricter than Prometheus, to which a misspelled label is one that nothing has.

use std::collections::BTreeMap;

use rusty_promql_parser::{
    Aggregation, BinaryOp, Call, Expr, GroupingAction, LabelMatchOp, MatrixSelector, expr,
};

use crate::exporter::Row;

/// The time between the two scrapes, and behind which nothing is asked.
const SECONDS: f64 = 60.0;

pub(crate) struct Scrapes {
    pub(crate) before: Vec<Row>,
    pub(crate) after: Vec<Row>,
}

/// A series of a result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

enum Value {
    Number(f64),
    Vector(Vec<Point>),
}

impl Scrapes {
    /// What a query answers, or what is wrong with it.
    pub(crate) fn ask(&self, query: &str) -> Result<Vec<Point>, String> {
        let parsed = expr(query).map_err(|err| format!("{query}: {err}"))?;
        let ("", tree) = parsed else {
            return Err(format!("{query}: more behind its end: {}", parsed.0));
        };
        match self.value(&tree)? {
            Value::Vector(points) => Ok(points),
            Value::Number(_) => Err(format!("{query}: a number, and no series")),
        }
    }

    fn value(&self, tree: &Expr) -> Result<Value, String> {
        match tree {
            Expr::Number(number) => Ok(Value::Number(*number)),
            Expr::Paren(inner) => self.value(inner),
            Expr::Call(call) => self.call(call),
            Expr::Aggregation(sum) => self.sum(sum),
            Expr::Binary(binary) => {
                let sides = (self.value(&binary.lhs)?, self.value(&binary.rhs)?);
                match (binary.op, sides, &binary.modifier) {
                    (BinaryOp::Mul, (Value::Vector(mut points), Value::Number(factor)), None) => {
                        points.iter_mut().for_each(|point| point.value *= factor);
                        Ok(Value::Vector(points))
                    }
                    (BinaryOp::Gt, (Value::Vector(mut points), Value::Number(least)), None) => {
                        points.retain(|point| point.value > least);
                        Ok(Value::Vector(points))
                    }
                    (BinaryOp::Div, (Value::Vector(ones), Value::Vector(others)), None) => {
                        Ok(Value::Vector(quotients(&ones, &others)))
                    }
                    _ => Err(format!("not known here: {tree}")),
                }
            }
            _ => Err(format!("not known here: {tree}")),
        }
    }

    fn call(&self, call: &Call) -> Result<Value, String> {
        match (call.name.as_str(), call.args.as_slice()) {
            ("rate", [Expr::MatrixSelector(selector)]) => {
                let mut points = self.increases(selector)?;
                points.iter_mut().for_each(|point| point.value /= SECONDS);
                Ok(Value::Vector(points))
            }
            ("increase", [Expr::MatrixSelector(selector)]) => {
                Ok(Value::Vector(self.increases(selector)?))
            }
            ("histogram_quantile", [Expr::Number(quantile), buckets]) => {
                match self.value(buckets)? {
                    Value::Vector(points) => quantiles(*quantile, points),
                    Value::Number(_) => Err(format!("no buckets: {buckets}")),
                }
            }
            _ => Err(format!("not known here: {}", Expr::Call(call.clone()))),
        }
    }

    /// A series that was not there before has no increase.
    fn increases(&self, matrix: &MatrixSelector) -> Result<Vec<Point>, String> {
        let selector = &matrix.selector;
        let name = selector
            .name
            .as_deref()
            .ok_or("a selector without a name")?;
        let rows: Vec<_> = self.after.iter().filter(|row| row.name == name).collect();
        if rows.is_empty() {
            return Err(format!("no metric {name}"));
        }
        for matcher in &selector.matchers {
            if !rows
                .iter()
                .any(|row| row.labels.contains_key(&matcher.name))
            {
                return Err(format!("{name} has no label {}", matcher.name));
            }
            let is_any = matcher.op == LabelMatchOp::RegexMatch;
            if !is_any
                && !rows
                    .iter()
                    .any(|row| row.label(&matcher.name) == matcher.value)
            {
                let (label, value) = (&matcher.name, &matcher.value);
                return Err(format!("{name} has no {label} {value}"));
            }
        }
        let matches = |row: &&&Row| {
            selector.matchers.iter().all(|matcher| {
                let is_equal = row.label(&matcher.name) == matcher.value;
                match matcher.op {
                    LabelMatchOp::Equal => is_equal,
                    LabelMatchOp::NotEqual => !is_equal,
                    // What Grafana puts in for all accounts, or for one.
                    LabelMatchOp::RegexMatch => matcher.value == ".*" || is_equal,
                    LabelMatchOp::RegexNotMatch => false,
                }
            })
        };
        let points = rows.iter().filter(matches).filter_map(|row| {
            let is_it = |before: &&Row| before.name == name && before.labels == row.labels;
            let before = self.before.iter().find(is_it)?;
            Some(Point {
                labels: row.labels.clone(),
                value: row.value - before.value,
            })
        });
        Ok(points.collect())
    }

    fn sum(&self, sum: &Aggregation) -> Result<Value, String> {
        let (Value::Vector(points), "sum") = (self.value(&sum.expr)?, sum.op.as_str()) else {
            return Err(format!("not known here: {}", sum.op));
        };
        let by = match &sum.grouping {
            None => &[][..],
            Some(grouping) if grouping.action == GroupingAction::By => &grouping.labels,
            Some(grouping) => return Err(format!("not known here: {grouping}")),
        };
        for label in by {
            if !points.iter().any(|point| point.labels.contains_key(label)) {
                return Err(format!("nothing to sum has a label {label}"));
            }
        }
        let mut sums: BTreeMap<BTreeMap<String, String>, f64> = BTreeMap::new();
        for mut point in points {
            point.labels.retain(|label, _| by.contains(label));
            *sums.entry(point.labels).or_default() += point.value;
        }
        let sums = sums
            .into_iter()
            .map(|(labels, value)| Point { labels, value });
        Ok(Value::Vector(sums.collect()))
    }
}

fn quotients(ones: &[Point], others: &[Point]) -> Vec<Point> {
    let quotient = |one: &Point| {
        let other = others.iter().find(|other| other.labels == one.labels)?;
        Some(Point {
            labels: one.labels.clone(),
            value: one.value / other.value,
        })
    };
    ones.iter().filter_map(quotient).collect()
}

/// Within a bucket the values lie evenly.
fn quantiles(quantile: f64, points: Vec<Point>) -> Result<Value, String> {
    let mut histograms: BTreeMap<BTreeMap<String, String>, Vec<(f64, f64)>> = BTreeMap::new();
    for mut point in points {
        let end = point
            .labels
            .remove("le")
            .ok_or("a bucket without its end")?;
        let end = end.replace("+Inf", "inf").parse();
        let end = end.map_err(|err| format!("the end of a bucket: {err}"))?;
        histograms
            .entry(point.labels)
            .or_default()
            .push((end, point.value));
    }
    let of = |(labels, mut buckets): (BTreeMap<String, String>, Vec<(f64, f64)>)| {
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        let all = buckets.last().map_or(0.0, |(_, count)| *count);
        let rank = quantile * all;
        let at = buckets.iter().position(|(_, count)| *count >= rank)?;
        let (begin, below) = match at.checked_sub(1) {
            Some(at) => buckets[at],
            None => (0.0, 0.0),
        };
        let (end, count) = buckets[at];
        let value = if end.is_infinite() {
            begin
        } else {
            begin + (end - begin) * (rank - below) / (count - below)
        };
        Some(Point { labels, value })
    };
    Ok(Value::Vector(
        histograms.into_iter().filter_map(of).collect(),
    ))
}

/// Each metric and each label that a query names.
pub(crate) fn names(query: &str) -> Vec<String> {
    fn walk(tree: &Expr, names: &mut Vec<String>) {
        match tree {
            Expr::Paren(inner) => walk(inner, names),
            Expr::Call(call) => call.args.iter().for_each(|it| walk(it, names)),
            Expr::Binary(binary) => {
                walk(&binary.lhs, names);
                walk(&binary.rhs, names);
            }
            Expr::Aggregation(sum) => {
                names.extend(sum.grouping.iter().flat_map(|it| it.labels.clone()));
                walk(&sum.expr, names);
            }
            Expr::MatrixSelector(matrix) => {
                names.extend(matrix.selector.name.clone());
                names.extend(matrix.selector.matchers.iter().map(|it| it.name.clone()));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok((_, tree)) = expr(query) {
        walk(&tree, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}
