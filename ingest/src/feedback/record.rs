//! What people decide, as records of the feedback log. They are events of schema 1 that name accounts by pseudonyms.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::event::EventType;
use sealwatch_core::event::values::{ControlReason, ControlledMode, LabelOrigin, Verdict};
use sealwatch_core::identifier::{Pseudonym, RawIdentifier};
use sealwatch_core::recommendation::RecommendationId;
use sealwatch_core::time::Timestamp;
use serde::Serialize;

/// A record's id, unique within its platform: `[A-Za-z0-9+@._:-]{1,128}`. The same decision has the same id however often
/// it is appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FeedbackId(String);

impl FeedbackId {
    /// Checks the id's form. `None` where it has another.
    pub fn new(text: &str) -> Option<Self> {
        RawIdentifier::new(text).map(|_| Self(text.to_owned()))
    }
}

/// Somebody decided what an account did: `label.given`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelRecord {
    /// The record's id.
    pub id: FeedbackId,
    /// When it was decided.
    pub at: Timestamp,
    /// The platform, of the configured set.
    pub platform: String,
    /// The account.
    pub account: Pseudonym,
    /// The behaviour that was judged.
    pub behaviour: Behaviour,
    /// The verdict.
    pub verdict: Verdict,
    /// Where the label came from.
    pub origin: LabelOrigin,
    /// From when on the account behaved so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The recommendation that was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<RecommendationId>,
}

/// A detector goes into the shadow, or back to what the policy says: `control.detector_mode`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModeRecord {
    /// The record's id.
    pub id: FeedbackId,
    /// When it was decided.
    pub at: Timestamp,
    /// The platform whose ids the record's is one of. The mode holds for every platform.
    pub platform: String,
    /// The detector's behaviour.
    pub behaviour: Behaviour,
    /// Shadow, or as configured.
    pub mode: ControlledMode,
    /// Why.
    pub reason: ControlReason,
}

/// A person found a report of danger to be right or wrong: `report.judged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgementRecord {
    /// The record's id.
    pub id: FeedbackId,
    /// When it was found.
    pub at: Timestamp,
    /// The platform, of the configured set.
    pub platform: String,
    /// The reporter.
    pub account: Pseudonym,
    /// The account that was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Pseudonym>,
    /// The group that was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Pseudonym>,
    /// Whether it was so.
    pub was_right: bool,
}

/// One record of the feedback log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedbackRecord {
    /// A label.
    Label(LabelRecord),
    /// A detector's mode.
    Mode(ModeRecord),
    /// What became of a report.
    Judgement(JudgementRecord),
}

/// A record with its type, as it is written.
#[derive(Serialize)]
struct Written<'record, T> {
    #[serde(rename = "type")]
    kind: EventType,
    #[serde(flatten)]
    record: &'record T,
}

impl FeedbackRecord {
    /// The record's platform.
    pub fn platform(&self) -> &str {
        match self {
            Self::Label(record) => &record.platform,
            Self::Mode(record) => &record.platform,
            Self::Judgement(record) => &record.platform,
        }
    }

    /// The record's line, without its newline.
    ///
    /// # Errors
    /// Never for the types above; serde cannot know.
    pub(super) fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        match self {
            Self::Label(record) => serde_json::to_vec(&Written {
                kind: EventType::LabelGiven,
                record,
            }),
            Self::Mode(record) => serde_json::to_vec(&Written {
                kind: EventType::ControlDetectorMode,
                record,
            }),
            Self::Judgement(record) => serde_json::to_vec(&Written {
                kind: EventType::ReportJudged,
                record,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::TYPES;
    use sealwatch_core::event::{Edge, UnknownFields, Vocabulary, read};
    use sealwatch_core::identifier::{PseudonymKey, Pseudonymiser};
    use sealwatch_core::wire::Fields;

    #[test]
    fn every_record_is_an_event_of_the_schema_with_all_its_fields() {
        let label = LabelRecord {
            id: FeedbackId::new("label-1").unwrap(),
            at: Timestamp(1_767_225_600_000),
            platform: "demo".to_owned(),
            account: Pseudonym::from_bytes([7; 16]),
            behaviour: Behaviour::ScamFanout,
            verdict: Verdict::Benign,
            origin: LabelOrigin::Appeal,
            since: Some(Timestamp(1_767_225_000_000)),
            recommendation: Some(RecommendationId::new(9)),
        };
        let mode = ModeRecord {
            id: FeedbackId::new("mode-1").unwrap(),
            at: label.at,
            platform: label.platform.clone(),
            behaviour: Behaviour::GroupSpam,
            mode: ControlledMode::Shadow,
            reason: ControlReason::RateAnomaly,
        };
        let judgement = JudgementRecord {
            id: FeedbackId::new("report-1").unwrap(),
            at: label.at,
            platform: label.platform.clone(),
            account: Pseudonym::from_bytes([8; 16]),
            target: Some(label.account),
            group: None,
            was_right: true,
        };
        let vocabulary = Vocabulary {
            platforms: vec!["demo".to_owned()],
            issuers: vec![],
            banks: vec![],
        };
        let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new([2; 32]), &vocabulary.platforms);
        let edge = Edge::new(&vocabulary, &pseudonymiser).of_pseudonyms();
        let mut kinds = Vec::new();
        let records = [
            FeedbackRecord::Label(label),
            FeedbackRecord::Mode(mode),
            FeedbackRecord::Judgement(judgement),
        ];
        for record in records {
            let line = record.to_line().unwrap();
            let fields = Fields::parse(&line).unwrap();
            let read = read(&fields, &edge, UnknownFields::Refuse).unwrap();
            let kind = read.event.body.event_type();
            for field in kind.definitions() {
                let index = sealwatch_core::event::field_index(field.name).unwrap();
                // One of target and group.
                let is_there = fields.get(index).is_some();
                assert_eq!(is_there, field.name != "group", "{}", field.name);
            }
            kinds.push(kind);
        }
        assert_eq!(kinds, TYPES);
    }

    #[test]
    fn an_id_of_another_form_is_none() {
        assert_eq!(FeedbackId::new("two words"), None);
        assert_eq!(FeedbackId::new(""), None);
    }
}
