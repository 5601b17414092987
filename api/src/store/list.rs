//! Lists: newest first by event time, page by page, fast with many rows whatever the filter.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::RecommendationId;
use sealwatch_core::time::Timestamp;
use sqlx::Row as _;

use super::{CaseStore, CaseStoreError};
use crate::filter::{Cursor, Filter};
use crate::statement::{Row, Statement};

/// Up to so many rows with a high score are sorted; where there are more, walking the list from its newest end soon finds
/// a page of them.
const FEW: i64 = 5_000;

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
        let leader = self.leader(filter).await?;
        let mut query = Statement::new(
            "SELECT intake_sequence, id, account, incarnation, platform, behaviour, mode, answer, score, threshold_margin, \
             is_simulated, at_ms, received_ms FROM recommendations WHERE 1 = 1",
        );
        narrow(&mut query, filter, leader);
        let at = if leader == Leader::Score {
            "at_ms + 0"
        } else {
            "at_ms"
        };
        if let Some(behind) = behind {
            // The first half is implied by the second; it lets the index begin at the right place.
            query.push(&format!(" AND {at} <= ")).bind(behind.at_ms);
            query.push(&format!(" AND ({at} < ")).bind(behind.at_ms);
            query
                .push(" OR intake_sequence < ")
                .bind(behind.intake_sequence)
                .push(")");
        }
        query
            .push(&format!(" ORDER BY {at} DESC, intake_sequence DESC LIMIT "))
            .bind(i64::from(limit));
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
        let leader = self.leader(filter).await?;
        let mut query =
            Statement::new("SELECT COUNT(*) FROM (SELECT 1 FROM recommendations WHERE 1 = 1");
        narrow(&mut query, filter, leader);
        query
            .push(" LIMIT ")
            .bind(i64::from(most))
            .push(") AS found");
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

    async fn leader(&self, filter: &Filter) -> Result<Leader, CaseStoreError> {
        if filter.account.is_some() {
            return Ok(Leader::Account);
        }
        if let Some(score) = filter.minimum_score {
            let count: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM (SELECT 1 FROM recommendations WHERE score >= $1 LIMIT $2) AS above",
            )
            .bind(score)
            .bind(FEW + 1)
            .fetch_one(self.database.pool())
            .await?;
            if count <= FEW {
                return Ok(Leader::Score);
            }
        }
        Ok(match filter {
            Filter {
                behaviour: Some(_), ..
            } => Leader::Behaviour,
            Filter {
                answer: Some(_), ..
            } => Leader::Answer,
            Filter { mode: Some(_), .. } => Leader::Mode,
            Filter {
                platform: Some(_), ..
            } => Leader::Platform,
            _ => Leader::Time,
        })
    }
}

/// The condition that finds the rows, through its index; the others only pass rows over. Left to itself, a database
/// without statistics takes any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leader {
    Account,
    Score,
    Behaviour,
    Answer,
    Mode,
    Platform,
    Time,
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

fn narrow(query: &mut Statement, filter: &Filter, leader: Leader) {
    let equal = [
        (
            "account",
            Leader::Account,
            filter.account.map(Pseudonym::to_hexadecimal),
        ),
        (
            "behaviour",
            Leader::Behaviour,
            filter
                .behaviour
                .map(|behaviour| behaviour.name().to_owned()),
        ),
        (
            "answer",
            Leader::Answer,
            filter.answer.map(|answer| answer.name().to_owned()),
        ),
        (
            "mode",
            Leader::Mode,
            filter.mode.map(|mode| mode.name().to_owned()),
        ),
        ("platform", Leader::Platform, filter.platform.clone()),
    ];
    for (column, leads, value) in equal {
        if let Some(value) = value {
            // An expression has no index.
            let left = if leads == leader {
                column.to_owned()
            } else {
                format!("{column} || ''")
            };
            query.push(&format!(" AND {left} = ")).bind(value);
        }
    }
    let unseen = Answer::ALL
        .iter()
        .filter(|answer| filter.answer.is_none() && !filter.audience.sees(**answer));
    for answer in unseen {
        query.push(" AND answer || '' <> ").bind(answer.name());
    }
    if let Some(until) = filter.taken_in_until {
        query.push(" AND intake_sequence + 0 <= ").bind(until);
    }
    if let Some(score) = filter.minimum_score {
        let left = if leader == Leader::Score {
            "score"
        } else {
            "score + 0"
        };
        query.push(&format!(" AND {left} >= ")).bind(score);
    }
    let at = if leader == Leader::Score {
        "at_ms + 0"
    } else {
        "at_ms"
    };
    if let Some(from) = filter.from {
        query.push(&format!(" AND {at} >= ")).bind(from.0);
    }
    if let Some(until) = filter.until {
        query.push(&format!(" AND {at} < ")).bind(until.0);
    }
}

fn read(row: &Row) -> Result<Summary, CaseStoreError> {
    fn parsed<T>(
        row: &Row,
        column: &str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<T, CaseStoreError> {
        let text: String = row.try_get(column)?;
        parse(&text).ok_or(CaseStoreError::Damaged)
    }
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

impl super::Delivered {
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
