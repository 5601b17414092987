//! Scripts of `tests/browser`, which drive a real Chromium, run against a service.

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::system::{root, target};

/// Runs a script of `tests/browser` to its end. Pictures go to `target/images`, or to `docs/images` where
/// `SEALWATCH_WRITE_IMAGES=1`.
///
/// `url` is the service's, `tokens` are people's, each with the name that the script knows.
///
/// # Panics
/// The script fails: with everything that it said.
pub fn run_script(script: &str, url: &str, tokens: &[(&str, &str)]) {
    let tests = root().join("tests");
    install(&["chromium"]);
    let tokens: serde_json::Map<_, _> = tokens
        .iter()
        .map(|(name, token)| ((*name).to_owned(), json!(token)))
        .collect();
    // Tokens go by the environment: arguments are seen by everybody on the machine.
    let mut command = python(
        "console",
        &[
            "python",
            &tests.join("browser").join(script).to_string_lossy(),
        ],
    );
    command
        .env("SEALWATCH_URL", url)
        .env(
            "SEALWATCH_TOKENS",
            serde_json::Value::Object(tokens).to_string(),
        )
        .env("SEALWATCH_IMAGES", images())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    require_success(script, &mut command);
}

/// A program of a group of `tests/tools/python.sh`, with its arguments. The first use on a machine installs the group.
pub fn python(group: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command
        .arg(root().join("tests/tools/python.sh"))
        .args(["run", group])
        .args(arguments);
    command
}

/// Installs Debian packages where they are missing.
///
/// # Panics
/// They cannot be installed.
pub fn install(packages: &[&str]) {
    let mut command = Command::new("bash");
    command
        .arg(root().join("tests/tools/packages.sh"))
        .args(packages);
    require_success("packages.sh", &mut command);
}

/// Runs a command to its end and requires success.
///
/// # Panics
/// It fails: with everything that it said.
pub fn require_success(name: &str, command: &mut Command) {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => panic!("{name} cannot be run: {error}"),
    };
    assert!(
        output.status.success(),
        "{name} failed:\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn images() -> PathBuf {
    if std::env::var_os("SEALWATCH_WRITE_IMAGES").is_some_and(|value| value == "1") {
        root().join("docs/images")
    } else {
        target().join("images")
    }
}
