//! Counts that the writer keeps in the transaction of what it counts, so that no page counts millions of rows: how many
//! cases wait, and how those that were decided were judged, hour by hour.

use std::collections::BTreeMap;

use sealwatch_core::behaviour::Behaviour;
use sqlx::AnyConnection;

use crate::cases::rates::HOUR_MS;
use crate::cases::types::{Case, CaseState, Verdict};
use crate::statement::insert_rows;
use crate::store::CaseStoreError;

/// Cases that have come into a state of waiting and that have left it.
#[derive(Debug, Default)]
pub(crate) struct Waiting(BTreeMap<(Behaviour, CaseState), i64>);

impl Waiting {
    /// So many more cases of a behaviour are in this state; fewer, if negative.
    pub(crate) fn add(&mut self, behaviour: Behaviour, state: CaseState, cases: i64) {
        if state != CaseState::Decided {
            *self.0.entry((behaviour, state)).or_default() += cases;
        }
    }

    /// Writes it down.
    pub(crate) async fn write(self, connection: &mut AnyConnection) -> Result<(), CaseStoreError> {
        let changed = self.0.into_iter().filter(|(_, cases)| *cases != 0);
        let rows = changed.map(|((behaviour, state), cases)| {
            vec![behaviour.name().into(), state.name().into(), cases.into()]
        });
        insert_rows(
            connection,
            "INSERT INTO queue_counts (behaviour, state, cases) VALUES ",
            rows.collect(),
            " ON CONFLICT (behaviour, state) DO UPDATE SET cases = queue_counts.cases + excluded.cases",
        )
        .await?;
        Ok(())
    }
}

/// Counts that a case, which was as `before`, is now as `after`. Whoever changes a case's state or the decision in force,
/// or removes one that waits, says so here.
pub(crate) async fn changed(
    connection: &mut AnyConnection,
    before: &Case,
    after: &Case,
) -> Result<(), CaseStoreError> {
    let mut waiting = Waiting::default();
    waiting.add(before.behaviour, before.state, -1);
    waiting.add(after.behaviour, after.state, 1);
    waiting.write(connection).await?;
    let (before, after) = (Judged::of(before), Judged::of(after));
    if before != after {
        if let Some(judged) = before {
            judged.add(connection, -1).await?;
        }
        if let Some(judged) = after {
            judged.add(connection, 1).await?;
        }
    }
    Ok(())
}

/// A case whose decision in force says whether the detector was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Judged {
    behaviour: Behaviour,
    decided_ms: i64,
    is_right: bool,
}

impl Judged {
    fn of(case: &Case) -> Option<Self> {
        if !matches!(case.state, CaseState::Decided | CaseState::Appealed) {
            return None;
        }
        let is_right = match case.verdict? {
            Verdict::Confirm | Verdict::Protect => true,
            Verdict::Reject => false,
            Verdict::NeedsMore => return None,
        };
        Some(Self {
            behaviour: case.behaviour,
            decided_ms: case.decided_ms?,
            is_right,
        })
    }

    async fn add(self, connection: &mut AnyConnection, cases: i64) -> Result<(), CaseStoreError> {
        let (right, wrong) = if self.is_right {
            (cases, 0)
        } else {
            (0, cases)
        };
        add(
            connection,
            self.behaviour,
            self.decided_ms,
            [right, wrong, 0],
        )
        .await
    }
}

/// Counts decisions that an appeal or a second look overturned at this time; fewer, if negative.
pub(crate) async fn overturned(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
    at_ms: i64,
    decisions: i64,
) -> Result<(), CaseStoreError> {
    add(connection, behaviour, at_ms, [0, 0, decisions]).await
}

async fn add(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
    at_ms: i64,
    [right, wrong, overturned]: [i64; 3],
) -> Result<(), CaseStoreError> {
    sqlx::query(
        "INSERT INTO decided_hours (behaviour, hour, right_cases, wrong_cases, overturned) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (behaviour, hour) DO UPDATE SET right_cases = decided_hours.right_cases + excluded.right_cases, \
         wrong_cases = decided_hours.wrong_cases + excluded.wrong_cases, \
         overturned = decided_hours.overturned + excluded.overturned",
    )
    .bind(behaviour.name())
    .bind(at_ms.div_euclid(HOUR_MS))
    .bind(right)
    .bind(wrong)
    .bind(overturned)
    .execute(connection)
    .await?;
    Ok(())
}
