//! Kills: a process of its own commits numbered epochs and dies at a step or at a random moment.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::super::{CommitStep, Durability};
use super::{Epoch, Model, Random, folder, open, options};

const FOLDER: &str = "SEALWATCH_STORE_TEST_FOLDER";
const STEP: &str = "SEALWATCH_STORE_TEST_STEP";
const TIMES: &str = "SEALWATCH_STORE_TEST_TIMES";
const EPOCHS: &str = "SEALWATCH_STORE_TEST_EPOCHS";

fn start(folder: &Path, durability: &str, epochs: u64, step: &str, times: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::kill::the_process_that_dies"])
        .env(FOLDER, folder)
        .env("SEALWATCH_STORE_TEST_DURABILITY", durability)
        .env(EPOCHS, epochs.to_string())
        .env(STEP, step)
        .env(TIMES, times.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Does nothing unless one of the tests below starts it.
#[test]
fn the_process_that_dies() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let epochs: u64 = std::env::var(EPOCHS).unwrap().parse().unwrap();
    let step = std::env::var(STEP).unwrap();
    let left = AtomicU64::new(std::env::var(TIMES).unwrap().parse().unwrap());
    let mut options = options(&folder.join("store"), 2500);
    if std::env::var("SEALWATCH_STORE_TEST_DURABILITY").unwrap() == "power" {
        options.durability = Durability::Power;
    }
    options.hook = Some(Arc::new(move |at: CommitStep| {
        if at.name() == step && left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }));
    let mut opened = open(options).unwrap();
    let first = opened.recovered.epoch.map_or(0, |epoch| epoch + 1);
    fs::write(folder.join("next"), first.to_string()).unwrap();
    for number in first..first.saturating_add(epochs) {
        let epoch = Epoch::numbered(number);
        opened.store.delivered(epoch.delivered);
        opened.store.commit(&epoch.write(number)).unwrap();
        fs::write(folder.join("next"), (number + 1).to_string()).unwrap();
    }
}

/// Opens what a killed process left: it has exactly the acknowledged epochs, or one more. Returns their number.
fn check(folder: &Path) -> u64 {
    let opened = open(options(&folder.join("store"), 2500)).unwrap();
    let epochs = opened.recovered.epoch.map_or(0, |epoch| epoch + 1);
    Model::after(epochs).check(&opened).unwrap();
    // The write of this file can be torn by the kill, too; then it is empty.
    let acknowledged = fs::read_to_string(folder.join("next")).unwrap_or_default();
    if let Ok(acknowledged) = acknowledged.parse::<u64>() {
        assert!(
            epochs == acknowledged || epochs == acknowledged + 1,
            "{acknowledged} epochs were acknowledged, {epochs} are there"
        );
    }
    epochs
}

#[test]
fn a_process_that_dies_at_any_step_leaves_exactly_the_acknowledged_epochs_or_one_more() {
    for durability in ["process", "power"] {
        let folder = folder();
        let mut before = 0;
        for step in CommitStep::ALL {
            for times in [1, 2, 3, 5] {
                let status = start(folder.path(), durability, 200, step.name(), times)
                    .wait()
                    .unwrap();
                assert!(!status.success(), "it died at {step:?} for time {times}");
                let epochs = check(folder.path());
                assert!(epochs >= before, "at {step:?}: {before}, then {epochs}");
                before = epochs;
            }
        }
    }
}

#[test]
fn a_process_killed_at_random_moments_leaves_exactly_the_acknowledged_epochs_or_one_more() {
    let seed = 20_261_124;
    println!("seed {seed}");
    let mut random = Random(seed);
    let folder = folder();
    let next = folder.path().join("next");
    for _ in 0..60 {
        let _ = fs::remove_file(&next);
        // It never ends by itself, so that a quick machine kills it in the middle, too.
        let mut child = start(folder.path(), "process", u64::MAX, "none", 0);
        while !next.exists() {
            assert!(child.try_wait().unwrap().is_none(), "it could not start");
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(random.below(10_000)));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "it was still running");
        check(folder.path());
    }
    assert!(check(folder.path()) > 60);
}
