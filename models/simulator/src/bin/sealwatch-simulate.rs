//! `sealwatch-simulate`: writes a labelled population.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use sealwatch_simulator::calendar::parse_date;
use sealwatch_simulator::goal::Behaviour;
use sealwatch_simulator::onto::{self, HostTraffic, PlantError, Planting};
use sealwatch_simulator::options::{Hiding, Options, OptionsError, PersonaSet, Vocabulary};
use sealwatch_simulator::summary::Summary;

/// Writes a labelled, seeded population of a messaging platform as events of schema 1 (NDJSON, in the order of time).
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// Number of accounts, abusers included
    #[arg(long, default_value_t = 2_000)]
    accounts: u32,
    /// Number of days
    #[arg(long, default_value_t = 14)]
    days: u32,
    /// Seed: the same seed and options give the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Share of accounts that are or become abusive or compromised
    #[arg(long, default_value_t = 0.02)]
    abusive_share: f64,
    /// How hard abusers hide: a number from 0 (loud) to 1 (as benign people), or "mixed": several levels, other ones for
    /// training than for evaluation
    #[arg(long, default_value = "mixed")]
    hiding: Hiding,
    /// Which ranges and personas to draw from
    #[arg(long, value_enum, default_value = "training")]
    personas: Set,
    /// First day, as 2026-02-02
    #[arg(long, default_value = "2026-02-02")]
    start: String,
    /// File for the events ("-" for standard output)
    #[arg(long, default_value = "-")]
    out: PathBuf,
    /// File for the labels
    #[arg(long)]
    labels: Option<PathBuf>,
    /// The platform's name on the wire
    #[arg(long, default_value = "demo")]
    platform: String,
    /// Issuer of cross-platform signals, a member of the service's configured set
    #[arg(long, default_value = "sister")]
    issuer: String,
    /// Plant abusers and benign controls into this host traffic (NDJSON events), instead of a population of its own; of
    /// the other options, --seed, --hiding, --personas, --out and --labels count
    #[arg(long, value_name = "EVENTS")]
    onto: Option<PathBuf>,
    /// Abusers to plant
    #[arg(long, default_value_t = 20, requires = "onto")]
    abusers: u32,
    /// Benign controls to plant
    #[arg(long, default_value_t = 200, requires = "onto")]
    controls: u32,
    /// Bank of surface matches, a member of the service's configured set
    #[arg(long, default_value = "industry")]
    bank: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Set {
    Training,
    Evaluation,
}

impl Arguments {
    fn options(&self) -> Result<Options, OptionsError> {
        let options = Options {
            accounts: self.accounts,
            days: self.days,
            seed: self.seed,
            abusive_share: self.abusive_share,
            hiding: self.hiding,
            personas: match self.personas {
                Set::Training => PersonaSet::Training,
                Set::Evaluation => PersonaSet::Evaluation,
            },
            start: parse_date(&self.start).ok_or(OptionsError::Start)?,
            platform: self.platform.clone(),
            vocabulary: Vocabulary {
                issuer: self.issuer.clone(),
                bank: self.bank.clone(),
            },
        };
        options.check()?;
        Ok(options)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = match arguments.options() {
        Ok(options) => options,
        Err(error) => return fail(&error, 2),
    };
    let done = match &arguments.onto {
        Some(host) => plant_onto(host, &arguments, &options),
        None => run(&arguments, &options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_argument(&error) => fail(&error, 2),
        Err(error) => fail(&error, 1),
    }
}

/// A path that cannot be what it is given as.
#[derive(Debug, thiserror::Error)]
enum PathError {
    #[error("cannot read {0}: give --onto an NDJSON file of events")]
    Unreadable(String),
    #[error("--out must be another file than --onto")]
    SameFile,
    #[error("events would flood the terminal: give --out FILE, or pipe the output")]
    Terminal,
    #[error("cannot create {0}: is there such a folder, and may it be written to?")]
    NotCreated(String),
}

/// Whether the arguments are to blame: paths, host traffic that is none, counts out of range.
fn is_argument(error: &anyhow::Error) -> bool {
    error.is::<PathError>()
        || error
            .downcast_ref::<PlantError>()
            .is_some_and(PlantError::is_argument)
}

fn fail(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    eprintln!("sealwatch-simulate: {error:#}");
    ExitCode::from(code)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell measures how fast it wrote; nothing depends on it"
)]
fn run(arguments: &Arguments, options: &Options) -> Result<()> {
    let started = std::time::Instant::now();
    let events = writer(&arguments.out)?;
    let mut labels = labels_writer(arguments)?;
    let summary = sealwatch_simulator::simulate(options, events, &mut labels)
        .context("cannot write the population")?;
    report(&summary, started.elapsed().as_secs_f64());
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell measures how fast it wrote; nothing depends on it"
)]
fn plant_onto(path: &Path, arguments: &Arguments, options: &Options) -> Result<()> {
    let started = std::time::Instant::now();
    let host = HostTraffic::scan(reader(path)?).map_err(PlantError::from)?;
    // Written over its own input, the host would be lost before it is read again.
    if arguments
        .out
        .canonicalize()
        .is_ok_and(|out| path.canonicalize().is_ok_and(|host| host == out))
    {
        return Err(PathError::SameFile.into());
    }
    let events = writer(&arguments.out)?;
    let mut labels = labels_writer(arguments)?;
    let planting = Planting {
        abusers: arguments.abusers,
        controls: arguments.controls,
    };
    let planted = onto::plant(options, planting, &host, reader(path)?, events, &mut labels)?;
    report(&planted.summary, started.elapsed().as_secs_f64());
    eprintln!(
        "{} host accounts with {} events, unchanged",
        planted.summary.host, planted.host_events
    );
    for behaviour in Behaviour::ALL {
        if !planted.expressible.contains(&behaviour) {
            eprintln!(
                "not planted: {} (the host has no events in which it shows)",
                behaviour.name()
            );
        }
    }
    Ok(())
}

fn reader(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).map_err(|_| PathError::Unreadable(path.display().to_string()))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

fn labels_writer(arguments: &Arguments) -> Result<Box<dyn Write>> {
    match &arguments.labels {
        Some(path) => writer(path),
        None => Ok(Box::new(io::sink())),
    }
}

fn writer(path: &Path) -> Result<Box<dyn Write>> {
    if path == Path::new("-") {
        if io::stdout().is_terminal() {
            return Err(PathError::Terminal.into());
        }
        return Ok(Box::new(BufWriter::with_capacity(
            1 << 20,
            io::stdout().lock(),
        )));
    }
    let file = File::create(path).map_err(|_| PathError::NotCreated(path.display().to_string()))?;
    Ok(Box::new(BufWriter::with_capacity(1 << 20, file)))
}

fn report(summary: &Summary, seconds: f64) {
    let rate = summary.total() as f64 / seconds.max(1e-6);
    eprintln!("{}{rate:.0} events/s", summary.text());
}
