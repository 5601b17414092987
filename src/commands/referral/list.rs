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

/// Referrals that the service gives at a time at most.
const PAGE: u32 = 200;

/// Lists the queue.
///
/// # Errors
/// The service refuses.
pub fn list(
    arguments: &ServerArguments,
    filter: &[(&str, Option<&str>)],
    limit: u32,
) -> Result<(), Failure> {
    let mut further = String::new();
    for (name, value) in filter {
        if let Some(value) = value {
            further.push_str(&format!("&{name}={}", word(name, value)?));
        }
    }
    let (lines, are_more) = queue(&Server::new(arguments)?, &further, limit)?;
    print!("{lines}");
    if are_more {
        eprintln!("sealwatch: there are more; a greater --limit shows them");
    }
    Ok(())
}

/// So many of the queue in lines, page by page, and whether there are more.
fn queue(server: &Server, filter: &str, limit: u32) -> Result<(String, bool), Failure> {
    let mut lines = "id\tstate\tpriority\tkind\tdue\tofficer\n".to_owned();
    let (mut left, mut cursor) = (limit, String::new());
    loop {
        let asked = left.min(PAGE);
        let address = format!("/api/v1/referrals?limit={asked}{filter}{cursor}");
        let page = server.get(&address)?.body;
        let items = page["items"].as_array().ok_or_else(not_understood)?;
        for item in items {
            let cells = ["id", "state", "priority", "kind", "due_at", "officer"]
                .map(|name| cell(&item[name]));
            lines.push_str(&cells.join("\t"));
            lines.push('\n');
        }
        let Some(next) = page["next_cursor"].as_str() else {
            return Ok((lines, false));
        };
        left = left.saturating_sub(asked);
        if left == 0 {
            return Ok((lines, true));
        }
        cursor = format!(
            "&cursor={}",
            word("cursor", next).map_err(|_| not_understood())?
        );
    }
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
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::os::unix::fs::PermissionsExt;

    use serde_json::json;

    use super::*;

    /// A service that gives these pages, one a request. Gives what it was asked for.
    fn service(pages: Vec<Value>) -> (Server, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = std::thread::spawn(move || {
            let answer = |page: Value| {
                let mut stream = listener.accept().unwrap().0;
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let request = lines.next().unwrap().unwrap();
                lines
                    .find(|line| line.as_ref().unwrap().is_empty())
                    .unwrap()
                    .unwrap();
                let body = page.to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                stream
                    .write_all(format!("{head}{body}").as_bytes())
                    .unwrap();
                request.split(' ').nth(1).unwrap().to_owned()
            };
            pages.into_iter().map(answer).collect()
        });
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, "token").unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        let server = Server::new(&ServerArguments {
            server: Some(format!("http://{address}")),
            token_file: Some(token),
            ca_file: None,
        });
        (server.unwrap(), asked)
    }

    #[test]
    fn more_than_a_page_is_asked_for_page_by_page_until_there_are_enough() {
        let page = |count: usize, next: Value| {
            let items = vec![json!({"id": "a1", "state": "open"}); count];
            json!({"items": items, "next_cursor": next})
        };
        let pages = vec![page(200, json!("c1")), page(50, json!("c2"))];
        let (server, asked) = service(pages);
        let (lines, are_more) = queue(&server, "&state=open", 250).unwrap();
        assert_eq!((lines.lines().count(), are_more), (251, true));
        assert_eq!(
            asked.join().unwrap(),
            [
                "/api/v1/referrals?limit=200&state=open",
                "/api/v1/referrals?limit=50&state=open&cursor=c1"
            ]
        );
        let (server, asked) = service(vec![page(3, Value::Null)]);
        let (lines, are_more) = queue(&server, "", 500).unwrap();
        assert_eq!((lines.lines().count(), are_more), (4, false));
        assert_eq!(asked.join().unwrap().len(), 1);
        let (server, _) = service(vec![page(200, json!("c&limit=1"))]);
        assert!(queue(&server, "", 500).is_err());
    }

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
