//! What an officer and an approver do about a referral, each by the command and with their own keys, which lie in their folders.

use std::fs;
use std::path::PathBuf;

use super::{Person, STATEMENT};

/// The officer's arguments of `sign` and `export`.
pub fn officer_arguments<'a>(id: &'a str, act: &'a str) -> Vec<&'a str> {
    vec![
        act,
        id,
        "--key",
        "officer.private.json",
        "--trust",
        "trust.json",
        "--yes",
    ]
}

/// The approver's arguments of `sign`.
pub fn approver_arguments(id: &str) -> Vec<&str> {
    vec![
        "sign",
        id,
        "--key",
        "approver.private.json",
        "--signing-key",
        "approver-signing.private.json",
        "--trust",
        "trust.json",
        "--yes",
    ]
}

impl Person {
    /// Claims a referral.
    pub fn claim(&self, id: &str) -> String {
        self.referral(&["claim", id])
    }

    /// Finds a claimed threat to life founded.
    pub fn find_founded(&self, id: &str) -> String {
        let grounds = ["report_after_contact", "pattern_of_contact"];
        let duty = ["--regime", "us_emergency", "--recipient", "us_government"];
        self.find(id, "founded", &grounds, &duty)
    }

    /// Finds a claimed referral unfounded.
    pub fn find_unfounded(&self, id: &str) -> String {
        self.find(id, "unfounded", &["not_corroborated"], &[])
    }

    fn find(&self, id: &str, verdict: &str, grounds: &[&str], duty: &[&str]) -> String {
        if let Err(error) = fs::write(self.folder.join("statement.txt"), STATEMENT) {
            panic!("the statement cannot be written: {error}");
        }
        let mut arguments = vec!["find", id, "--verdict", verdict];
        arguments.extend(["--statement-file", "statement.txt", "--yes"]);
        for ground in grounds {
            arguments.extend(["--ground", ground]);
        }
        arguments.extend(duty);
        self.referral(&arguments)
    }

    /// Approves a founded finding.
    pub fn approve(&self, id: &str) -> String {
        self.referral(&["approve", id, "--key", "approver.private.json", "--yes"])
    }

    /// Signs as officer, with these further arguments.
    pub fn sign_as_officer(&self, id: &str, further: &[&str]) -> String {
        let keys = [
            "--signing-key",
            "officer-signing.private.json",
            "--approvers",
            "approver.public.json",
        ];
        self.referral(&[&officer_arguments(id, "sign"), &keys[..], further].concat())
    }

    /// Signs as approver.
    pub fn sign_as_approver(&self, id: &str) -> String {
        self.referral(&approver_arguments(id))
    }

    /// Exports into this new folder of the officer's. Gives its path.
    pub fn export(&self, id: &str, out: &str) -> PathBuf {
        self.referral(&[&officer_arguments(id, "export")[..], &["--out", out]].concat());
        self.folder.join(out)
    }
}
