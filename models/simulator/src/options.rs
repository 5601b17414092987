//! What a population is made of.

use thiserror::Error;

use crate::random::Random;

/// Which ranges and personas to draw from. The two differ, so that an evaluation meets what training has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonaSet {
    /// For training and calibration.
    Training,
    /// For evaluation: other ranges, and personas that training does not have.
    Evaluation,
}

impl PersonaSet {
    /// The name in the labels file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Evaluation => "evaluation",
        }
    }
}

/// How hard abusers hide: 0 is loud, 1 is almost a benign account.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hiding {
    /// All at this level.
    Fixed(f64),
    /// Each farm at a level of its own. Training draws from 0, 0.25, 0.5, 0.75 and 1, evaluation from 0.125, 0.375, 0.625
    /// and 0.875, both within [`Hiding::BLUR`]: evaluation meets no level that training has seen.
    Mixed,
}

impl Hiding {
    /// How far an account's level lies at most from its farm's, and a farm's from the level that it was drawn at; both
    /// together stay below half of the distance between the levels of the two sets.
    pub const BLUR: f64 = 0.025;

    /// The levels of a set of personas.
    pub const fn levels(personas: PersonaSet) -> &'static [f64] {
        match personas {
            PersonaSet::Training => &[0.0, 0.25, 0.5, 0.75, 1.0],
            PersonaSet::Evaluation => &[0.125, 0.375, 0.625, 0.875],
        }
    }

    /// The level of a farm. Farms of a behaviour take the levels in turn, so that each occurs.
    pub fn of_farm(self, personas: PersonaSet, farm: usize, random: &mut Random) -> f64 {
        match self {
            Self::Fixed(level) => level,
            Self::Mixed => {
                let levels = Self::levels(personas);
                Self::blurred(levels[farm % levels.len()], random)
            }
        }
    }

    /// A level near this one; loud stays loud, and hidden stays hidden.
    pub fn blurred(level: f64, random: &mut Random) -> f64 {
        let room = (4.0 * level * (1.0 - level)).clamp(0.0, 1.0);
        (level + Self::BLUR * room * random.between(-1.0, 1.0)).clamp(0.0, 1.0)
    }
}

/// The options of a population.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Number of accounts, abusers included.
    pub accounts: u32,
    /// Number of days.
    pub days: u32,
    /// The seed.
    pub seed: u64,
    /// The share of accounts that are or become abusive or compromised.
    pub abusive_share: f64,
    /// How hard abusers hide.
    pub hiding: Hiding,
    /// Which ranges and personas.
    pub personas: PersonaSet,
    /// Midnight UTC of the first day, in milliseconds since the epoch.
    pub start: i64,
    /// The platform's name on the wire.
    pub platform: String,
    /// The issuer of cross-platform signals and the bank of surface matches, as the configuration names them.
    pub vocabulary: Vocabulary,
}

/// Members of the sets that the service's configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    /// The issuer of `signal.received`.
    pub issuer: String,
    /// The bank of `surface.matched`.
    pub bank: String,
}

/// Options that make no population.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum OptionsError {
    /// Too few or too many accounts.
    #[error("--accounts must be between 20 and 20000000")]
    Accounts,
    /// Too few or too many days.
    #[error("--days must be between 1 and 3660")]
    Days,
    /// A share outside its range.
    #[error("--abusive-share must be between 0 and 0.5")]
    AbusiveShare,
    /// A hiding level outside its range.
    #[error("--hiding must be a number between 0 and 1, or mixed")]
    Hiding,
    /// A start that is no date.
    #[error("--start must be a date as 2026-02-02")]
    Start,
    /// A name that needs escapes.
    #[error("--platform, --issuer and --bank must match [A-Za-z0-9+@._:-]{{1,128}}")]
    Name,
}

impl Options {
    /// Checks the options.
    ///
    /// # Errors
    /// The first option that is out of its range.
    pub fn check(&self) -> Result<(), OptionsError> {
        if !(20..=20_000_000).contains(&self.accounts) {
            return Err(OptionsError::Accounts);
        }
        if !(1..=3_660).contains(&self.days) {
            return Err(OptionsError::Days);
        }
        if !(0.0..=0.5).contains(&self.abusive_share) {
            return Err(OptionsError::AbusiveShare);
        }
        if let Hiding::Fixed(level) = self.hiding
            && !(0.0..=1.0).contains(&level)
        {
            return Err(OptionsError::Hiding);
        }
        if [
            &self.platform,
            &self.vocabulary.issuer,
            &self.vocabulary.bank,
        ]
        .into_iter()
        .any(|name| !is_name(name))
        {
            return Err(OptionsError::Name);
        }
        Ok(())
    }

    /// The first millisecond after the population's time.
    pub const fn end(&self) -> i64 {
        self.start + self.days as i64 * crate::calendar::DAY
    }

    /// Whether evaluation ranges are asked for.
    pub fn evaluation(&self) -> bool {
        self.personas == PersonaSet::Evaluation
    }

    /// One of two values: for training, or for evaluation.
    pub fn choose<T>(&self, training: T, evaluation: T) -> T {
        if self.evaluation() {
            evaluation
        } else {
            training
        }
    }
}

/// Whether a text has the form of the schema's identifiers, so that it needs no escapes.
pub fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+@._:-".contains(&byte))
}

impl std::str::FromStr for Hiding {
    type Err = OptionsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "mixed" {
            return Ok(Self::Mixed);
        }
        match text.parse::<f64>() {
            Ok(level) if (0.0..=1.0).contains(&level) => Ok(Self::Fixed(level)),
            _ => Err(OptionsError::Hiding),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            accounts: 2_000,
            days: 14,
            seed: 1,
            abusive_share: 0.02,
            hiding: Hiding::Mixed,
            personas: PersonaSet::Training,
            // 2026-02-02, a Monday.
            start: 1_769_990_400_000,
            platform: "demo".to_owned(),
            vocabulary: Vocabulary {
                issuer: "sister".to_owned(),
                bank: "industry".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_out_of_range_are_refused_by_name() {
        assert_eq!(Options::default().check(), Ok(()));
        let wrong = |change: &dyn Fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            options.check().unwrap_err()
        };
        assert_eq!(
            wrong(&|options| options.accounts = 3),
            OptionsError::Accounts
        );
        assert_eq!(wrong(&|options| options.days = 0), OptionsError::Days);
        assert_eq!(
            wrong(&|options| options.abusive_share = 0.7),
            OptionsError::AbusiveShare
        );
        assert_eq!(
            wrong(&|options| options.abusive_share = f64::NAN),
            OptionsError::AbusiveShare
        );
        assert_eq!(
            wrong(&|options| options.hiding = Hiding::Fixed(1.5)),
            OptionsError::Hiding
        );
        assert_eq!(
            wrong(&|options| options.platform = "a\"b".to_owned()),
            OptionsError::Name
        );
    }

    #[test]
    fn mixed_hiding_never_gives_training_and_evaluation_the_same_level() {
        let mut random = Random::new(6);
        let mut drawn = |personas| -> Vec<f64> {
            (0..4_000)
                .map(|farm| {
                    let farm = Hiding::Mixed.of_farm(personas, farm, &mut random);
                    Hiding::blurred(farm, &mut random)
                })
                .collect()
        };
        let (training, evaluation) = (drawn(PersonaSet::Training), drawn(PersonaSet::Evaluation));
        let nearest = training
            .iter()
            .flat_map(|one| evaluation.iter().map(move |other| (one - other).abs()))
            .fold(f64::INFINITY, f64::min);
        assert!(nearest > 0.02, "{nearest}");
        assert!(training.contains(&0.0) && training.contains(&1.0));
        assert!(evaluation.iter().all(|level| (0.05..0.95).contains(level)));
    }

    #[test]
    fn hiding_is_a_level_or_mixed() {
        assert_eq!("mixed".parse(), Ok(Hiding::Mixed));
        assert_eq!("0.25".parse(), Ok(Hiding::Fixed(0.25)));
        assert_eq!("2".parse::<Hiding>(), Err(OptionsError::Hiding));
        assert_eq!("NaN".parse::<Hiding>(), Err(OptionsError::Hiding));
    }
}
