//! The attack curve: prints the table, and writes the picture to the file that is named.

use anyhow::{Context, Result};
use sealwatch_simulator::attack::{Attack, Scheme};
use sealwatch_tests::attack::{run, scorer, table};
use sealwatch_tests::plot::svg;

const REPORTERS: [u32; 10] = [1, 2, 3, 5, 10, 20, 50, 100, 300, 1_000];

fn main() -> Result<()> {
    let path = std::env::args()
        .nth(1)
        .context("name the file for the picture")?;
    let scorer = scorer()?;
    let mut outcomes = Vec::new();
    for scheme in Scheme::ALL {
        for reporters in REPORTERS {
            let attack = Attack {
                scheme,
                reporters,
                targets: 40,
                seed: 1,
            };
            outcomes.push(run(attack, &scorer)?);
        }
    }
    print!("{}", table(&outcomes));
    std::fs::write(&path, svg(&outcomes)).with_context(|| format!("cannot write {path}"))
}
