//! Dashboards, rules and runbooks do not rot: they are held against Grafana's schema, against promtool, and against the real
//! system with a real Prometheus. No Grafana server was to be had where this was written.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use sealwatch_tests::dashboard_rules::problems;
use sealwatch_tests::dashboards::{
    all, concrete, folder, has_data, items, label_values, not_of_alerts, placeholders, results,
    text,
};
use sealwatch_tests::kafka::Broker;
use sealwatch_tests::observed::Observed;
use sealwatch_tests::prometheus::{Prometheus, SCRAPE_SECONDS};
use sealwatch_tests::promql::{Named, named};
use sealwatch_tests::service::Service;
use sealwatch_tests::system::{root, simulate};
use sealwatch_tests::tools::{install, python, require_success};
use serde::Deserialize;
use serde_json::Value;

/// What is not used, or has no data in a run of a minute, with the reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    /// Metrics that neither a panel nor a rule uses.
    unused_metrics: BTreeMap<String, String>,
    /// Panels that the test's run leaves empty, as `dashboard: title`.
    empty_panels: BTreeMap<String, String>,
    /// Metrics that are named and that this version does not expose.
    absent_metrics: BTreeMap<String, String>,
    /// Pages that are linked and that the console of this version does not have.
    absent_pages: BTreeMap<String, String>,
}

fn exceptions() -> Exceptions {
    toml::from_str(&fs::read_to_string(folder().join("exceptions.toml")).unwrap()).unwrap()
}

/// The names of the files of `dashboards/runbooks`.
fn runbooks() -> BTreeSet<String> {
    let files = fs::read_dir(folder().join("runbooks")).unwrap();
    files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn each_dashboard_is_one_by_grafanas_own_schema() {
    let schema = root().join("tests/fixtures/grafana-dashboard.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let dashboards = all().unwrap();
    assert_eq!(dashboards.len(), 5);
    for dashboard in dashboards {
        let mut json = dashboard.json.clone();
        // What the Prometheus data source adds to an annotation's query is not in the schema.
        for annotation in json["annotations"]["list"].as_array_mut().unwrap() {
            for field in ["expr", "titleFormat"] {
                annotation.as_object_mut().unwrap().remove(field).unwrap();
            }
        }
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", dashboard.name);
        json["panels"][0]["fieldConfig"]["defaults"]["units"] = "s".into();
        assert!(
            !validator.is_valid(&json),
            "the schema refuses what is not in it"
        );
    }
}

#[test]
fn each_dashboard_keeps_the_rules_of_this_house() {
    let runbooks = runbooks();
    let found: Vec<String> = all()
        .unwrap()
        .iter()
        .flat_map(|dashboard| problems(dashboard, &|name| runbooks.contains(name)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn rules_and_configurations_are_sound_and_each_alert_is_fired_and_kept_silent_by_its_unit_tests() {
    install(&["prometheus", "prometheus-alertmanager"]);
    let yaml = |folder: &str| {
        let files = fs::read_dir(root().join(folder)).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
        files
    };
    let (rules, tests) = (yaml("dashboards/rules"), yaml("dashboards/rules/tests"));
    let promtool = |arguments: &[&str], files: &[std::path::PathBuf]| {
        require_success(
            "promtool",
            Command::new("promtool").args(arguments).args(files),
        );
    };
    promtool(&["check", "rules"], &rules);
    promtool(
        &["check", "config", "--syntax-only"],
        &[root().join("deploy/prometheus.yml")],
    );
    promtool(&["test", "rules"], &tests);
    require_success(
        "amtool",
        Command::new("amtool")
            .arg("check-config")
            .arg(root().join("deploy/alertmanager.yml")),
    );
    require_success(
        "check-jsonschema",
        python(
            "console",
            &[
                "check-jsonschema",
                "--builtin-schema",
                "vendor.compose-spec",
            ],
        )
        .arg(root().join("deploy/compose.yaml")),
    );

    let text_of = |files: &[std::path::PathBuf]| -> String {
        files
            .iter()
            .map(|file| fs::read_to_string(file).unwrap())
            .collect()
    };
    let (rules, tests) = (text_of(&rules), text_of(&tests));
    let alerts: BTreeSet<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() > 20);
    for alert in &alerts {
        // A test compares every alert that fires, so a series that is not expected is one that is kept silent.
        let fires = format!("alertname: {alert}\n        exp_alerts:\n          - exp_labels");
        assert!(tests.contains(&fires), "{alert} is fired by no test");
        let runbook = fs::read_to_string(folder().join(format!("runbooks/{alert}.md"))).unwrap();
        for heading in ["## What it means", "## How to look", "## What to do"] {
            assert!(runbook.contains(heading), "{alert}: no {heading:?}");
        }
        assert!(rules.contains(&format!("runbook: dashboards/runbooks/{alert}.md")));
    }
    // An alert of several windows is several rules.
    let windows = windows(&rules);
    assert_eq!(windows.len(), 6, "{windows:?}");
    for (alert, window) in &windows {
        let fires = format!(", window: {window}, ");
        let mut cases = tests.split("alertname: ").skip(1);
        let is_fired = cases.any(|case| {
            let is_of = case.lines().next() == Some(alert);
            let until = case.find("eval_time: ").unwrap_or(case.len());
            is_of && case[..until].contains(&fires)
        });
        assert!(is_fired, "{alert} is fired by no test over {window}");
    }
    let files: BTreeSet<String> = alerts.iter().map(|alert| format!("{alert}.md")).collect();
    assert_eq!(runbooks(), files, "a runbook for each alert, and no other");
}

/// The alerts that have a window, each with every one of its windows.
fn windows(rules: &str) -> BTreeSet<(&str, &str)> {
    let mut windows = BTreeSet::new();
    let mut alert = "";
    for line in rules.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("- alert: ") {
            alert = name;
        } else if let Some((_, window)) = line.split_once(", window: ") {
            windows.insert((alert, window.trim_end_matches([' ', '}'])));
        }
    }
    windows
}

#[test]
fn every_panel_shows_data_of_the_real_system_and_everything_that_is_exposed_is_used() {
    let observed = Observed::run(1_200, 45).unwrap();
    let prometheus = &observed.prometheus;
    let exceptions = exceptions();
    let mut found = Vec::new();

    // Panels: each query has a number.
    let step = f64::from(SCRAPE_SECONDS);
    let all_results = results(
        prometheus,
        observed.began,
        observed.ended,
        step,
        4 * SCRAPE_SECONDS,
    );
    let all_results = all_results.unwrap();
    let mut empty = BTreeSet::new();
    let mut expressions = Vec::new();
    for dashboard in all().unwrap() {
        for panel in dashboard.panels() {
            let place = format!("{}: {}", dashboard.name, text(&panel["title"]));
            let answers = items(&all_results[&dashboard.name][panel["id"].to_string()]);
            for (target, answer) in items(&panel["targets"]).iter().zip(answers) {
                if !has_data(answer) {
                    empty.insert(place.clone());
                }
                for label in placeholders(text(&target["legendFormat"])) {
                    let has = |series: &Value| !text(&series["metric"][label]).is_empty();
                    if !items(&answer["result"]).iter().all(has) {
                        found.push(format!("{place}: the legend's {label} is no label"));
                    }
                }
                expressions.push((place.clone(), concrete(text(&target["expr"]), 4)));
            }
        }
        for variable in items(&dashboard.json["templating"]["list"]) {
            if variable["type"] == "query" {
                let place = format!("{}: ${}", dashboard.name, text(&variable["name"]));
                let query = text(&variable["query"]["query"]);
                match label_values(query) {
                    Some(values) => expressions.push((place, concrete(&values, 4))),
                    None => found.push(format!("{place}: {query} asks for no label's values")),
                }
            }
        }
        for annotation in items(&dashboard.json["annotations"]["list"]) {
            let expression = text(&annotation["expr"]);
            prometheus
                .get("format_query", &[("query", expression)])
                .unwrap();
            found.extend(not_of_alerts(annotation));
        }
    }
    for place in &empty {
        if !exceptions.empty_panels.contains_key(place) {
            found.push(format!("{place}: no data"));
        }
    }
    for place in exceptions.empty_panels.keys() {
        if !empty.contains(place) {
            found.push(format!("{place}: it has data, and is listed as empty"));
        }
    }

    // Rules and runbooks: what they name is there.
    for rule in prometheus.rules().unwrap() {
        assert_eq!(rule["health"], "ok", "{rule}");
        expressions.push((
            text(&rule["name"]).to_owned(),
            text(&rule["query"]).to_owned(),
        ));
    }
    for runbook in runbooks() {
        let text = fs::read_to_string(folder().join("runbooks").join(&runbook)).unwrap();
        for block in text.split("```promql\n").skip(1) {
            let expression = block.split("```").next().unwrap().to_owned();
            expressions.push((runbook.clone(), expression));
        }
    }
    let mut used = BTreeSet::new();
    for (place, expression) in &expressions {
        let formatted = prometheus.get("format_query", &[("query", expression)]);
        assert!(formatted.is_ok(), "{place}: {expression}: {formatted:?}");
        let named = named(expression);
        found.extend(
            absent(prometheus, &named, &exceptions)
                .into_iter()
                .map(|what| format!("{place}: {what}")),
        );
        let is_runbook = Path::new(place).extension().is_some_and(|end| end == "md");
        used.extend(
            named
                .selectors
                .into_iter()
                .filter(|_| !is_runbook)
                .map(|selector| selector.metric),
        );
    }

    // What is exposed is used.
    let exposed = observed.service.get("/metrics", &[]);
    let exposed: BTreeSet<&str> = exposed
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    assert!(exposed.len() > 30, "{exposed:?}");
    for metric in &exposed {
        let names = ["", "_bucket", "_sum", "_count"];
        let is_used = names
            .iter()
            .any(|ending| used.contains(&format!("{metric}{ending}")));
        match (is_used, exceptions.unused_metrics.contains_key(*metric)) {
            (false, false) => found.push(format!("{metric}: no panel and no rule uses it")),
            (true, true) => found.push(format!("{metric}: it is used, and listed as unused")),
            _ => {}
        }
    }
    for metric in exceptions.absent_metrics.keys() {
        // What a rule records is in Prometheus only.
        if exposed.contains(metric.as_str()) || !prometheus.labels(metric).unwrap().is_empty() {
            found.push(format!("{metric}: it is there, and listed as absent"));
        }
    }
    let dead = dead_links(&observed);
    let is_listed = |page: &&String| exceptions.absent_pages.contains_key(*page);
    for page in dead.iter().filter(|page| !is_listed(page)) {
        found.push(format!("{page}: the console has no such page"));
    }
    for page in exceptions.absent_pages.keys() {
        if !dead.contains(page) {
            found.push(format!("{page}: it is there, and listed as absent"));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_lag_behind_kafka_is_seen_as_it_is_and_falls_to_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start().unwrap();
    broker.create_topic("events", 4).unwrap();
    let events = simulate(folder.path(), 300, 8, 41);
    let text = fs::read_to_string(&events).unwrap();
    for (number, line) in text.lines().enumerate() {
        let partition = u32::try_from(number / 7).unwrap() % 4;
        let line = Some(line.as_bytes());
        broker
            .produce("events", partition, None, line, &[])
            .unwrap();
    }
    broker.flush().unwrap();
    let produced = text.lines().count() as f64;
    let config = folder.path().join("sealwatch.toml");
    // An epoch for every second record, so that it takes a while.
    let text = format!(
        "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
         [source]\nkind = \"kafka\"\nbrokers = \"{}\"\ntopic = \"events\"\n\
         [source.limits]\nprivileged_types = [\"label.given\", \"enforcement.applied\", \"signal.received\"]\n\
         ahead_minutes = 5256000\n[engine]\nepoch_records = 2\n\
         [keys]\npseudonym = \"pseudonym.key\"\n[model]\npolicy = \"{}\"\n[store]\ndirectory = \"store\"\n\
         [api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\nfirst_people = {{ audrey = \"admin auditor\" }}\n",
        broker.address(),
        root().join("config/demo.policy.toml").display()
    );
    fs::write(&config, text).unwrap();
    let service = Service::start(&config);
    // It stands still until Prometheus is there, and answers the first scrape while most of the topic is before it.
    let signal = |name: &str| {
        let process = service.process().to_string();
        require_success("kill", Command::new("kill").args([name, &process]));
    };
    signal("-STOP");
    let prometheus = Prometheus::start(service.address(), service.token_of("audrey")).unwrap();
    signal("-CONT");
    let now = |query: &str| -> Option<f64> {
        let data = prometheus.get("query", &[("query", query)]).unwrap();
        text_number(&data["result"][0]["value"][1])
    };
    let mut seen = Vec::new();
    while seen.last() != Some(&(0.0, produced)) && seen.len() < 600 {
        let both = (
            now("sum(sealwatch_source_lag_records)"),
            now("sum(sealwatch_source_lag_records) + sum(sealwatch_records_total)"),
        );
        if let (Some(lag), Some(all)) = both {
            seen.push((lag, all));
        }
        sleep(Duration::from_millis(100));
    }
    let (first, _) = seen[0];
    assert!(first > 0.0 && first <= produced, "{first} of {produced}");
    assert_eq!(seen.last(), Some(&(0.0, produced)));
    assert!(seen.windows(2).all(|two| two[1].0 <= two[0].0), "{seen:?}");
    // What waits and what was taken are what was produced, but for the epochs that are in work.
    let is_whole = |all: f64| (all - produced).abs() < 100.0;
    assert!(seen.iter().all(|(_, all)| is_whole(*all)), "{seen:?}");
    // What the alerts and the objective read: a lag in records, and in seconds.
    sleep(Duration::from_secs(3));
    for recorded in [
        "sealwatch:source_lag:records",
        "sealwatch:ingest_lag:seconds",
    ] {
        let most = now(&format!("max_over_time({recorded}[10m])"));
        assert!(most.is_some_and(|most| most > 0.0), "{recorded}: {most:?}");
        assert_eq!(now(recorded), Some(0.0), "{recorded}");
    }
}

fn text_number(value: &Value) -> Option<f64> {
    text(value).parse().ok()
}

/// Metrics, labels and label values that an expression names and that do not exist.
fn absent(prometheus: &Prometheus, named: &Named, exceptions: &Exceptions) -> Vec<String> {
    let mut absent = Vec::new();
    let mut labels: BTreeSet<String> = BTreeSet::new();
    let mut is_whole = true;
    for selector in &named.selectors {
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .fold(selector.metric.as_str(), |name, ending| {
                name.strip_suffix(ending).unwrap_or(name)
            });
        if exceptions.absent_metrics.contains_key(base)
            || exceptions.absent_metrics.contains_key(&selector.metric)
        {
            is_whole = false;
            continue;
        }
        let has = prometheus.labels(&selector.metric).unwrap();
        if has.is_empty() {
            absent.push(format!("there is no metric {}", selector.metric));
            continue;
        }
        for label in selector.labels.iter().filter(|label| !has.contains(label)) {
            absent.push(format!("{} has no label {label}", selector.metric));
        }
        if prometheus.count(&selector.text).unwrap() == 0 && !is_rare(&selector.text) {
            absent.push(format!("no series is {}", selector.text));
        }
        labels.extend(has);
    }
    for label in named
        .groupings
        .iter()
        // What is excepted may have the label.
        .filter(|label| is_whole && !labels.contains(*label))
    {
        absent.push(format!("nothing has the label {label} that it groups by"));
    }
    absent
}

/// A failure of ours, which no run of a test brings about.
fn is_rare(selector: &str) -> bool {
    selector.contains("status=\"5xx\"")
}

/// Links to pages of the console that it does not have.
fn dead_links(observed: &Observed) -> Vec<String> {
    let mut dead = Vec::new();
    let mut paths = BTreeSet::new();
    for dashboard in all().unwrap() {
        for panel in dashboard.panels() {
            let own = items(&panel["links"]).iter();
            let of_fields = items(&panel["fieldConfig"]["defaults"]["links"]);
            for link in own.chain(of_fields) {
                if let Some(path) = text(&link["url"]).strip_prefix("${console}") {
                    let behaviour = "${__field.labels.behaviour}";
                    paths.insert(path.replace(behaviour, "bulk_messaging"));
                }
            }
        }
    }
    assert!(paths.len() > 5);
    for path in paths {
        let answer = observed.service.get(&path, &[]);
        if answer.split(' ').nth(1) == Some("404") {
            dead.push(path);
        }
    }
    dead
}
