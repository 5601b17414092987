//! The `sealwatch-lab` command.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use sealwatch_core::artefact::Artefact;
use sealwatch_core::recommendation::Population;
use sealwatch_lab::distance::{self, DistanceArguments};
use sealwatch_lab::hardness::survey::{self, HardnessArguments};
use sealwatch_lab::replay::World;
use sealwatch_lab::train::{Plan, train};
use sealwatch_lab::{convert, evaluate, planted, report, table};

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
    /// Shows what an artefact does on real traffic with planted abusers and controls.
    Planted(PlantedArguments),
    /// Shows how far simulated benign accounts are from real ones.
    Distance(DistanceArguments),
    /// Shows how hard the simulated populations are.
    Hardness(HardnessArguments),
    /// Turns public data into events of schema 1.
    #[command(subcommand)]
    Convert(ConvertCommand),
}

#[derive(Args)]
struct TrainArguments {
    /// Folders of events and labels to learn from.
    #[arg(long, required = true, num_args = 1..)]
    training: Vec<PathBuf>,
    /// Folders whose benign accounts set the thresholds, and are used for nothing else.
    #[arg(long, required = true, num_args = 1..)]
    calibration: Vec<PathBuf>,
    /// Folders to measure on.
    #[arg(long, required = true, num_args = 1..)]
    evaluation: Vec<PathBuf>,
    /// Where the artefact goes.
    #[arg(long)]
    out: PathBuf,
    /// Where the report goes, as a table.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Where the report goes, as JSON.
    #[arg(long)]
    report_json: Option<PathBuf>,
    /// Where the training rows go, as Parquet.
    #[arg(long)]
    rows: Option<PathBuf>,
    /// Bounds on the false-ban rate.
    #[arg(long, value_delimiter = ',', default_value = "0.001")]
    alpha: Vec<f64>,
    /// Probability that a bound does not hold.
    #[arg(long, default_value_t = 0.05)]
    delta: f64,
    /// Window of the guarantee, in days.
    #[arg(long, default_value_t = 7)]
    window_days: u32,
    /// Days after which the thresholds are to be renewed.
    #[arg(long, default_value_t = 90)]
    valid_days: u32,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Whose accounts they are: `simulator:NAME` or `platform:NAME`.
    #[arg(long)]
    population: String,
    /// The platforms of the events.
    #[arg(long, value_delimiter = ',', default_value = "demo")]
    platforms: Vec<String>,
    /// The issuers of signals.
    #[arg(long, value_delimiter = ',', default_value = "sister")]
    issuers: Vec<String>,
    /// The hash banks.
    #[arg(long, value_delimiter = ',', default_value = "industry")]
    banks: Vec<String>,
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
        Command::Train(arguments) => run_training(&arguments),
        Command::Planted(arguments) => {
            let world = World::new(arguments.platforms.clone(), Vec::new(), Vec::new());
            let bytes = std::fs::read(&arguments.artefact).context("cannot read the artefact")?;
            let artefact = Artefact::parse(&bytes)?;
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
    }
}

fn run_training(arguments: &TrainArguments) -> Result<()> {
    let population = match arguments.population.split_once(':') {
        Some(("simulator", name)) => Population::Simulator(name.to_owned()),
        Some(("platform", name)) => Population::Platform(name.to_owned()),
        _ => bail!("--population is simulator:NAME or platform:NAME"),
    };
    let world = World::new(
        arguments.platforms.clone(),
        arguments.issuers.clone(),
        arguments.banks.clone(),
    );
    let plan = Plan {
        training: arguments.training.clone(),
        calibration: arguments.calibration.clone(),
        evaluation: arguments.evaluation.clone(),
        alphas: arguments.alpha.clone(),
        delta: arguments.delta,
        window_days: arguments.window_days,
        valid_days: arguments.valid_days,
        seed: arguments.seed,
        population,
        command: format!(
            "sealwatch-lab train, seed {}, see models/lab/train-demo.sh",
            arguments.seed
        ),
    };
    let trained = train(&plan, &world)?;
    let bytes = Artefact::write(&trained.artefact)?;
    Artefact::parse(&bytes).context("the artefact that was trained cannot be read back")?;
    std::fs::write(&arguments.out, &bytes)
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    let text = evaluate::table(&trained.figures);
    print!("{text}");
    if let Some(path) = &arguments.report {
        std::fs::write(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &arguments.report_json {
        let document = serde_json::to_string_pretty(&report::document(&trained))?;
        std::fs::write(path, document + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &arguments.rows {
        table::write(path, &trained.rows)?;
    }
    Ok(())
}
