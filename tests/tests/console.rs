//! The console in a real Chromium: what a person sees, reaches and reads, and what the browser complains about.

use sealwatch_tests::browser::run_script;
use sealwatch_tests::served::Served;

#[test]
fn the_browser_harness_finds_each_planted_fault() {
    run_script("self_test.py", "", &[]);
}

#[test]
fn a_person_logs_in_reads_recommendations_and_finds_nothing_out_of_reach() {
    let served = Served::start();
    run_script("console.py", &served.url(), &served.tokens());
}
