//! One behaviour's section of the page.

use crate::card::BehaviourCard;
use crate::card::figure::{interval, interval_three, percent, rate, thousands, three};
use crate::card::markup::{escape, note, paragraph};
use crate::card::plot::{Layer, Look, Plot, Scale};
use crate::card::ranking::{REFERENCE_BASE_RATE, Ranking};
use crate::card::reliability::Reliability;
use crate::card::table;
use crate::card::verdict::named;

/// The section.
pub fn section(card: &BehaviourCard) -> String {
    let name = card.behaviour.name();
    let mut html = format!(
        "<h2 id=\"{name}\">{}</h2>\n",
        escape(card.behaviour.title())
    );
    html.push_str(&format!(
        "<p><span class=\"tag {}\">{}.</span></p>\n",
        card.verdict.standing.name(),
        card.verdict.standing.words()
    ));
    html.push_str("<ul>");
    for sentence in &card.verdict.sentences {
        html.push_str(&format!("<li>{}</li>", escape(sentence)));
    }
    html.push_str("</ul>\n<h3>Promise and finding</h3>\n");
    html.push_str(&table::thresholds(&card.thresholds));
    html.push_str(&note(
        "A margin above the threshold flags an account. Benign accounts count once for each linked group, over the window of the \
         promise; abusive ones from the time their label names. In brackets: 95% intervals.",
    ));
    html.push_str(&table::precision(&card.thresholds));
    html.push_str(&note(
        "How often a flag is right depends on how rare abuse is. The first column of each promise uses the false-ban rate seen \
         here, the second the promised one, which is the safer number.",
    ));
    for (place, at) in card.thresholds.iter().enumerate() {
        let table = table::hiding(at);
        if place == 0 {
            html.push_str(&table);
        } else {
            html.push_str(&format!(
                "<details><summary>The same at the promise of {}</summary>\n{table}</details>\n",
                rate(at.threshold.alpha)
            ));
        }
    }
    html.push_str(&table::speed(&card.thresholds));
    html.push_str(&note(
        "Acts are what the account itself did: messages, calls, look-ups, groups, log-ins. “New” are accounts registered within \
         the data. Only found accounts have a time: those never found are in the tables above.",
    ));
    html.push_str("<h3>Ranking</h3>\n");
    html.push_str(&ranking_words(&card.ranking));
    html.push_str("<div class=\"plots\">");
    html.push_str(&roc(name, card));
    html.push_str(&precision_recall(name, &card.ranking));
    html.push_str(&reliability(name, &card.reliability));
    html.push_str("</div>\n");
    html.push_str(&format!(
        "<p class=\"key\"><span>as measured, with its 95% band</span><span class=\"second\">at a base rate of {}% (precision) or \
         a promise (ROC)</span><span class=\"guide\">chance, or perfect reliability</span></p>\n",
        REFERENCE_BASE_RATE * 100.0
    ));
    html.push_str(&reliability_words(&card.reliability));
    html.push_str(&table::at_rates(&card.ranking));
    html.push_str("<h3>Fairness: who is flagged wrongly</h3>\n");
    html.push_str(&fairness_words(card));
    html.push_str(&format!(
        "<details><summary>False bans by cohort</summary>\n{}</details>\n",
        table::fairness(&card.fairness)
    ));
    html.push_str("<h3>Why it flags</h3>\n");
    html.push_str(&table::explanation(&card.explanation));
    html.push_str(&note(&format!(
        "Contributions to the margin in log-odds (exact Shapley values), over {} accounts at the moment they first passed the \
         strictest threshold, and over {} scored benign accounts. They say what the score rests on, not what causes abuse.",
        card.explanation.flagged_rows, card.explanation.benign_rows
    )));
    html
}

fn ranking_words(ranking: &Ranking) -> String {
    paragraph(&format!(
        "Of {} accounts in {} linked groups that did it, against {} benign groups: area under the ROC curve {}, average precision \
         {} at this data's base rate of {}.",
        thousands(ranking.positives),
        thousands(ranking.positive_groups),
        thousands(ranking.benign_groups),
        interval_three(ranking.auc),
        interval_three(ranking.average_precision),
        percent(ranking.base_rate)
    ))
}

fn roc(name: &str, card: &BehaviourCard) -> String {
    let ranking = &card.ranking;
    let points = ranking.roc.iter();
    let band = points
        .clone()
        .map(|point| (point.rate, point.found.low, point.found.high));
    let line = points.map(|point| (point.rate, point.found.value));
    let mut layers = vec![
        Layer::Shade(
            1.0 / ranking.benign_groups.max(1) as f64,
            "not measurable".to_owned(),
        ),
        Layer::Band(band.collect(), Look::First),
        Layer::Line(
            ranking
                .roc
                .iter()
                .map(|point| (point.rate, point.rate))
                .collect(),
            Look::Guide,
        ),
        Layer::Line(line.collect(), Look::First),
    ];
    for at in &card.thresholds {
        layers.push(Layer::Upright(at.threshold.alpha, String::new()));
    }
    let stated: Vec<String> = ranking
        .at_rates
        .iter()
        .filter_map(|at| Some(format!("{} at {}", interval(at.found?), rate(at.rate))))
        .collect();
    Plot {
        id: format!("{name}-roc"),
        title: "Share found by false-ban rate (ROC)",
        description: format!(
            "Receiver operating characteristic with a logarithmic false-ban rate. Area {}. Found: {}. Rates below 1 in {} cannot \
             be measured.",
            interval_three(ranking.auc),
            stated.join("; "),
            thousands(ranking.benign_groups)
        ),
        x: (Scale::Powers(-5), "false-ban rate (benign groups)"),
        y: (Scale::Share, "found"),
        layers,
    }
    .svg()
}

fn precision_recall(name: &str, ranking: &Ranking) -> String {
    let points = || ranking.precision_recall.iter();
    let own = points().map(|point| (point.recall, point.precision.low, point.precision.high));
    let reference = points().map(|point| {
        let precision = point.at_reference;
        (point.recall, precision.low, precision.high)
    });
    let layers = vec![
        Layer::Band(reference.collect(), Look::Second),
        Layer::Band(own.collect(), Look::First),
        Layer::Line(
            points()
                .map(|point| (point.recall, point.at_reference.value))
                .collect(),
            Look::Second,
        ),
        Layer::Line(
            points()
                .map(|point| (point.recall, point.precision.value))
                .collect(),
            Look::First,
        ),
    ];
    let half = points().find(|point| point.recall >= 0.5 - 1e-9);
    let at_half = half.map_or_else(String::new, |point| {
        format!(
            " With half found: {} at this data's base rate, {} at {}%.",
            interval(point.precision),
            interval(point.at_reference),
            REFERENCE_BASE_RATE * 100.0
        )
    });
    Plot {
        id: format!("{name}-pr"),
        title: "Precision by share found",
        description: format!(
            "Precision-recall curve. Average precision {}.{at_half}",
            interval_three(ranking.average_precision)
        ),
        x: (Scale::Share, "found (recall)"),
        y: (Scale::Share, "precision"),
        layers,
    }
    .svg()
}

fn reliability(name: &str, reliability: &Reliability) -> String {
    let dots = reliability.bins.iter().map(|bin| {
        let observed = bin.observed;
        (bin.predicted, observed.value, observed.low, observed.high)
    });
    let described: Vec<String> = reliability
        .bins
        .iter()
        .map(|bin| {
            format!(
                "predicted {}, observed {} of {} accounts",
                percent(bin.predicted),
                percent(bin.observed.value),
                thousands(bin.count)
            )
        })
        .collect();
    Plot {
        id: format!("{name}-reliability"),
        title: "Predicted and observed (reliability)",
        description: format!("Reliability diagram: {}.", described.join("; ")),
        x: (Scale::Share, "predicted probability"),
        y: (Scale::Share, "observed share"),
        layers: vec![
            Layer::Line(vec![(0.0, 0.0), (1.0, 1.0)], Look::Guide),
            Layer::Dots(dots.collect()),
        ],
    }
    .svg()
}

fn reliability_words(reliability: &Reliability) -> String {
    let line = match (reliability.intercept, reliability.slope) {
        (Some(intercept), Some(slope)) => format!(
            "Cox's line: intercept {}, slope {} (perfect: 0 and 1)",
            three(intercept),
            three(slope)
        ),
        _ => "Cox's line does not exist here, because the classes are separated or too few"
            .to_owned(),
    };
    note(&format!(
        "Reliability: one score point of each of {} scored accounts, {} of which did it. {line}; Brier score {}. The curve was \
         fitted where abuse was more frequent, which shifts the intercept. The diagram's intervals take accounts as independent. \
         Nothing is decided by these probabilities.",
        thousands(reliability.accounts),
        thousands(reliability.positives),
        three(reliability.brier)
    ))
}

fn fairness_words(card: &BehaviourCard) -> String {
    let mut html = String::new();
    for fairness in &card.fairness {
        let part = |is_above: bool, words: &str| {
            let named = named(fairness, is_above);
            if named.is_empty() {
                None
            } else {
                Some(format!("{words}: {}", named.join(", ")))
            }
        };
        let parts: Vec<String> = [
            part(true, "flagged more often than others beyond chance"),
            part(false, "less often"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let words = if parts.is_empty() {
            "none has a false-ban rate of its own beyond chance".to_owned()
        } else {
            parts.join("; ")
        };
        html.push_str(&paragraph(&format!(
            "At the promise of {}, of {} cohorts tested, {words}.",
            rate(fairness.alpha),
            fairness.tests
        )));
    }
    html.push_str(&note(
        "Each cohort against all others of its kind: Fisher's exact test, two-sided, with Holm's correction over all of a \
         promise's tests at 5%. Intervals are Clopper-Pearson. Few false bans mean little power: a cohort that does not stand out is not \
         proven equal. The dashed line in the intervals is the promised rate; \
         they are cut off at five times that.",
    ));
    html
}
