//! Reads a policy file without the service: the part of TOML that policies use (tables, strings, numbers, comments), or JSON.
//!
//! Whatever is not understood is refused with its line, never guessed at, so that a backtest cannot run another policy than
//! the service would. The service's own check of the policy against the artefact follows.

use sealwatch_core::policy::PolicyDocument;
use serde_json::{Map, Value};

/// Why a policy file was refused.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// A line that is no table, entry or comment.
    #[error(
        "policy line {0}: expected `[table.name]` or `key = value` with a string in double quotes or a number"
    )]
    Line(usize),
    /// A table or key that is there twice.
    #[error("policy line {0}: this table or key was there before; remove one of them")]
    Twice(usize),
    /// A document that is no policy.
    #[error("not a policy: {0}")]
    Document(#[from] serde_json::Error),
}

/// Parses a policy.
///
/// # Errors
/// It is neither, or not a policy.
pub fn parse(text: &str) -> Result<PolicyDocument, PolicyFileError> {
    if text.trim_start().starts_with('{') {
        return Ok(serde_json::from_str(text)?);
    }
    let mut root = Map::new();
    let mut path: Vec<String> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let name = name
                .strip_suffix(']')
                .ok_or(PolicyFileError::Line(number))?;
            path = name.split('.').map(|part| part.trim().to_owned()).collect();
            if !path.iter().all(|part| is_key(part)) {
                return Err(PolicyFileError::Line(number));
            }
            let (last, parents) = path.split_last().ok_or(PolicyFileError::Line(number))?;
            let parent = table(&mut root, parents).ok_or(PolicyFileError::Line(number))?;
            let before = parent.insert(last.clone(), Value::Object(Map::new()));
            if before.is_some() {
                return Err(PolicyFileError::Twice(number));
            }
            continue;
        }
        let (key, value) = line.split_once('=').ok_or(PolicyFileError::Line(number))?;
        let (key, value) = (key.trim(), scalar(value.trim()));
        let (true, Some(value)) = (is_key(key), value) else {
            return Err(PolicyFileError::Line(number));
        };
        let table = table(&mut root, &path).ok_or(PolicyFileError::Line(number))?;
        if table.insert(key.to_owned(), value).is_some() {
            return Err(PolicyFileError::Twice(number));
        }
    }
    Ok(serde_json::from_value(Value::Object(root))?)
}

/// The table at a path; made where it is not there. `None` if something else is there.
fn table<'root>(
    root: &'root mut Map<String, Value>,
    path: &[String],
) -> Option<&'root mut Map<String, Value>> {
    let mut place = root;
    for part in path {
        let next = place
            .entry(part.clone())
            .or_insert_with(|| Value::Object(Map::new()));
        place = next.as_object_mut()?;
    }
    Some(place)
}

fn is_key(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !text.is_empty() && text.bytes().all(is_part)
}

/// The line up to a `#` outside a string.
fn without_comment(line: &str) -> &str {
    let mut is_inside = false;
    for (place, character) in line.char_indices() {
        match character {
            '"' => is_inside = !is_inside,
            '#' if !is_inside => return &line[..place],
            _ => {}
        }
    }
    line
}

/// A string without escapes, or a number that TOML and JSON write alike.
fn scalar(text: &str) -> Option<Value> {
    if let Some(rest) = text.strip_prefix('"') {
        let inner = rest.strip_suffix('"')?;
        let is_plain = !inner.contains(['"', '\\']);
        return is_plain.then(|| Value::String(inner.to_owned()));
    }
    let value: Value = serde_json::from_str(text).ok()?;
    value.is_number().then_some(value)
}

#[cfg(test)]
mod tests {
    use sealwatch_core::behaviour::{Answer, Behaviour, Mode};

    use super::*;

    #[test]
    fn the_demonstration_policy_is_read_as_it_is_written() {
        let text = include_str!("../../../../../config/demo.policy.toml");
        let policy = parse(text).unwrap();
        assert!((policy.live_alpha_budget - 0.001).abs() < 1e-15);
        let rule = &policy.behaviours[&Behaviour::Enumeration];
        assert_eq!((rule.answer, rule.mode), (Answer::Limit, Mode::Demo));
        assert_eq!(rule.cool_down_days, 7);
        // The same document as JSON is the same policy.
        assert_eq!(
            parse(&serde_json::to_string(&policy).unwrap()).unwrap(),
            policy
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line() {
        let refused = |text: &str| parse(text).unwrap_err().to_string();
        assert!(refused("live_alpha_budget = 0.001\nx = [1]\n").contains("line 2"));
        assert!(refused("a = 'b'\n").contains("line 1"));
        assert!(refused("[behaviours]\n[behaviours]\n").contains("line 2"));
        assert!(refused("[a.b\n").contains("line 1"));
        assert!(refused("live_alpha_budget = 0.001 # x\n").starts_with("not a policy"));
    }
}
