//! Reads a policy file without the service: TOML, as the service reads it, or the same document as JSON.
//!
//! Whatever is not understood is refused with its line, so that a backtest cannot run another policy than the service would.
//! The service's own check of the policy against the artefact follows.

use sealwatch_core::policy::PolicyDocument;

/// Why a policy file was refused.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// Not TOML, or not what policies say.
    #[error("not a policy: line {line}: {message}; compare it with config/demo.policy.toml")]
    Toml {
        /// The line, from one; the first one where something is missing from the whole document.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// JSON that is no policy.
    #[error("not a policy: {0}")]
    Json(#[from] serde_json::Error),
}

/// Parses a policy.
///
/// # Errors
/// It is neither TOML nor JSON, or not a policy.
pub fn parse(text: &str) -> Result<PolicyDocument, PolicyFileError> {
    if text.trim_start().starts_with('{') {
        return Ok(serde_json::from_str(text)?);
    }
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.bytes().take(start);
        PolicyFileError::Toml {
            line: 1 + before.filter(|byte| *byte == b'\n').count(),
            message: error.message().to_owned(),
        }
    })
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
        assert!(refused("a = 'b'\n[behaviours]\n").contains("line 1"));
        assert!(refused("[behaviours]\n[behaviours]\n").contains("line 2"));
        assert!(refused("[a.b\n").contains("line 1"));
        let demo = include_str!("../../../../../config/demo.policy.toml");
        let wrong = demo.replacen("answer = \"ban\"", "answer = \"bann\"", 1);
        let line = 1 + wrong
            .lines()
            .position(|line| line.contains("bann"))
            .unwrap();
        assert!(refused(&wrong).contains(&format!("line {line}:")));
    }

    #[test]
    fn what_is_missing_from_the_whole_document_is_said_by_name() {
        let error = parse("live_alpha_budget = 0.001 # x\n").unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("not a policy") && text.contains("behaviours"),
            "{text}"
        );
    }
}
