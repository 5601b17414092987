//! Decisions become recommendations, each with its outbox row's number.

use std::sync::Arc;

use sealwatch_core::decide::{Context, recommend};
use sealwatch_core::engine::EpochResult;
use sealwatch_core::event::Edge;
use sealwatch_core::recommendation::{Delivery, Recommendation, SealedIdentity};
use sealwatch_core::shard::Decision;
use sealwatch_core::threat::Outgoing;

use super::{Pipeline, PipelineError};
use crate::evidence::{self, Archive, Window};
use crate::identity::IdentityError;
use crate::source::Batch;

impl Pipeline {
    /// Decisions become recommendations with reasons, evidence and sealed identities, each with its outbox row's number.
    pub(super) fn recommend(
        &mut self,
        batch: &Batch,
        result: &EpochResult,
    ) -> Result<Vec<(u64, Outgoing)>, PipelineError> {
        let mut deliveries = Vec::with_capacity(result.decisions.len());
        for decision in &result.decisions {
            let Some(recommendation) = self.recommendation(decision)? else {
                continue;
            };
            let sealed_identities = self.seal(batch, decision, &recommendation)?;
            let row = self.next_outbox + deliveries.len() as u64;
            let delivery = Delivery {
                recommendation,
                sealed_identities,
            };
            deliveries.push((row, Outgoing::Recommendation(Box::new(delivery))));
        }
        Ok(deliveries)
    }

    fn recommendation(
        &mut self,
        decision: &Decision,
    ) -> Result<Option<Recommendation>, PipelineError> {
        let scorer = Arc::clone(&self.options.scorer);
        let Some(rule) = scorer.policy().rule(decision.detector) else {
            return Ok(None);
        };
        let archive = Archive {
            store: &mut self.store,
            engine: &self.engine,
            first_sequence: self.next_sequence,
        };
        let evidence = evidence::bundle(archive, Window::of(decision))?;
        let contributions = scorer.contributions(decision.detector, decision.row.as_slice());
        let platforms = &self.options.vocabulary.platforms;
        let context = Context {
            rule,
            platform: platforms
                .get(usize::from(decision.point.platform))
                .map_or("", String::as_str),
            model_digest: scorer.model_digest(),
            contributions: &contributions,
        };
        Ok(Some(recommend(decision, &context, evidence)))
    }

    fn seal(
        &mut self,
        batch: &Batch,
        decision: &Decision,
        recommendation: &Recommendation,
    ) -> Result<Vec<SealedIdentity>, PipelineError> {
        let index = decision.point.position.sequence - self.next_sequence;
        let record = batch.get(index as usize).ok_or(IdentityError::NotNamed)?;
        let edge = Edge::new(&self.options.vocabulary, &self.options.pseudonymiser);
        Ok(self.options.recipients.seal(
            recommendation,
            &record.body,
            &edge,
            &mut self.options.random,
        )?)
    }
}
