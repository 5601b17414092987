//! Every record that is read ends in exactly one of these outcomes (law 2).

use crate::wire::Refusal;

crate::closed_set! {
    /// What became of a record. The names are label values of a metric and columns of the table that a replay prints.
    Outcome {
        /// An event, folded.
        Accepted = "accepted",
        /// An event, folded, more than a minute older than the newest of its partition.
        AcceptedLate = "accepted_late",
        /// An event, folded without its unknown fields.
        AcceptedStripped = "accepted_stripped",
        /// Seen before, within the window.
        Duplicate = "duplicate",
        /// Older than the window in which duplicates are found.
        PastDedupeWindow = "past_dedupe_window",
        /// Older than the source's allowed lateness.
        TooLate = "too_late",
        /// A time too far ahead of the broker's timestamp, or of the partition's own time.
        TooFarAhead = "too_far_ahead",
        /// A type that this source may not carry.
        TypeNotPermitted = "type_not_permitted",
        /// A CloudEvents envelope that is not of version 1.0, or lacks an attribute.
        InvalidEnvelope = "invalid_envelope",
        /// Not one JSON value.
        NotJson = "not_json",
        /// JSON, but no object.
        NotAnObject = "not_an_object",
        /// The same field twice.
        DuplicateField = "duplicate_field",
        /// A field that the type does not have.
        UnknownField = "unknown_field",
        /// A type that schema 1 does not know.
        UnknownType = "unknown_type",
        /// Another schema version.
        UnknownSchema = "unknown_schema",
        /// A platform outside the configured set.
        UnknownPlatform = "unknown_platform",
        /// A required field is absent.
        MissingField = "missing_field",
        /// A value that its field does not allow.
        InvalidValue = "invalid_value",
        /// An identifier of another form.
        InvalidIdentifier = "invalid_identifier",
        /// A time of another form.
        InvalidTime = "invalid_time",
        /// Longer than the limit.
        OverLong = "over_long",
        /// A torn last line.
        TornLine = "torn_line",
        /// An empty line.
        BlankLine = "blank_line",
        /// A compressed stream that breaks off.
        BrokenCompression = "broken_compression",
        /// A message without a value.
        Tombstone = "tombstone",
        /// A CloudEvents header that stands twice.
        RepeatedHeader = "repeated_header",
        /// A CloudEvents header that cannot be read.
        UnreadableHeader = "unreadable_header",
        /// A content type other than JSON.
        UnsupportedContentType = "unsupported_content_type",
    }
}

impl Outcome {
    /// Whether the record was folded into state.
    pub const fn is_accepted(self) -> bool {
        matches!(
            self,
            Self::Accepted | Self::AcceptedLate | Self::AcceptedStripped
        )
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InvalidEnvelope => Self::InvalidEnvelope,
            Refusal::NotJson => Self::NotJson,
            Refusal::NotAnObject => Self::NotAnObject,
            Refusal::DuplicateField => Self::DuplicateField,
            Refusal::UnknownField => Self::UnknownField,
            Refusal::UnknownType => Self::UnknownType,
            Refusal::UnknownSchema => Self::UnknownSchema,
            Refusal::UnknownPlatform => Self::UnknownPlatform,
            Refusal::MissingField => Self::MissingField,
            Refusal::InvalidValue => Self::InvalidValue,
            Refusal::InvalidIdentifier => Self::InvalidIdentifier,
            Refusal::InvalidTime => Self::InvalidTime,
        }
    }
}

/// How many records ended in each outcome, since the store began. Part of the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeCounts([u64; Outcome::ALL.len()]);

impl Default for OutcomeCounts {
    fn default() -> Self {
        Self([0; Outcome::ALL.len()])
    }
}

impl OutcomeCounts {
    /// Counts one record.
    pub const fn count(&mut self, outcome: Outcome) {
        self.0[outcome.index()] += 1;
    }

    /// The number of records with this outcome.
    pub const fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome.index()]
    }

    /// Every record.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The outcomes with their counts, in the order of the set.
    pub fn iter(&self) -> impl Iterator<Item = (Outcome, u64)> + '_ {
        Outcome::ALL
            .iter()
            .map(|outcome| (*outcome, self.of(*outcome)))
    }

    /// Sets a count that was read from a checkpoint.
    pub const fn set(&mut self, outcome: Outcome, count: u64) {
        self.0[outcome.index()] = count;
    }
}
