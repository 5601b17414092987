//! `sealwatch-lab benchmark`: a public benchmark in one command.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::accounts::benchmark::{Benchmark, Listener};
use crate::accounts::report::{Report, sources};

/// Arguments of `benchmark`.
#[derive(Debug, Args)]
pub struct BenchmarkArguments {
    /// Which benchmark.
    benchmark: Name,
    /// The folder with the public tables.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Where the report goes, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// Crowd workers with a graph of shared tasks; ten official splits.
    Tolokers,
    /// Phone subscribers; stratified 20/20/60, five seeds, with and without edges.
    Sichuan,
    /// Contributors of code; GitHub, and GitLab after training on GitHub.
    CodeBots,
}

/// Runs the benchmark, and prints our figures beside the published ones.
///
/// # Errors
/// The tables are absent or damaged, or the report cannot be written.
pub fn run(arguments: &BenchmarkArguments) -> Result<()> {
    let benchmark = match arguments.benchmark {
        Name::Tolokers => Benchmark::Tolokers,
        Name::Sichuan => Benchmark::Sichuan,
        Name::CodeBots => Benchmark::CodeBots,
    };
    let listener = Listener {
        progress: &super::progress,
        finished: &|report: &Report| println!("{}", report.text()),
    };
    let reports = benchmark.run(&arguments.data, &listener)?;
    let mut published = Vec::new();
    for report in &reports {
        for one in &report.published {
            if !published.contains(one) {
                published.push(*one);
            }
        }
    }
    print!("published:\n{}", sources(&published));
    match &arguments.json {
        Some(path) => super::write_json(path, &reports),
        None => Ok(()),
    }
}
