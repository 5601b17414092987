//! Events per second of each step and of the whole engine, on one core, over a generated stream.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sealwatch_core::admission::Limits;
use sealwatch_core::artefact::Artefact;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::engine::{Engine, Sequential};
use sealwatch_core::event::{Edge, Event, UnknownFields, Vocabulary, read};
use sealwatch_core::feature::COUNT;
use sealwatch_core::identifier::{IdentifierKind, PseudonymKey, Pseudonymiser, RawIdentifier};
use sealwatch_core::policy::PolicyDocument;
use sealwatch_core::scorer::Scorer;
use sealwatch_core::shard::{Batch as ScoreBatch, Crossing, Judge};
use sealwatch_core::threat::Outgoing;
use sealwatch_core::time::DAY;
use sealwatch_core::wire::Fields;
use sealwatch_ingest::checkpoint;
use sealwatch_ingest::identity::Recipients;
use sealwatch_ingest::pipeline::{Pipeline, PipelineOptions, StepTimes, VIRTUAL_SHARDS};
use sealwatch_ingest::source::{Batch, Files, Progress, Source};
use sealwatch_ingest::store::{Durability, StoreOptions};

/// A judge that keeps the rows: what folding alone costs, and the rows to score.
#[derive(Default)]
struct Keeper {
    rows: Vec<f32>,
    points: u64,
}

impl Judge for Keeper {
    fn judge(&mut self, batch: &ScoreBatch, _: &mut Vec<Crossing>) {
        self.points += batch.points.len() as u64;
        if self.rows.len() < 20_000 * COUNT {
            self.rows.extend_from_slice(&batch.rows);
        }
    }

    fn cool_down(&self, _: usize) -> i64 {
        DAY
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn row(name: &str, count: u64, time: Duration) {
    let per_second = count as f64 / time.as_secs_f64();
    let nanoseconds = time.as_nanos() as f64 / count as f64;
    println!("{name:<38} {per_second:>14.0} {nanoseconds:>10.0}");
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("name the file of events")?;
    let bytes = std::fs::read(&path)?;
    let lines: Vec<&[u8]> = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .collect();
    let count = lines.len() as u64;
    let key = PseudonymKey::new([1; 32]);
    let vocabulary = Vocabulary {
        platforms: vec!["demo".to_owned()],
        issuers: vec!["sister".to_owned()],
        banks: vec!["industry".to_owned()],
    };
    let pseudonymiser = Pseudonymiser::new(&key, &vocabulary.platforms);
    let edge = Edge::new(&vocabulary, &pseudonymiser);
    println!("{count} events, {} MB, one core\n", bytes.len() / 1_000_000);
    println!("{:<38} {:>14} {:>10}", "step", "events/s", "ns/event");

    let (skipped, time) = timed(|| {
        lines
            .iter()
            .filter(|line| sonic_rs::from_slice::<serde::de::IgnoredAny>(line).is_ok())
            .count()
    });
    anyhow::ensure!(skipped as u64 == count, "not all lines are JSON");
    row("floor: sonic-rs, parse and forget", count, time);
    let (_, time) = timed(|| {
        lines
            .iter()
            .filter(|line| sonic_rs::from_slice::<sonic_rs::Value>(line).is_ok())
            .count()
    });
    row("floor: sonic-rs, into a value", count, time);

    let (_, time) = timed(|| {
        lines
            .iter()
            .filter(|line| Fields::parse(line).is_ok())
            .count()
    });
    row("decode: fields", count, time);
    let (events, time) = timed(|| {
        lines
            .iter()
            .filter_map(|line| read(&Fields::parse(line).ok()?, &edge, UnknownFields::Refuse).ok())
            .map(|read| read.event)
            .collect::<Vec<Event>>()
    });
    anyhow::ensure!(
        events.len() as u64 == count,
        "not all lines are events of schema 1"
    );
    row("decode: fields, checks and pseudonyms", count, time);
    let raw = RawIdentifier::new("+4915112345678").context("an identifier")?;
    let (_, time) = timed(|| {
        (0..count).fold(0_u64, |sum, _| {
            sum ^ std::hint::black_box(pseudonymiser.pseudonym(
                IdentifierKind::Account,
                0,
                std::hint::black_box(raw),
            ))
            .bits()
        })
    });
    row("one pseudonym", count, time);

    let mut engine = Engine::new(VIRTUAL_SHARDS, Keeper::default);
    let ((), time) = timed(|| {
        let mut sequence = 0;
        for epoch in events.chunks(50_000) {
            engine.begin(sequence);
            for event in epoch {
                engine.take(0, sequence, Some(event));
                sequence += 1;
            }
            engine.fold(&Sequential);
        }
    });
    row("split, fold and features", count, time);
    drop(events);

    let artefact = Artefact::parse(include_bytes!("../../../models/demo.artefact.json"))?;
    let (mut points, mut rows) = (0, Vec::new());
    for judge in engine.judges_mut() {
        points += judge.points;
        rows.extend_from_slice(&judge.rows);
    }
    drop(engine);
    let scored = (rows.len() / COUNT) as u64;
    for behaviour in Behaviour::WITH_DETECTOR {
        if let Some(model) = artefact.model(*behaviour) {
            let mut margins = Vec::with_capacity(scored as usize);
            let ((), time) = timed(|| model.margins(&rows, COUNT, &mut margins));
            row(&format!("score: {} (rows)", behaviour.name()), scored, time);
        }
    }

    whole(Path::new(&path), &artefact, vocabulary, &key, count)?;
    println!(
        "\n{:.1}% of events led to a scoring",
        100.0 * points as f64 / count as f64
    );
    Ok(())
}

/// The whole engine: file to committed epochs, one thread.
fn whole(
    path: &Path,
    artefact: &Artefact,
    vocabulary: Vocabulary,
    key: &PseudonymKey,
    count: u64,
) -> Result<()> {
    let policy: PolicyDocument = toml::from_str(include_str!("../../../config/demo.policy.toml"))?;
    let scorer = Scorer::new(artefact, &policy)?;
    let folder = tempfile::tempdir()?;
    let limits = Limits {
        types: sealwatch_core::event::EventType::ALL.to_vec(),
        ..Limits::default()
    };
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
    let start = Instant::now();
    let options = PipelineOptions {
        pseudonymiser: Pseudonymiser::new(key, &vocabulary.platforms),
        vocabulary,
        scorer: Arc::new(scorer),
        recipients: Recipients::default(),
        random: Box::new(|buffer| buffer.fill(0)),
        limits,
        unknown_fields: UnknownFields::Refuse,
        threads: 1,
        clock: Arc::new(move || start.elapsed()),
    };
    let store = StoreOptions {
        directory: folder.path().to_path_buf(),
        durability: Durability::Process,
        log_bytes: 256 << 20,
        archive_retention_days: 90,
        virtual_shards: VIRTUAL_SHARDS,
        pseudonym_key_id: key.id(),
        layout: checkpoint::layout(),
        hook: None,
        may_delete: None,
    };
    let (mut pipeline, _) = Pipeline::open(options, store)?;
    let mut source = Files::list(&[path.to_path_buf()], 1 << 16)?;
    let mut times = StepTimes::default();
    let mut recommendations = 0;
    let (result, time) = timed(|| -> Result<()> {
        let mut batch = Batch::new();
        loop {
            batch.clear();
            let progress = source.fill(&mut batch, 50_000, Duration::from_secs(1))?;
            if !batch.is_empty() {
                let report = pipeline.epoch(&batch)?;
                let decided = report.deliveries.iter();
                recommendations += decided
                    .filter(|(_, row)| matches!(row, Outgoing::Recommendation(_)))
                    .count();
                times.decode += report.times.decode;
                times.admit += report.times.admit;
                times.fold += report.times.fold;
                times.recommend += report.times.recommend;
                times.commit += report.times.commit;
            }
            if progress == Progress::End {
                return Ok(());
            }
        }
    });
    result?;
    row("whole engine, file to commit", count, time);
    println!("\nwhere the time of the whole engine goes:");
    let steps = [
        ("decode", times.decode),
        ("admit and split", times.admit),
        ("fold, features and score", times.fold),
        ("recommend", times.recommend),
        ("commit", times.commit),
    ];
    let known: Duration = steps.iter().map(|(_, time)| *time).sum();
    for (name, step) in steps {
        println!(
            "  {name:<28} {:>5.1}%",
            100.0 * step.as_secs_f64() / time.as_secs_f64()
        );
    }
    let rest = time.saturating_sub(known);
    println!(
        "  {:<28} {:>5.1}%",
        "reading the file",
        100.0 * rest.as_secs_f64() / time.as_secs_f64()
    );
    let (accounts, bytes) = pipeline.size();
    println!(
        "\n{accounts} accounts, {} bytes of state for each, {recommendations} recommendations",
        bytes / accounts.max(1)
    );
    Ok(())
}
