//! `sealwatch-simulate`: writes a labelled population.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use sealwatch_simulator::calendar::parse_date;
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
    /// How hard abusers hide: a number from 0 (loud) to 1 (almost benign), or "mixed"
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
        Err(error) => {
            eprintln!("sealwatch-simulate: {error}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments, &options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sealwatch-simulate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell measures how fast it wrote; nothing depends on it"
)]
fn run(arguments: &Arguments, options: &Options) -> Result<()> {
    let started = std::time::Instant::now();
    let events = writer(&arguments.out)?;
    let mut labels: Box<dyn Write> = match &arguments.labels {
        Some(path) => writer(path)?,
        None => Box::new(io::sink()),
    };
    let summary = sealwatch_simulator::simulate(options, events, &mut labels)
        .context("cannot write the population")?;
    report(&summary, started.elapsed().as_secs_f64());
    Ok(())
}

fn writer(path: &Path) -> Result<Box<dyn Write>> {
    if path == Path::new("-") {
        if io::stdout().is_terminal() {
            bail!("events would flood the terminal: give --out FILE, or pipe the output");
        }
        return Ok(Box::new(BufWriter::with_capacity(
            1 << 20,
            io::stdout().lock(),
        )));
    }
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    Ok(Box::new(BufWriter::with_capacity(1 << 20, file)))
}

fn report(summary: &Summary, seconds: f64) {
    let rate = summary.total() as f64 / seconds.max(1e-6);
    eprintln!("{}{rate:.0} events/s", summary.text());
}
