//! Revisions of cases become threat signals with evidence and a sealed identity, each with its outbox row's number.

use std::sync::Arc;

use sealwatch_core::behaviour::{Behaviour, Mode};
use sealwatch_core::event::Edge;
use sealwatch_core::fold::{ThreatContext, ThreatUpdate};
use sealwatch_core::recommendation::{Evidence, SealedIdentity};
use sealwatch_core::shard::Decision;
use sealwatch_core::threat::{Outgoing, SubjectKind, ThreatDelivery, ThreatSignal};
use sealwatch_core::time::Timestamp;

use super::{Pipeline, PipelineError};
use crate::evidence::{self, Archive, Window};
use crate::identity::IdentityError;
use crate::source::Batch;

impl Pipeline {
    /// Appends a row for each revision. `decisions` are those of the same epoch.
    pub(super) fn signal_threats(
        &mut self,
        batch: &Batch,
        updates: Vec<ThreatUpdate>,
        decisions: &[Decision],
        rows: &mut Vec<(u64, Outgoing)>,
    ) -> Result<(), PipelineError> {
        for update in updates {
            let detector_mode = self.referral_mode(&update, decisions);
            let threat = self.threat(update, detector_mode)?;
            let sealed_identity = self.seal_threat(batch, &threat)?;
            let row = self.next_outbox + rows.len() as u64;
            let delivery = ThreatDelivery {
                threat,
                sealed_identity,
            };
            rows.push((row, Outgoing::Threat(Box::new(delivery))));
        }
        Ok(())
    }

    fn threat(
        &mut self,
        update: ThreatUpdate,
        detector_mode: Mode,
    ) -> Result<ThreatSignal, PipelineError> {
        let evidence = match update.subject {
            SubjectKind::Account => {
                let archive = Archive {
                    store: &mut self.store,
                    engine: &self.engine,
                    first_sequence: self.next_sequence,
                };
                evidence::bundle(archive, Window::of_threat(&update))?
            }
            SubjectKind::Group => Evidence::default(),
        };
        let index = (update.position.sequence - self.next_sequence) as usize;
        let vocabulary = &self.options.vocabulary;
        // The record's own platform: an account's pseudonym is one of its platform.
        let platform = self
            .decoded
            .get(index)
            .and_then(|decoded| decoded.as_ref().ok())
            .and_then(|read| vocabulary.platforms.get(usize::from(read.event.platform)));
        let context = ThreatContext {
            platform: platform.map_or("", String::as_str),
            banks: &vocabulary.banks,
            issuers: &vocabulary.issuers,
            detector_mode,
            evidence,
        };
        Ok(update.signal(context))
    }

    /// How far the detector goes whose recommendations open cases: as far as the decision that this update comes from.
    fn referral_mode(&self, update: &ThreatUpdate, decisions: &[Decision]) -> Mode {
        let is_lowered = decisions.iter().any(|decision| {
            decision.is_lowered
                && decision.point.account == update.key
                && decision.point.position.sequence == update.position.sequence
                && Behaviour::WITH_DETECTOR.get(decision.detector)
                    == Some(&Behaviour::MinorContactRisk)
        });
        if is_lowered {
            return Mode::Shadow;
        }
        let scorer = Arc::clone(&self.options.scorer);
        let rules = scorer.policy().rules();
        let mut rules = rules.filter(|rule| rule.behaviour == Behaviour::MinorContactRisk);
        rules
            .next()
            .map_or(Mode::Shadow, |rule| rule.mode_at(Timestamp(update.at)))
    }

    fn seal_threat(
        &mut self,
        batch: &Batch,
        threat: &ThreatSignal,
    ) -> Result<Option<SealedIdentity>, PipelineError> {
        let index = threat.position.sequence - self.next_sequence;
        let record = batch.get(index as usize).ok_or(IdentityError::NotNamed)?;
        let edge = Edge::new(&self.options.vocabulary, &self.options.pseudonymiser);
        Ok(self.options.recipients.seal_threat(
            threat,
            &record.body,
            &edge,
            &mut self.options.random,
        )?)
    }
}
