//! Intake: a recommendation opens a case, or joins the one that is open. What is above the quota is held, never dropped.

use std::collections::{BTreeMap, BTreeSet};

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::recommendation::Recommendation;
use sqlx::{AnyConnection, Row as _};

use crate::cases::rates::{self, HOUR_MS};
use crate::cases::settings::ReviewSettings;
use crate::cases::tally::Waiting;
use crate::cases::types::CaseState;
use crate::statement::{Statement, Value};
use crate::store::CaseStoreError;

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// Reasons of a recommendation that are counted over many.
const REASONS: usize = 8;

/// Log-odds above the threshold that still bring a case forward.
const MOST: f64 = 12.0;

/// Where a case stands in its queue. Each unit of log-odds above the threshold is worth an hour of waiting, up to half a
/// day, and an account whose owner is to be protected six hours more: the urgent come first, and nobody waits for ever.
/// What is in the shadow, where nobody is acted against, comes two days later.
pub(crate) fn place_ms(opened_ms: i64, recommendation: &Recommendation) -> i64 {
    let above = recommendation.score - recommendation.threshold.margin;
    let above = if above.is_nan() {
        0.0
    } else {
        above.clamp(0.0, MOST)
    };
    let protects = if recommendation.answer == Answer::Protect {
        6 * HOUR_MS
    } else {
        0
    };
    let shadow = if recommendation.mode == Mode::Shadow {
        2 * DAY_MS
    } else {
        0
    };
    opened_ms - (above * HOUR_MS as f64) as i64 - protects + shadow
}

/// One delivery's intake: what is read once, and what is written once for all of it.
pub(crate) struct Intake<'settings> {
    settings: &'settings ReviewSettings,
    received_ms: i64,
    next_sequence: i64,
    opened: BTreeMap<Behaviour, i64>,
    full: BTreeMap<Behaviour, bool>,
    waiting: Waiting,
    hours: BTreeMap<(Behaviour, i64), i64>,
    kinds: BTreeSet<(Behaviour, Mode, Answer, String)>,
}

/// A case that was opened or that a recommendation joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) case: String,
    pub(crate) behaviour: Behaviour,
    pub(crate) state: CaseState,
    pub(crate) version: i64,
}

impl<'settings> Intake<'settings> {
    /// Begins.
    pub(crate) async fn begin(
        connection: &mut AnyConnection,
        settings: &'settings ReviewSettings,
        received_ms: i64,
    ) -> Result<Self, CaseStoreError> {
        let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(sequence), 0) FROM cases")
            .fetch_one(connection)
            .await?;
        Ok(Self {
            settings,
            received_ms,
            next_sequence: last + 1,
            opened: BTreeMap::new(),
            full: BTreeMap::new(),
            waiting: Waiting::default(),
            hours: BTreeMap::new(),
            kinds: BTreeSet::new(),
        })
    }

    /// Opens or joins the case of a new recommendation. What is for the referral side alone has none.
    pub(crate) async fn take(
        &mut self,
        connection: &mut AnyConnection,
        recommendation: &Recommendation,
    ) -> Result<Option<Taken>, CaseStoreError> {
        let hour = recommendation.at.0.div_euclid(HOUR_MS);
        *self
            .hours
            .entry((recommendation.behaviour, hour))
            .or_default() += 1;
        self.kinds.insert((
            recommendation.behaviour,
            recommendation.mode,
            recommendation.answer,
            recommendation.platform.clone(),
        ));
        if recommendation.answer == Answer::Refer {
            return Ok(None);
        }
        let taken = match self.join(connection, recommendation).await? {
            Some(joined) => joined,
            None => self.open(connection, recommendation).await?,
        };
        sqlx::query("INSERT INTO case_recommendations (recommendation, case_id) VALUES ($1, $2)")
            .bind(recommendation.id.to_hexadecimal())
            .bind(&taken.case)
            .execute(&mut *connection)
            .await?;
        describe(connection, &taken.case, recommendation).await?;
        Ok(Some(taken))
    }

    /// Writes what is counted of the whole delivery.
    pub(crate) async fn end(self, connection: &mut AnyConnection) -> Result<(), CaseStoreError> {
        self.waiting.write(connection).await?;
        for ((behaviour, hour), recommendations) in self.hours {
            rates::count(connection, behaviour, hour, recommendations).await?;
        }
        for (behaviour, mode, answer, platform) in self.kinds {
            sqlx::query(
                "INSERT INTO recommendation_kinds (behaviour, mode, answer, platform) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (behaviour, mode, answer, platform) DO NOTHING",
            )
            .bind(behaviour.name())
            .bind(mode.name())
            .bind(answer.name())
            .bind(platform)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }

    async fn join(
        &self,
        connection: &mut AnyConnection,
        recommendation: &Recommendation,
    ) -> Result<Option<Taken>, CaseStoreError> {
        let row = sqlx::query(
            "UPDATE cases SET recommendation = $5, recommendations = recommendations + 1, mode = $6, answer = $7, \
             is_simulated = $8, score = CASE WHEN score < $9 THEN $9 ELSE score END, threshold_margin = $10, \
             place_ms = CASE WHEN place_ms > $11 THEN $11 ELSE place_ms END, \
             at_ms = CASE WHEN at_ms < $12 THEN $12 ELSE at_ms END, version = version + 1 \
             WHERE platform = $1 AND account = $2 AND incarnation = $3 AND behaviour = $4 \
             AND state IN ('held', 'open') RETURNING id, state, version",
        )
        .bind(&recommendation.platform)
        .bind(recommendation.account.to_hexadecimal())
        .bind(i64::from(recommendation.incarnation))
        .bind(recommendation.behaviour.name())
        .bind(recommendation.id.to_hexadecimal())
        .bind(recommendation.mode.name())
        .bind(recommendation.answer.name())
        .bind(i64::from(recommendation.threshold.population.is_simulated()))
        .bind(recommendation.score)
        .bind(recommendation.threshold.margin)
        .bind(place_ms(self.received_ms, recommendation))
        .bind(recommendation.at.0)
        .fetch_optional(connection)
        .await?;
        row.map(|row| {
            Ok(Taken {
                case: row.try_get("id")?,
                behaviour: recommendation.behaviour,
                state: super::read::parsed(&row, "state", CaseState::parse)?,
                version: row.try_get("version")?,
            })
        })
        .transpose()
    }

    async fn open(
        &mut self,
        connection: &mut AnyConnection,
        recommendation: &Recommendation,
    ) -> Result<Taken, CaseStoreError> {
        let behaviour = recommendation.behaviour;
        let opened = match self.opened.get(&behaviour) {
            Some(opened) => *opened,
            None => opened_in_a_day(connection, behaviour, self.received_ms).await?,
        };
        // What is held already comes first: a newer case does not take its room.
        let is_full = match self.full.get(&behaviour) {
            Some(is_full) => *is_full,
            None => has_held(connection, behaviour).await?,
        };
        let state = if opened < self.settings.quota(behaviour) && !is_full {
            CaseState::Open
        } else {
            CaseState::Held
        };
        self.full.insert(behaviour, state == CaseState::Held);
        let counts = i64::from(state == CaseState::Open);
        self.opened.insert(behaviour, opened + counts);
        let id = recommendation.id.to_hexadecimal();
        sqlx::query(
            "INSERT INTO cases (id, sequence, platform, account, incarnation, behaviour, mode, answer, is_simulated, \
             recommendation, recommendations, score, threshold_margin, state, place_ms, at_ms, opened_ms, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $1, 1, $10, $11, $12, $13, $14, $15, 1)",
        )
        .bind(&id)
        .bind(self.next_sequence)
        .bind(&recommendation.platform)
        .bind(recommendation.account.to_hexadecimal())
        .bind(i64::from(recommendation.incarnation))
        .bind(behaviour.name())
        .bind(recommendation.mode.name())
        .bind(recommendation.answer.name())
        .bind(i64::from(recommendation.threshold.population.is_simulated()))
        .bind(recommendation.score)
        .bind(recommendation.threshold.margin)
        .bind(state.name())
        .bind(place_ms(self.received_ms, recommendation))
        .bind(recommendation.at.0)
        .bind(self.received_ms)
        .execute(connection)
        .await?;
        self.next_sequence += 1;
        self.waiting.add(behaviour, state, 1);
        Ok(Taken {
            case: id,
            behaviour,
            state,
            version: 1,
        })
    }
}

/// Whether cases of a behaviour are held.
async fn has_held(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
) -> Result<bool, CaseStoreError> {
    let held: Option<i64> = sqlx::query_scalar(
        "SELECT cases FROM queue_counts WHERE behaviour = $1 AND state = 'held'",
    )
    .bind(behaviour.name())
    .fetch_optional(connection)
    .await?;
    Ok(held.is_some_and(|held| held > 0))
}

/// Cases of a behaviour that came into the queue within the last day.
pub(crate) async fn opened_in_a_day(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
    now_ms: i64,
) -> Result<i64, CaseStoreError> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM cases WHERE behaviour = $1 AND opened_ms > $2 AND state <> 'held'",
    )
    .bind(behaviour.name())
    .bind(now_ms - DAY_MS)
    .fetch_one(connection)
    .await?)
}

/// Reasons and links of a case, for counts over many and for walking from account to account.
async fn describe(
    connection: &mut AnyConnection,
    case: &str,
    recommendation: &Recommendation,
) -> Result<(), CaseStoreError> {
    // Each once: a statement may not change a row twice.
    let strongest = recommendation.reasons.iter().take(REASONS);
    let reasons: BTreeMap<&str, [Value; 2]> = strongest
        .map(|reason| {
            let values = [
                reason.value.map(f64::from).into(),
                reason.contribution.into(),
            ];
            (reason.feature.as_str(), values)
        })
        .collect();
    let rows = reasons.into_iter().map(|(feature, [value, contribution])| {
        vec![case.into(), feature.into(), value, contribution]
    });
    let mut insert =
        Statement::new("INSERT INTO case_reasons (case_id, feature, value, contribution) VALUES ");
    if insert.bind_rows(rows) {
        insert.push(
            " ON CONFLICT (case_id, feature) DO UPDATE SET value = excluded.value, contribution = excluded.contribution",
        );
        insert.query().execute(&mut *connection).await?;
    }
    let links: BTreeMap<(&str, String), [Value; 2]> = recommendation
        .evidence
        .links
        .iter()
        .map(|link| {
            let values = [
                f64::from(link.accounts).into(),
                f64::from(link.banned).into(),
            ];
            ((link.kind.as_str(), link.entity.to_hexadecimal()), values)
        })
        .collect();
    let rows = links
        .into_iter()
        .map(|((kind, entity), [accounts, banned])| {
            vec![case.into(), kind.into(), entity.into(), accounts, banned]
        });
    let mut insert =
        Statement::new("INSERT INTO case_links (case_id, kind, entity, accounts, banned) VALUES ");
    if insert.bind_rows(rows) {
        insert.push(
            " ON CONFLICT (case_id, kind, entity) DO UPDATE SET accounts = excluded.accounts, banned = excluded.banned",
        );
        insert.query().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Lets held cases into the queue as far as their quotas have room, in the order of their places. Returns how many.
pub(crate) async fn release_held(
    connection: &mut AnyConnection,
    settings: &ReviewSettings,
    behaviour: Behaviour,
    now_ms: i64,
) -> Result<u64, CaseStoreError> {
    let room = settings.quota(behaviour) - opened_in_a_day(connection, behaviour, now_ms).await?;
    if room <= 0 {
        return Ok(0);
    }
    release(connection, behaviour, room, now_ms).await
}

/// Lets the first held cases of a behaviour into the queue. Their waiting goes on to count; the quota counts them from now.
pub(crate) async fn release(
    connection: &mut AnyConnection,
    behaviour: Behaviour,
    count: i64,
    now_ms: i64,
) -> Result<u64, CaseStoreError> {
    let done = sqlx::query(
        "UPDATE cases SET state = 'open', opened_ms = $3, version = version + 1 WHERE id IN \
         (SELECT id FROM cases WHERE state = 'held' AND behaviour = $1 ORDER BY place_ms, sequence LIMIT $2)",
    )
    .bind(behaviour.name())
    .bind(count)
    .bind(now_ms)
    .execute(&mut *connection)
    .await?;
    let released = done.rows_affected();
    let mut waiting = Waiting::default();
    waiting.add(behaviour, CaseState::Held, -released.cast_signed());
    waiting.add(behaviour, CaseState::Open, released.cast_signed());
    waiting.write(connection).await?;
    Ok(released)
}
