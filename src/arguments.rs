//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Finds abusive accounts on an end-to-end-encrypted messenger from metadata alone.
#[derive(Debug, Parser)]
#[command(name = "sealwatch", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs ingest and API in one process, until stopped.
    Run(RunArguments),
    /// Reads events to their end, writes the recommendations, and exits.
    Replay(ReplayArguments),
    /// Prints the JSON Schema of the events, or the table of events or features.
    Schema(SchemaArguments),
    /// Checks configuration, keys, store, model and broker, and says what to do.
    Doctor(RunArguments),
    /// Makes the recipients' keys, or opens a sealed identity where the private key is.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Gives the pipeline what was decided elsewhere: a label, or a detector's mode. Also while the service runs.
    #[command(subcommand)]
    Feedback(FeedbackCommand),
}

/// Arguments of `run` and `doctor`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Files and folders of events (NDJSON; .gz and .zst too), or `-` for standard input. None: the configured source.
    pub events: Vec<PathBuf>,
    /// Where the recommendations go, one JSON document a line.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The configuration. Without it: the built-in demo's.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A folder for the state, kept afterwards; a replay that was killed goes on where it was. Without it: a temporary one
    /// beside FILE.
    #[arg(long, value_name = "FOLDER")]
    pub state: Option<PathBuf>,
    /// Take the records in the order that was committed to this store.
    #[arg(long, value_name = "STORE")]
    pub order: Option<PathBuf>,
    /// Threads for folding.
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Records in an epoch.
    #[arg(long, default_value_t = 50_000)]
    pub epoch_records: usize,
    /// Bytes after which a log of the store is closed.
    #[arg(long, hide = true, default_value_t = 256 << 20)]
    pub log_bytes: u64,
    /// A topic has no end: stop after this many seconds without records.
    #[arg(long, default_value_t = 5)]
    pub idle_seconds: u64,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// The configuration whose platforms, issuers and banks the schema names. Without it: the built-in demo's.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the table of event fields as Markdown (docs/EVENTS.md).
    #[arg(long, conflicts_with = "features")]
    pub events: bool,
    /// Print the table of features as Markdown.
    #[arg(long)]
    pub features: bool,
}

/// Subcommands of `keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Makes a key pair: the private key stays with its owner, the service gets the public one.
    Generate {
        /// `enforcement`, `officer` or `approver`.
        #[arg(long)]
        role: String,
        /// Folder for `ROLE.private.json` and `ROLE.public.json`.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
    /// Opens a sealed identity. On the referral side the approver takes off the outer wrap, then the officer the inner one.
    Open {
        /// A private key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The recommendation's id.
        #[arg(long)]
        recommendation: String,
        /// The account's pseudonym.
        #[arg(long)]
        account: String,
        /// The sealed bytes in base64, from standard input if `-`.
        #[arg(long, default_value = "-")]
        sealed: String,
    },
}

/// Subcommands of `feedback`.
#[derive(Debug, Subcommand)]
pub enum FeedbackCommand {
    /// Says what an account did, as was decided outside the console. Its origin is `external`.
    Label {
        /// Where it is written.
        #[command(flatten)]
        common: FeedbackArguments,
        /// The account's pseudonym.
        #[arg(long, value_name = "PSEUDONYM")]
        account: String,
        /// The behaviour that was judged.
        #[arg(long)]
        behaviour: String,
        /// `abusive`, `benign` or `compromised`.
        #[arg(long)]
        verdict: String,
        /// From when on the account behaved so (RFC 3339).
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// The recommendation that was judged.
        #[arg(long, value_name = "ID")]
        recommendation: Option<String>,
    },
    /// Puts a detector into the shadow, or takes it back to what the policy says.
    Mode {
        /// Where it is written.
        #[command(flatten)]
        common: FeedbackArguments,
        /// The detector's behaviour.
        #[arg(long)]
        behaviour: String,
        /// `shadow` or `configured`.
        #[arg(long)]
        mode: String,
    },
}

/// What all subcommands of `feedback` take.
#[derive(Debug, Args)]
pub struct FeedbackArguments {
    /// The configuration, whose feedback log is appended to.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The platform. Needed where several are configured.
    #[arg(long)]
    pub platform: Option<String>,
    /// The decision's own id: given twice, it counts once. Without it: a random one, which is printed.
    #[arg(long)]
    pub id: Option<String>,
}
