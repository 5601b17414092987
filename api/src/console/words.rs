//! Numbers, times and guarantees in words.

use sealwatch_core::behaviour::{Answer, Behaviour};
use sealwatch_core::feature::Family;
use sealwatch_core::time::Timestamp;

use crate::cases::{AppealGround, Verdict};

/// A time as it is shown, and as machines read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// RFC 3339.
    pub machine: String,
    /// `2026-11-24 08:00:00`, in UTC.
    pub shown: String,
}

impl Moment {
    /// Of a time.
    pub fn new(at: Timestamp) -> Self {
        let machine = at.to_rfc3339();
        let (day, time) = machine.split_once('T').unwrap_or((&machine, ""));
        let shown = format!(
            "{day} {}",
            time.split_once('.').map_or(time, |(seconds, _)| seconds)
        );
        Self { machine, shown }
    }
}

/// A score, in log-odds.
pub fn score(score: f64) -> String {
    format!("{score:.2}")
}

/// A share as a percentage, with as many digits as it needs: `0.1%`.
pub fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A count with thin groups: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of an event or a feature, short.
pub fn number(value: f32) -> String {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

/// A name of a closed set in words.
pub fn name(name: &str) -> String {
    name.replace('_', " ")
}

/// What the features of a family are about.
pub const fn family(family: Family) -> &'static str {
    match family {
        Family::Volume => "How much is sent",
        Family::Strangers => "To whom: strangers and first contacts",
        Family::Feedback => "What comes back: answers, reads, blocks, reports",
        Family::Rhythm => "How it is done: typing, gaps, hours, repetition",
        Family::Registration => "Where the account comes from",
        Family::LookUp => "Contact look-ups",
        Family::Group => "Groups and members",
        Family::Call => "Calls and contact requests",
        Family::Access => "Log-ins, devices, the profile",
        Family::Signal => "What other platforms and hash banks say",
    }
}

/// What is recommended, as a sentence about the account.
pub const fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Limit => "Slow the account down for a while",
        Answer::Ban => "Ban the account",
        Answer::Refer => "Show the account to the referral side; do nothing about it",
        Answer::Protect => {
            "Protect the account’s owner: sign out the new device and ask for the second factor"
        }
    }
}

/// What the behaviour looks like from outside.
pub const fn behaviour(behaviour: Behaviour) -> &'static str {
    match behaviour {
        Behaviour::BulkMessaging => {
            "many messages, fast, to strangers, without typing and without replies"
        }
        Behaviour::AutomatedRegistration => {
            "accounts registered in series on shared networks, devices or number ranges"
        }
        Behaviour::BanEvasion => "an account that continues a banned one",
        Behaviour::CoordinatedRing => "accounts that act on the same targets at the same times",
        Behaviour::GroupSpam => "groups made and strangers added fast, who leave and report",
        Behaviour::ScamFanout => "slow, wide first contacts with few deep threads",
        Behaviour::Enumeration => "contact look-ups in bulk, with no conversation after",
        Behaviour::AccountTakeover => {
            "a new device or network, then a burst against the account’s own habits"
        }
        Behaviour::FalseReporting => "reports that are coordinated or wrong",
        Behaviour::MinorContactRisk => "adults reaching out to many minors who do not know them",
    }
}

/// A verdict, as a heading.
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirm => "Confirm",
        Verdict::Reject => "Reject",
        Verdict::Protect => "Protect",
        Verdict::NeedsMore => "Needs more",
    }
}

/// What an appeal rests on.
pub const fn ground(ground: AppealGround) -> &'static str {
    match ground {
        AppealGround::LegitimateUse => "The use is a legitimate one",
        AppealGround::NotTheOwner => "It was not the owner who acted",
        AppealGround::MistakenIdentity => "The account was taken for another",
        AppealGround::Other => "Something else, which support knows",
        AppealGround::SecondLook => "A second look did not agree",
    }
}

/// A threshold as it is shown.
pub struct Threshold {
    /// The score.
    pub margin: String,
    /// The bound on the false-ban rate.
    pub alpha: String,
    /// The probability that the bound does not hold.
    pub delta: String,
    /// Its complement.
    pub confidence: String,
    /// How many benign accounts.
    pub n: String,
    /// The window.
    pub window_days: u32,
    /// Whose accounts.
    pub population: String,
    /// Whether they are simulated.
    pub is_simulated: bool,
}

impl Threshold {
    /// Of a threshold.
    pub fn new(threshold: &sealwatch_core::recommendation::Threshold) -> Self {
        Self {
            margin: score(threshold.margin),
            alpha: percent(threshold.alpha),
            delta: percent(threshold.delta),
            confidence: percent(1.0 - threshold.delta),
            n: count(threshold.n),
            window_days: threshold.window_days,
            population: threshold.population.name().to_owned(),
            is_simulated: threshold.population.is_simulated(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_keep_what_matters() {
        assert_eq!(percent(0.001), "0.1%");
        assert_eq!(percent(1.0 - 0.05), "95%");
        assert_eq!(percent(0.000_01), "0.001%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(number(3.0), "3");
        assert_eq!(number(0.125), "0.12");
    }

    #[test]
    fn times_are_shown_to_the_second() {
        assert_eq!(
            Moment::new(Timestamp(1_767_225_600_123)).shown,
            "2026-01-01 00:00:00"
        );
    }
}
