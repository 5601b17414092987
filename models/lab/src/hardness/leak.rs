//! What a model could cheat with: which fields are missing, identifiers, the order of events, the time of registration.
//!
//! Being new is a fair sign (farms register accounts) and no secret of the file. So the behaviours whose act is a
//! registration are compared with benign accounts that registered within the period, too, and returning abusers, who
//! by nature come late, with the benign registrations next to theirs in time. All others are compared with everybody.
//!
//! Of an account that sent nothing no field of a message is missing. So a population runs for long enough that nearly
//! everybody has sent something: else the trees would learn who is active, and that is no secret of the file.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::Direction;
use sealwatch_core::inference::Forest;

use super::sheet::{Sheet, Sheets};
use crate::boosting::{Parameters, Rows, train};
use crate::metrics::auc;

/// Benign registrations that each returning abuser is compared with.
const NEIGHBOURS: usize = 2;

/// The accounts that a behaviour is compared with, and its own.
fn compared(sheets: &Sheets, behaviour: Behaviour) -> Vec<&Sheet> {
    let of = |sheet: &&Sheet| sheet.behaviour == Some(behaviour);
    let is_benign = |sheet: &&Sheet| sheet.is_benign;
    let mut accounts: Vec<&Sheet> = sheets.accounts.iter().filter(of).collect();
    let benign = sheets.accounts.iter().filter(is_benign);
    match behaviour {
        Behaviour::AutomatedRegistration => {
            accounts.extend(benign.filter(|sheet| sheet.registered.is_some()));
        }
        Behaviour::BanEvasion => {
            let mut times: Vec<(i64, &Sheet)> = benign
                .filter_map(|sheet| Some((sheet.registered?, sheet)))
                .collect();
            times.sort_by_key(|(at, _)| *at);
            let mut taken = BTreeSet::new();
            for sheet in accounts.clone() {
                let Some(at) = sheet.registered else { continue };
                for _ in 0..NEIGHBOURS {
                    let nearest = (0..times.len())
                        .filter(|place| !taken.contains(place))
                        .min_by_key(|place| times[*place].0.abs_diff(at));
                    let Some(place) = nearest else { break };
                    taken.insert(place);
                    accounts.push(times[place].1);
                }
            }
        }
        _ => accounts.extend(benign),
    }
    accounts
}

/// The values of one account.
fn row(sheet: &Sheet, columns: &[(String, String)], sheets: &Sheets, out: &mut Vec<f32>) {
    let number = |value: Option<f64>| value.map_or(f32::NAN, |value| value as f32);
    let days = |at: i64| (at - sheets.start) as f64 / 86_400_000.0;
    out.push(number(sheet.since.map(days)));
    out.push(number(
        sheet.first.map(|place| place as f64 / sheets.events as f64),
    ));
    for field in ["account", "device", "network", "number_range", "id"] {
        let bits = sheet.identifiers.get(field);
        for shift in [32, 16, 0] {
            out.push(number(bits.map(|bits| (bits >> shift & 0xffff) as f64)));
        }
    }
    for (form, field) in columns {
        // Missing in all, some or none of its events of this form; nothing where it has no such event.
        let share = sheet.forms.get(form).map(|(seen, count)| {
            1.0 - f64::from(seen.get(field).copied().unwrap_or(0)) / f64::from(*count)
        });
        out.push(share.map_or(0.0, |share| share as f32));
    }
}

/// The fields that are missing in some event of a form and there in another one.
fn columns(sheets: &[&Sheets]) -> Vec<(String, String)> {
    let mut fields: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut totals: BTreeMap<&str, u32> = BTreeMap::new();
    for sheet in sheets.iter().flat_map(|sheets| &sheets.accounts) {
        for (form, (seen, count)) in &sheet.forms {
            *totals.entry(form).or_default() += count;
            for (field, times) in seen {
                *fields.entry((form.clone(), field.clone())).or_default() += times;
            }
        }
    }
    fields
        .into_iter()
        .filter(|((form, _), times)| *times < totals[form.as_str()])
        .map(|(column, _)| column)
        .collect()
}

/// Trains on one population and measures on another: the AUC of what is no sign of a behaviour.
///
/// # Errors
/// A population has no account of the behaviour.
pub fn leak(training: &Sheets, evaluation: &Sheets, behaviour: Behaviour) -> Result<f64> {
    let columns = columns(&[training, evaluation]);
    let table = |sheets: &Sheets| {
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        for sheet in compared(sheets, behaviour) {
            row(sheet, &columns, sheets, &mut values);
            labels.push(!sheet.is_benign);
        }
        (values, labels)
    };
    let (values, labels) = table(training);
    let width = values.len() / labels.len().max(1);
    let rows = Rows {
        values: &values,
        width,
        labels: &labels,
        weights: &vec![1.0; labels.len()],
    };
    let none = Rows {
        values: &[],
        width,
        labels: &[],
        weights: &[],
    };
    let parameters = Parameters {
        trees: 60,
        depth: 3,
        least_hessian: 15.0,
        ..Parameters::default()
    };
    let document = train(&rows, &none, &vec![Direction::Free; width], &parameters)?;
    let Ok(forest) = Forest::new(&document, width) else {
        bail!("the trees for {} cannot be read back", behaviour.name())
    };
    let (values, labels) = table(evaluation);
    let margins: Vec<f64> = values
        .chunks_exact(width)
        .map(|row| forest.margin(row))
        .collect();
    Ok(auc(&margins, &labels))
}
