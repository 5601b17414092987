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

/// Up to so many kinds are read one by one and merged.
const MOST_KINDS: usize = 64;

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

/// The columns of a list.
const COLUMNS: &str = "intake_sequence, id, account, incarnation, platform, behaviour, mode, answer, score, \
    threshold_margin, is_simulated, at_ms, received_ms";

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

/// The index that finds the rows; the other conditions only pass rows over. Left to itself, a database without statistics
/// takes any of them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// Those of an account: few.
    Account,
    /// Those with a high score, where they are few: all of them, put in order.
    Score,
    /// The newest of each of a few kinds, merged: as fast for a combination that is rare, or that there is not, as for
    /// one that most rows have.
    Kinds(Vec<Kind>),
    /// The newest.
    Time,
}

/// What a recommendation is, whatever it is about: there are few of these.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kind {
    behaviour: Behaviour,
    mode: Mode,
    answer: Answer,
    platform: String,
}

impl Kind {
    fn read(row: &Row) -> Result<Self, CaseStoreError> {
        Ok(Self {
            behaviour: parsed(row, "behaviour", Behaviour::parse)?,
            mode: parsed(row, "mode", Mode::parse)?,
            answer: parsed(row, "answer", Answer::parse)?,
            platform: row.try_get("platform")?,
        })
    }

    fn fits(&self, filter: &Filter) -> bool {
        filter.behaviour.is_none_or(|asked| asked == self.behaviour)
            && filter.mode.is_none_or(|asked| asked == self.mode)
            && filter.answer.is_none_or(|asked| asked == self.answer)
            && filter
                .platform
                .as_ref()
                .is_none_or(|asked| *asked == self.platform)
            && filter.audience.sees(self.answer)
    }
}

/// What is read of the table.
struct Part<'a> {
    columns: &'static str,
    filter: &'a Filter,
    behind: Option<Cursor>,
    is_ordered: bool,
    limit: u32,
}

impl Part<'_> {
    /// The statement; none where there can be nothing.
    fn of(&self, way: &Way) -> Option<Statement> {
        let Way::Kinds(kinds) = way else {
            let mut query = self.begin();
            if *way == Way::Score {
                high_scores(&mut query, self.filter);
            } else {
                query.push("1 = 1");
            }
            self.equal(&mut query, *way == Way::Account);
            self.rest(&mut query, *way == Way::Score);
            return Some(query);
        };
        if kinds.is_empty() {
            return None;
        }
        let mut query = Statement::new("SELECT * FROM (");
        for (number, kind) in kinds.iter().enumerate() {
            query.push(if number == 0 { "" } else { " UNION ALL " });
            query.push(&format!(
                "SELECT * FROM (SELECT {} FROM recommendations WHERE ",
                self.columns
            ));
            query.push("behaviour = ").bind(kind.behaviour.name());
            query.push(" AND mode = ").bind(kind.mode.name());
            query.push(" AND answer = ").bind(kind.answer.name());
            query.push(" AND platform = ").bind(kind.platform.as_str());
            self.rest(&mut query, false);
            query.push(&format!(") AS kind_{number}"));
        }
        query.push(") AS kinds");
        self.order(&mut query, "at_ms");
        Some(query)
    }

    fn begin(&self) -> Statement {
        Statement::new(&format!(
            "SELECT {} FROM recommendations WHERE ",
            self.columns
        ))
    }

    /// Conditions by equality. Where an account leads, its index is used; of the others none is: an expression has no
    /// index.
    fn equal(&self, query: &mut Statement, account_leads: bool) {
        let filter = self.filter;
        if let Some(account) = filter.account {
            let left = if account_leads {
                "account"
            } else {
                "account || ''"
            };
            query
                .push(&format!(" AND {left} = "))
                .bind(account.to_hexadecimal());
        }
        let equal = [
            ("behaviour", filter.behaviour.map(Behaviour::name)),
            ("mode", filter.mode.map(Mode::name)),
            ("answer", filter.answer.map(Answer::name)),
            ("platform", filter.platform.as_deref()),
        ];
        for (column, value) in equal {
            if let Some(value) = value {
                query.push(&format!(" AND {column} || '' = ")).bind(value);
            }
        }
        let unseen = Answer::ALL
            .iter()
            .filter(|answer| filter.answer.is_none() && !filter.audience.sees(**answer));
        for answer in unseen {
            query.push(" AND answer || '' <> ").bind(answer.name());
        }
    }

    /// The other conditions, the order and the limit.
    fn rest(&self, query: &mut Statement, score_leads: bool) {
        let filter = self.filter;
        if let Some(until) = filter.taken_in_until {
            query.push(" AND intake_sequence + 0 <= ").bind(until);
        }
        if let Some(score) = filter.minimum_score.filter(|_| !score_leads) {
            query.push(" AND score + 0 >= ").bind(score);
        }
        let at = if score_leads { "at_ms + 0" } else { "at_ms" };
        if let Some(from) = filter.from {
            query.push(&format!(" AND {at} >= ")).bind(from.0);
        }
        if let Some(until) = filter.until {
            query.push(&format!(" AND {at} < ")).bind(until.0);
        }
        if let Some(behind) = self.behind {
            // The first half is implied by the second; it lets the index begin at the right place.
            query.push(&format!(" AND {at} <= ")).bind(behind.at_ms);
            query.push(&format!(" AND ({at} < ")).bind(behind.at_ms);
            query
                .push(" OR intake_sequence < ")
                .bind(behind.intake_sequence)
                .push(")");
        }
        self.order(query, at);
    }

    fn order(&self, query: &mut Statement, at: &str) {
        if self.is_ordered {
            query.push(&format!(" ORDER BY {at} DESC, intake_sequence DESC"));
        }
        query.push(" LIMIT ").bind(i64::from(self.limit));
    }
}

/// The rows with a high score, behaviour by behaviour: a score that most of one behaviour have may be rare among another's.
fn high_scores(query: &mut Statement, filter: &Filter) {
    query.push("behaviour IN (");
    let behaviours = Behaviour::ALL
        .iter()
        .filter(|behaviour| filter.behaviour.is_none_or(|asked| asked == **behaviour));
    for (number, behaviour) in behaviours.enumerate() {
        query
            .push(if number == 0 { "" } else { ", " })
            .bind(behaviour.name());
    }
    query
        .push(") AND score >= ")
        .bind(filter.minimum_score.unwrap_or(f64::NEG_INFINITY));
}

fn parsed<T>(row: &Row, column: &str, parse: fn(&str) -> Option<T>) -> Result<T, CaseStoreError> {
    let text: String = row.try_get(column)?;
    parse(&text).ok_or(CaseStoreError::Damaged)
}

fn read(row: &Row) -> Result<Summary, CaseStoreError> {
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
