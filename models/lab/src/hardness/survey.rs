//! `sealwatch-lab hardness`: simulates populations with fixed seeds, takes the three measurements, and prints them.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_simulator::options::{Hiding, Options, PersonaSet};

use super::leak::leak;
use super::recall::Model;
use super::sheet::Sheets;
use super::signs::{By, Sign, signs};
use super::{Crowd, PLANTED};
use crate::replay::World;

/// The arguments of `sealwatch-lab hardness`.
#[derive(Debug, Args)]
pub struct HardnessArguments {
    /// An empty folder for the populations; they stay there.
    #[arg(long)]
    work: PathBuf,
    /// Accounts of each population.
    #[arg(long, default_value_t = 3_000)]
    accounts: u32,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The share of benign accounts that may be caught by mistake.
    #[arg(long, default_value_t = 0.01)]
    alpha: f64,
    /// Only this measurement.
    #[arg(long, value_enum)]
    part: Option<Part>,
}

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// What is no sign.
    Leak,
    /// Single features.
    Signs,
    /// Recall by hiding.
    Recall,
}

/// Runs `sealwatch-lab hardness`: prints its table.
///
/// # Errors
/// The folder cannot be written, or a population is too small.
pub fn run(arguments: &HardnessArguments) -> Result<()> {
    let survey = Survey {
        folder: arguments.work.clone(),
        accounts: arguments.accounts,
        seed: arguments.seed,
    };
    print!("{}", table(&survey, arguments.alpha, arguments.part)?);
    Ok(())
}

/// How many abusers were caught, and how many there were, at each level of hiding.
pub type Caught = Vec<(usize, usize)>;

/// The populations of one survey.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Where they are written.
    pub folder: PathBuf,
    /// Accounts in each.
    pub accounts: u32,
    /// The first seed.
    pub seed: u64,
}

impl Survey {
    /// The world of the simulator's default names.
    pub fn world() -> World {
        let options = Options::default();
        World::new(
            vec![options.platform],
            vec![options.vocabulary.issuer],
            vec![options.vocabulary.bank],
        )
    }

    /// The options of a population. Each has its own seed.
    fn options(&self, name: &str, personas: PersonaSet, hiding: Hiding) -> Options {
        let number = name
            .bytes()
            .fold(0, |sum: u64, byte| sum * 31 + u64::from(byte));
        Options {
            accounts: self.accounts,
            days: 10,
            seed: self.seed ^ number,
            abusive_share: 0.35,
            personas,
            hiding,
            ..Options::default()
        }
    }

    /// Simulates a population into a folder of its own.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn population(&self, name: &str, personas: PersonaSet, hiding: Hiding) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let create = |file: &str| -> Result<BufWriter<File>> {
            let path = folder.join(file);
            let file =
                File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(BufWriter::with_capacity(1 << 20, file))
        };
        sealwatch_simulator::simulate(
            &self.options(name, personas, hiding),
            create("events.ndjson")?,
            &mut create("labels.ndjson")?,
        )
        .context("cannot write the population")?;
        Ok(folder)
    }

    /// The AUC of what is no sign, for each behaviour.
    ///
    /// # Errors
    /// As [`leak`].
    pub fn leaks(&self) -> Result<Vec<(Behaviour, f64)>> {
        let sheets = |name, personas| {
            Sheets::simulate(&Options {
                // Many accounts, so that chance moves the figure little.
                accounts: self.accounts * 8,
                days: 6,
                ..self.options(name, personas, Hiding::Mixed)
            })
        };
        let training = sheets("leak", PersonaSet::Training)?;
        let evaluation = sheets("leaked", PersonaSet::Evaluation)?;
        PLANTED
            .into_iter()
            .map(|behaviour| Ok((behaviour, leak(&training, &evaluation, behaviour)?)))
            .collect()
    }

    /// The most telling features at a level of hiding, for each behaviour.
    ///
    /// # Errors
    /// The population cannot be written or read.
    pub fn signs(&self, level: f64, by: &[By]) -> Result<Vec<(Behaviour, By, Vec<Sign>)>> {
        let folder = self.population(
            &format!("level-{level}"),
            PersonaSet::Training,
            Hiding::Fixed(level),
        )?;
        let crowd = Crowd::read(&folder, &Self::world())?;
        let mut found = Vec::new();
        for behaviour in PLANTED {
            for by in by {
                if let Some(signs) = signs(&crowd, behaviour, *by) {
                    found.push((behaviour, *by, signs));
                }
            }
        }
        Ok(found)
    }

    /// For each behaviour, how many abusers are caught, and how many there are, at each of these levels of hiding, where a
    /// share `alpha` of the benign accounts lies above the threshold.
    ///
    /// # Errors
    /// The populations cannot be written or read.
    pub fn recall(&self, levels: &[f64], alpha: f64) -> Result<Vec<(Behaviour, Caught)>> {
        let world = Self::world();
        let training = self.population("training", PersonaSet::Training, Hiding::Mixed)?;
        let training = Crowd::read(&training, &world)?;
        let mut models = Vec::new();
        for behaviour in PLANTED {
            models.push((
                Model::train(&training, behaviour, 80)?,
                behaviour,
                Vec::new(),
            ));
        }
        drop(training);
        for level in levels {
            let name = format!("hiding-{level}");
            let hiding = Hiding::Fixed(*level);
            let folder = self.population(&name, PersonaSet::Evaluation, hiding)?;
            let crowd = Crowd::read(&folder, &world)?;
            for (model, _, caught) in &mut models {
                let threshold = model.threshold(&crowd, alpha);
                caught.push(model.caught(&crowd, threshold));
            }
        }
        Ok(models
            .into_iter()
            .map(|(_, behaviour, caught)| (behaviour, caught))
            .collect())
    }
}

/// The three measurements as a table.
fn table(survey: &Survey, alpha: f64, part: Option<Part>) -> Result<String> {
    let wanted = |one| part.is_none_or(|part| part == one);
    fs::create_dir_all(&survey.folder)?;
    let mut text = String::new();
    if wanted(Part::Leak) {
        leaks_table(survey, &mut text)?;
    }
    if wanted(Part::Signs) {
        signs_table(survey, &mut text)?;
    }
    if wanted(Part::Recall) {
        recall_table(survey, alpha, &mut text)?;
    }
    Ok(text)
}

fn leaks_table(survey: &Survey, text: &mut String) -> Result<()> {
    let _ = writeln!(
        text,
        "missing fields, identifiers, order and registration time alone: AUC"
    );
    for (behaviour, auc) in survey.leaks()? {
        let _ = writeln!(text, "  {:<24} {auc:.3}", behaviour.name());
    }
    Ok(())
}

fn signs_table(survey: &Survey, text: &mut String) -> Result<()> {
    for level in [0.5, 1.0] {
        let _ = writeln!(
            text,
            "the three most telling features at hiding {level}: AUC"
        );
        for (behaviour, by, signs) in survey.signs(level, &[By::Row, By::Mean, By::Most])? {
            let best: Vec<String> = signs
                .iter()
                .take(3)
                .map(|sign| format!("{} {:.3}", sign.feature, sign.auc))
                .collect();
            let by = format!("{by:?}").to_lowercase();
            let _ = writeln!(
                text,
                "  {:<24} {by:<5} {}",
                behaviour.name(),
                best.join(", ")
            );
        }
    }
    Ok(())
}

fn recall_table(survey: &Survey, alpha: f64, text: &mut String) -> Result<()> {
    let levels = [0.0, 0.25, 0.5, 0.75, 1.0];
    let _ = writeln!(
        text,
        "recall where {alpha} of the benign accounts are above the threshold, at hiding {levels:?}"
    );
    for (behaviour, caught) in survey.recall(&levels, alpha)? {
        let shares: Vec<String> = caught
            .iter()
            .map(|(caught, all)| format!("{:.3} ({caught}/{all})", *caught as f64 / *all as f64))
            .collect();
        let _ = writeln!(text, "  {:<24} {}", behaviour.name(), shares.join("  "));
    }
    Ok(())
}
