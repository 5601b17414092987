//! Why the command ends with an error, and with which exit code.

use std::fmt;
use std::process::ExitCode;

/// Why the command ends with an error: one line for a person.
#[derive(Debug)]
pub enum Failure {
    /// The configuration, a file or an argument is wrong: exit code 2.
    Configuration(String),
    /// Something failed while it ran: exit code 1.
    Running(String),
}

impl Failure {
    /// A fault of the configuration.
    pub fn configuration(error: impl fmt::Display) -> Self {
        Self::Configuration(error.to_string())
    }

    /// A fault while running.
    pub fn running(error: impl fmt::Display) -> Self {
        Self::Running(error.to_string())
    }

    /// The exit code.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) => ExitCode::from(2),
            Self::Running(_) => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Configuration(text) | Self::Running(text)) = self;
        // One line, whatever a library put into its message.
        formatter.write_str(&text.replace('\n', " "))
    }
}
