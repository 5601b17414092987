//! The `sealwatch` command: parses arguments, composes the configuration, builds the parts and connects them.

mod archive;
mod arguments;
mod bag_folder;
mod carriers;
mod clock;
mod commands;
mod config;
mod deliver;
mod ending;
mod failure;
mod feedback;
mod handover;
mod kafka_carrier;
mod key_file;
mod keys;
mod log_config;
mod parts;
mod people_keys;
mod process;
mod progress;
mod telemetry;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    match commands::execute(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("sealwatch: {failure}");
            failure.exit_code()
        }
    }
}
