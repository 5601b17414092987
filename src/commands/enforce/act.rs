//! Acting on an account: by a program of the platform's, or by saying what would be done.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use sealwatch_api::delivery::EnforcementRequested;
use sealwatch_custody::OpenedIdentity;

/// How long the program may take.
const LONGEST: Duration = Duration::from_mins(1);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(20);

/// How to act.
#[derive(Debug)]
pub enum How {
    /// By running this program.
    Program(PathBuf),
    /// Only by saying it.
    DryRun {
        /// Also to whom.
        shows_identifiers: bool,
    },
}

/// Why nothing was done, as far as that is known.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The program cannot be run.
    #[error("the program cannot be run: {0}")]
    Run(io::Error),
    /// The program says that it has not acted.
    #[error("the program ended with {0}; it has not acted")]
    Refused(ExitStatus),
    /// The program does not end.
    #[error("the program did not end within a minute; it is not known whether it has acted")]
    Endless,
    /// Nothing can be known of it.
    #[error("the program was lost ({0}); it is not known whether it has acted")]
    Lost(io::Error),
}

impl ActError {
    /// Whether it may have acted nevertheless.
    pub const fn is_unclear(&self) -> bool {
        matches!(self, Self::Endless | Self::Lost(_))
    }
}

/// Acts.
///
/// # Errors
/// [`ActError`].
pub fn act(
    how: &How,
    event: &EnforcementRequested,
    identity: &OpenedIdentity,
) -> Result<(), ActError> {
    let action = event.action.name();
    match how {
        How::DryRun { shows_identifiers } => {
            let account = if *shows_identifiers {
                String::from_utf8_lossy(identity.expose_to_recipient()).into_owned()
            } else {
                "the account".to_owned()
            };
            say(&format!("would {action} {account} (event {})", event.id));
            Ok(())
        }
        How::Program(program) => {
            let child = Command::new(program)
                .env("SEALWATCH_EVENT", &event.id)
                .env("SEALWATCH_ACTION", action)
                .env("SEALWATCH_PLATFORM", &event.platform)
                .env("SEALWATCH_BEHAVIOUR", event.behaviour.name())
                .env("SEALWATCH_MODE", event.mode.name())
                .env("SEALWATCH_INCARNATION", event.incarnation.to_string())
                .stdin(Stdio::piped())
                .spawn()
                .map_err(ActError::Run)?;
            let status = finish(child, identity)?;
            if status.success() {
                say(&format!("{action}: done (event {})", event.id));
                Ok(())
            } else {
                Err(ActError::Refused(status))
            }
        }
    }
}

/// Says it to whoever listens. That nobody does any more is no reason to forget what was done.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Gives the program the identifier and waits for its end. The identifier stands in no argument and no variable, where other
/// processes could read it.
fn finish(mut child: Child, identity: &OpenedIdentity) -> Result<ExitStatus, ActError> {
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read says by its exit code what it did.
        let _ = input
            .write_all(identity.expose_to_recipient())
            .and_then(|()| input.write_all(b"\n"));
    }
    let mut waited = Duration::ZERO;
    while waited < LONGEST {
        if let Some(status) = child.try_wait().map_err(ActError::Lost)? {
            return Ok(status);
        }
        std::thread::sleep(LOOK);
        waited += LOOK;
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(ActError::Endless)
}
