//! Detectors, as programs read them: how each is set, what reviews say of it, its mode, and what stands behind its cases.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::time::{HOUR, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::cases::{
    self, CONFIDENCE, DetectorMode, ModeChange, Precision, ReasonCount, ReasonOrder, Verdict,
};
use crate::documents::{DetectorDocument, DetectorList};
use crate::filter::exact_pairs;
use crate::idempotency::{IdempotencyKey, once};
use crate::people::Actor;
use crate::problem::Problem;
use crate::routes::id;
use crate::schemas::{BehaviourName, DetectorModeName, KeyText, OrderName, VerdictName};
use crate::state::ApiState;
use crate::store::CaseStore;

const DAY_MS: i64 = 24 * HOUR;

/// All behaviours, and how each is detected.
#[utoipa::path(get, path = "/api/v1/detectors", tag = "detectors",
    responses((status = 200, description = "All behaviours", body = DetectorList)))]
pub async fn detectors(State(state): State<ApiState>) -> Json<DetectorList> {
    let describe = |behaviour: &Behaviour| DetectorDocument::new(*behaviour, &state.detectors);
    Json(DetectorList {
        detectors: Behaviour::ALL.iter().map(describe).collect(),
    })
}

/// What reviews say of a detector.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatisticsDocument {
    /// The behaviour.
    pub behaviour: &'static str,
    /// Cases decided within so many days are counted.
    pub days: i64,
    /// Cases whose decision in force confirms the recommendation or protects the account.
    pub confirmed: i64,
    /// Cases whose decision in force rejects it.
    pub rejected: i64,
    /// Decisions that an appeal or a second look overturned.
    pub overturned: i64,
    /// The share of confirmed ones; absent where nothing was decided. It is of the reviewed cases alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionDocument>,
    /// Recommendations by hour of event time; hours without any are left out.
    pub recommendations: Vec<HourDocument>,
    /// The last change of its mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode_change: Option<ModeChangeDocument>,
}

/// A share with its exact interval (Clopper and Pearson, 1934).
#[derive(Debug, Serialize, ToSchema)]
pub struct PrecisionDocument {
    /// The share.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How often such an interval holds the true share.
    pub confidence: f64,
}

impl From<Precision> for PrecisionDocument {
    fn from(precision: Precision) -> Self {
        Self {
            value: precision.value,
            low: precision.low,
            high: precision.high,
            confidence: CONFIDENCE,
        }
    }
}

/// Recommendations of an hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct HourDocument {
    /// When the hour begins.
    #[schema(format = DateTime)]
    pub from: String,
    /// How many.
    pub recommendations: i64,
}

/// A change of a detector's mode.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModeChangeDocument {
    /// The behaviour.
    pub behaviour: &'static str,
    /// What it may do from then on: `shadow`, or as `configured`.
    pub mode: &'static str,
    /// Why: `rate_anomaly` or `person`.
    pub reason: &'static str,
    /// On whose word; `sealwatch` is the program itself.
    pub person: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

impl From<&ModeChange> for ModeChangeDocument {
    fn from(change: &ModeChange) -> Self {
        Self {
            behaviour: change.behaviour.name(),
            mode: change.mode.name(),
            reason: change.reason.name(),
            person: change.person.clone(),
            at: Timestamp(change.at_ms).to_rfc3339(),
        }
    }
}

/// What reviews say of a detector: its rate, and its measured precision with an interval.
#[utoipa::path(get, path = "/api/v1/detectors/{behaviour}/statistics", tag = "detectors",
    params(("behaviour" = inline(BehaviourName), Path, description = "The behaviour"),
        ("days" = Option<i64>, Query, minimum = 1, maximum = 400, description = "Days that are counted, 1 to 400; 28 unless given")),
    responses(
        (status = 200, description = "The statistics", body = StatisticsDocument),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such behaviour", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn statistics(
    State(state): State<ApiState>,
    behaviour: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<StatisticsDocument>, Problem> {
    let behaviour = id(behaviour, Behaviour::parse)?;
    let mut days = 28;
    for (name, value) in exact_pairs(query.as_deref())? {
        if name != "days" {
            return Err(Problem::unknown_parameter());
        }
        days = number("days", &value, 400)?;
    }
    let database = state.store.database();
    let from_ms = (state.now_ms)() - days * DAY_MS;
    let found = cases::detector(database, behaviour, from_ms).await?;
    let changes = cases::detector_modes(database).await?;
    let change = changes.iter().find(|change| change.behaviour == behaviour);
    let hour = |(hour, count): &(i64, i64)| HourDocument {
        from: Timestamp(hour * HOUR).to_rfc3339(),
        recommendations: *count,
    };
    Ok(Json(StatisticsDocument {
        behaviour: behaviour.name(),
        days,
        confirmed: found.right,
        rejected: found.wrong,
        overturned: found.overturned,
        precision: found.precision.map(Into::into),
        recommendations: found.hours.iter().map(hour).collect(),
        mode_change: change.map(Into::into),
    }))
}

fn number(name: &'static str, text: &str, most: i64) -> Result<i64, Problem> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| Problem::parameter(name))
}

/// What a detector may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeRequest {
    /// `shadow`: nothing that it recommends is acted on; `configured`: as the policy says.
    #[schema(value_type = DetectorModeName, inline)]
    mode: DetectorMode,
}

/// Puts a detector into the shadow, or takes it back. The change enters the pipeline at a recorded position.
#[utoipa::path(put, path = "/api/v1/detectors/{behaviour}/mode", tag = "detectors",
    params(("behaviour" = inline(BehaviourName), Path, description = "The behaviour"),
        ("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each change")),
    request_body = ModeRequest,
    responses(
        (status = 200, description = "The change", body = ModeChangeDocument),
        (status = 404, description = "There is no such behaviour", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn set_mode(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    behaviour: Result<Path<String>, PathRejection>,
    body: Body<ModeRequest>,
) -> Result<Response, Problem> {
    let behaviour = id(behaviour, Behaviour::parse)?;
    let (by, mode, now_ms) = (&actor, body.value.mode, (state.now_ms)());
    let act = |store: CaseStore| async move {
        let database = store.database();
        let change = cases::set_detector_mode(database, by, behaviour, mode, now_ms).await?;
        Ok(ModeChangeDocument::from(&change))
    };
    let done = once(&state, &actor, (&key, body.request), StatusCode::OK, act).await?;
    Ok(done.into_response())
}

/// The reasons behind a behaviour's cases.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonList {
    /// In the order that was asked for.
    pub reasons: Vec<ReasonCountDocument>,
}

/// How often a feature was among the strongest reasons.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonCountDocument {
    /// The feature.
    pub feature: String,
    /// Cases that rest on it.
    pub cases: i64,
    /// Those that were confirmed, or whose account is protected.
    pub confirmed: i64,
    /// Those that were rejected.
    pub rejected: i64,
    /// What it added to their scores together, in log-odds.
    pub contribution: f64,
}

impl From<ReasonCount> for ReasonCountDocument {
    fn from(count: ReasonCount) -> Self {
        Self {
            feature: count.feature,
            cases: count.cases,
            confirmed: count.confirmed,
            rejected: count.rejected,
            contribution: count.contribution,
        }
    }
}

/// Which features stand most often behind a behaviour's newest 10,000 cases, and how those were decided.
#[utoipa::path(get, path = "/api/v1/detectors/{behaviour}/reasons", tag = "detectors",
    params(("behaviour" = inline(BehaviourName), Path, description = "The behaviour"),
        ("by" = inline(Option<OrderName>), Query, description = "Their order: cases, confirmed, rejected or contribution; cases unless given"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "How many, 1 to 100; 20 unless given")),
    responses(
        (status = 200, description = "The reasons", body = ReasonList),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such behaviour", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn top_reasons(
    State(state): State<ApiState>,
    behaviour: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<ReasonList>, Problem> {
    let behaviour = id(behaviour, Behaviour::parse)?;
    let (mut order, mut limit) = (ReasonOrder::Cases, 20);
    for (name, value) in exact_pairs(query.as_deref())? {
        match name.as_str() {
            "by" => {
                order = ReasonOrder::parse(&value).ok_or_else(|| Problem::parameter("by"))?;
            }
            "limit" => limit = number("limit", &value, 100)?,
            _ => return Err(Problem::unknown_parameter()),
        }
    }
    let limit = u32::try_from(limit).unwrap_or(1);
    let found = cases::top_reasons(state.store.database(), behaviour, order, limit).await?;
    Ok(Json(ReasonList {
        reasons: found.into_iter().map(Into::into).collect(),
    }))
}

/// The cases in which a feature was highest.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureCaseList {
    /// The feature.
    pub feature: String,
    /// Highest first.
    pub cases: Vec<FeatureCaseDocument>,
}

/// A feature's value in a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureCaseDocument {
    /// The case.
    pub case: String,
    /// The value, in the feature's unit.
    pub value: f64,
    /// What it added to the score, in log-odds.
    pub contribution: f64,
}

/// In which of a behaviour's newest 10,000 cases a feature was highest, of those that rest on it.
#[utoipa::path(get, path = "/api/v1/detectors/{behaviour}/features/{feature}/cases", tag = "detectors",
    params(("behaviour" = inline(BehaviourName), Path, description = "The behaviour"),
        ("feature" = String, Path, description = "The feature's name"),
        ("verdict" = inline(Option<VerdictName>), Query, description = "Only cases with this decision in force: confirm, reject, protect or needs_more"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "How many, 1 to 100; 20 unless given")),
    responses(
        (status = 200, description = "The cases", body = FeatureCaseList),
        (status = 400, description = "A wrong parameter", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such behaviour or feature", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn top_cases(
    State(state): State<ApiState>,
    path: Result<Path<(String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<FeatureCaseList>, Problem> {
    let Path((behaviour, feature)) = path.map_err(|_| Problem::not_found())?;
    let behaviour = Behaviour::parse(&behaviour).ok_or(Problem::not_found())?;
    let mut known = state.features.iter();
    let feature = known
        .find(|known| known.name == feature)
        .ok_or(Problem::not_found())?;
    let (mut verdict, mut limit) = (None, 20);
    for (name, value) in exact_pairs(query.as_deref())? {
        match name.as_str() {
            "verdict" => {
                let parsed = Verdict::parse(&value);
                verdict = Some(parsed.ok_or_else(|| Problem::parameter("verdict"))?);
            }
            "limit" => limit = number("limit", &value, 100)?,
            _ => return Err(Problem::unknown_parameter()),
        }
    }
    let limit = u32::try_from(limit).unwrap_or(1);
    let which = (behaviour, feature.name.as_str());
    let found = cases::top_cases(state.store.database(), which, verdict, limit).await?;
    let cases = found.iter().map(|found| FeatureCaseDocument {
        case: found.case.to_hexadecimal(),
        value: found.value,
        contribution: found.contribution,
    });
    Ok(Json(FeatureCaseList {
        feature: feature.name.clone(),
        cases: cases.collect(),
    }))
}
