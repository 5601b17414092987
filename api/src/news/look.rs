//! What is new since the last look, read from what is committed.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Row as _;

use crate::audit::Act;
use crate::cases::{self, CaseId, QueueCount};
use crate::database::Database;
use crate::news::{Heard, News};
use crate::referrals::{Referral, changed_behind};
use crate::statement::Statement;
use crate::store::CaseStoreError;

/// Between two looks.
pub(crate) const EVERY: Duration = Duration::from_millis(500);

/// After so long without a look nobody has listened: what happened meanwhile is no news.
const FORGOTTEN: Duration = Duration::from_secs(10);

/// Between two counts of the queues, where something has changed and where nothing is known to have.
const COUNT_CHANGED: Duration = Duration::from_secs(2);
const COUNT_ANYWAY: Duration = Duration::from_secs(10);

/// Cases that are told one by one at most.
const MOST: i64 = 200;

/// Acts after which a case is another.
const ACTS: [Act; 7] = [
    Act::Claimed,
    Act::Released,
    Act::Decided,
    Act::Undone,
    Act::SecondLooked,
    Act::Appealed,
    Act::AppealAnswered,
];

/// What the last look has seen.
pub(crate) struct Seen {
    at: Duration,
    position: i64,
    sequence: i64,
    change: i64,
    counted_at: Duration,
    counts: Arc<Vec<QueueCount>>,
    is_changed: bool,
}

impl News {
    /// Looks for what is new and tells it to all listeners. Does nothing where someone else is looking or has just looked.
    ///
    /// # Errors
    /// The database refused.
    pub(crate) async fn look(
        &self,
        database: &Database,
        now: Duration,
    ) -> Result<(), CaseStoreError> {
        let Ok(mut last) = self.seen.try_lock() else {
            return Ok(());
        };
        let since = |at: Duration| now.saturating_sub(at);
        if last.as_ref().is_some_and(|seen| since(seen.at) < EVERY) {
            return Ok(());
        }
        let (position, sequence) = newest(database).await?;
        let change = newest_change(database).await?;
        let Some(seen) = last.as_mut().filter(|seen| since(seen.at) <= FORGOTTEN) else {
            *last = Some(Seen {
                at: now,
                position,
                sequence,
                change,
                counted_at: now,
                counts: Arc::new(cases::counts(database).await?),
                is_changed: false,
            });
            return Ok(());
        };
        seen.is_changed |= position > seen.position || sequence > seen.sequence;
        for heard in opened(database, seen.sequence, sequence).await? {
            self.tell(heard);
        }
        for heard in changed(database, seen.position, position).await? {
            self.tell(heard);
        }
        for heard in referrals(database, seen.change, change).await? {
            self.tell(heard);
        }
        (seen.at, seen.position, seen.sequence) = (now, position, sequence);
        seen.change = change;
        let age = since(seen.counted_at);
        if age >= COUNT_ANYWAY || (seen.is_changed && age >= COUNT_CHANGED) {
            let counts = Arc::new(cases::counts(database).await?);
            if counts != seen.counts {
                self.tell(Heard::Queue(Arc::clone(&counts)));
            }
            (seen.counts, seen.counted_at, seen.is_changed) = (counts, now, false);
        }
        Ok(())
    }

    /// How many cases wait, as they were counted last.
    pub(crate) async fn counts(&self) -> Option<Arc<Vec<QueueCount>>> {
        let seen = self.seen.lock().await;
        seen.as_ref().map(|seen| Arc::clone(&seen.counts))
    }
}

async fn newest(database: &Database) -> Result<(i64, i64), CaseStoreError> {
    let position = sqlx::query_scalar("SELECT COALESCE(MAX(position), -1) FROM audit_entries")
        .fetch_one(database.pool())
        .await?;
    let sequence = sqlx::query_scalar("SELECT COALESCE(MAX(sequence), 0) FROM cases")
        .fetch_one(database.pool())
        .await?;
    Ok((position, sequence))
}

async fn newest_change(database: &Database) -> Result<i64, CaseStoreError> {
    Ok(
        sqlx::query_scalar("SELECT COALESCE(MAX(last_change), 0) FROM referrals")
            .fetch_one(database.pool())
            .await?,
    )
}

/// Referrals whose changes have numbers behind the last one seen. An opening is the first change of all of its referral.
async fn referrals(database: &Database, from: i64, to: i64) -> Result<Vec<Heard>, CaseStoreError> {
    if to <= from {
        return Ok(Vec::new());
    }
    let found = changed_behind(database, from, MOST + 1).await?;
    if found.len() as i64 > MOST {
        return Ok(vec![Heard::Missed]);
    }
    let tell = |referral: &Referral| {
        if referral.sequence > from {
            Heard::ReferralOpened(referral.into())
        } else {
            Heard::ReferralChanged(referral.into())
        }
    };
    Ok(found.iter().map(tell).collect())
}

async fn opened(database: &Database, from: i64, to: i64) -> Result<Vec<Heard>, CaseStoreError> {
    if to - from > MOST {
        return Ok(vec![Heard::Missed]);
    }
    if to <= from {
        return Ok(Vec::new());
    }
    let cases = cases::opened_behind(database, (from, to)).await?;
    Ok(cases
        .iter()
        .map(|case| Heard::Opened(case.into()))
        .collect())
}

async fn changed(database: &Database, from: i64, to: i64) -> Result<Vec<Heard>, CaseStoreError> {
    if to <= from {
        return Ok(Vec::new());
    }
    let mut query =
        Statement::new("SELECT DISTINCT subject FROM audit_entries WHERE subject IS NOT NULL");
    query.push(" AND position > ").bind(from);
    query
        .push(" AND position <= ")
        .bind(to)
        .push(" AND act IN (");
    for (index, act) in ACTS.iter().enumerate() {
        query
            .push(if index == 0 { "" } else { ", " })
            .bind(act.name());
    }
    query.push(") ORDER BY subject LIMIT ").bind(MOST + 1);
    let rows = query.query().fetch_all(database.pool()).await?;
    let subjects = rows
        .iter()
        .map(|row| row.try_get::<String, _>("subject"))
        .collect::<Result<Vec<_>, _>>()?;
    if subjects.len() as i64 > MOST {
        return Ok(vec![Heard::Missed]);
    }
    let mut heard = Vec::with_capacity(subjects.len());
    for id in subjects.iter().filter_map(|subject| CaseId::parse(subject)) {
        // It may be gone by now: then there is nothing to read.
        if let Some(case) = cases::get(database, id).await? {
            heard.push(Heard::Changed((&case).into()));
        }
    }
    Ok(heard)
}
