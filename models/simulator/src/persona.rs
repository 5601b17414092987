//! Who uses the platform: the kinds of people, how they behave, and what they do besides talking to friends.

use crate::calendar::Rhythm;
use crate::options::Options;
use crate::random::Random;

/// Something that a persona does besides talking to friends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routine {
    /// Writes to many of its customers at once (they asked for it).
    Broadcast,
    /// Is written to by customers or strangers, and answers.
    Inbound,
    /// Goes from stranger to stranger: parcels, applicants, buyers.
    Round,
    /// Writes by hand to strangers, a few at a time: for a job, a flat, friends, a sale.
    Approach,
    /// Writes to minors who know the account.
    Coach,
    /// Makes a group and adds many people to it.
    Organise,
    /// Looks up a big address book.
    Import,
    /// Travels, perhaps with a new phone.
    Travel,
}

/// A kind of person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Persona {
    /// The name in the labels file.
    pub name: &'static str,
    /// Share among accounts in training and in evaluation; zero where it does not occur.
    share: [f64; 2],
    /// Median and spread (of the logarithm) of activities per day.
    activity: (f64, f64),
    /// Mean number of further messages of an activity.
    burst: f64,
    /// How likely a message of a contact is answered.
    reply: f64,
    /// Shares of activities that go to groups, and that are calls.
    group_and_call: (f64, f64),
    /// Rhythms that occur.
    rhythms: &'static [Rhythm],
    /// Age bands that occur.
    ages: &'static [&'static str],
    /// Routines, with times per day.
    pub routines: &'static [(Routine, f64)],
    /// Whether this is a benign persona that is easily taken for an abuser.
    pub hard: bool,
}

const ORDINARY: Persona = Persona {
    name: "adult",
    share: [0.512, 0.474],
    activity: (2.5, 0.75),
    burst: 0.7,
    reply: 0.5,
    group_and_call: (0.3, 0.06),
    rhythms: &[Rhythm::Day],
    ages: &["adult"],
    routines: &[],
    hard: false,
};

const BUSINESS_LIKE: Persona = Persona {
    share: [0.0, 0.0],
    hard: true,
    rhythms: &[Rhythm::Office, Rhythm::Shop],
    activity: (2.0, 0.6),
    ..ORDINARY
};

/// Every persona.
pub const PERSONAS: &[Persona] = &[
    ORDINARY,
    Persona {
        name: "teenager",
        share: [0.13, 0.15],
        activity: (3.7, 0.7),
        burst: 1.3,
        reply: 0.6,
        group_and_call: (0.45, 0.03),
        rhythms: &[Rhythm::Late],
        ages: &["13_15", "16_17", "16_17", "under_13"],
        ..ORDINARY
    },
    Persona {
        name: "senior",
        share: [0.10, 0.08],
        activity: (1.4, 0.6),
        burst: 0.2,
        reply: 0.45,
        group_and_call: (0.2, 0.15),
        rhythms: &[Rhythm::Early],
        ..ORDINARY
    },
    Persona {
        name: "student",
        share: [0.07, 0.08],
        rhythms: &[Rhythm::Late],
        activity: (3.1, 0.7),
        ..ORDINARY
    },
    Persona {
        name: "night_worker",
        share: [0.025, 0.04],
        rhythms: &[Rhythm::Night],
        ..ORDINARY
    },
    Persona {
        name: "quiet",
        share: [0.06, 0.06],
        activity: (0.15, 0.9),
        burst: 0.1,
        reply: 0.35,
        ..ORDINARY
    },
    Persona {
        name: "business",
        share: [0.014, 0.012],
        routines: &[(Routine::Broadcast, 0.3), (Routine::Inbound, 7.0)],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "courier",
        share: [0.008, 0.008],
        routines: &[(Routine::Round, 1.2)],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "organiser",
        share: [0.009, 0.008],
        routines: &[(Routine::Organise, 0.5)],
        rhythms: &[Rhythm::Day],
        activity: (3.1, 0.6),
        ..BUSINESS_LIKE
    },
    Persona {
        name: "teacher",
        share: [0.007, 0.007],
        routines: &[(Routine::Organise, 0.12), (Routine::Inbound, 3.0)],
        rhythms: &[Rhythm::Day],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "importer",
        share: [0.008, 0.007],
        routines: &[(Routine::Import, 0.8)],
        rhythms: &[Rhythm::Day],
        activity: (2.5, 0.7),
        ..BUSINESS_LIKE
    },
    Persona {
        name: "traveller",
        share: [0.02, 0.018],
        routines: &[(Routine::Travel, 0.09)],
        rhythms: &[Rhythm::Day],
        activity: (2.5, 0.7),
        ..BUSINESS_LIKE
    },
    Persona {
        name: "seller",
        share: [0.008, 0.006],
        routines: &[(Routine::Round, 0.25), (Routine::Inbound, 5.0)],
        rhythms: &[Rhythm::Day],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "job_seeker",
        share: [0.012, 0.008],
        routines: &[(Routine::Approach, 1.0)],
        rhythms: &[Rhythm::Day, Rhythm::Shop],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "salesperson",
        share: [0.006, 0.004],
        routines: &[(Routine::Approach, 2.5), (Routine::Inbound, 2.0)],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "trainer",
        share: [0.010, 0.004],
        routines: &[(Routine::Coach, 1.2), (Routine::Organise, 0.05)],
        rhythms: &[Rhythm::Day, Rhythm::Late],
        ..BUSINESS_LIKE
    },
    // Only in evaluation.
    Persona {
        name: "newcomer_in_town",
        share: [0.0, 0.005],
        routines: &[(Routine::Approach, 1.2)],
        rhythms: &[Rhythm::Late],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "youth_worker",
        share: [0.0, 0.005],
        routines: &[(Routine::Coach, 1.6), (Routine::Organise, 0.1)],
        rhythms: &[Rhythm::Late],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "recruiter",
        share: [0.0, 0.007],
        routines: &[(Routine::Round, 0.9), (Routine::Import, 0.2)],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "support_desk",
        share: [0.0, 0.007],
        routines: &[(Routine::Inbound, 30.0)],
        ..BUSINESS_LIKE
    },
    Persona {
        name: "volunteer",
        share: [0.0, 0.006],
        routines: &[
            (Routine::Round, 0.5),
            (Routine::Organise, 0.3),
            (Routine::Broadcast, 0.1),
        ],
        rhythms: &[Rhythm::Day, Rhythm::Late],
        ..BUSINESS_LIKE
    },
];

/// How one account behaves: a draw from its persona's ranges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traits {
    /// Activities per day.
    pub activity: f64,
    /// Mean number of further messages of an activity.
    pub burst: f64,
    /// How likely a message of a contact is answered.
    pub reply: f64,
    /// Share of activities that go to groups.
    pub groups: f64,
    /// Share of activities that are calls.
    pub calls: f64,
    /// Milliseconds of typing for a character.
    pub typing: f64,
    /// When in the day it is active.
    pub rhythm: Rhythm,
    /// The declared age band.
    pub age: &'static str,
    /// How often its routines come, relative to the persona's.
    pub zeal: f64,
}

/// Draws a persona.
pub fn draw(options: &Options, random: &mut Random) -> &'static Persona {
    let column = usize::from(options.evaluation());
    let weights: Vec<f64> = PERSONAS
        .iter()
        .map(|persona| persona.share[column])
        .collect();
    &PERSONAS[random.weighted(&weights)]
}

/// Draws an account's traits.
pub fn traits(persona: &Persona, options: &Options, random: &mut Random) -> Traits {
    // Evaluation draws from wider and shifted ranges.
    let (shift, spread) = options.choose((1.0, 1.0), (1.15, 1.15));
    let (median, sigma) = persona.activity;
    let (groups, calls) = persona.group_and_call;
    Traits {
        activity: random.log_normal(median * shift, sigma * spread).min(60.0),
        burst: persona.burst * random.between(0.6, 1.4 * shift),
        reply: (persona.reply * random.between(0.75, 1.25)).min(0.8),
        groups: (groups * random.between(0.4, 1.6)).min(0.8),
        calls: (calls * random.between(0.3, 1.7 * shift)).min(0.4),
        typing: random.log_normal(230.0 / shift, 0.35 * spread),
        rhythm: random.pick(persona.rhythms).unwrap_or(Rhythm::Day),
        age: random.pick(persona.ages).unwrap_or("adult"),
        zeal: random.log_normal(shift, 0.45 * spread),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::PersonaSet;

    #[test]
    fn the_shares_of_each_set_sum_to_one() {
        for column in 0..2 {
            let sum: f64 = PERSONAS.iter().map(|persona| persona.share[column]).sum();
            assert!((sum - 1.0).abs() < 0.01, "{column} {sum}");
        }
    }

    #[test]
    fn some_personas_occur_in_evaluation_only() {
        let drawn = |personas| {
            let options = Options {
                personas,
                ..Options::default()
            };
            let mut random = Random::new(4);
            let mut names: Vec<&str> = (0..20_000)
                .map(|_| draw(&options, &mut random).name)
                .collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        let (training, evaluation) = (drawn(PersonaSet::Training), drawn(PersonaSet::Evaluation));
        for name in [
            "recruiter",
            "support_desk",
            "volunteer",
            "newcomer_in_town",
            "youth_worker",
        ] {
            assert!(!training.contains(&name) && evaluation.contains(&name));
        }
    }
}
