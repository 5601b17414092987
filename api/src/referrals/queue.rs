//! The queue: priority first, then what is due first, then what is more credible.

use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;

use crate::database::Database;
use crate::referrals::clock::ClockName;
use crate::referrals::machine::ReferralState;
use crate::referrals::read::{self, REFERRAL};
use crate::referrals::types::{Referral, ReferralId};
use crate::statement::Statement;
use crate::store::CaseStoreError;

/// What the queue is narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReferralFilter {
    /// One state; unless given: what is not over.
    pub state: Option<ReferralState>,
    /// One kind.
    pub kind: Option<ThreatKind>,
    /// One priority.
    pub priority: Option<Priority>,
}

/// Until when the next thing is due, as [`Referral::due_ms`] says; where nothing is due, after everything else.
fn due() -> String {
    let (decide, export) = (ClockName::Decide.condition(), ClockName::Export.condition());
    format!(
        "COALESCE(CASE WHEN {decide} THEN decide_by_ms WHEN {export} THEN export_by_ms END, {})",
        i64::MAX
    )
}

/// A place in the queue, as its order has it: what a page goes on behind. It holds the values themselves, so that a referral that
/// moves between two pages, or is gone, takes no other one with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    priority: Priority,
    due_ms: i64,
    log_odds: f64,
    sequence: i64,
}

/// Hexadecimal digits of each number of a place.
const DIGITS: usize = 16;

impl Place {
    /// That of a referral.
    pub fn of(referral: &Referral) -> Self {
        Self {
            priority: referral.priority,
            due_ms: referral.due_ms().unwrap_or(i64::MAX),
            log_odds: referral.log_odds,
            sequence: referral.sequence,
        }
    }

    /// As text: 49 hexadecimal digits.
    pub fn cursor(&self) -> String {
        format!(
            "{:x}{:016x}{:016x}{:016x}",
            self.priority.index(),
            self.due_ms.cast_unsigned(),
            self.log_odds.to_bits(),
            self.sequence.cast_unsigned()
        )
    }

    /// Takes such a text.
    pub fn parse(cursor: &str) -> Option<Self> {
        let is_form = cursor.len() == 1 + 3 * DIGITS
            && cursor
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let number = |place: usize| {
            let from = 1 + place * DIGITS;
            u64::from_str_radix(cursor.get(from..from + DIGITS)?, 16).ok()
        };
        let priority = usize::from_str_radix(cursor.get(..1)?, 16).ok()?;
        let found = Self {
            priority: *Priority::ALL.get(priority)?,
            due_ms: number(0)?.cast_signed(),
            log_odds: f64::from_bits(number(1)?),
            sequence: number(2)?.cast_signed(),
        };
        (is_form && found.log_odds.is_finite()).then_some(found)
    }
}

/// A page of the queue, and the place behind which the next one begins; nothing at the end.
///
/// # Errors
/// The database refused.
pub async fn page(
    database: &Database,
    filter: &ReferralFilter,
    behind: Option<&Place>,
    limit: u32,
) -> Result<(Vec<Referral>, Option<Place>), CaseStoreError> {
    // One more than asked for tells whether the list goes on.
    let mut found = list(database, filter, behind, limit + 1).await?;
    let goes_on = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| goes_on).map(Place::of);
    Ok((found, next))
}

/// The first of the queue behind a place: at most `limit` referrals.
///
/// # Errors
/// The database refused.
pub async fn list(
    database: &Database,
    filter: &ReferralFilter,
    behind: Option<&Place>,
    limit: u32,
) -> Result<Vec<Referral>, CaseStoreError> {
    let due_by = due();
    let mut query = Statement::new(&format!("SELECT {REFERRAL} FROM referrals WHERE "));
    match filter.state {
        Some(state) => query.push("state = ").bind(state.name()),
        None => query.push("closed_ms IS NULL"),
    };
    if let Some(kind) = filter.kind {
        query.push(" AND kind = ").bind(kind.name());
    }
    if let Some(priority) = filter.priority {
        query.push(" AND priority = ").bind(priority.name());
    }
    if let Some(last) = behind {
        let due = last.due_ms;
        query.push(" AND (priority > ").bind(last.priority.name());
        query
            .push(" OR (priority = ")
            .bind(last.priority.name())
            .push(&format!(" AND ({due_by} > "))
            .bind(due);
        query.push(&format!(" OR ({due_by} = ")).bind(due);
        query.push(" AND (log_odds < ").bind(last.log_odds);
        query
            .push(" OR (log_odds = ")
            .bind(last.log_odds)
            .push(" AND sequence > ")
            .bind(last.sequence)
            .push("))))))");
    }
    query
        .push(&format!(
            " ORDER BY priority, {due_by}, log_odds DESC, sequence LIMIT "
        ))
        .bind(i64::from(limit));
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter().map(read::referral).collect()
}

/// One referral.
///
/// # Errors
/// The database refused.
pub async fn get(database: &Database, id: ReferralId) -> Result<Option<Referral>, CaseStoreError> {
    let mut connection = database.pool().acquire().await?;
    read::get(&mut connection, id).await
}

/// The referrals that have changed behind a number, in the order of their changes.
pub(crate) async fn changed_behind(
    database: &Database,
    change: i64,
    limit: i64,
) -> Result<Vec<Referral>, CaseStoreError> {
    let mut query = Statement::new(&format!(
        "SELECT {REFERRAL} FROM referrals WHERE last_change > "
    ));
    query
        .bind(change)
        .push(" ORDER BY last_change LIMIT ")
        .bind(limit);
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter().map(read::referral).collect()
}

#[cfg(test)]
mod tests {
    use super::Place;
    use sealwatch_core::credibility::priority::Priority;

    #[test]
    fn a_place_comes_back_from_its_text_and_other_texts_are_none() {
        let place = Place {
            priority: Priority::P2,
            due_ms: i64::MAX,
            log_odds: -1.5,
            sequence: 7,
        };
        let text = place.cursor();
        assert_eq!(Place::parse(&text), Some(place));
        let not_finite = Place {
            log_odds: f64::NAN,
            ..place
        };
        for wrong in [
            String::new(),
            text.to_uppercase(),
            format!("{text}0"),
            text[1..].to_owned(),
            format!("f{}", &text[1..]),
            format!("+{}", &text[1..]),
            not_finite.cursor(),
            "é".repeat(25),
        ] {
            assert_eq!(Place::parse(&wrong), None, "{wrong}");
        }
    }
}
