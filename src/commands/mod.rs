//! The subcommands, one file each.

mod audit;
mod doctor;
mod enforce;
mod feedback;
mod keys;
mod referral;
mod replay;
mod run;
mod schema;
mod token;
mod verify;

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
        Command::Token(command) => token::token(&command),
        Command::Person(command) => token::person(&command),
        Command::Audit(command) => audit::audit(&command),
        Command::Enforce(arguments) => enforce::enforce(&arguments),
        Command::Feedback(command) => feedback::feedback(&command),
        Command::Referral(command) => referral::referral(&command),
        Command::Verify(arguments) => verify::verify(&arguments),
    }
}

/// Runs a command that waits for the database.
fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::running)?
        .block_on(work)
}
