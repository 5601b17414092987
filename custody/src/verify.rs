//! Verifying a referral's bag, offline, with nothing but the bag and the trusted keys.
//!
//! Everything is recomputed: the digests of all files; both people's signatures over the statement; the statement's digests
//! of the files that pin the rest; the signature of the log's tree head; the inclusion of each entry in that tree; and
//! that the log holds the officer's signing and the approver's approval of this very statement. So a bag passes only if the
//! two people signed it, and the log of the platform says that they did. Nothing in a passing bag is unauthenticated.

use std::collections::BTreeSet;

use crate::bag::{self, ATTESTATION, BagFiles, CHECKPOINT, PROOFS, SIGNED_FILES};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::commitment::{self, Salt};
use crate::dsse::{Envelope, IN_TOTO_PAYLOAD_TYPE, Signers, verify_signers};
use crate::proofs::{self, EntryProof, LoggedEntry};
use crate::statement::{FileDigest, Statement, entry_detail};
use crate::trust::Trust;

mod report;

pub use report::{Check, Failure, Report, VerifiedReferral};

/// The act of the log's entry that an officer signed a referral's statement.
pub const SIGNED_ACT: &str = "referral_signed";
/// The act of the log's entry that an approver approved and signed it.
pub const APPROVED_ACT: &str = "referral_approved";

/// Verifies a bag. Every check that can be made is made, also after one has failed.
pub fn verify_bag(files: &BagFiles, trust: &Trust) -> Report {
    let complete = check_complete(files);
    let envelope = read_envelope(files);
    let signers = envelope
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|envelope| Ok(verify_signers(envelope, trust)?));
    let statement = envelope
        .as_ref()
        .map_err(Clone::clone)
        .and_then(read_statement);
    let subjects = depends(&statement, Check::Signatures)
        .and_then(|statement| check_subjects(files, statement, &complete));
    let head = depends(&statement, Check::Signatures)
        .and_then(|statement| check_head(files, statement, trust));
    let entries = depends(&head, Check::TreeHead).and_then(|head| check_entries(files, head));
    let recorded = check_recorded(&envelope, &statement, &signers, &entries);
    let signatures = match (&signers, &statement) {
        (Err(failure), _) | (Ok(_), Err(failure)) => Err(failure.clone()),
        (Ok(_), Ok(_)) => Ok(()),
    };
    let verified = match (&signers, &statement, &head, &recorded) {
        (Ok(signers), Ok(statement), Ok(head), Ok((signed, approved))) => Some(VerifiedReferral {
            referral: statement.referral.clone(),
            revision: statement.revision,
            officer: signers.officer.name.clone(),
            approver: signers.approver.name.clone(),
            signed_at: *signed,
            approved_at: *approved,
            head: head.clone(),
        }),
        _ => None,
    };
    let outcomes = vec![
        (Check::Complete, complete.map(drop)),
        (Check::Signatures, signatures),
        (Check::Subjects, subjects),
        (Check::TreeHead, head.map(drop)),
        (Check::Entries, entries.map(drop)),
        (Check::Recorded, recorded.map(drop)),
    ];
    Report::new(outcomes, verified)
}

/// What a check needs from an earlier one, or that it could not be made.
fn depends<Value>(earlier: &Result<Value, Failure>, check: Check) -> Result<&Value, Failure> {
    earlier.as_ref().map_err(|_| Failure::NeedsEarlier(check))
}

fn file<'files>(files: &'files BagFiles, name: &'static str) -> Result<&'files [u8], Failure> {
    files
        .get(name)
        .map(Vec::as_slice)
        .ok_or(Failure::MissingFile(name))
}

/// The bag is whole, and holds no tag file that nothing authenticates. Gives its `External-Identifier`.
fn check_complete(files: &BagFiles) -> Result<Option<String>, Failure> {
    let contents = bag::verify(files).map_err(Failure::Defects)?;
    for name in [ATTESTATION, CHECKPOINT, PROOFS] {
        file(files, name)?;
    }
    let foreign = contents
        .tag_files()
        .iter()
        .find(|path| ![ATTESTATION, CHECKPOINT, PROOFS].contains(&path.as_str()));
    match foreign {
        Some(path) => Err(Failure::ForeignFile(path.clone())),
        None => Ok(contents.external_identifier().map(str::to_owned)),
    }
}

fn read_envelope(files: &BagFiles) -> Result<Envelope, Failure> {
    let envelope = Envelope::parse(file(files, ATTESTATION)?)?;
    if envelope.payload_type() == IN_TOTO_PAYLOAD_TYPE {
        Ok(envelope)
    } else {
        Err(Failure::PayloadType)
    }
}

fn read_statement(envelope: &Envelope) -> Result<Statement, Failure> {
    Ok(Statement::parse(envelope.payload())?)
}

/// The statement is about exactly the files that pin the rest, as they are in this bag, and about this referral.
fn check_subjects(
    files: &BagFiles,
    statement: &Statement,
    complete: &Result<Option<String>, Failure>,
) -> Result<(), Failure> {
    let named: BTreeSet<&str> = statement.subjects.keys().map(String::as_str).collect();
    if named != BTreeSet::from(SIGNED_FILES) {
        return Err(Failure::SubjectNames);
    }
    for name in SIGNED_FILES {
        let digest = FileDigest::of(file(files, name)?);
        if statement.subjects.get(name) != Some(&digest) {
            return Err(Failure::SubjectDigest(name));
        }
    }
    let identifier = depends(complete, Check::Complete)?;
    if identifier.as_ref() == Some(&statement.referral) {
        Ok(())
    } else {
        Err(Failure::AnotherReferral)
    }
}

/// The tree head is signed by a trusted key of the log that the statement names, and by nobody else.
fn check_head(
    files: &BagFiles,
    statement: &Statement,
    trust: &Trust,
) -> Result<Checkpoint, Failure> {
    let signed = std::str::from_utf8(file(files, CHECKPOINT)?).map_err(|_| Failure::NotText)?;
    let mut last = Failure::UnknownLog;
    for key in trust.log_keys(&statement.log) {
        match Checkpoint::verify_sole(signed, &statement.log, key) {
            Ok(head) => return Ok(head),
            Err(CheckpointError::NotSignedByKey) if last != Failure::UnknownLog => {}
            Err(error) => last = Failure::TreeHead(error),
        }
    }
    Err(last)
}

/// Every entry in the bag is in the log of the tree head.
fn check_entries(
    files: &BagFiles,
    head: &Checkpoint,
) -> Result<Vec<(EntryProof, LoggedEntry)>, Failure> {
    let proofs = proofs::parse(file(files, PROOFS)?)?;
    let entries = proofs::verify(&proofs, head.size, &head.root)?;
    Ok(proofs.into_iter().zip(entries).collect())
}

/// The log says that these two people signed and approved this statement. Gives the times of both.
fn check_recorded(
    envelope: &Result<Envelope, Failure>,
    statement: &Result<Statement, Failure>,
    signers: &Result<Signers<'_>, Failure>,
    entries: &Result<Vec<(EntryProof, LoggedEntry)>, Failure>,
) -> Result<(u64, u64), Failure> {
    let envelope = depends(envelope, Check::Signatures)?;
    let statement = depends(statement, Check::Signatures)?;
    let signers = depends(signers, Check::Signatures)?;
    let entries = depends(entries, Check::Entries)?;
    let detail = entry_detail(envelope.payload());
    let opens = |salt: &Salt, entry: &LoggedEntry| {
        let made = entry.commitment.as_ref();
        made.is_some_and(|made| commitment::verify(made, salt, detail.as_bytes()))
    };
    // A salt that opens nothing would be a number in the bag for which nobody vouches.
    let unopened = entries.iter().position(|(proof, entry)| {
        let salt = proof.salt.as_ref();
        salt.is_some_and(|salt| !opens(salt, entry))
    });
    if let Some(place) = unopened {
        return Err(Failure::Salt(place + 1));
    }
    let recorded = |act: &'static str, person: &str| {
        entries
            .iter()
            .find(|(proof, entry)| {
                proof.salt.is_some()
                    && entry.act == act
                    && entry.person == person
                    && entry.subject.as_ref() == Some(&statement.referral)
            })
            .map(|(_, entry)| entry.at_ms)
            .ok_or(Failure::NotRecorded(act))
    };
    Ok((
        recorded(SIGNED_ACT, &signers.officer.name)?,
        recorded(APPROVED_ACT, &signers.approver.name)?,
    ))
}

#[cfg(test)]
mod tests;
