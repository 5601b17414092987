//! The dashboards' files: their panels, and what is asked when everything is chosen.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::prometheus::Prometheus;
use crate::promql::named;
use crate::system::root;

/// A dashboard's file.
pub struct Dashboard {
    /// The file's name without its ending.
    pub name: String,
    /// What is in it.
    pub json: Value,
}

/// The folder.
pub fn folder() -> PathBuf {
    root().join("dashboards")
}

/// Every dashboard, by name.
///
/// # Errors
/// A file cannot be read.
pub fn all() -> Result<Vec<Dashboard>> {
    let mut dashboards = Vec::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let name = path.file_stem().and_then(|name| name.to_str());
        dashboards.push(Dashboard {
            name: name.context("a file without a name")?.to_owned(),
            json: serde_json::from_str(&fs::read_to_string(&path)?)
                .with_context(|| format!("{}", path.display()))?,
        });
    }
    dashboards.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(dashboards)
}

impl Dashboard {
    /// Its panels, rows left out.
    pub fn panels(&self) -> impl Iterator<Item = &Value> {
        items(&self.json["panels"])
            .iter()
            .filter(|panel| panel["type"] != "row")
    }
}

/// The items of a list; none where it is no list.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The text, or nothing.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// An expression with every environment, platform and behaviour chosen, and this rate interval in seconds.
pub fn concrete(expression: &str, rate_seconds: u32) -> String {
    ["$environment", "$platform", "$behaviour"]
        .iter()
        .fold(expression.to_owned(), |text, variable| {
            text.replace(variable, ".*")
        })
        .replace("$__rate_interval", &format!("{rate_seconds}s"))
}

/// What every panel of every dashboard shows between two times (seconds since 1970), by dashboard and panel id.
///
/// # Errors
/// A query is refused.
pub fn results(
    prometheus: &Prometheus,
    from: f64,
    to: f64,
    step: f64,
    rate_seconds: u32,
) -> Result<Value> {
    let mut all_results = json!({});
    for dashboard in all()? {
        for panel in dashboard.panels() {
            let mut answers = Vec::new();
            for target in items(&panel["targets"]) {
                let query = concrete(text(&target["expr"]), rate_seconds);
                let result = if target["instant"] == true {
                    prometheus.instant(&query, to)
                } else {
                    prometheus.range(&query, from, to, step)
                };
                let asked = || format!("{}: {}: {query}", dashboard.name, text(&panel["title"]));
                answers.push(json!({
                    "refId": target["refId"],
                    "result": result.with_context(asked)?,
                }));
            }
            all_results[&dashboard.name][panel["id"].to_string()] = Value::Array(answers);
        }
    }
    Ok(all_results)
}

/// Whether an answer has a value that is a number.
pub fn has_data(answer: &Value) -> bool {
    let is_number = |point: &Value| {
        text(&point[1])
            .parse::<f64>()
            .is_ok_and(|number| !number.is_nan())
    };
    items(&answer["result"])
        .iter()
        .any(|series| is_number(&series["value"]) || items(&series["values"]).iter().any(is_number))
}

/// Labels that `ALERTS` may have: Prometheus' own, the rules', and those that every target has.
const OF_ALERTS: &[&str] = &[
    "alertname",
    "alertstate",
    "severity",
    "environment",
    "platform",
];

/// What an annotation names and alerts do not have. It has data only where an alert fires, so that none can be asked for.
pub fn not_of_alerts(annotation: &Value) -> Vec<String> {
    let named = named(text(&annotation["expr"]));
    let of_title = placeholders(text(&annotation["titleFormat"]));
    let mut labels: Vec<&str> = of_title.collect();
    let mut found = Vec::new();
    for selector in &named.selectors {
        if selector.metric != "ALERTS" {
            found.push(format!("an annotation asks for {}", selector.metric));
        }
        labels.extend(selector.labels.iter().map(String::as_str));
    }
    let unknown = labels.iter().filter(|label| !OF_ALERTS.contains(label));
    found.extend(unknown.map(|label| format!("alerts have no label {label}")));
    found
}

/// A variable's `label_values(metric, label)`, as an expression that names the same.
pub fn label_values(query: &str) -> Option<String> {
    let arguments = query.strip_prefix("label_values(")?.strip_suffix(')')?;
    let (metric, label) = arguments.rsplit_once(", ")?;
    Some(format!("count by ({label}) ({metric})"))
}

/// The labels that a legend or a title names as `{{label}}`.
pub fn placeholders(format: &str) -> impl Iterator<Item = &str> {
    let parts = format.split("{{").skip(1);
    parts.filter_map(|part| Some(part.split_once("}}")?.0.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_variables_legends_and_annotations_name_is_found() {
        let values = label_values("label_values(a{b=~\"$c\", d=\"e\"}, f)");
        assert_eq!(
            values.as_deref(),
            Some("count by (f) (a{b=~\"$c\", d=\"e\"})")
        );
        assert_eq!(label_values("query_result(a)"), None);
        let labels: Vec<&str> = placeholders("{{a}} / {{ b }} 90 %").collect();
        assert_eq!(labels, ["a", "b"]);
        let annotation = |metric: &str, title: &str| {
            let expression = format!("{metric}{{alertname=~\"Sealwatch.*\", platform=\"p\"}}");
            not_of_alerts(&json!({ "expr": expression, "titleFormat": title }))
        };
        assert!(annotation("ALERTS", "{{alertname}}").is_empty());
        assert_eq!(annotation("ALERT", "{{alertname}}").len(), 1);
        assert_eq!(annotation("ALERTS", "{{alert}}").len(), 1);
    }
}
