//! `make drill`: one case of a threat to life through the real system, from the report on Kafka to a bag that its receiver
//! verifies, with two people's own keys. Prints how long each step of the machines took; people take longer.
//!
//! With `--show` it also prints every command with what it said, as docs/REFERRALS.md has them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use sealwatch_tests::kafka::Broker;
use sealwatch_tests::referral::{Person, STATEMENT, configure, require, threat};
use sealwatch_tests::service::Service;

/// The steps, with the time that each took.
struct Drill {
    shows: bool,
    steps: Vec<(&'static str, Duration)>,
}

impl Drill {
    fn step<T>(&mut self, name: &'static str, act: impl FnOnce() -> T) -> T {
        let start = now();
        let done = act();
        self.steps.push((name, start.elapsed()));
        done
    }

    /// Runs a command on a person's machine as a step, or beside the steps where it has no name.
    fn run(&mut self, step: Option<&'static str>, person: &Person, arguments: &[&str]) -> String {
        let printed = match step {
            Some(name) => self.step(name, || require(&person.run(arguments))),
            None => require(&person.run(arguments)),
        };
        if self.shows {
            let line = arguments.join(" ");
            println!("\n{}$ sealwatch {line}\n{printed}", person.name);
        }
        printed
    }

    fn print(&self) {
        println!("\n| step | time |\n|---|---:|");
        for (name, time) in &self.steps {
            println!("| {name} | {} ms |", time.as_millis());
        }
        let whole: Duration = self.steps.iter().map(|(_, time)| *time).sum();
        println!("| **all steps** | **{} ms** |", whole.as_millis());
    }
}

fn main() -> Result<()> {
    let shows = std::env::args().any(|argument| argument == "--show");
    let folder = tempfile::tempdir()?;
    let mut drill = Drill {
        shows,
        steps: Vec::new(),
    };
    println!("starting Kafka and the service");
    let broker = Broker::start()?;
    broker.create_topic("events", 2)?;
    run(&mut drill, folder.path(), &broker)?;
    drill.print();
    Ok(())
}

fn run(drill: &mut Drill, folder: &Path, broker: &Broker) -> Result<()> {
    let mut olga = Person::new(folder, "olga", &[]);
    let mut anton = Person::new(folder, "anton", &[]);
    for (person, role) in [
        (&olga, "officer"),
        (&olga, "officer-signing"),
        (&anton, "approver"),
        (&anton, "approver-signing"),
    ] {
        let generate = ["keys", "generate", "--role", role, "--out", "."];
        drill.run(None, person, &generate);
    }
    let source = format!(
        "kind = \"kafka\"\nbrokers = \"{}\"\ntopic = \"events\"",
        broker.address()
    );
    let config = configure(&folder.join("server"), &source, &olga, &anton);
    let service = Service::start(&config);
    for person in [&mut olga, &mut anton] {
        let token = service.token_of(&person.name).to_owned();
        person.log_in(&service, &token);
    }
    for (person, key) in [
        (&olga, "officer-signing.private.json"),
        (&anton, "approver-signing.private.json"),
    ] {
        let enrol = ["referral", "enrol", "--signing-key", key, "--yes"];
        drill.run(None, person, &enrol);
    }
    for person in [&olga, &anton] {
        drill.run(None, person, &["referral", "trust", "--out", "trust.json"]);
    }
    let public = "approver.public.json";
    fs::copy(anton.folder.join(public), olga.folder.join(public))?;
    fs::write(olga.folder.join("statement.txt"), STATEMENT)?;

    let id = drill.step("report on Kafka to the officer's list", || {
        report(broker).and_then(|()| appears(&olga))
    })?;
    let id = id.as_str();
    drill.run(None, &olga, &["referral", "list"]);
    drill.run(Some("claim"), &olga, &["referral", "claim", id]);
    let find = [
        &["referral", "find", id, "--verdict", "founded"][..],
        &["--statement-file", "statement.txt"],
        &[
            "--ground",
            "report_after_contact",
            "--ground",
            "pattern_of_contact",
        ],
        &[
            "--regime",
            "us_emergency",
            "--recipient",
            "us_government",
            "--yes",
        ],
    ]
    .concat();
    drill.run(Some("finding"), &olga, &find);
    let approve = [
        "referral",
        "approve",
        id,
        "--key",
        "approver.private.json",
        "--yes",
    ];
    drill.run(
        Some("approval: facts read, outer wrap taken off"),
        &anton,
        &approve,
    );
    let sign = [
        &["referral", "sign", id, "--key", "officer.private.json"][..],
        &["--signing-key", "officer-signing.private.json"],
        &[
            "--approvers",
            "approver.public.json",
            "--trust",
            "trust.json",
            "--yes",
        ],
    ]
    .concat();
    drill.run(
        Some("officer: identity opened, package made and signed"),
        &olga,
        &sign,
    );
    let countersign = [
        &["referral", "sign", id, "--key", "approver.private.json"][..],
        &["--signing-key", "approver-signing.private.json"],
        &["--trust", "trust.json", "--yes"],
    ]
    .concat();
    drill.run(
        Some("approver: package made again, compared and signed"),
        &anton,
        &countersign,
    );
    let export = [
        &["referral", "export", id, "--key", "officer.private.json"][..],
        &["--trust", "trust.json", "--out", "bag", "--yes"],
    ]
    .concat();
    drill.run(
        Some("export: proofs fetched, bag verified and written"),
        &olga,
        &export,
    );
    let bag = olga.folder.join("bag");
    let bag = bag.to_str().context("the folder's name is no text")?;
    fs::copy(olga.folder.join("trust.json"), folder.join("trust.json"))?;
    let receiver = Person::new(folder, "receiver", &[]);
    fs::create_dir_all(&receiver.folder)?;
    let verify = ["verify", bag, "--trust", "../trust.json"];
    let printed = drill.run(Some("receiver: bag verified offline"), &receiver, &verify);
    ensure!(
        printed.contains("olga") && printed.contains("anton"),
        "nobody signed"
    );
    let acknowledge = [
        "referral",
        "acknowledge",
        id,
        "--reference",
        "NCIC-2026-7",
        "--yes",
    ];
    drill.run(Some("acknowledgement noted"), &olga, &acknowledge);
    if drill.shows {
        drill.run(None, &olga, &["referral", "show", id]);
        let files = std::process::Command::new("find")
            .args([bag, "-type", "f", "-printf", "%P  %s bytes\n"])
            .output()?;
        println!("\n{}", String::from_utf8_lossy(&files.stdout));
    }
    Ok(())
}

fn report(broker: &Broker) -> Result<()> {
    let now_ms = wall_ms()?;
    for event in threat(now_ms) {
        let event = event.to_string();
        broker.produce("events", 0, None, Some(event.as_bytes()), &[])?;
    }
    broker.flush()
}

/// Waits until the officer's list has the case.
fn appears(officer: &Person) -> Result<String> {
    for _ in 0..1_000 {
        let page = officer.get_list();
        if let Some(id) = page["items"][0]["id"].as_str() {
            return Ok(id.to_owned());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    anyhow::bail!("no referral came")
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a drill measures")]
    Instant::now()
}

fn wall_ms() -> Result<i64> {
    #[expect(clippy::disallowed_methods, reason = "the report is of now")]
    let now = std::time::SystemTime::now();
    Ok(now.duration_since(UNIX_EPOCH)?.as_millis() as i64)
}
