//! The report as a document for programs: the figures of the table, with the thresholds they were measured at.

use serde_json::{Value, json};

use crate::evaluate::{AtThreshold, Figures};
use crate::metrics::upper_bound;
use crate::train::Trained;

/// The levels of hiding, as [`AtThreshold::by_hiding`] has them.
const LEVELS: [&str; 3] = ["low", "middle", "high"];

/// The report of a training.
pub fn document(trained: &Trained) -> Value {
    let artefact = &trained.artefact;
    json!({
        "command": artefact.command,
        "seed": artefact.seed,
        "data": artefact.data,
        "feature_schema": artefact.feature_schema,
        "population": artefact.population,
        "without_a_model": trained.absent.iter().map(|(behaviour, why)| json!({"behaviour": behaviour, "why": why})).collect::<Vec<_>>(),
        "behaviours": trained.figures.iter().map(|figures| behaviour(trained, figures)).collect::<Vec<_>>(),
    })
}

fn behaviour(trained: &Trained, figures: &Figures) -> Value {
    let thresholds = trained
        .artefact
        .behaviours
        .get(&figures.behaviour)
        .map_or(&[][..], |document| &document.thresholds);
    let at = figures.at.iter().zip(thresholds).map(|(at, threshold)| {
        let mut value = measured(at);
        value["threshold"] = json!(threshold);
        value
    });
    json!({
        "behaviour": figures.behaviour.name(),
        "split": figures.overlap,
        "leaks": figures.leaks,
        "validation": {
            "trees": {"auc": figures.trees.0, "average_precision": figures.trees.1},
            "linear": {"auc": figures.linear.0, "average_precision": figures.linear.1},
        },
        "evaluation": at.collect::<Vec<_>>(),
    })
}

fn measured(at: &AtThreshold) -> Value {
    let (flagged, benign) = at.false_positives;
    let levels = LEVELS.iter().zip(at.by_hiding).map(
        |(level, (found, all))| json!({"hiding": level, "found": found, "abusive_accounts": all}),
    );
    json!({
        "found": at.found.0,
        "abusive_accounts": at.found.1,
        "by_hiding": levels.collect::<Vec<_>>(),
        "benign_groups_flagged": flagged,
        "benign_groups": benign,
        "benign_upper_bound_95": upper_bound(flagged, benign),
    })
}
