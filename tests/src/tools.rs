//! The scripts of `tests/tools`: they install what a test uses where it is missing, and run it.

use std::process::Command;

use crate::system::root;

/// Installs Debian packages where they are missing.
///
/// # Panics
/// They cannot be installed.
pub fn install(packages: &[&str]) {
    require_success("packages.sh", script("packages.sh").args(packages));
}

/// A program of a group of `python.sh`, with its arguments. The first use on a machine installs the group.
pub fn python(group: &str, arguments: &[&str]) -> Command {
    let mut command = script("python.sh");
    command.args(["run", group]).args(arguments);
    command
}

/// Runs a command to its end and requires success. Returns what it printed.
///
/// # Panics
/// It fails: with everything that it said.
pub fn require_success(name: &str, command: &mut Command) -> String {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => panic!("{name} cannot be run: {error}"),
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{name} failed:\n{printed}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    printed.into_owned()
}

fn script(name: &str) -> Command {
    let mut command = Command::new("bash");
    command.arg(root().join("tests/tools").join(name));
    command
}
