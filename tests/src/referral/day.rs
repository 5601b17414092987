//! An officer and an approver at work on all that comes into the queue of referrals.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Person;
use crate::service::Service;

/// Between two referrals.
const PAUSE: Duration = Duration::from_millis(700);

/// Claims that the officer leaves for later.
const LEFT: usize = 4;

/// An officer and an approver, each on their own machine.
pub struct ReferralDay {
    olga: Person,
    anton: Person,
    found: usize,
    exported: usize,
    left: usize,
}

impl ReferralDay {
    /// Two people with keys of their own, in the folders `olga` and `anton`.
    pub fn new(folder: &Path) -> Self {
        Self {
            olga: Person::new(folder, "olga", &["officer", "officer-signing"]),
            anton: Person::new(folder, "anton", &["approver", "approver-signing"]),
            found: 0,
            exported: 0,
            left: 0,
        }
    }

    /// Both log in, enrol their signing keys and compare them, and the officer gets the approvers' public key by hand.
    ///
    /// # Errors
    /// A file cannot be copied.
    pub fn begin(&mut self, service: &Service) -> Result<()> {
        for person in [&mut self.olga, &mut self.anton] {
            let token = service.token_of(&person.name).to_owned();
            person.log_in(service, &token);
        }
        self.olga.enrol("officer-signing.private.json");
        self.anton.enrol("approver-signing.private.json");
        for person in [&self.olga, &self.anton] {
            person.referral(&["trust", "--out", "trust.json"]);
        }
        let name = "approver.public.json";
        fs::copy(self.anton.folder.join(name), self.olga.folder.join(name))?;
        Ok(())
    }

    /// What both do until the time is over.
    ///
    /// # Errors
    /// Too little came to them.
    ///
    /// # Panics
    /// An act is refused that should not be.
    #[expect(clippy::disallowed_methods, reason = "people work for some seconds")]
    pub fn all_day(mut self, duration: Duration) -> Result<()> {
        let began = Instant::now();
        let mut number = 0;
        while began.elapsed() < duration {
            sleep(PAUSE);
            if let Some(referral) = self.next() {
                self.work(&referral, number)?;
                number += 1;
            }
        }
        let (found, exported) = (self.found, self.exported);
        ensure!(
            found > 3 && exported > 1,
            "of {number} referrals {found} were judged and {exported} exported"
        );
        Ok(())
    }

    /// The first of the queue that nobody has.
    fn next(&self) -> Option<Value> {
        let queue = self.olga.get_list();
        let mut referrals = queue["items"].as_array()?.iter();
        referrals.find(|one| one["state"] == "open").cloned()
    }

    /// Some are unfounded, some wait for the approver or the officer at the end, and the others go the whole way.
    fn work(&mut self, referral: &Value, number: usize) -> Result<()> {
        let id = referral["id"].as_str().context("a referral without id")?;
        self.olga.claim(id);
        let can_be_founded = referral["kind"] == "threat_to_life";
        if number % 6 == 5 && self.left < LEFT {
            self.left += 1;
            return Ok(());
        }
        self.found += 1;
        if !can_be_founded || number % 6 == 2 {
            self.olga.find_unfounded(id);
            return Ok(());
        }
        self.olga.find_founded(id);
        if number % 6 == 4 {
            return Ok(());
        }
        self.anton.approve(id);
        self.olga.sign_as_officer(id, &[]);
        self.anton.sign_as_approver(id);
        self.olga.export(id, &format!("bag-{number}"));
        self.exported += 1;
        if self.exported.is_multiple_of(2) {
            let reference = format!("NCIC-{number}");
            self.olga
                .referral(&["acknowledge", id, "--reference", &reference, "--yes"]);
        }
        Ok(())
    }
}
