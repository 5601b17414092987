//! Lists: newest first by event time, page by page, fast with many rows whatever the filter.

use sealwatch_core::behaviour::Answer;

use super::summary::{COLUMNS, Summary, read};
use super::way::{Kind, Part, Way, high_scores};
use super::{CaseStore, CaseStoreError};
use crate::filter::{Cursor, Filter};
use crate::statement::Statement;

/// Up to so many rows with a high score are sorted; where there are more, walking the list from its newest end soon finds
/// a page of them.
const FEW: i64 = 5_000;

/// Up to so many kinds are read one by one and merged.
const MOST_KINDS: usize = 64;

impl CaseStore {
    /// One page of a list, newest first: at most `limit` rows behind `behind`.
    ///
    /// # Errors
    /// The database refused.
    pub async fn list(
        &self,
        filter: &Filter,
        behind: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<Summary>, CaseStoreError> {
        let Some(filter) = &settled(filter) else {
            return Ok(Vec::new());
        };
        let part = Part {
            columns: COLUMNS,
            filter,
            behind,
            is_ordered: true,
            limit,
        };
        let Some(query) = part.of(&self.way(filter).await?) else {
            return Ok(Vec::new());
        };
        let rows = query.query().fetch_all(self.database.pool()).await?;
        rows.iter().map(read).collect()
    }

    /// How many rows there are, counted up to `most`.
    ///
    /// # Errors
    /// The database refused.
    pub async fn count_up_to(&self, filter: &Filter, most: u32) -> Result<u32, CaseStoreError> {
        let Some(filter) = &settled(filter) else {
            return Ok(0);
        };
        let part = Part {
            columns: "intake_sequence",
            filter,
            behind: None,
            is_ordered: false,
            limit: most,
        };
        let Some(rows) = part.of(&self.way(filter).await?) else {
            return Ok(0);
        };
        let query = rows.within("SELECT COUNT(*) FROM (", ") AS found");
        let count = query.count().fetch_one(self.database.pool()).await?;
        u32::try_from(count).map_err(|_| CaseStoreError::Damaged)
    }

    /// The newest recommendation's sequence of intake; 0 where there is none.
    ///
    /// # Errors
    /// The database refused.
    pub async fn newest(&self) -> Result<i64, CaseStoreError> {
        let newest =
            sqlx::query_scalar("SELECT COALESCE(MAX(intake_sequence), 0) FROM recommendations")
                .fetch_one(self.database.pool())
                .await?;
        Ok(newest)
    }

    async fn way(&self, filter: &Filter) -> Result<Way, CaseStoreError> {
        if filter.account.is_some() {
            return Ok(Way::Account);
        }
        if filter.minimum_score.is_some() && self.has_few(filter).await? {
            return Ok(Way::Score);
        }
        let is_narrowed = filter.behaviour.is_some()
            || filter.mode.is_some()
            || filter.answer.is_some()
            || filter.platform.is_some();
        if !is_narrowed {
            return Ok(Way::Time);
        }
        let rows = sqlx::query(
            "SELECT behaviour, mode, answer, platform FROM recommendation_kinds \
             ORDER BY behaviour, mode, answer, platform",
        )
        .fetch_all(self.database.pool())
        .await?;
        let kinds: Vec<Kind> = rows.iter().map(Kind::read).collect::<Result<_, _>>()?;
        let all = kinds.len();
        let kinds: Vec<Kind> = kinds.into_iter().filter(|kind| kind.fits(filter)).collect();
        Ok(if kinds.len() == all || kinds.len() > MOST_KINDS {
            Way::Time
        } else {
            Way::Kinds(kinds)
        })
    }

    /// Whether few of the asked behaviours have so high a score.
    async fn has_few(&self, filter: &Filter) -> Result<bool, CaseStoreError> {
        let mut query =
            Statement::new("SELECT COUNT(*) FROM (SELECT 1 FROM recommendations WHERE ");
        high_scores(&mut query, filter);
        query.push(" LIMIT ").bind(FEW + 1).push(") AS above");
        let count = query.count().fetch_one(self.database.pool()).await?;
        Ok(count <= FEW)
    }
}

/// The filter with what its audience may see; none where nothing can be there for it.
fn settled(filter: &Filter) -> Option<Filter> {
    let mut answers = Answer::ALL.iter().copied().filter(|answer| {
        filter.audience.sees(*answer) && filter.answer.is_none_or(|asked| asked == *answer)
    });
    let first = answers.next()?;
    let answer = filter.answer.or(answers.next().is_none().then_some(first));
    Some(Filter {
        answer,
        ..filter.clone()
    })
}
