//! A row of a list, as it is read and as it is taken from what was delivered.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::RecommendationId;
use sealwatch_core::time::Timestamp;
use sqlx::Row as _;

use super::{CaseStoreError, Delivered};
use crate::filter::Cursor;
use crate::statement::Row;

/// A row of a list: what is known without reading the recommendation itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The order of intake, rising from 1.
    pub intake_sequence: i64,
    /// The recommendation's id.
    pub id: RecommendationId,
    /// The account.
    pub account: Pseudonym,
    /// Which life of the number it is.
    pub incarnation: u32,
    /// The platform's name.
    pub platform: String,
    /// What the account did.
    pub behaviour: Behaviour,
    /// How far the recommendation goes.
    pub mode: Mode,
    /// What is recommended.
    pub answer: Answer,
    /// The score, in log-odds.
    pub score: f64,
    /// The threshold that it crossed.
    pub threshold_margin: f64,
    /// Whether the threshold was calibrated on simulated accounts.
    pub is_simulated: bool,
    /// When the deciding event happened.
    pub at: Timestamp,
    /// When it was first received, in milliseconds since 1970.
    pub received_ms: i64,
}

impl Summary {
    /// Where the list goes on behind this row.
    pub const fn cursor(&self) -> Cursor {
        Cursor {
            at_ms: self.at.0,
            intake_sequence: self.intake_sequence,
        }
    }

    /// Whether nobody may be banned on it.
    pub fn is_demonstration(&self) -> bool {
        self.is_simulated || self.mode == Mode::Demo
    }
}

/// The columns of a list.
pub(super) const COLUMNS: &str = "intake_sequence, id, account, incarnation, platform, behaviour, mode, answer, score, \
    threshold_margin, is_simulated, at_ms, received_ms";

pub(super) fn parsed<T>(
    row: &Row,
    column: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<T, CaseStoreError> {
    let text: String = row.try_get(column)?;
    parse(&text).ok_or(CaseStoreError::Damaged)
}

/// Reads a row with [`COLUMNS`].
pub(super) fn read(row: &Row) -> Result<Summary, CaseStoreError> {
    let incarnation: i64 = row.try_get("incarnation")?;
    let is_simulated: i64 = row.try_get("is_simulated")?;
    Ok(Summary {
        intake_sequence: row.try_get("intake_sequence")?,
        id: parsed(row, "id", RecommendationId::parse)?,
        account: parsed(row, "account", Pseudonym::parse)?,
        incarnation: u32::try_from(incarnation).map_err(|_| CaseStoreError::Damaged)?,
        platform: row.try_get("platform")?,
        behaviour: parsed(row, "behaviour", Behaviour::parse)?,
        mode: parsed(row, "mode", Mode::parse)?,
        answer: parsed(row, "answer", Answer::parse)?,
        score: row.try_get("score")?,
        threshold_margin: row.try_get("threshold_margin")?,
        is_simulated: is_simulated != 0,
        at: Timestamp(row.try_get("at_ms")?),
        received_ms: row.try_get("received_ms")?,
    })
}

impl Delivered {
    /// What a list shows of it.
    pub fn summary(&self) -> Summary {
        let recommendation = &self.recommendation;
        Summary {
            intake_sequence: self.intake_sequence,
            id: recommendation.id,
            account: recommendation.account,
            incarnation: recommendation.incarnation,
            platform: recommendation.platform.clone(),
            behaviour: recommendation.behaviour,
            mode: recommendation.mode,
            answer: recommendation.answer,
            score: recommendation.score,
            threshold_margin: recommendation.threshold.margin,
            is_simulated: recommendation.threshold.population.is_simulated(),
            at: recommendation.at,
            received_ms: self.received_ms,
        }
    }
}
