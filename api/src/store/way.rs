//! The ways to the rows of a list, and the statement that goes each: whatever the filter, one index leads.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sqlx::Row as _;

use super::CaseStoreError;
use super::summary::parsed;
use crate::filter::{Cursor, Filter};
use crate::statement::{Row, Statement};

/// The index that finds the rows; the other conditions only pass rows over. Left to itself, a database without statistics
/// takes any of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
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
pub(super) struct Kind {
    behaviour: Behaviour,
    mode: Mode,
    answer: Answer,
    platform: String,
}

impl Kind {
    pub(super) fn read(row: &Row) -> Result<Self, CaseStoreError> {
        Ok(Self {
            behaviour: parsed(row, "behaviour", Behaviour::parse)?,
            mode: parsed(row, "mode", Mode::parse)?,
            answer: parsed(row, "answer", Answer::parse)?,
            platform: row.try_get("platform")?,
        })
    }

    pub(super) fn fits(&self, filter: &Filter) -> bool {
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
pub(super) struct Part<'a> {
    pub(super) columns: &'static str,
    pub(super) filter: &'a Filter,
    pub(super) behind: Option<Cursor>,
    pub(super) is_ordered: bool,
    pub(super) limit: u32,
}

impl Part<'_> {
    /// The statement; none where there can be nothing.
    pub(super) fn of(&self, way: &Way) -> Option<Statement> {
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
pub(super) fn high_scores(query: &mut Statement, filter: &Filter) {
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
