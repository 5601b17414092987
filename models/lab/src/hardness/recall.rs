//! Recall at a fixed share of benign accounts, at each level of hiding.

use anyhow::{Result, bail};
use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::feature::{COUNT, FEATURES};
use sealwatch_core::inference::Forest;

use super::Crowd;
use crate::boosting::{Parameters, Rows, train};

/// Trees that tell one behaviour, for measuring a population.
pub struct Model {
    behaviour: Behaviour,
    forest: Forest,
}

impl Model {
    /// Learns a behaviour from a population.
    ///
    /// # Errors
    /// The population lacks rows of one of the two classes.
    pub fn train(crowd: &Crowd, behaviour: Behaviour, trees: usize) -> Result<Self> {
        let (mut values, mut labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for account in &crowd.accounts {
            let Some(label) = account.shows(behaviour) else {
                continue;
            };
            let count = account.rows(behaviour).count();
            for row in account.rows(behaviour) {
                values.extend_from_slice(row);
                labels.push(label);
                weights.push(1.0 / count as f64);
            }
        }
        let rows = Rows {
            values: &values,
            width: COUNT,
            labels: &labels,
            weights: &weights,
        };
        let none = Rows {
            values: &[],
            width: COUNT,
            labels: &[],
            weights: &[],
        };
        let parameters = Parameters {
            trees,
            ..Parameters::default()
        };
        let directions: Vec<_> = FEATURES.iter().map(|feature| feature.direction).collect();
        let document = train(&rows, &none, &directions, &parameters)?;
        let Ok(forest) = Forest::new(&document, COUNT) else {
            bail!("the trees for {} cannot be read back", behaviour.name())
        };
        Ok(Self { behaviour, forest })
    }

    /// The score of an account: the highest margin of its rows, or minus infinity if it was never scored.
    fn scores(&self, crowd: &Crowd, shows: bool) -> Vec<f64> {
        let accounts = crowd
            .accounts
            .iter()
            .filter(|account| account.shows(self.behaviour) == Some(shows))
            .filter(|account| !self.is_told_by_registrations() || account.is_newcomer());
        accounts
            .map(|account| {
                account
                    .rows(self.behaviour)
                    .map(|row| self.forest.margin(row))
                    .fold(f64::NEG_INFINITY, f64::max)
            })
            .collect()
    }

    /// Those whose act is a registration are compared with others who registered within the period: to be new is no
    /// disguise that fails.
    fn is_told_by_registrations(&self) -> bool {
        matches!(
            self.behaviour,
            Behaviour::AutomatedRegistration | Behaviour::BanEvasion
        )
    }

    /// The threshold strictly above which at most a share `alpha` of the population's benign accounts lies.
    pub fn threshold(&self, crowd: &Crowd, alpha: f64) -> f64 {
        let mut scores = self.scores(crowd, false);
        scores.sort_by(|left, right| right.total_cmp(left));
        let place = (alpha * scores.len() as f64) as usize;
        scores.get(place).copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// How many of the population's abusers of this behaviour lie strictly above a threshold, and how many there are.
    pub fn caught(&self, crowd: &Crowd, threshold: f64) -> (usize, usize) {
        let scores = self.scores(crowd, true);
        let caught = scores.iter().filter(|score| **score > threshold).count();
        (caught, scores.len())
    }
}
