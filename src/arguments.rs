//! The command line.

mod referral;

use std::path::PathBuf;

pub use referral::{
    FindArguments, ReferralArguments, ReferralCommand, ServerArguments, SignArguments,
    VerifyBagArguments,
};

use clap::{ArgGroup, Args, Parser, Subcommand};

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
    /// Makes, lists or revokes tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Enters, disables or lists people.
    #[command(subcommand)]
    Person(PersonCommand),
    /// Verifies the audit log offline, or takes it away as a file.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Acts on confirmed decisions where the enforcement key is: a small consumer that shows a platform how.
    Enforce(EnforceArguments),
    /// A referral's keys, approval, signatures and package: run by officers and approvers on their own machines.
    #[command(subcommand)]
    Referral(ReferralCommand),
    /// Verifies a referral's package offline, with nothing but the folder and the trusted keys.
    Verify(VerifyBagArguments),
}

/// Arguments of `enforce`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("input").required(true), group = ArgGroup::new("act").required(true))]
pub struct EnforceArguments {
    /// The enforcement service's private key.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Which events were acted on. Kept for ever: it is what makes an event that comes twice count once.
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    pub state: Option<PathBuf>,
    /// Receive signed webhooks (`POST /`) on this address. Put TLS before it, unless it is 127.0.0.1.
    #[arg(
        long,
        value_name = "ADDRESS",
        group = "input",
        requires = "secret_file"
    )]
    pub listen: Option<String>,
    /// The webhook's secret; several while it is being changed.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Vec<PathBuf>,
    /// Read a topic of these brokers.
    #[arg(long, value_name = "BROKERS", group = "input", requires = "topic")]
    pub kafka: Option<String>,
    /// The topic.
    #[arg(long)]
    pub topic: Option<String>,
    /// A setting of librdkafka, as for TLS and SASL.
    #[arg(long, value_name = "NAME=VALUE")]
    pub kafka_setting: Vec<String>,
    /// Read one event a line from standard input.
    #[arg(long, group = "input")]
    pub stdin: bool,
    /// Act by running this program: the account's identifier is on its standard input, what is to be done is in its
    /// environment (SEALWATCH_ACTION, _PLATFORM, _BEHAVIOUR, _MODE, _INCARNATION, _EVENT). It must end with 0 when it has acted.
    #[arg(long, value_name = "PROGRAM", group = "act")]
    pub command: Option<PathBuf>,
    /// Say what would be done, and remember nothing.
    #[arg(long, group = "act")]
    pub dry_run: bool,
    /// With --dry-run: say whom it would be done to.
    #[arg(long, requires = "dry_run")]
    pub show_identifiers: bool,
    /// Act on events of a demonstration, too. They say that nobody may be acted against.
    #[arg(long)]
    pub demo: bool,
    /// Act again on events that were being acted on when an earlier run ended. Without it they are refused, because the
    /// program may have acted already.
    #[arg(long)]
    pub repeat_interrupted: bool,
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
        /// `enforcement`, `officer` or `approver`: identities are sealed to it. `officer-signing` or `approver-signing`: a
        /// person's own, which signs.
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

/// What every change of people and tokens needs.
#[derive(Debug, Args)]
pub struct ActorArguments {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Who does it: the name under which it stands in the audit log.
    #[arg(long = "as", value_name = "PERSON")]
    pub actor: String,
}

/// Subcommands of `token`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes a token for a person, and prints it: the only time that it is seen.
    Create {
        /// Where, and on whose word.
        #[command(flatten)]
        common: ActorArguments,
        /// Whose it is.
        #[arg(long)]
        person: String,
        /// What it is for: roles that the person has, with a comma between.
        #[arg(long)]
        roles: String,
        /// Days until it ends, at most 400.
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// Lists tokens by their ids.
    List {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Revokes a token, and ends its sessions.
    Revoke {
        /// Where, and on whose word.
        #[command(flatten)]
        common: ActorArguments,
        /// The token's id, as `sealwatch token list` shows it.
        #[arg(long)]
        id: String,
    },
}

/// Subcommands of `person`.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Enters a person, or gives them other roles.
    Set {
        /// Where, and on whose word.
        #[command(flatten)]
        common: ActorArguments,
        /// Who.
        #[arg(long)]
        name: String,
        /// Their roles, with a comma between.
        #[arg(long)]
        roles: String,
    },
    /// Ends what a person may do.
    Disable {
        /// Where, and on whose word.
        #[command(flatten)]
        common: ActorArguments,
        /// Who.
        #[arg(long)]
        name: String,
    },
    /// Lists people with their roles.
    List {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

/// Subcommands of `audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Computes the log anew from what is stored, and says what differs. Exit code 1 where anything does.
    Verify(VerifyArguments),
    /// Writes the log as lines of JSON, which `verify --export` checks with nothing else. It is an entry of the log.
    Export {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Who does it: the name under which it stands in the audit log.
        #[arg(long = "as", value_name = "PERSON")]
        actor: String,
        /// Where it goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Arguments of `audit verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The configuration: its database, log and key are taken unless others are named.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A SQLite file, or the address of a PostgreSQL database. It is only read.
    #[arg(long, value_name = "FILE|URL", conflicts_with = "export")]
    pub database: Option<String>,
    /// A file that `sealwatch audit export` wrote.
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// Heads that were kept elsewhere: each must be a beginning of this log. A log that was rewritten and signed anew is
    /// found by nothing else.
    #[arg(long, value_name = "FILE")]
    pub head: Vec<PathBuf>,
    /// The log's verifying key; several where it was changed.
    #[arg(long, value_name = "FILE")]
    pub key: Vec<PathBuf>,
    /// The log's name.
    #[arg(long)]
    pub origin: Option<String>,
}
