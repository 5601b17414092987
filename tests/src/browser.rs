//! Scripts of `tests/browser`, which drive a real Chromium, run against a service.

use serde_json::json;

use crate::system::{root, target};
use crate::tools::{install, python, require_success};

/// Runs a script of `tests/browser` to its end. Pictures go to `images` in the target folder; those of the guide also to
/// `docs/images` where `SEALWATCH_WRITE_IMAGES=1`.
///
/// `url` is the service's, `tokens` are people's, each with the name that the script knows, and `identifier` is an account's
/// to look for.
///
/// # Panics
/// The script fails: with everything that it said.
pub fn run_script(script: &str, url: &str, tokens: &[(&str, &str)], identifier: &str) {
    install(&["chromium"]);
    let tokens: serde_json::Map<_, _> = tokens
        .iter()
        .map(|(name, token)| ((*name).to_owned(), json!(token)))
        .collect();
    // Tokens go by the environment: arguments are seen by everybody on the machine.
    let path = root().join("tests/browser").join(script);
    let mut command = python("console", &["python", &path.to_string_lossy()]);
    command
        .env("SEALWATCH_URL", url)
        .env(
            "SEALWATCH_TOKENS",
            serde_json::Value::Object(tokens).to_string(),
        )
        .env("SEALWATCH_IDENTIFIER", identifier)
        .env("SEALWATCH_IMAGES", target().join("images"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    if std::env::var_os("SEALWATCH_WRITE_IMAGES").is_some_and(|value| value == "1") {
        command.env("SEALWATCH_GUIDE_IMAGES", root().join("docs/images"));
    }
    require_success(script, &mut command);
}
