//! What a PromQL expression names: metrics with their matchers, and the labels that it groups by.

use std::collections::BTreeSet;

/// A metric with its matchers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    /// The metric's name.
    pub metric: String,
    /// Names of the labels that are matched.
    pub labels: Vec<String>,
    /// The whole selector, as it can be asked for.
    pub text: String,
}

/// What an expression names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Metrics with their matchers.
    pub selectors: BTreeSet<Selector>,
    /// Labels of `by`, `without`, `on`, `ignoring` and `group_left`.
    pub groupings: BTreeSet<String>,
}

const BEFORE_LABELS: &[&str] = &[
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];
const WORDS: &[&str] = &["and", "or", "unless", "offset", "bool", "atan2"];

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Sign(char),
}

/// What an expression names.
pub fn named(expression: &str) -> Named {
    let tokens = tokens(expression);
    let mut named = Named::default();
    let mut at = 0;
    while at < tokens.len() {
        let Token::Name(name) = &tokens[at] else {
            at += 1;
            continue;
        };
        at += 1;
        let next = tokens.get(at);
        let opens = next == Some(&Token::Sign('('));
        if BEFORE_LABELS.contains(&name.as_str()) {
            while opens
                && tokens
                    .get(at)
                    .is_some_and(|token| *token != Token::Sign(')'))
            {
                if let Token::Name(label) = &tokens[at] {
                    named.groupings.insert(label.clone());
                }
                at += 1;
            }
            continue;
        }
        let is_aggregation =
            matches!(next, Some(Token::Name(next)) if next == "by" || next == "without");
        if opens || is_aggregation || WORDS.contains(&name.as_str()) {
            continue;
        }
        let mut labels = Vec::new();
        let mut text = name.clone();
        if next == Some(&Token::Sign('{')) {
            while let Some(token) = tokens.get(at) {
                at += 1;
                match token {
                    Token::Name(label) => {
                        labels.push(label.clone());
                        text.push_str(label);
                    }
                    Token::Text(value) => text.push_str(value),
                    Token::Sign(sign) => text.push(*sign),
                }
                if *token == Token::Sign('}') {
                    break;
                }
            }
        }
        let metric = name.clone();
        named.selectors.insert(Selector {
            metric,
            labels,
            text,
        });
    }
    named
}

fn tokens(expression: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = expression.chars().peekable();
    while let Some(first) = rest.next() {
        let mut word = first.to_string();
        let mut take_while = |word: &mut String, fits: fn(char) -> bool| {
            while let Some(next) = rest.next_if(|next| fits(*next)) {
                word.push(next);
            }
        };
        if first.is_ascii_alphabetic() || first == '_' || first == ':' {
            take_while(&mut word, |next| {
                next.is_ascii_alphanumeric() || next == '_' || next == ':'
            });
            tokens.push(Token::Name(word));
        } else if first.is_ascii_digit() || first == '$' {
            // Numbers, durations and variables for them name nothing.
            take_while(&mut word, |next| {
                next.is_ascii_alphanumeric() || next == '.' || next == '_'
            });
        } else if first == '"' {
            let mut is_escaped = false;
            for next in rest.by_ref() {
                word.push(next);
                if next == '"' && !is_escaped {
                    break;
                }
                is_escaped = next == '\\' && !is_escaped;
            }
            tokens.push(Token::Text(word));
        } else if !first.is_whitespace() {
            tokens.push(Token::Sign(first));
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_matchers_and_groupings_are_found_and_functions_and_words_are_not_taken_for_them() {
        let found = named(
            "histogram_quantile(0.5, sum by (le, step) (rate(a_bucket{x=~\"p|q\\\"}\", y!=\"1\"}[5m] offset 1h)))\n  \
             / on (step) group_left () b:c:rate5m > bool 1.5e3 and topk(3, d) or rate(e[$__rate_interval])",
        );
        let metrics: Vec<&str> = found
            .selectors
            .iter()
            .map(|selector| selector.metric.as_str())
            .collect();
        assert_eq!(metrics, ["a_bucket", "b:c:rate5m", "d", "e"]);
        let first = found
            .selectors
            .first()
            .map(|selector| (selector.labels.join(" "), selector.text.clone()));
        let text = "a_bucket{x=~\"p|q\\\"}\",y!=\"1\"}".to_owned();
        assert_eq!(first, Some(("x y".to_owned(), text)));
        assert_eq!(
            found.groupings,
            BTreeSet::from(["le".to_owned(), "step".to_owned()])
        );
    }
}
