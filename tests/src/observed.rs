//! The whole system on a stream that exercises everything, seen by a real Prometheus: Kafka in, Kafka and a webhook's file out,
//! people at work, also on referrals.

use std::fs;
use std::path::Path;
use std::thread::{scope, sleep};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::kafka::Broker;
use crate::prometheus::Prometheus;
use crate::referral::{ReferralDay, reported};
use crate::service::Service;
use crate::system::{disturb, root, simulate};
use crate::work::Work;

const PARTITIONS: u32 = 4;

/// Parts in which the stream comes.
const PARTS: usize = 120;

/// What the reports are of that are put into every sixth part of it. Only the first kind is found founded.
const DANGERS: [&str; 5] = [
    "threat_to_life",
    "threat_to_life",
    "child_safety",
    "threat_to_life",
    "terrorism",
];

/// A service that was run to the end of its stream, and the Prometheus that has seen it. Both still run.
pub struct Observed {
    /// The service.
    pub service: Service,
    /// What has scraped it.
    pub prometheus: Prometheus,
    /// When the first record came, seconds since 1970.
    pub began: f64,
    /// When everything was done, seconds since 1970.
    pub ended: f64,
    broker: Broker,
    _folder: TempDir,
}

impl Observed {
    /// Runs the system for about this many seconds.
    ///
    /// # Errors
    /// A part of it cannot be started, or the stream is not taken.
    pub fn run(accounts: u32, seconds: u64) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let broker = Broker::start()?;
        broker.create_topic("events", PARTITIONS)?;
        broker.create_topic("decisions", 1)?;
        let events = simulate(folder.path(), accounts, 8, 41);
        let disturbed = folder.path().join("disturbed.ndjson");
        disturb(&events, &disturbed, 42)?;
        let config = folder.path().join("sealwatch.toml");
        fs::write(&config, configuration(&broker.address()))?;
        fs::copy(
            root().join("config/demo.policy.toml"),
            folder.path().join("policy.toml"),
        )?;
        let mut referrals = ReferralDay::new(folder.path());
        let mut service = Service::start(&config);
        referrals.begin(&service)?;
        // Who may read metrics.
        let auditor = service.token_of("audrey").to_owned();
        service.use_token(&auditor);
        let prometheus = Prometheus::start(service.address(), &auditor)?;
        // The first scrape sees every counter at its start.
        sleep(Duration::from_secs(3));
        let began = now();
        let mut observed = Self {
            service,
            prometheus,
            began,
            ended: began,
            broker,
            _folder: folder,
        };
        observed.exercise(&disturbed, referrals, Duration::from_secs(seconds))?;
        // Two scrapes and an evaluation more.
        sleep(Duration::from_secs(4));
        observed.ended = now();
        Ok(observed)
    }

    fn exercise(&self, events: &Path, referrals: ReferralDay, duration: Duration) -> Result<()> {
        let text = fs::read_to_string(events)?;
        let lines: Vec<&str> = text.lines().collect();
        let broker = &self.broker;
        let service = &self.service;
        let produced = scope(|threads| {
            let work = threads.spawn(|| Work::new(service).all_day(duration));
            let referred = threads.spawn(|| referrals.all_day(duration));
            let produced = feed(broker, &lines, duration);
            for worked in [work.join(), referred.join()] {
                worked.map_err(|_| anyhow::anyhow!("people stopped"))??;
            }
            produced
        })? as f64;
        for _ in 0..600 {
            if self.taken() >= produced {
                return Ok(());
            }
            sleep(Duration::from_millis(100));
        }
        ensure!(self.taken() >= produced, "the stream is not taken");
        Ok(())
    }

    /// Records that the service has read.
    fn taken(&self) -> f64 {
        let metrics = self.service.get("/metrics", &[]);
        let value = |line: &str| line.rsplit(' ').next()?.parse::<f64>().ok();
        metrics
            .lines()
            .filter(|line| line.starts_with("sealwatch_records_total"))
            .filter_map(value)
            .sum()
    }
}

/// Brings the stream in parts over this time, every tenth part late, so that a lag is there to be seen, and every sixth with a
/// report of danger. Gives how many records it brought.
fn feed(broker: &Broker, lines: &[&str], duration: Duration) -> Result<usize> {
    let pause = duration / u32::try_from(PARTS)?;
    let mut count = 0;
    for (number, part) in lines.chunks(lines.len().div_ceil(PARTS)).enumerate() {
        for (index, line) in part.iter().enumerate() {
            let partition = u32::try_from(index / 7)? % PARTITIONS;
            broker.produce("events", partition, None, Some(line.as_bytes()), &[])?;
        }
        count += part.len();
        if number % 6 == 2 {
            for record in danger(number / 6, part)? {
                let record = record.to_string();
                broker.produce("events", 0, None, Some(record.as_bytes()), &[])?;
                count += 1;
            }
        }
        if number % 10 != 8 {
            broker.flush()?;
        }
        sleep(pause);
    }
    broker.flush().context("the stream cannot be produced")?;
    Ok(count)
}

/// A report of danger at the time of the last record of this part, from people whom nobody else knows.
fn danger(number: usize, part: &[&str]) -> Result<Vec<Value>> {
    let at = |line: &&str| serde_json::from_str::<Value>(line).ok()?["at"].as_i64();
    let at = part.iter().rev().find_map(at);
    let (victim, stranger) = (format!("victim-{number}"), format!("stranger-{number}"));
    let category = DANGERS[number % DANGERS.len()];
    Ok(reported(
        &victim,
        &stranger,
        category,
        at.context("a part without a time")?,
    ))
}

/// What the system runs with: everything that can leave does.
fn configuration(brokers: &str) -> String {
    format!(
        "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
         [source]\nkind = \"kafka\"\nbrokers = \"{brokers}\"\ntopic = \"events\"\n\
         [source.limits]\nprivileged_types = [\"label.given\", \"enforcement.applied\", \"signal.received\"]\n\
         ahead_minutes = 5256000\nunknown_fields = \"strip\"\n\
         [keys]\npseudonym = \"pseudonym.key\"\n\
         officer = \"olga/officer.public.json\"\napprover = \"anton/approver.public.json\"\n[model]\npolicy = \"policy.toml\"\n\
         [store]\ndirectory = \"store\"\nlog_mebibytes = 4\n[feedback]\npath = \"feedback.ndjson\"\n\
         [enforcement.kafka]\nbrokers = \"{brokers}\"\ntopic = \"decisions\"\n\
         [audit]\nheads_file = \"heads.txt\"\ninterval_seconds = 5\norigin = \"messenger.example/sealwatch\"\n\
         [provider]\norganization = \"Example Messenger\"\nservice = \"Example\"\n\
         contact_email = \"referrals@messenger.example\"\n\
         [review]\nundo_seconds = 1\nsecond_look_share = 0.5\nquota_per_day = 60\n\
         [api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\n\
         [api.first_people]\n\
         admin = \"admin analyst\"\nrita = \"reviewer\"\nron = \"reviewer\"\nolga = \"referral_officer\"\n\
         anton = \"approver\"\naudrey = \"auditor\"\n"
    )
}

fn now() -> f64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "Prometheus goes by the machine's clock"
    )]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
