//! The console in a real Chromium: what people see, reach, read and do, and what the browser complains about.

use sealwatch_tests::browser::run_script;
use sealwatch_tests::served::Served;

#[test]
fn the_browser_harness_finds_each_planted_fault() {
    run_script("self_test.py", "", &[], "");
}

#[test]
fn people_review_appeal_refer_search_and_keep_the_service_in_a_browser_that_finds_no_fault() {
    // Each decision is drawn for a second look, and becomes final while the test runs.
    // Somebody refers, so that findings can be made.
    let served = Served::start_with(
        "[review]\nundo_seconds = 15\nsecond_look_share = 1.0\n\
         [provider]\norganization = \"Example Messenger Ltd\"\nservice = \"Example\"\n",
    );
    let identifier = served.abusive_account();
    run_script("console.py", &served.url(), &served.tokens(), &identifier);
}
