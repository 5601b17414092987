//! The rules of this house for a dashboard: what Grafana's own linter would ask for, and what a reader in a hurry needs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::dashboards::{Dashboard, items, text};
use crate::promql::named;

/// Windows that a rate may be taken over beside `$__rate_interval`: where acts are rare, an hour or more.
const WINDOWS: &[&str] = &["$__rate_interval", "1h", "1d", "7d"];

/// Variables that each dashboard has.
const VARIABLES: &[&str] = &[
    "datasource",
    "environment",
    "platform",
    "console",
    "runbooks",
];

/// What is wrong with a dashboard, a sentence for each.
pub fn problems(dashboard: &Dashboard, has_runbook: &dyn Fn(&str) -> bool) -> Vec<String> {
    let json = &dashboard.json;
    let mut problems = Vec::new();
    let mut say = |place: &str, what: &str| {
        problems.push(format!("{}: {place}: {what}", dashboard.name));
    };
    if text(&json["uid"]) != format!("sealwatch-{}", dashboard.name) {
        say("uid", "it is not the file's name");
    }
    for field in ["title", "description", "refresh"] {
        if text(&json[field]).is_empty() {
            say(field, "it is absent");
        }
    }
    let variables = items(&json["templating"]["list"]);
    let names: BTreeSet<&str> = variables
        .iter()
        .map(|variable| text(&variable["name"]))
        .collect();
    for name in VARIABLES.iter().filter(|name| !names.contains(*name)) {
        say(name, "the variable is absent");
    }
    for variable in variables {
        if text(&variable["label"]).is_empty() || text(&variable["description"]).is_empty() {
            say(
                text(&variable["name"]),
                "a variable without label or description",
            );
        }
        if variable["type"] == "query" && variable["refresh"] != 2 {
            say(
                text(&variable["name"]),
                "a variable that is not asked anew when the time changes",
            );
        }
    }
    let mut ids = BTreeSet::new();
    let mut titles = BTreeSet::new();
    let mut first_row = 0;
    for panel in items(&json["panels"]) {
        if !ids.insert(panel["id"].as_u64()) {
            say(text(&panel["title"]), "its id is not its own");
        }
        if panel["type"] == "stat" && panel["gridPos"]["y"] == 0 {
            first_row += 1;
        }
    }
    if !(4..=6).contains(&first_row) {
        say("first row", "it is not four to six plain answers");
    }
    for panel in dashboard.panels() {
        let title = text(&panel["title"]);
        if !titles.insert(format!("{} {title}", text(&panel["type"]))) {
            say(title, "another panel of this kind has the title");
        }
        for what in panel_problems(panel, &names, has_runbook) {
            say(title, &what);
        }
    }
    problems
}

fn panel_problems(
    panel: &Value,
    variables: &BTreeSet<&str>,
    has_runbook: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let mut problems = Vec::new();
    let mut require = |holds: bool, what: &str| {
        if !holds {
            problems.push(what.to_owned());
        }
    };
    let description = text(&panel["description"]);
    let defaults = &panel["fieldConfig"]["defaults"];
    require(!text(&panel["title"]).is_empty(), "no title");
    require(
        description.contains("Good:") && description.matches(". ").count() >= 1,
        "the description does not say what is good",
    );
    require(!text(&defaults["unit"]).is_empty(), "no unit");
    require(
        !items(&defaults["thresholds"]["steps"]).is_empty(),
        "no thresholds",
    );
    require(
        panel["datasource"]["uid"] == "${datasource}",
        "the data source is not the variable",
    );
    require(!items(&panel["targets"]).is_empty(), "no query");
    for target in items(&panel["targets"]) {
        let expression = text(&target["expr"]);
        require(
            target["datasource"]["uid"] == "${datasource}",
            "a query's data source is not the variable",
        );
        for window in expression.split('[').skip(1) {
            let window = window.split(']').next().unwrap_or("");
            require(
                WINDOWS.contains(&window),
                "a window is neither $__rate_interval nor a plain hour or more",
            );
        }
        for selector in named(expression).selectors {
            for label in ["environment", "platform"] {
                let chosen = format!("{label}=~\"${label}\"");
                require(
                    selector.text.contains(&chosen),
                    "a query does not go by the chosen environment and platform",
                );
            }
        }
        require(
            !expression.contains("$behaviour") || variables.contains("behaviour"),
            "the dashboard has no variable for the behaviour",
        );
    }
    let links = items(&panel["links"]);
    require(!links.is_empty(), "no link");
    for link in links {
        let url = text(&link["url"]);
        match url.strip_prefix("${runbooks}/") {
            Some(name) => require(has_runbook(name), "a linked runbook does not exist"),
            None => require(
                url.starts_with("${console}/"),
                "a link goes neither to a runbook nor to the console",
            ),
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboards::all;

    /// What a broken dashboard's problems say, and what breaks it.
    type Breach = (&'static str, fn(&mut Value));

    #[test]
    fn each_rule_finds_a_dashboard_that_breaks_it() {
        let breaks: &[Breach] = &[
            ("uid", |json| json["uid"] = "x".into()),
            ("asked anew", |json| {
                json["templating"]["list"][1]["refresh"] = 1.into();
            }),
            ("no unit", |json| {
                take(json, "/fieldConfig/defaults/unit");
            }),
            ("what is good", |json| take(json, "/description")),
            ("no thresholds", |json| {
                take(json, "/fieldConfig/defaults/thresholds");
            }),
            ("data source", |json| {
                take(json, "/targets/0/datasource");
            }),
            ("no link", |json| take(json, "/links")),
            ("runbook does not", |json| {
                put(json, "/links/0/url", "${runbooks}/Other.md");
            }),
            ("neither to", |json| {
                put(json, "/links/0/url", "https://elsewhere.example");
            }),
            ("window", |json| put(json, "/targets/0/expr", "rate(a[5m])")),
            ("chosen environment", |json| {
                put(json, "/targets/0/expr", "a");
            }),
            ("plain answers", |json| put(json, "/type", "table")),
            ("its own", |json| {
                json["panels"][1]["id"] = json["panels"][0]["id"].clone();
            }),
        ];
        let knows = |name: &str| name != "Other.md";
        for (finds, spoil) in breaks {
            let mut dashboard = all().unwrap().remove(0);
            assert_eq!(problems(&dashboard, &knows), Vec::<String>::new());
            spoil(&mut dashboard.json);
            let found = problems(&dashboard, &knows).join("\n");
            assert!(found.contains(finds), "{finds}: {found}");
        }
    }

    /// Takes something of every panel away.
    fn take(json: &mut Value, path: &str) {
        for panel in json["panels"].as_array_mut().unwrap() {
            if let Some(there) = panel.pointer_mut(path) {
                there.take();
            }
        }
    }

    /// Sets something of every panel.
    fn put(json: &mut Value, path: &str, value: &str) {
        for panel in json["panels"].as_array_mut().unwrap() {
            if let Some(there) = panel.pointer_mut(path) {
                *there = value.into();
            }
        }
    }
}
