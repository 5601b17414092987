//! Scripts of `tests/browser`, which drive a real Chromium, run against a service.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
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
    require_success(script, &mut command(script, url, tokens, identifier));
}

/// A script that runs beside its caller, and says what it has done. Ended when dropped.
pub struct Script {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Script {
    /// Starts a script of `tests/browser`.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(script: &str, url: &str, tokens: &[(&str, &str)]) -> Result<Self> {
        let mut child = command(script, url, tokens, "")
            .stdout(Stdio::piped())
            .spawn()?;
        let Some(output) = child.stdout.take() else {
            let _ = child.wait();
            bail!("{script} has no output")
        };
        Ok(Self {
            child,
            lines: BufReader::new(output).lines(),
        })
    }

    /// Waits for the next line, which begins with this word. Gives the rest of it.
    ///
    /// # Errors
    /// It says something else, or ends.
    pub fn next(&mut self, word: &str) -> Result<String> {
        let line = self.lines.next().context("the script has ended")??;
        let rest = line.strip_prefix(word);
        let rest = rest.with_context(|| format!("the script says {line} in place of {word}"))?;
        Ok(rest.trim().to_owned())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It fails.
    pub fn finish(mut self) -> Result<()> {
        ensure!(self.child.wait()?.success(), "the script failed");
        Ok(())
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(script: &str, url: &str, tokens: &[(&str, &str)], identifier: &str) -> Command {
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
    command
}
