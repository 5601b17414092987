//! Runs the whole system on a simulated stream, with people at work and a real Prometheus, and writes what each panel of each
//! dashboard asks for and gets: what `make dashboard-pictures` draws.
//!
//! `sealwatch-dashboard-results OUT [SECONDS [ACCOUNTS]]`

use std::fs;

use anyhow::{Context, Result};
use sealwatch_tests::dashboards::results;
use sealwatch_tests::observed::Observed;
use serde_json::json;

/// Points that a picture has from left to right, about.
const POINTS: f64 = 240.0;

/// What a person's eye makes of a rate: seconds that it is taken over.
const RATE_SECONDS: u32 = 15;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, otherwise: u64| match arguments.get(place) {
        Some(text) => text.parse().context("a number is none"),
        None => Ok(otherwise),
    };
    let out = arguments.first().context("whereto?")?;
    let observed = Observed::run(u32::try_from(number(2, 2_500)?)?, number(1, 240)?)?;
    let (began, ended) = (observed.began, observed.ended);
    let step = ((ended - began) / POINTS).ceil().max(1.0);
    let dashboards = results(&observed.prometheus, began, ended, step, RATE_SECONDS)?;
    let document = json!({"began": began, "ended": ended, "dashboards": dashboards});
    fs::write(out, document.to_string()).context("the results cannot be written")
}
