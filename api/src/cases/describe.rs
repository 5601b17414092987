//! What is kept of a case beside the case: its recommendations, and their strongest reasons, for counts over many.

use std::collections::BTreeMap;

use sealwatch_core::recommendation::Recommendation;
use sqlx::AnyConnection;

use crate::statement::{Value, insert_rows};
use crate::store::CaseStoreError;

/// Reasons of a recommendation that are counted over many.
const REASONS: usize = 8;

/// Writes down to which case each recommendation belongs, with reasons. Each case comes once.
pub(super) async fn describe(
    connection: &mut AnyConnection,
    cases: &[(String, &Recommendation)],
) -> Result<(), CaseStoreError> {
    let belongs = cases
        .iter()
        .map(|(case, one)| vec![one.id.to_hexadecimal().into(), case.as_str().into()]);
    insert_rows(
        connection,
        "INSERT INTO case_recommendations (recommendation, case_id) VALUES ",
        belongs.collect(),
        "",
    )
    .await?;
    insert_rows(
        connection,
        "INSERT INTO case_reasons (case_id, feature, value, contribution) VALUES ",
        cases.iter().flat_map(|(case, one)| reasons(case, one)).collect(),
        " ON CONFLICT (case_id, feature) DO UPDATE SET value = excluded.value, contribution = excluded.contribution",
    )
    .await?;
    Ok(())
}

/// Each feature once: a statement may not change a row twice.
fn reasons(case: &str, recommendation: &Recommendation) -> Vec<Vec<Value>> {
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
    rows.collect()
}
