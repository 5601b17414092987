//! Intake: a recommendation opens a case, or joins the one that is open. What is above the quota is held, never dropped.

use std::collections::{BTreeMap, BTreeSet};

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::recommendation::Recommendation;
use sqlx::{AnyConnection, Row as _};

use crate::cases::describe::describe;
use crate::cases::quota::{self, DAY_MS, Room};
use crate::cases::rates::{self, HOUR_MS};
use crate::cases::settings::ReviewSettings;
use crate::cases::tally::Waiting;
use crate::cases::types::CaseState;
use crate::statement::{Statement, Value, insert_rows};
use crate::store::CaseStoreError;

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
    received_ms: i64,
    next_sequence: i64,
    room: Room<'settings>,
    held: BTreeSet<Behaviour>,
    entered: BTreeMap<Behaviour, i64>,
    waiting: Waiting,
    hours: BTreeMap<(Behaviour, i64), i64>,
    kinds: BTreeSet<(Behaviour, Mode, Answer, String)>,
}

impl<'settings> Intake<'settings> {
    /// Begins.
    pub(crate) async fn begin(
        connection: &mut AnyConnection,
        settings: &'settings ReviewSettings,
        received_ms: i64,
    ) -> Result<Self, CaseStoreError> {
        let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(sequence), 0) FROM cases")
            .fetch_one(&mut *connection)
            .await?;
        Ok(Self {
            received_ms,
            next_sequence: last + 1,
            room: Room::at(connection, settings, received_ms).await?,
            held: quota::held(connection).await?,
            entered: BTreeMap::new(),
            waiting: Waiting::default(),
            hours: BTreeMap::new(),
            kinds: BTreeSet::new(),
        })
    }

    /// Opens or joins the cases of new recommendations, in their order: each about another account. What is for the referral
    /// side alone has none.
    pub(crate) async fn take(
        &mut self,
        connection: &mut AnyConnection,
        recommendations: &[&Recommendation],
    ) -> Result<(), CaseStoreError> {
        for recommendation in recommendations {
            self.count(recommendation);
        }
        let for_review: Vec<&Recommendation> = recommendations
            .iter()
            .copied()
            .filter(|recommendation| recommendation.answer != Answer::Refer)
            .collect();
        let waiting = waiting(connection, &for_review).await?;
        let (mut opened, mut links) = (Vec::new(), Vec::new());
        for recommendation in for_review {
            let case = if let Some(case) = waiting.get(&Key::of(recommendation)) {
                self.join(connection, case, recommendation).await?;
                case.clone()
            } else {
                opened.push(self.open(recommendation));
                recommendation.id.to_hexadecimal()
            };
            links.push((case, recommendation));
        }
        insert_rows(connection, INSERT_CASES, opened, "").await?;
        describe(connection, &links).await
    }

    /// What is counted over a delivery.
    fn count(&mut self, recommendation: &Recommendation) {
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
    }

    /// Writes what is counted of the whole delivery.
    pub(crate) async fn end(self, connection: &mut AnyConnection) -> Result<(), CaseStoreError> {
        self.waiting.write(connection).await?;
        rates::count(connection, &self.hours).await?;
        quota::entered(connection, &self.entered, self.received_ms).await?;
        let kinds = self.kinds.into_iter();
        let kinds = kinds.map(|(behaviour, mode, answer, platform)| {
            vec![
                behaviour.name().into(),
                mode.name().into(),
                answer.name().into(),
                platform.into(),
            ]
        });
        insert_rows(
            connection,
            "INSERT INTO recommendation_kinds (behaviour, mode, answer, platform) VALUES ",
            kinds.collect(),
            " ON CONFLICT (behaviour, mode, answer, platform) DO NOTHING",
        )
        .await?;
        Ok(())
    }

    async fn join(
        &self,
        connection: &mut AnyConnection,
        case: &str,
        recommendation: &Recommendation,
    ) -> Result<(), CaseStoreError> {
        sqlx::query(
            "UPDATE cases SET recommendation = $2, recommendations = recommendations + 1, mode = $3, answer = $4, \
             is_simulated = $5, score = CASE WHEN score < $6 THEN $6 ELSE score END, threshold_margin = $7, \
             place_ms = CASE WHEN place_ms > $8 THEN $8 ELSE place_ms END, \
             at_ms = CASE WHEN at_ms < $9 THEN $9 ELSE at_ms END, version = version + 1 WHERE id = $1",
        )
        .bind(case)
        .bind(recommendation.id.to_hexadecimal())
        .bind(recommendation.mode.name())
        .bind(recommendation.answer.name())
        .bind(i64::from(recommendation.threshold.population.is_simulated()))
        .bind(recommendation.score)
        .bind(recommendation.threshold.margin)
        .bind(place_ms(self.received_ms, recommendation))
        .bind(recommendation.at.0)
        .execute(connection)
        .await?;
        Ok(())
    }

    /// The row of a new case: open, or held above the quota.
    fn open(&mut self, recommendation: &Recommendation) -> Vec<Value> {
        let behaviour = recommendation.behaviour;
        let entered = self.entered.entry(behaviour).or_default();
        // What is held already comes first: a newer case does not take its room.
        let state = if *entered < self.room.of(behaviour) && !self.held.contains(&behaviour) {
            *entered += 1;
            CaseState::Open
        } else {
            self.held.insert(behaviour);
            CaseState::Held
        };
        self.waiting.add(behaviour, state, 1);
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let id = recommendation.id.to_hexadecimal();
        vec![
            id.clone().into(),
            sequence.into(),
            recommendation.platform.as_str().into(),
            recommendation.account.to_hexadecimal().into(),
            i64::from(recommendation.incarnation).into(),
            behaviour.name().into(),
            recommendation.mode.name().into(),
            recommendation.answer.name().into(),
            i64::from(recommendation.threshold.population.is_simulated()).into(),
            id.into(),
            1.into(),
            recommendation.score.into(),
            recommendation.threshold.margin.into(),
            state.name().into(),
            place_ms(self.received_ms, recommendation).into(),
            recommendation.at.0.into(),
            self.received_ms.into(),
            1.into(),
        ]
    }
}

const INSERT_CASES: &str = "INSERT INTO cases (id, sequence, platform, account, incarnation, behaviour, mode, answer, \
    is_simulated, recommendation, recommendations, score, threshold_margin, state, place_ms, at_ms, opened_ms, version) \
    VALUES ";

/// What a case is about: there is one that waits at most.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    platform: String,
    account: String,
    incarnation: i64,
    behaviour: String,
}

impl Key {
    fn of(recommendation: &Recommendation) -> Self {
        Self {
            platform: recommendation.platform.clone(),
            account: recommendation.account.to_hexadecimal(),
            incarnation: i64::from(recommendation.incarnation),
            behaviour: recommendation.behaviour.name().to_owned(),
        }
    }
}

/// The ids of the cases that wait for people and concern these accounts.
async fn waiting(
    connection: &mut AnyConnection,
    recommendations: &[&Recommendation],
) -> Result<BTreeMap<Key, String>, CaseStoreError> {
    // The state is looked at here: an index over states would hold every case that waits.
    let mut select = Statement::new(
        "SELECT id, state, platform, account, incarnation, behaviour FROM cases WHERE account IN (",
    );
    let accounts = recommendations
        .iter()
        .map(|one| one.account.to_hexadecimal());
    if !select.bind_list(accounts) {
        return Ok(BTreeMap::new());
    }
    let select = select.closed();
    let rows = select.query().fetch_all(connection).await?;
    let mut waiting = BTreeMap::new();
    for row in &rows {
        let state: String = row.try_get("state")?;
        if [CaseState::Held, CaseState::Open]
            .map(CaseState::name)
            .contains(&state.as_str())
        {
            let key = Key {
                platform: row.try_get("platform")?,
                account: row.try_get("account")?,
                incarnation: row.try_get("incarnation")?,
                behaviour: row.try_get("behaviour")?,
            };
            waiting.insert(key, row.try_get("id")?);
        }
    }
    Ok(waiting)
}
