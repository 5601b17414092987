//! Cohorts: what the events tell of an account beyond its conduct, so that false bans can be compared between kinds of
//! people. Nothing of this is a feature of a model unless the registry says so.

use std::collections::BTreeMap;

sealwatch_core::closed_set! {
    /// What cohorts are made by.
    Attribute {
        /// Country of the account's first known network.
        Country = "country",
        /// Time since registration at the end of the data.
        AccountAge = "account_age",
        /// The client of the last registration or log-in that tells it.
        Client = "client",
        /// How many accounts share the account's first known network.
        NetworkSharing = "network_sharing",
        /// The kind of number.
        NumberKind = "number_kind",
        /// The owner's declared age band.
        AgeBand = "age_band",
        /// The kind of person, which only a simulator tells.
        Persona = "persona",
    }
}

/// How many attributes there are.
pub const ATTRIBUTES: usize = Attribute::ALL.len();

impl Attribute {
    /// The attribute as a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Country => "Country",
            Self::AccountAge => "Age of the account",
            Self::Client => "Client",
            Self::NetworkSharing => "Accounts on the same network",
            Self::NumberKind => "Kind of number",
            Self::AgeBand => "Age band of the owner",
            Self::Persona => "Kind of person (known only in simulation)",
        }
    }
}

/// What is not told.
pub const UNKNOWN: &str = "not told";

/// An account's cohorts, as indices into [`Cohorts`].
pub type Codes = [u16; ATTRIBUTES];

/// The names of all cohorts that occur.
#[derive(Debug, Clone, Default)]
pub struct Cohorts {
    codes: [BTreeMap<String, u16>; ATTRIBUTES],
    names: [Vec<String>; ATTRIBUTES],
}

impl Cohorts {
    /// The code of a cohort's name.
    pub fn code(&mut self, attribute: Attribute, name: &str) -> u16 {
        let place = attribute.index();
        if let Some(code) = self.codes[place].get(name) {
            return *code;
        }
        let code = self.names[place].len() as u16;
        self.names[place].push(name.to_owned());
        self.codes[place].insert(name.to_owned(), code);
        code
    }

    /// Names and codes of an attribute's cohorts: bands from low to high, then the others by name.
    pub fn of(&self, attribute: Attribute) -> Vec<(&str, u16)> {
        let mut cohorts: Vec<(&str, u16)> = self.codes[attribute.index()]
            .iter()
            .map(|(name, code)| (name.as_str(), *code))
            .collect();
        let rank = |name: &str| BANDS.iter().position(|band| *band == name);
        cohorts.sort_by_key(|cohort| rank(cohort.0).unwrap_or(BANDS.len()));
        cohorts
    }
}

/// Bands in their order.
const BANDS: [&str; 13] = [
    "below 7 days",
    "7 to 29 days",
    "30 to 364 days",
    "1 to 3 years",
    "over 3 years",
    "alone",
    "2 to 5",
    "6 to 50",
    "over 50",
    "under_13",
    "13_15",
    "16_17",
    "adult",
];

/// The band of an account's age in days.
pub fn age_of_account(days: Option<f64>) -> &'static str {
    match days {
        None => UNKNOWN,
        Some(days) if days < 7.0 => "below 7 days",
        Some(days) if days < 30.0 => "7 to 29 days",
        Some(days) if days < 365.0 => "30 to 364 days",
        Some(days) if days < 3.0 * 365.0 => "1 to 3 years",
        Some(_) => "over 3 years",
    }
}

/// The band of the number of accounts that share a network.
pub const fn sharing(accounts: Option<u32>) -> &'static str {
    match accounts {
        None => UNKNOWN,
        Some(..=1) => "alone",
        Some(2..=5) => "2 to 5",
        Some(6..=50) => "6 to 50",
        Some(_) => "over 50",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cohort_keeps_its_code_and_cohorts_come_in_the_order_of_their_names() {
        let mut cohorts = Cohorts::default();
        let first = cohorts.code(Attribute::Country, "IN");
        cohorts.code(Attribute::Country, "DE");
        assert_eq!(cohorts.code(Attribute::Country, "IN"), first);
        let names = |cohorts: &Cohorts, attribute| -> Vec<String> {
            let cohorts = cohorts.of(attribute).into_iter();
            cohorts.map(|cohort| cohort.0.to_owned()).collect()
        };
        assert_eq!(names(&cohorts, Attribute::Country), ["DE", "IN"]);
        assert!(names(&cohorts, Attribute::Client).is_empty());
        for band in ["over 3 years", "7 to 29 days", "not told"] {
            cohorts.code(Attribute::AccountAge, band);
        }
        let ages = names(&cohorts, Attribute::AccountAge);
        assert_eq!(ages, ["7 to 29 days", "over 3 years", "not told"]);
    }

    #[test]
    fn bands_begin_where_they_say() {
        assert_eq!(age_of_account(Some(6.9)), "below 7 days");
        assert_eq!(age_of_account(Some(7.0)), "7 to 29 days");
        assert_eq!(age_of_account(None), UNKNOWN);
        assert_eq!(sharing(Some(6)), "6 to 50");
    }
}
