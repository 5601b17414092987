//! Why a source stops. No message shows anything of a record.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a source stops.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The operating system refused.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Nothing to read.
    #[error("{} holds no .ndjson or .jsonl file (plain, .gz or .zst); name a folder with events", .path.display())]
    NoInputs {
        /// The folder.
        path: PathBuf,
    },
    /// A file was written to while it was read, so its lines are not what they were.
    #[error("{} changed while it was read; give files that are complete", .path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A file has fewer lines than were read from it before.
    #[error(
        "{} has {found} lines but {expected} were read from it before; put the same input back, or start a new store",
        .path.display()
    )]
    Shrunk {
        /// The file.
        path: PathBuf,
        /// Lines read before.
        expected: u64,
        /// Lines found now.
        found: u64,
    },
    /// The store knows a partition that the source does not have.
    #[error(
        "the store holds a position of partition {partition} but the source has {partitions}; this is another input"
    )]
    UnknownPartition {
        /// The partition.
        partition: u32,
        /// Number of partitions.
        partitions: u32,
    },
    /// The committed order has records that the source does not have.
    #[error(
        "the committed order goes on with partition {partition}, offset {offset}, but the input ends before; give the input that \
         the store has read, with its feedback log if the configuration names one"
    )]
    OrderGoesOn {
        /// The partition.
        partition: u32,
        /// The offset that is due.
        offset: u64,
    },
    /// A setting that the source decides itself, or that librdkafka does not know.
    #[error("kafka setting {name} {problem}")]
    Setting {
        /// The setting's name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No broker answered.
    #[error(
        "no kafka broker answers at {brokers} ({code}); check address, network and security settings"
    )]
    Unreachable {
        /// The configured addresses.
        brokers: String,
        /// librdkafka's name of the error.
        code: String,
    },
    /// The topic does not exist or may not be read.
    #[error(
        "kafka topic {topic} cannot be read ({code}); create it, or give this user the right to read it"
    )]
    Topic {
        /// The topic.
        topic: String,
        /// The broker's name of the error.
        code: String,
    },
    /// Records that were not read are gone, or the topic is another one. Never skipped over silently.
    #[error(
        "kafka topic {topic}, partition {partition}: offset {next} is next but the broker has {low} to {high}; records \
         were deleted before they were read, or the topic was made anew. Lengthen its retention, and start a new store"
    )]
    OffsetLost {
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// The offset to be read next.
        next: u64,
        /// The broker's first offset.
        low: u64,
        /// The offset after the broker's last one.
        high: u64,
    },
    /// The topic has another number of partitions than at the start.
    #[error(
        "kafka topic {topic} went from {before} to {after} partitions; restart to read all of them"
    )]
    PartitionsChanged {
        /// The topic.
        topic: String,
        /// Partitions at the start.
        before: u32,
        /// Partitions now.
        after: u32,
    },
    /// A message older than one already delivered: reading on could repeat records.
    #[error(
        "kafka topic {topic}, partition {partition}: offset {found} came after offset {next} was due; restart"
    )]
    WentBack {
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// The offset that was due, or a later one.
        next: u64,
        /// The offset that came.
        found: u64,
    },
    /// Any other error that does not pass by itself.
    #[error("kafka topic {topic}: {doing} failed ({code})")]
    Kafka {
        /// The topic.
        topic: String,
        /// What was being done.
        doing: &'static str,
        /// librdkafka's name of the error.
        code: String,
    },
}

impl SourceError {
    /// A name for metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::NoInputs { .. } => "no_inputs",
            Self::Changed { .. } => "changed",
            Self::Shrunk { .. } => "shrunk",
            Self::UnknownPartition { .. } => "unknown_partition",
            Self::OrderGoesOn { .. } => "order_goes_on",
            Self::Setting { .. } => "setting",
            Self::Unreachable { .. } => "unreachable",
            Self::Topic { .. } => "topic",
            Self::OffsetLost { .. } => "offset_lost",
            Self::PartitionsChanged { .. } => "partitions_changed",
            Self::WentBack { .. } => "went_back",
            Self::Kafka { .. } => "kafka",
        }
    }
}
