//! `sealwatch referral list` and `show`: the queue and a referral, in lines.

use serde_json::Value;

use crate::arguments::ServerArguments;
use crate::failure::Failure;
use crate::terminal;

use super::facts::path;
use super::server::{Server, not_understood};

/// What is shown of a referral, in this order; `--json` shows the threat's own document, too.
const SECTIONS: [&str; 5] = ["referral", "duties", "findings", "packages", "history"];

/// The longest line on which an item of a list is shown whole.
const LINE: usize = 110;

/// Lists the queue.
///
/// # Errors
/// The service refuses.
pub fn list(
    arguments: &ServerArguments,
    filter: &[(&str, Option<&str>)],
    limit: u32,
) -> Result<(), Failure> {
    let server = Server::new(arguments)?;
    let mut address = format!("/api/v1/referrals?limit={limit}");
    for (name, value) in filter {
        if let Some(value) = value {
            address.push_str(&format!("&{name}={}", word(name, value)?));
        }
    }
    let page = server.get(&address)?.body;
    let items = page["items"].as_array().ok_or_else(not_understood)?;
    println!("id\tstate\tpriority\tkind\tdue\tofficer");
    for item in items {
        let cells =
            ["id", "state", "priority", "kind", "due_at", "officer"].map(|name| cell(&item[name]));
        println!("{}", cells.join("\t"));
    }
    if !page["next_cursor"].is_null() {
        eprintln!("sealwatch: there are more; --limit shows more at a time");
    }
    Ok(())
}

/// Shows a referral.
///
/// # Errors
/// The service refuses.
pub fn show(arguments: &ServerArguments, id: &str, is_json: bool) -> Result<(), Failure> {
    let path = path(id, "")?;
    let body = Server::new(arguments)?.get(&path)?.body;
    if is_json {
        let text = serde_json::to_string_pretty(&body).map_err(Failure::running)?;
        println!("{}", terminal::plain(&text));
        return Ok(());
    }
    let mut lines = String::new();
    for section in SECTIONS {
        lines.push_str(&format!("{}\n", section.replace('_', " ")));
        outline(&body[section], 1, &mut lines);
    }
    print!("{lines}");
    Ok(())
}

/// A filter's value: a name of a closed set.
fn word<'value>(name: &str, value: &'value str) -> Result<&'value str, Failure> {
    let is_one = !value.is_empty()
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_one {
        Ok(value)
    } else {
        Err(Failure::Configuration(format!(
            "--{name} is a name of letters, digits and _"
        )))
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => terminal::line(text),
        other => other.to_string(),
    }
}

/// JSON as an outline: one member a line, what is inside indented.
fn outline(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = terminal::line(name).replace('_', " ");
                if is_leaf(member) {
                    out.push_str(&format!("{indent}{name}: {}\n", cell(member)));
                } else {
                    out.push_str(&format!("{indent}{name}\n"));
                    outline(member, depth + 1, out);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if is_leaf(item) {
                    out.push_str(&format!("{indent}- {}\n", cell(item)));
                } else if let Some(line) = one_line(item) {
                    out.push_str(&format!("{indent}- {line}\n"));
                } else {
                    out.push_str(&format!("{indent}-\n"));
                    outline(item, depth + 1, out);
                }
            }
        }
        leaf => out.push_str(&format!("{indent}{}\n", cell(leaf))),
    }
}

/// An item of a list that has short members only.
fn one_line(item: &Value) -> Option<String> {
    let members = item.as_object()?;
    let part = |(name, member): (&String, &Value)| {
        let name = terminal::line(name).replace('_', " ");
        is_leaf(member).then(|| format!("{name}: {}", cell(member)))
    };
    let parts: Option<Vec<String>> = members.iter().map(part).collect();
    let line = parts?.join(", ");
    (line.chars().count() <= LINE).then_some(line)
}

fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_referral_is_an_outline_that_commands_no_terminal() {
        let mut out = String::new();
        outline(
            &json!({
                "a_b": 1, "c": {"d": "x\u{1b}\ny"}, "e": ["f", {"g": null, "h_i": 2}, {"j": ["k"]}], "l": [],
                "m": [{"n": "o".repeat(LINE)}],
            }),
            0,
            &mut out,
        );
        assert_eq!(
            out,
            format!(
                "a b: 1\nc\n  d: x\u{fffd}\u{fffd}y\ne\n  - f\n  - g: -, h i: 2\n  -\n    j\n      - k\nl: []\nm\n  -\n    n: {}\n",
                "o".repeat(LINE)
            )
        );
    }

    #[test]
    fn a_filter_is_a_name() {
        assert_eq!(word("state", "open").unwrap(), "open");
        for wrong in ["", "a&b=c", "ä", "a b"] {
            assert!(word("state", wrong).is_err());
        }
    }
}
