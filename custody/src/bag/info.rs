//! `bag-info.txt`: what the bag says of itself, one line for each label.

use super::{BagError, PROFILE_IDENTIFIER};

const SOFTWARE_AGENT: &str = "sealwatch";
const MAXIMUM_VALUE_LENGTH: usize = 1000;

pub(super) const EXTERNAL_IDENTIFIER: &str = "External-Identifier";
pub(super) const PAYLOAD_OXUM: &str = "Payload-Oxum";
pub(super) const PROFILE_LABEL: &str = "BagIt-Profile-Identifier";

/// What the caller says of the bag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BagInfo {
    /// The platform that makes the referral.
    pub source_organization: String,
    /// The referral's id.
    pub external_identifier: String,
    /// What it is, for a person who finds the bag. Nothing of the case.
    pub external_description: String,
    /// The day on which the payload was fixed, `2026-11-24`.
    pub bagging_date: String,
    /// Whom to ask, where the platform names someone.
    pub contact_email: Option<String>,
}

impl BagInfo {
    pub(super) fn to_text(&self, octets: usize, files: usize) -> Result<String, BagError> {
        if !is_date(&self.bagging_date) {
            return Err(BagError::Date);
        }
        let oxum = oxum(octets, files);
        let mut text = String::new();
        let tags = [
            (PROFILE_LABEL, Some(PROFILE_IDENTIFIER)),
            ("Bag-Software-Agent", Some(SOFTWARE_AGENT)),
            ("Bagging-Date", Some(self.bagging_date.as_str())),
            ("Contact-Email", self.contact_email.as_deref()),
            (
                "External-Description",
                Some(self.external_description.as_str()),
            ),
            (EXTERNAL_IDENTIFIER, Some(self.external_identifier.as_str())),
            (PAYLOAD_OXUM, Some(oxum.as_str())),
            (
                "Source-Organization",
                Some(self.source_organization.as_str()),
            ),
        ];
        for (label, value) in tags {
            let Some(value) = value else { continue };
            if !is_value(value) {
                return Err(BagError::InfoValue(label));
            }
            text.push_str(&format!("{label}: {value}\n"));
        }
        Ok(text)
    }
}

/// Octets and number of files of the payload (RFC 8493, section 2.2.2).
pub(super) fn oxum(octets: usize, files: usize) -> String {
    format!("{octets}.{files}")
}

/// Labels and values, each on one line; folded lines are not written and not read.
///
/// # Errors
/// The first malformed line, or one with a label that came before, from 1.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, usize> {
    let text = std::str::from_utf8(bytes).map_err(|_| 1_usize)?;
    let mut tags: Vec<(String, String)> = Vec::new();
    for (place, line) in text.split_inclusive('\n').enumerate() {
        let parsed = line
            .strip_suffix('\n')
            .and_then(|line| line.split_once(": "))
            .filter(|(label, value)| is_label(label) && is_value(value));
        let Some((label, value)) = parsed else {
            return Err(place + 1);
        };
        if tags
            .iter()
            .any(|(earlier, _)| earlier.eq_ignore_ascii_case(label))
        {
            return Err(place + 1);
        }
        tags.push((label.to_owned(), value.to_owned()));
    }
    Ok(tags)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '-')
}

/// Whether it can stand behind a label: one line without spaces at its ends.
pub(crate) fn is_value(value: &str) -> bool {
    let length = value.chars().count();
    length > 0
        && length <= MAXIMUM_VALUE_LENGTH
        && !value.chars().any(char::is_control)
        && value.trim() == value
}

fn is_date(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)
            .filter(|part| part.chars().all(|character| character.is_ascii_digit()))
            .and_then(|part| part.parse::<u32>().ok())
    };
    text.len() == 10
        && text.get(4..5) == Some("-")
        && text.get(7..8) == Some("-")
        && digits(0..4).is_some()
        && digits(5..7).is_some_and(|month| (1..=12).contains(&month))
        && digits(8..10).is_some_and(|day| (1..=31).contains(&day))
}
