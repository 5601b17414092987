//! How an abuser goes about its goal, between loud (hiding 0) and almost benign (hiding 1).
//!
//! The loud ends follow what WhatsApp has said of its own cases ("100 messages in 15 seconds, five minutes after
//! registering", "dozens of groups made quickly", "without ever the typing indicator"); the hidden ends are the ranges
//! of benign personas.

use super::Behaviour;
use crate::calendar::{DAY, MINUTE, Rhythm};
use crate::options::Options;
use crate::random::{Random, between_linear, between_logarithmic};

/// Median acts in a burst, milliseconds between them, and bursts per day: loud, in the middle, hidden. The hidden ends
/// add less to a person's own activity than people differ among each other.
struct Pace {
    burst: [f64; 3],
    gap: [f64; 3],
    bursts: [f64; 3],
}

impl Pace {
    const fn of(behaviour: Behaviour) -> Self {
        let (burst, gap, bursts) = match behaviour {
            Behaviour::BulkMessaging => (
                [140.0, 7.0, 1.0],
                [300.0, 20_000.0, 60_000.0],
                [4.0, 2.2, 0.3],
            ),
            Behaviour::AutomatedRegistration => (
                [3.0, 2.0, 1.0],
                [4_000.0, 15_000.0, 60_000.0],
                [0.7, 0.7, 0.3],
            ),
            Behaviour::Enumeration => (
                [50.0, 1.7, 1.0],
                [1_500.0, 20_000.0, 90_000.0],
                [7.0, 0.9, 0.2],
            ),
            Behaviour::GroupSpam => (
                [55.0, 14.0, 1.0],
                [400.0, 3_000.0, 20_000.0],
                [7.0, 0.9, 0.2],
            ),
            Behaviour::AccountTakeover => (
                [70.0, 9.0, 1.0],
                [700.0, 6_000.0, 60_000.0],
                [9.0, 4.0, 0.3],
            ),
            // Tens of first contacts a day, by hand.
            Behaviour::ScamFanout => (
                [9.0, 5.0, 1.0],
                [45_000.0, 60_000.0, 120_000.0],
                [5.0, 3.0, 0.3],
            ),
            // Not used: who returns goes on as before.
            Behaviour::BanEvasion => ([1.0; 3], [60_000.0; 3], [0.3; 3]),
            Behaviour::MinorContactRisk => (
                [5.0, 2.5, 1.0],
                [60_000.0, 90_000.0, 150_000.0],
                [2.5, 1.5, 0.2],
            ),
        };
        Self { burst, gap, bursts }
    }
}

/// How much of a person's life there is besides the goal; the same for its ties.
pub const LIFE: [f64; 3] = [0.03, 0.45, 1.0];

/// Interpolates on a logarithmic scale through three values, at hiding 0, 0.5 and 1.
pub fn through([loud, middle, hidden]: [f64; 3], hiding: f64) -> f64 {
    if hiding < 0.5 {
        between_logarithmic(loud, middle, 2.0 * hiding)
    } else {
        between_logarithmic(middle, hidden, 2.0 * hiding - 1.0)
    }
}

/// The parameters of one abuser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Median acts in a burst.
    pub burst: f64,
    /// Median milliseconds between acts of a burst.
    pub gap: f64,
    /// Spread of the logarithm of the gap.
    pub gap_sigma: f64,
    /// Bursts per day.
    pub bursts: f64,
    /// Its hours, or `None` for those of the person.
    pub rhythm: Option<Rhythm>,
    /// Share of its messages that are written as a person writes.
    pub typed: f64,
    /// Share of its acts that go to strangers.
    pub strangers: f64,
    /// How likely a stranger answers.
    pub appeal: f64,
    /// How likely a stranger minds enough to report.
    pub annoyance: f64,
    /// How much of its persona's own life goes on.
    pub life: f64,
    /// Share of its acts that are those of any person: all of them where it hides completely.
    pub ordinary: f64,
    /// Acts after which it stops.
    pub budget: u32,
    /// The kind of its messages that no person wrote.
    pub kind: &'static str,
    /// The size of such messages, as base-2 logarithm.
    pub size: u64,
    /// Time from the account's arrival to its first act.
    pub delay: i64,
    /// For look-ups: numbers in each, share of hits, share of sequential numbers.
    pub look_up: (f64, f64, f64),
}

impl Plan {
    /// Draws the plan of one abuser, of a platform with so many accounts that it can reach.
    pub fn draw(
        behaviour: Behaviour,
        hiding: f64,
        options: &Options,
        reachable: usize,
        random: &mut Random,
    ) -> Self {
        let h = hiding;
        let pace = Pace::of(behaviour);
        // Scams and contacts with minors are written by people, at their own hours.
        let by_hand = matches!(
            behaviour,
            Behaviour::ScamFanout | Behaviour::MinorContactRisk
        );
        let hours = match behaviour {
            // The shift of a building, every day of the week.
            Behaviour::ScamFanout => Rhythm::Shop,
            Behaviour::MinorContactRisk => Rhythm::Night,
            _ => Rhythm::Flat,
        };
        // Evaluation meets abusers at other speeds.
        let (faster, spread) = options.choose((1.0, 0.35), (0.6, 0.55));
        let mut range = |points: [f64; 3]| through(points, h) * random.log_normal(1.0, spread);
        let (burst, gap, bursts) = (
            range(pace.burst) * faster,
            range(pace.gap) / faster,
            range(pace.bursts),
        );
        let kinds: &[&str] = options.choose(
            &["text", "text", "image"],
            &["text", "image", "document", "video"],
        );
        let warm_up = between_logarithmic(4.0 * MINUTE as f64, 5.0 * DAY as f64, h)
            * random.log_normal(1.0, 0.8);
        let most = reachable as f64 * 0.6;
        Self {
            burst: burst.max(1.0),
            gap: gap.max(60.0),
            gap_sigma: between_linear(0.12, 0.95, h) * random.between(0.7, 1.3),
            bursts,
            rhythm: (!random.chance(between_linear(0.1, 1.0, h))).then_some(hours),
            typed: between_linear(if by_hand { 0.6 } else { 0.0 }, 0.93, h)
                * random.between(0.8, 1.05),
            strangers: if h < 0.5 {
                between_linear(1.0, 0.5, 2.0 * h)
            } else {
                between_linear(0.5, 0.3, 2.0 * h - 1.0)
            },
            appeal: through([if by_hand { 0.07 } else { 0.012 }, 0.14, 0.3], h),
            annoyance: through([if by_hand { 0.03 } else { 0.06 }, 0.018, 0.004], h)
                * random.log_normal(1.0, 0.4),
            life: through(LIFE, h),
            ordinary: h * h * h,
            budget: random.log_normal(900.0, 0.6).min(most).max(10.0) as u32,
            kind: random.pick(kinds).unwrap_or("text"),
            size: u64::from(random.whole(8, 11)),
            delay: if matches!(
                behaviour,
                Behaviour::AutomatedRegistration | Behaviour::BanEvasion
            ) {
                0
            } else {
                warm_up as i64
            },
            look_up: (
                through([900.0, 100.0, 30.0], h) * random.log_normal(1.0, 0.5),
                through([0.07, 0.33, 0.45], h) * random.between(0.6, 1.4),
                through([0.92, 0.06, 0.02], h) * random.log_normal(1.0, 0.5),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hiding_makes_every_behaviour_slower_more_human_and_less_annoying() {
        // Who returns goes on with the plan of another behaviour.
        let drawn = Behaviour::ALL
            .into_iter()
            .filter(|behaviour| *behaviour != Behaviour::BanEvasion);
        for behaviour in drawn {
            let mean = |hiding: f64, of: fn(&Plan) -> f64| {
                let mut random = Random::new(11);
                let draw = |_| {
                    of(&Plan::draw(
                        behaviour,
                        hiding,
                        &Options::default(),
                        2_000,
                        &mut random,
                    ))
                };
                (0..200).map(draw).sum::<f64>() / 200.0
            };
            assert!(mean(0.0, |plan| plan.burst) > mean(1.0, |plan| plan.burst));
            assert!(mean(0.0, |plan| plan.gap) < 0.6 * mean(1.0, |plan| plan.gap));
            assert!(mean(0.0, |plan| plan.typed) < 0.7 && mean(1.0, |plan| plan.typed) > 0.7);
            assert!(mean(0.0, |plan| plan.annoyance) > 3.0 * mean(1.0, |plan| plan.annoyance));
            assert!(mean(0.0, |plan| plan.life) < 0.1 && mean(1.0, |plan| plan.life) > 0.9);
        }
    }
}
