//! Notes of people, the one free text of a case, and statements of findings, the one of a referral. Encrypted before they reach
//! the database.

use sealwatch_custody::symmetric::{NoteField, NoteKey, NotePlace};
use zeroize::Zeroizing;

use crate::cases::CaseId;
use crate::problem::Problem;
use crate::referrals::ReferralId;
use crate::state::ApiState;
use crate::store::CaseStoreError;

/// Characters of a note at most.
pub const MAXIMUM_NOTE: usize = 4_000;

impl ApiState {
    /// Encrypts a note about a case. Nothing where it is empty.
    ///
    /// # Errors
    /// It is too long.
    pub(crate) fn seal_note(&self, case: CaseId, text: &str) -> Result<Option<String>, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().count() > MAXIMUM_NOTE {
            return Err(Problem::unprocessable(
                "urn:sealwatch:problem:note",
                "A note has at most 4000 characters",
            ));
        }
        let id = case.to_hexadecimal();
        let database = self.store.database();
        let mut random = |buffer: &mut [u8]| database.fill_random(buffer);
        self.notes
            .encrypt(&place(&id), text, &mut random)
            .map(Some)
            .map_err(|error| {
                tracing::error!(error = %error, "a note cannot be encrypted");
                Problem::internal()
            })
    }

    /// Decrypts a note about a case, for its page.
    pub(crate) fn open_note(&self, case: CaseId, sealed: &str) -> Option<Zeroizing<String>> {
        open(&self.notes, case, sealed)
    }
}

impl ApiState {
    /// Encrypts the statement of a finding about a revision of a referral.
    ///
    /// # Errors
    /// The cipher refuses.
    pub(crate) fn seal_statement(
        &self,
        referral: ReferralId,
        revision: u32,
        text: &str,
    ) -> Result<String, CaseStoreError> {
        let record = statement_record(referral, revision);
        let database = self.store.database();
        let mut random = |buffer: &mut [u8]| database.fill_random(buffer);
        self.notes
            .encrypt(&statement_place(&record), text, &mut random)
            .map_err(|error| {
                tracing::error!(error = %error, "a finding cannot be encrypted");
                CaseStoreError::Unwritable
            })
    }

    /// Decrypts the statement of a finding, for its page and its package.
    pub(crate) fn open_statement(
        &self,
        referral: ReferralId,
        revision: u32,
        sealed: &str,
    ) -> Option<Zeroizing<String>> {
        let record = statement_record(referral, revision);
        self.notes
            .decrypt(&statement_place(&record), sealed)
            .inspect_err(|error| tracing::error!(error = %error, "a finding does not open"))
            .ok()
    }
}

fn statement_record(referral: ReferralId, revision: u32) -> String {
    format!("{}-{revision}", referral.to_hexadecimal())
}

const fn statement_place(record: &str) -> NotePlace<'_> {
    NotePlace {
        record,
        field: NoteField::Finding,
    }
}

fn open(key: &NoteKey, case: CaseId, sealed: &str) -> Option<Zeroizing<String>> {
    let id = case.to_hexadecimal();
    key.decrypt(&place(&id), sealed)
        .inspect_err(|error| tracing::error!(error = %error, "a note does not open"))
        .ok()
}

const fn place(case: &str) -> NotePlace<'_> {
    NotePlace {
        record: case,
        field: NoteField::Note,
    }
}
