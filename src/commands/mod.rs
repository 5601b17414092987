//! The subcommands, one file each.

mod doctor;
mod enforce;
mod feedback;
mod keys;
mod replay;
mod run;
mod schema;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

/// Does what the arguments say.
///
/// # Errors
/// One line for a person.
pub fn execute(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Schema(arguments) => schema::schema(&arguments),
        Command::Doctor(arguments) => doctor::doctor(&arguments),
        Command::Keys(command) => keys::keys(command),
        Command::Enforce(arguments) => enforce::enforce(&arguments),
        Command::Feedback(command) => feedback::feedback(&command),
    }
}
