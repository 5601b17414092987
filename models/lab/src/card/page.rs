//! The page: one file of HTML with its style and plots inside. It asks for nothing from anywhere and runs no script.

use crate::card::Card;
use crate::card::figure::{percent, rate, thousands};
use crate::card::markup::{escape, paragraph};
use crate::card::section::section;
use crate::card::style::STYLE;

/// Writes the page.
pub fn html(card: &Card) -> String {
    let title = format!(
        "Model card {}",
        card.artefact.digest.get(..12).unwrap_or_default()
    );
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>{STYLE}</style></head><body><main>\n",
        escape(&title)
    );
    page.push_str(&opening(card));
    page.push_str(&verdicts(card));
    page.push_str("<h2 id=\"limits\">What these figures do not say</h2>\n<ul>");
    for limit in &card.limits {
        page.push_str(&format!("<li>{}</li>\n", escape(limit)));
    }
    page.push_str("</ul>\n");
    for behaviour in &card.behaviours {
        page.push_str(&section(behaviour));
    }
    page.push_str(&origins(card));
    page.push_str("</main></body></html>\n");
    page
}

fn opening(card: &Card) -> String {
    let evaluation = &card.evaluation;
    let population = &card.artefact.population;
    let whose = if population.is_simulated() {
        format!("the simulator “{}”", population.name())
    } else {
        format!("the platform “{}”", population.name())
    };
    let mut html = format!(
        "<h1>What these models find, and whom they wrong</h1>\n<p class=\"lead\">A model card of Sealwatch: {} detectors of abuse \
         from metadata alone, never from content, trained on {}. They were replayed over {} events of {} accounts with known \
         labels ({} of them abusive or taken over), {} to {}, by the code that the live service runs. A flag is a \
         recommendation to a person, who decides.</p>\n",
        card.behaviours.len(),
        escape(&whose),
        thousands(evaluation.events),
        thousands(evaluation.accounts),
        thousands(evaluation.abusive_accounts),
        day(&evaluation.first.to_rfc3339()),
        day(&evaluation.last.to_rfc3339()),
    );
    html.push_str("<div class=\"promise\"><p><strong>The promise.</strong> ");
    let strictest = card
        .behaviours
        .iter()
        .filter_map(|card| card.thresholds.first());
    let threshold = strictest
        .min_by(|left, right| left.threshold.alpha.total_cmp(&right.threshold.alpha))
        .map(|at| &at.threshold);
    if let Some(threshold) = threshold {
        html.push_str(&format!(
            "At the strictest threshold, at most {} benign accounts is ever flagged for a behaviour within {} days. The \
             calibration makes this true with a probability of {}, whatever the model is like, for benign accounts like those it \
             was calibrated on.",
            rate(threshold.alpha),
            threshold.window_days,
            percent(1.0 - threshold.delta)
        ));
    }
    html.push_str("</p>");
    if population.is_simulated() {
        html.push_str(
            "<p><strong>Simulated accounts only:</strong> these thresholds may not go live, and the service refuses them.</p>",
        );
    }
    if card.artefact.is_expired {
        html.push_str("<p><strong>Expired:</strong> the thresholds are to be renewed.</p>");
    }
    html.push_str("</div>\n");
    html
}

fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

fn verdicts(card: &Card) -> String {
    let mut html =
        "<h2 class=\"first\" id=\"verdicts\">Behaviour by behaviour</h2>\n<ul class=\"cards\">\n"
            .to_owned();
    for behaviour in &card.behaviours {
        let standing = behaviour.verdict.standing;
        html.push_str(&format!(
            "<li class=\"{class}\"><h3><a href=\"#{name}\">{title}</a></h3><p class=\"tag {class}\">{words}</p>",
            class = standing.name(),
            name = behaviour.behaviour.name(),
            title = escape(behaviour.behaviour.title()),
            words = standing.words(),
        ));
        for sentence in &behaviour.verdict.sentences {
            html.push_str(&paragraph(sentence));
        }
        html.push_str("</li>\n");
    }
    html.push_str("</ul>\n");
    html
}

fn origins(card: &Card) -> String {
    let (artefact, evaluation) = (&card.artefact, &card.evaluation);
    let mut html =
        "<h2 id=\"origins\">Where everything comes from</h2>\n<h3>The models</h3><dl>".to_owned();
    let mut entry = |name: &str, value: &str, is_code: bool| {
        let value = escape(value);
        let value = if is_code {
            format!("<code>{value}</code>")
        } else {
            value
        };
        html.push_str(&format!("<dt>{}</dt><dd>{value}</dd>\n", escape(name)));
    };
    entry("Artefact (BLAKE3)", &artefact.digest, true);
    entry("Made by", &artefact.command, true);
    entry("Code version", &artefact.code_version, true);
    entry("Seed of the training", &artefact.seed.to_string(), true);
    entry("Feature schema", &artefact.feature_schema, true);
    entry("Training data (BLAKE3)", &artefact.data, true);
    entry("Population", artefact.population.name(), false);
    entry("Thresholds expire", &artefact.expires.to_rfc3339(), false);
    html.push_str("</dl><h3>This card</h3><dl>");
    let mut entry = |name: &str, value: &str, is_code: bool| {
        let value = escape(value);
        let value = if is_code {
            format!("<code>{value}</code>")
        } else {
            value
        };
        html.push_str(&format!("<dt>{}</dt><dd>{value}</dd>\n", escape(name)));
    };
    entry("Made by", &evaluation.command, true);
    entry("Data (BLAKE3)", &evaluation.data, true);
    entry("Seed of the draws", &evaluation.seed.to_string(), true);
    entry("Bootstrap draws", &evaluation.draws.to_string(), false);
    entry(
        "Benign accounts",
        &thousands(evaluation.benign_accounts),
        false,
    );
    entry(
        "Benign linked groups",
        &thousands(evaluation.benign_groups),
        false,
    );
    entry(
        "Abusive or taken over",
        &thousands(evaluation.abusive_accounts),
        false,
    );
    html.push_str("</dl>\n");
    html
}
