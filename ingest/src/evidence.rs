//! The evidence bundle of a decision: the account's last 200 facets up to the deciding event, and its links.
//!
//! Both come from the archive and from the epoch at hand, never from the state tables: those already hold what came later
//! in the epoch, and a bundle must not depend on where epochs were cut.

use crate::pipeline::{ARCHIVE_DAYS, PipelineError};
use crate::store::Store;
use sealwatch_core::engine::Engine;
use sealwatch_core::evidence::{StoredFacet, decode, encode, links, links_key};
use sealwatch_core::facet::{ActorTouch, Facet};
use sealwatch_core::fold::ThreatUpdate;
use sealwatch_core::recommendation::Evidence;
use sealwatch_core::scorer::WatchedScorer;
use sealwatch_core::shard::Decision;
use sealwatch_core::time::DAY;

/// Facets in a bundle.
const FACETS: usize = 200;

/// Readings of places that links are taken from.
const READINGS: usize = 16;

/// Where facets are found: in the store up to the epoch before, in the engine for the epoch at hand.
pub struct Archive<'a> {
    /// The store.
    pub store: &'a mut Store,
    /// The engine, with the epoch at hand folded.
    pub engine: &'a Engine<WatchedScorer>,
    /// The first sequence of the epoch at hand.
    pub first_sequence: u64,
}

/// Which facets of an account a bundle may hold.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The account.
    pub account: u128,
    /// Sequence of the account's first event in this incarnation.
    pub first: u64,
    /// Sequence of the deciding event.
    pub deciding: u64,
    /// Event time of the deciding event, milliseconds.
    pub at: i64,
}

impl Window {
    /// Up to a decision.
    pub const fn of(decision: &Decision) -> Self {
        let point = &decision.point;
        Self {
            account: point.account,
            first: point.first.sequence,
            deciding: point.position.sequence,
            at: point.at,
        }
    }

    /// Up to an update about an account.
    pub const fn of_threat(update: &ThreatUpdate) -> Self {
        Self {
            account: update.key,
            first: update.first.sequence,
            deciding: update.position.sequence,
            at: update.at,
        }
    }
}

/// Builds the bundle. Facets older than the archive's period before the decision are left out whether or not they are
/// still there, so that the time of their removal does not show.
///
/// # Errors
/// The archive cannot be read.
pub fn bundle(archive: Archive<'_>, window: Window) -> Result<Evidence, PipelineError> {
    let mut archive = archive;
    let facets = archive.last(window, window.account, FACETS, |_| true)?;
    let readings = archive.last(window, links_key(window.account), READINGS, |facet| {
        matches!(facet.touch, ActorTouch::PlaceReading { .. })
    })?;
    Ok(Evidence {
        facets: facets.into_iter().map(|stored| stored.facet).collect(),
        links: links(&readings),
    })
}

impl Archive<'_> {
    /// The last `limit` facets under a key of the archive up to the decision, oldest first, of this incarnation only.
    fn last(
        &mut self,
        window: Window,
        key: u128,
        limit: usize,
        keep: impl Fn(&Facet<ActorTouch>) -> bool,
    ) -> Result<Vec<StoredFacet>, PipelineError> {
        let (first, deciding) = (window.first, window.deciding);
        let oldest_at = window.at.saturating_sub(i64::from(ARCHIVE_DAYS) * DAY);
        let mut found = Vec::new();
        let mut bytes = Vec::with_capacity(160);
        if self.first_sequence > 0 {
            for row in self
                .store
                .last_facets(key, self.first_sequence - 1, oldest_at, limit)?
            {
                if row.sequence >= first && row.at_ms >= oldest_at {
                    found.push(
                        decode(row.sequence, row.at_ms, &row.payload)
                            .ok_or(PipelineError::Evidence)?,
                    );
                }
            }
        }
        for facet in self.engine.facets_of(window.account) {
            let sequence = facet.place.sequence();
            if sequence > deciding || sequence < first || facet.at < oldest_at || !keep(facet) {
                continue;
            }
            let Some(position) = self.engine.position(sequence) else {
                continue;
            };
            encode(facet, position, &mut bytes);
            found.push(decode(sequence, facet.at, &bytes).ok_or(PipelineError::Evidence)?);
        }
        let surplus = found.len().saturating_sub(limit);
        found.drain(..surplus);
        Ok(found)
    }
}
