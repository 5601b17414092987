//! The alerts' unit tests, judged: whether a case in which an alert is to be silent has the series that the alert reads, and
//! whether it lies beside the bound, so that the alert would fire were the rule a little different.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::dashboards::{folder, items, text};
use crate::promql::named;
use crate::tools::{python, require_success};

/// How the names of files begin that hold nothing but cases beside a bound.
const BESIDE: &str = "silent_";

/// A moment of a unit test beside a bound at which an alert is to be silent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SilentCase {
    /// The test, as `file: name`.
    pub test: String,
    /// The alert.
    pub alert: String,
    /// When, in seconds of the test.
    pub at: u64,
}

/// The alerts and their unit tests.
pub struct AlertTests {
    /// What `alerts.yaml` holds.
    pub alerts: Value,
    /// The files of unit tests, by name.
    pub tests: BTreeMap<String, Value>,
}

/// What is found of them.
pub struct Judged {
    /// Alerts that some test fires.
    pub fired: BTreeSet<String>,
    /// Every moment beside a bound at which an alert is to be silent.
    pub silent: BTreeSet<SilentCase>,
    /// Those at which a series that the alert reads is not there.
    pub without_series: BTreeSet<SilentCase>,
    /// Those at which the alert fires where its bounds are a quarter looser, or where it has no `for`.
    pub beside_bound: BTreeSet<SilentCase>,
}

impl Judged {
    /// Whether a silent case says something: the series are there, and little is missing for the alert to fire.
    pub fn says_something(&self, case: &SilentCase) -> bool {
        self.beside_bound.contains(case) && !self.without_series.contains(case)
    }
}

/// Reads a folder of YAML files, by name.
fn read(folder: &Path) -> Result<BTreeMap<String, Value>> {
    let script = "import json, pathlib, sys, yaml\n\
        print(json.dumps({file.name: yaml.safe_load(file.read_text()) for file in pathlib.Path(sys.argv[1]).glob('*.yaml')}))";
    let mut command = python("console", &["python", "-c", script]);
    let printed = require_success("yaml", command.arg(folder));
    serde_json::from_str(&printed).context("no JSON")
}

impl AlertTests {
    /// Those of `dashboards/rules`.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn of_the_dashboards() -> Result<Self> {
        let rules = folder().join("rules");
        let alerts = read(&rules)?.remove("alerts.yaml");
        Ok(Self {
            alerts: alerts.context("there is no alerts.yaml")?,
            tests: read(&rules.join("tests"))?,
        })
    }

    /// The names of the alerts. One may have several rules.
    pub fn names(&self) -> BTreeSet<&str> {
        let groups = items(&self.alerts["groups"]).iter();
        let rules = groups.flat_map(|group| items(&group["rules"]));
        rules.map(|rule| text(&rule["alert"])).collect()
    }

    /// Judges them with promtool.
    ///
    /// # Errors
    /// promtool cannot be run, or says something that is not understood.
    pub fn judge(&self) -> Result<Judged> {
        let (mut fired, mut silent) = (BTreeSet::new(), BTreeSet::new());
        for (test, document) in self.each() {
            for case in items(&document["alert_rule_test"]) {
                if is_silent(case) && test.starts_with(BESIDE) {
                    silent.insert(silent_case(&test, case)?);
                } else if !is_silent(case) {
                    fired.insert(text(&case["alertname"]).to_owned());
                }
            }
        }
        // promtool takes one file after another.
        let [without_series, beside_bound, short] = thread::scope(|threads| {
            let changes: [fn(&mut Value); 3] = [absent, looser, without_for];
            changes
                .map(|change| threads.spawn(move || self.not_silent(change)))
                .map(|judging| judging.join().unwrap_or_else(|_| bail!("a judge stopped")))
        });
        let mut beside_bound = beside_bound?;
        beside_bound.append(&mut short?);
        Ok(Judged {
            fired,
            silent,
            without_series: without_series?,
            beside_bound,
        })
    }

    /// The silent cases in which an alert fires where each rule is changed so.
    fn not_silent(&self, change: fn(&mut Value)) -> Result<BTreeSet<SilentCase>> {
        let place = tempfile::tempdir()?;
        let mut alerts = self.alerts.clone();
        for group in alerts["groups"].as_array_mut().into_iter().flatten() {
            for rule in group["rules"].as_array_mut().into_iter().flatten() {
                change(rule);
            }
        }
        // JSON is YAML, too.
        let alerts_file = place.path().join("alerts.yaml");
        fs::write(&alerts_file, alerts.to_string())?;
        let recording = folder().join("rules/recording.yaml");
        let mut command = Command::new("promtool");
        command.args(["test", "rules"]);
        let beside = self
            .tests
            .iter()
            .filter(|(file, _)| file.starts_with(BESIDE));
        for (file, document) in beside {
            let mut document = document.clone();
            document["rule_files"] = json!([recording, alerts_file]);
            for test in document["tests"].as_array_mut().into_iter().flatten() {
                test["name"] = test_name(file, test).into();
                if let Some(test) = test.as_object_mut() {
                    test.remove("promql_expr_test");
                }
                if let Some(cases) = test["alert_rule_test"].as_array_mut() {
                    cases.retain(is_silent);
                }
            }
            let path = place.path().join(file);
            fs::write(&path, document.to_string())?;
            command.arg(path);
        }
        let output = command.output().context("promtool cannot be run")?;
        let said = String::from_utf8_lossy(&output.stderr);
        let failures = failures(&said)?;
        ensure!(
            output.status.success() == failures.is_empty(),
            "promtool: {said}"
        );
        Ok(failures)
    }

    /// Each test with `file: name`.
    fn each(&self) -> impl Iterator<Item = (String, &Value)> {
        self.tests.iter().flat_map(|(file, document)| {
            let tests = items(&document["tests"]).iter();
            tests.map(move |test| (test_name(file, test), test))
        })
    }
}

/// The cases that promtool says have failed.
fn failures(said: &str) -> Result<BTreeSet<SilentCase>> {
    let (mut test, mut failures) = ("", BTreeSet::new());
    for line in said.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("name: ") {
            test = name.trim_end_matches(',');
        } else if let Some(failed) = line.strip_prefix("alertname: ") {
            let (alert, at) = failed.split_once(", time: ").context("no time")?;
            failures.insert(SilentCase {
                test: test.to_owned(),
                alert: alert.to_owned(),
                at: seconds(at.trim_end_matches([',', ' ']))?,
            });
        }
    }
    Ok(failures)
}

fn test_name(file: &str, test: &Value) -> String {
    format!("{file}: {}", text(&test["name"]))
}

fn is_silent(case: &Value) -> bool {
    items(&case["exp_alerts"]).is_empty()
}

fn silent_case(test: &str, case: &Value) -> Result<SilentCase> {
    Ok(SilentCase {
        test: test.to_owned(),
        alert: text(&case["alertname"]).to_owned(),
        at: seconds(text(&case["eval_time"]))?,
    })
}

/// A duration as Prometheus writes it.
fn seconds(duration: &str) -> Result<u64> {
    let (mut whole, mut number) = (0, 0);
    for sign in duration.chars() {
        let unit = match sign {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            digit => {
                let digit = digit
                    .to_digit(10)
                    .with_context(|| format!("no duration: {duration}"))?;
                number = number * 10 + u64::from(digit);
                continue;
            }
        };
        whole += number * unit;
        number = 0;
    }
    Ok(whole)
}

fn without_for(rule: &mut Value) {
    if let Some(rule) = rule.as_object_mut() {
        rule.remove("for");
    }
}

/// Fires where a series that the alert reads is not there.
fn absent(rule: &mut Value) {
    without_for(rule);
    let selectors = named(text(&rule["expr"])).selectors;
    let absent = selectors
        .iter()
        .map(|selector| format!("absent({})", selector.text));
    rule["expr"] = absent.collect::<Vec<_>>().join(" or ").into();
}

fn looser(rule: &mut Value) {
    rule["expr"] = looser_bounds(text(&rule["expr"])).into();
}

/// An expression with each number that something is compared with, or that is taken from it, a quarter looser; 0 itself is
/// let through.
fn looser_bounds(expression: &str) -> String {
    let mut words: Vec<String> = expression.split_whitespace().map(str::to_owned).collect();
    for index in 1..words.len() {
        let factor = match words[index - 1].as_str() {
            ">" | "-" => 0.75,
            "<" => 1.25,
            _ => continue,
        };
        let digits = words[index].trim_end_matches(')').len();
        let (number, rest) = words[index].split_at(digits);
        let Ok(number) = number.parse::<f64>() else {
            continue;
        };
        let changed = format!("{}{rest}", number * factor);
        if number == 0.0 {
            words[index - 1].push('=');
        } else {
            words[index] = changed;
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{looser_bounds, seconds};

    #[test]
    fn bounds_become_looser_and_nothing_else_changes() {
        let expression = "(a{b=\"c\"} - on (d) e > 14.4 * 0.005)\n  and f[5m] offset 1h < 0 and g < h - 0.05 and i == 0";
        assert_eq!(
            looser_bounds(expression),
            "(a{b=\"c\"} - on (d) e > 10.8 * 0.005) and f[5m] offset 1h <= 0 and g < h - 0.037500000000000006 and i == 0"
        );
    }

    #[test]
    fn durations_are_read_as_prometheus_writes_them() {
        assert_eq!(seconds("1d23h40m5s").unwrap(), 171_605);
        assert_eq!(seconds("170m").unwrap(), 10_200);
        assert!(seconds("1 h").is_err());
    }
}
