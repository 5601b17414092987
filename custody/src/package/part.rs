//! The files of a package: which there are for which referral, what each is, and how it is written.

use super::PackageError;
use super::referral::Referral;
use super::{article18, cybertip, methodology, readme, record, report};

/// A file below `data/`, in the order in which to read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Readme,
    Report,
    Record,
    RecordSchema,
    Events,
    Custody,
    Methodology,
    CyberTip,
    Article18,
    Index,
}

impl Part {
    /// The files that the package of this referral has.
    pub(super) fn of(referral: &Referral) -> Vec<Self> {
        let mut parts = vec![
            Self::Readme,
            Self::Report,
            Self::Record,
            Self::RecordSchema,
            Self::Events,
            Self::Custody,
            Self::Methodology,
        ];
        if referral.is_for_ncmec() {
            parts.push(Self::CyberTip);
        }
        if referral.is_european() {
            parts.push(Self::Article18);
        }
        parts.push(Self::Index);
        parts
    }

    /// Its name below `data/`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Readme => "README.txt",
            Self::Report => "report.html",
            Self::Record => "referral.json",
            Self::RecordSchema => "referral.schema.json",
            Self::Events => "events.ndjson",
            Self::Custody => "custody.ndjson",
            Self::Methodology => "methodology.md",
            Self::CyberTip => "cybertip.xml",
            Self::Article18 => "dsa-article-18.json",
            Self::Index => "case.jsonld",
        }
    }

    /// What it is.
    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::Readme => "what each file is, and how to verify",
            Self::Report => "the report for people; all else is for their tools",
            Self::Record => "the approved facts and the identity (JSON, RFC 8785)",
            Self::RecordSchema => "the schema of referral.json (JSON Schema 2020-12)",
            Self::Events => "the subject's metadata events, one JSON object a line",
            Self::Custody => "chain of custody until the facts were frozen",
            Self::Methodology => "how it was found, what the score is, error rates",
            Self::CyberTip => "the report as NCMEC's CyberTipline takes it",
            Self::Article18 => "what a notification under Union law says",
            Self::Index => "an index for forensic tools (CASE 1.5, JSON-LD)",
        }
    }

    /// Its media type.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Readme => "text/plain",
            Self::Report => "text/html",
            Self::Record | Self::Article18 => "application/json",
            Self::RecordSchema => "application/schema+json",
            Self::Events | Self::Custody => "application/x-ndjson",
            Self::Methodology => "text/markdown",
            Self::CyberTip => "text/xml",
            Self::Index => "application/ld+json",
        }
    }

    /// Its text. `None` for the index, which holds the digests of the others and is written last.
    pub(super) fn text(self, referral: &Referral) -> Result<Option<String>, PackageError> {
        Ok(Some(match self {
            Self::Readme => readme::readme(referral),
            Self::Report => report::report(referral),
            Self::Record => record::record(referral)?,
            Self::RecordSchema => record::RECORD_SCHEMA.to_owned(),
            Self::Events => record::events(referral)?,
            Self::Custody => record::custody(referral)?,
            Self::Methodology => methodology::methodology(referral),
            Self::CyberTip => cybertip::report(referral)?,
            Self::Article18 => article18::notification(referral)?,
            Self::Index => return Ok(None),
        }))
    }
}
