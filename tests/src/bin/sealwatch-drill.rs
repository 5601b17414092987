//! `make drill`: one case of a threat to life through the real system, from the report on Kafka to a bag that its receiver
//! verifies, with two people's own keys: claim and finding at the console, in a real browser, the rest by the commands that
//! people run on their own machines. Prints how long each step of the machines took; people take longer.
//!
//! With `--show` it also prints every command with what it said, as docs/REFERRALS.md has them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use sealwatch_tests::browser::Script;
use sealwatch_tests::kafka::Broker;
use sealwatch_tests::referral::{Person, configure, require, threat};
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

    let id = at_the_console(drill, broker, &service, &olga)?;
    let id = id.as_str();
    drill.run(None, &olga, &["referral", "list"]);
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

/// The officer has the list open in a browser when the report comes, claims the case there and makes the finding.
fn at_the_console(
    drill: &mut Drill,
    broker: &Broker,
    service: &Service,
    officer: &Person,
) -> Result<String> {
    let url = format!("http://{}", service.address());
    let tokens = [("olga", service.token_of("olga"))];
    let mut script = Script::start("drill.py", &url, &tokens)?;
    script.next("ready")?;
    drill.step("report on Kafka to the officer's screen", || {
        report(broker).and_then(|()| script.next("seen"))
    })?;
    for (word, name) in [
        ("claim", "claim, at the console"),
        ("finding", "finding, at the console"),
    ] {
        let seconds: f64 = script.next(word)?.parse()?;
        drill.steps.push((name, Duration::from_secs_f64(seconds)));
    }
    script.finish()?;
    let page = officer.get_list();
    let id = page["items"][0]["id"]
        .as_str()
        .context("no referral is listed")?;
    Ok(id.to_owned())
}

fn report(broker: &Broker) -> Result<()> {
    let now_ms = wall_ms()?;
    for event in threat(now_ms) {
        let event = event.to_string();
        broker.produce("events", 0, None, Some(event.as_bytes()), &[])?;
    }
    broker.flush()
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
