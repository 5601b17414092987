//! The `sealwatch-lab` command.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use sealwatch_lab::commands;
use sealwatch_lab::commands::ablation::{self, AblationArguments};
use sealwatch_lab::commands::archive::{self, ArchiveArguments, CohortsArguments};
use sealwatch_lab::commands::benchmark::{self, BenchmarkArguments};
use sealwatch_lab::commands::coverage::{self, CoverageArguments};
use sealwatch_lab::commands::features::{self, FeaturesArguments};
use sealwatch_lab::commands::recalibrate::{self, RecalibrateArguments};
use sealwatch_lab::commands::table::{TableArguments, run as run_table};
use sealwatch_lab::commands::train::{self, TrainArguments};
use sealwatch_lab::distance::{self, DistanceArguments};
use sealwatch_lab::hardness::survey::{self, HardnessArguments};
use sealwatch_lab::replay::World;
use sealwatch_lab::{convert, planted};

/// Trains, calibrates and evaluates the models of Sealwatch.
#[derive(Parser)]
#[command(name = "sealwatch-lab", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trains models, sets thresholds, and writes the artefact.
    Train(Box<TrainArguments>),
    /// Renews an artefact's thresholds from a platform's own recent stream.
    Recalibrate(RecalibrateArguments),
    /// Shows what each family of features is worth to each detector.
    Ablation(AblationArguments),
    /// Draws many calibration sets, and prints how often the bound holds.
    Coverage(CoverageArguments),
    /// Exports the live features of accounts at their score points.
    Features(FeaturesArguments),
    /// Writes files of events as one Parquet archive.
    Archive(ArchiveArguments),
    /// Counts the accounts of a folder by cohort and label.
    Cohorts(CohortsArguments),
    /// Writes the model card of an artefact: a page and JSON.
    Evaluate(commands::evaluate::EvaluateArguments),
    /// Shows whom model and policy would have recommended in a past period, beside what reviewers decided.
    Backtest(commands::backtest::BacktestArguments),
    /// Puts the accounts above a threshold together by why they are there.
    Clusters(commands::clusters::ClustersArguments),
    /// Compares two artefacts on the same accounts.
    Compare(commands::compare::CompareArguments),
    /// Shows what an artefact does on real traffic with planted abusers and controls.
    Planted(PlantedArguments),
    /// Shows how far simulated benign accounts are from real ones.
    Distance(DistanceArguments),
    /// Shows how hard the simulated populations are.
    Hardness(HardnessArguments),
    /// Turns public data into events of schema 1.
    #[command(subcommand)]
    Convert(ConvertCommand),
    /// Runs a public benchmark, and prints the published figures beside ours.
    Benchmark(BenchmarkArguments),
    /// Trains on any table of accounts, with or without edges between them, and measures.
    Table(Box<TableArguments>),
}

#[derive(Args)]
struct PlantedArguments {
    /// Files of events.
    #[arg(long, required = true, num_args = 1..)]
    events: Vec<PathBuf>,
    /// Their labels.
    #[arg(long)]
    labels: PathBuf,
    /// The artefact.
    #[arg(long)]
    artefact: PathBuf,
    /// Which of its thresholds.
    #[arg(long, default_value_t = 0.001)]
    alpha: f64,
    /// The platforms of the events.
    #[arg(long, value_delimiter = ',', default_value = "copenhagen")]
    platforms: Vec<String>,
}

#[derive(Subcommand)]
enum ConvertCommand {
    /// The SMS and calls of the Copenhagen Networks Study.
    Copenhagen {
        /// The folder with sms.csv and calls.csv.
        folder: PathBuf,
        /// Where the events go.
        #[arg(long)]
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    match execute(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sealwatch-lab: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn execute(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Train(arguments) => train::run(&arguments),
        Command::Recalibrate(arguments) => recalibrate::run(&arguments),
        Command::Ablation(arguments) => ablation::run(&arguments),
        Command::Coverage(arguments) => coverage::run(&arguments),
        Command::Features(arguments) => features::run(&arguments),
        Command::Archive(arguments) => archive::run(&arguments),
        Command::Cohorts(arguments) => archive::run_cohorts(&arguments),
        Command::Evaluate(arguments) => {
            print!("{}", commands::evaluate::run(&arguments)?);
            Ok(())
        }
        Command::Backtest(arguments) => {
            print!("{}", commands::backtest::run(&arguments)?);
            Ok(())
        }
        Command::Clusters(arguments) => {
            print!("{}", commands::clusters::run(&arguments)?);
            Ok(())
        }
        Command::Compare(arguments) => {
            print!("{}", commands::compare::run(&arguments)?);
            Ok(())
        }
        Command::Planted(arguments) => {
            let world = World::new(arguments.platforms.clone(), Vec::new(), Vec::new());
            let artefact = commands::artefact(&arguments.artefact)?;
            print!(
                "{}",
                planted::table(
                    &arguments.events,
                    &arguments.labels,
                    &artefact,
                    arguments.alpha,
                    &world
                )?
            );
            Ok(())
        }
        Command::Distance(arguments) => distance::run(&arguments),
        Command::Hardness(arguments) => survey::run(&arguments),
        Command::Convert(ConvertCommand::Copenhagen { folder, out }) => {
            let count = convert::copenhagen(&folder, &out)?;
            println!("{count} events in {}", out.display());
            Ok(())
        }
        Command::Benchmark(arguments) => benchmark::run(&arguments),
        Command::Table(arguments) => {
            let started = now();
            run_table(&arguments, &|| now().duration_since(started))
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell measures how long a trainer takes"
)]
fn now() -> Instant {
    Instant::now()
}
