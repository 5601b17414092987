//! The benchmark's program runs with the policy and the artefact that the service carries.

use std::process::Command;

use sealwatch_core::behaviour::Behaviour;
use sealwatch_tests::system::{root, simulate, succeed};

#[test]
fn the_benchmark_prints_a_row_for_every_detector_and_for_the_whole_engine() {
    let folder = tempfile::tempdir().unwrap();
    let events = simulate(folder.path(), 300, 3, 6);
    let output = succeed(
        Command::new(env!("CARGO_BIN_EXE_sealwatch-bench"))
            .current_dir(root())
            .arg(&events),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    for behaviour in Behaviour::WITH_DETECTOR {
        assert!(
            text.contains(&format!("score: {}", behaviour.name())),
            "{text}"
        );
    }
    assert!(text.contains("whole engine, file to commit"), "{text}");
}
