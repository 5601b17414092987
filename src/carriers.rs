//! What connects the outbox of the people's side with the places: the feedback log and the Kafka topic, which only this
//! program knows, and the platform's webhooks.

use std::sync::Arc;

use sealwatch_api::cases::ControlDocument;
use sealwatch_api::delivery::{
    Carrier, Destination, EventKind, Failed, FailureKind, LabelGiven, Outgoing, ReportJudged,
    Routes,
};
use sealwatch_ingest::feedback::{
    FeedbackError, FeedbackId, FeedbackRecord, FeedbackWriter, JudgementRecord, LabelRecord,
    ModeRecord,
};

use crate::config::Config;
use crate::failure::Failure;
use crate::feedback;
use crate::kafka_carrier::KafkaCarrier;

/// Events that are appended together at most.
const TOGETHER: usize = 200;

/// Which events go where, and who carries them.
pub struct Outlets {
    /// Which events go to which places.
    pub routes: Routes,
    /// Who carries to each place.
    pub carriers: Vec<(Destination, Arc<dyn Carrier>)>,
}

/// The configured outlets.
///
/// # Errors
/// The feedback log cannot be opened, librdkafka refuses its settings, or a webhook's address, secret or authorities are none.
pub fn outlets(config: &Config) -> Result<Outlets, Failure> {
    let mut outlets = Outlets {
        routes: Routes::default(),
        carriers: Vec::new(),
    };
    match (feedback::open(config)?, config.platforms.first()) {
        (Some(writer), Some(platform)) => {
            outlets.routes.recorded_order.push(Destination::Feedback);
            let carrier = FeedbackCarrier {
                writer,
                platform: platform.clone(),
            };
            outlets
                .carriers
                .push((Destination::Feedback, Arc::new(carrier)));
        }
        _ => {
            tracing::warn!("no feedback log is configured: what people decide reaches no detector");
        }
    }
    if let Some(kafka) = &config.enforcement.kafka {
        let carrier = KafkaCarrier::new(kafka)?;
        outlets.routes.enforcement.push(Destination::Kafka);
        outlets
            .carriers
            .push((Destination::Kafka, Arc::new(carrier)));
    }
    for (name, webhook) in config.enforcement.webhooks(&config.base)? {
        let destination = Destination::Webhook(name);
        outlets.routes.enforcement.push(destination.clone());
        outlets.carriers.push((destination, Arc::new(webhook)));
    }
    for (name, webhook) in config.audit.webhooks(&config.base)? {
        let destination = Destination::Webhook(name);
        outlets.routes.tree_heads.push(destination.clone());
        outlets.carriers.push((destination, Arc::new(webhook)));
    }
    for (name, webhook) in config.referrals.webhooks(&config.base)? {
        let destination = Destination::Webhook(name);
        outlets.routes.pages.push(destination.clone());
        outlets.carriers.push((destination, Arc::new(webhook)));
    }
    if outlets.routes.pages.is_empty() {
        tracing::warn!(
            "no webhook of referrals is configured: nobody is told before a referral's clock runs out"
        );
    }
    if outlets.routes.enforcement.is_empty() {
        tracing::warn!(
            "no place for confirmed decisions is configured: what people decide reaches nobody who could act on it"
        );
    }
    Ok(outlets)
}

/// Carries labels, detectors' modes and what became of reports into the feedback log.
struct FeedbackCarrier {
    writer: FeedbackWriter,
    /// Whose ids the control records' are: a mode holds for every platform.
    platform: String,
}

impl Carrier for FeedbackCarrier {
    fn together(&self) -> usize {
        TOGETHER
    }

    fn carry(&self, batch: &[Outgoing], _now_ms: i64) -> Vec<Result<(), Failed>> {
        let unacceptable = Failed::new(FailureKind::Unacceptable);
        let records: Vec<Option<FeedbackRecord>> =
            batch.iter().map(|event| self.record(event)).collect();
        let readable: Vec<FeedbackRecord> = records.iter().flatten().cloned().collect();
        // Where one of them cannot be taken, each goes alone, so that it does not take the others with it.
        let together = match self.append(&readable) {
            Err(failed) if failed.is_final() => None,
            result => Some(result),
        };
        records
            .iter()
            .map(|record| {
                let record = record.as_ref().ok_or(unacceptable)?;
                together.unwrap_or_else(|| self.append(std::slice::from_ref(record)))
            })
            .collect()
    }
}

impl FeedbackCarrier {
    fn append(&self, records: &[FeedbackRecord]) -> Result<(), Failed> {
        self.writer.append(records).map_err(|error| {
            tracing::error!(error = %error, "the feedback log does not take what people decided");
            Failed::new(match error {
                FeedbackError::Write { .. } => FailureKind::Write,
                _ => FailureKind::Unacceptable,
            })
        })
    }

    /// The record of an event; nothing where it is none that the recorded order takes.
    fn record(&self, event: &Outgoing) -> Option<FeedbackRecord> {
        match event.kind {
            EventKind::Label => {
                let label: LabelGiven = serde_json::from_str(&event.body).ok()?;
                Some(FeedbackRecord::Label(LabelRecord {
                    id: FeedbackId::new(&label.id)?,
                    at: label.at,
                    platform: label.platform,
                    account: label.account,
                    behaviour: label.behaviour,
                    verdict: label.verdict,
                    origin: label.origin,
                    since: label.since,
                    recommendation: label.recommendation,
                }))
            }
            EventKind::Control => {
                let control: ControlDocument = serde_json::from_str(&event.body).ok()?;
                Some(FeedbackRecord::Mode(ModeRecord {
                    id: FeedbackId::new(&control.id)?,
                    at: control.at,
                    platform: self.platform.clone(),
                    behaviour: control.behaviour,
                    mode: control.mode,
                    reason: control.reason,
                }))
            }
            EventKind::Report => {
                let judged: ReportJudged = serde_json::from_str(&event.body).ok()?;
                Some(FeedbackRecord::Judgement(JudgementRecord {
                    id: FeedbackId::new(&judged.id)?,
                    at: judged.at,
                    platform: judged.platform,
                    account: judged.account,
                    target: judged.target,
                    group: judged.group,
                    was_right: judged.was_right,
                }))
            }
            EventKind::Enforcement | EventKind::Page | EventKind::TreeHead => None,
        }
    }
}
