//! `referral` and `verify`: what runs on people's own machines, away from the service.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyBagArguments {
    /// The bag: a folder that `sealwatch referral export` wrote.
    pub bag: PathBuf,
    /// Whose signatures and which logs are believed. The file comes on another way than the bag.
    #[arg(long, value_name = "FILE")]
    pub trust: PathBuf,
}

/// Where the service is, and who asks it.
#[derive(Debug, Args)]
pub struct ServerArguments {
    /// The service's address, as `https://sealwatch.example`. Without it: SEALWATCH_SERVER.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// A file with your token, readable by you alone. Without it: SEALWATCH_TOKEN.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Certificate authorities (PEM) that are believed in place of Mozilla's.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// A referral at a service, and whether a person is asked.
#[derive(Debug, Args)]
pub struct ReferralArguments {
    /// The referral's id.
    pub id: String,
    /// Where the service is.
    #[command(flatten)]
    pub server: ServerArguments,
    /// Do not ask for `yes` on the terminal.
    #[arg(long)]
    pub yes: bool,
}

/// Subcommands of `referral`.
#[derive(Debug, Subcommand)]
pub enum ReferralCommand {
    /// Enrols your signing key under your log-in. Its private half stays here.
    Enrol {
        /// Where the service is.
        #[command(flatten)]
        server: ServerArguments,
        /// Your private signing key, as `sealwatch keys generate --role officer-signing` wrote it.
        #[arg(long, value_name = "FILE")]
        signing_key: PathBuf,
        /// Do not ask for `yes` on the terminal.
        #[arg(long)]
        yes: bool,
    },
    /// Revokes a signing key: your own, or, as admin, anybody's.
    Revoke {
        /// The key's id.
        key_id: String,
        /// Where the service is.
        #[command(flatten)]
        server: ServerArguments,
        /// Do not ask for `yes` on the terminal.
        #[arg(long)]
        yes: bool,
    },
    /// Fetches the file of trusted keys, and shows every key so that it can be compared with its owner's.
    Trust {
        /// Where the service is.
        #[command(flatten)]
        server: ServerArguments,
        /// Where the file goes. It is not overwritten.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// A file that was compared before: only what differs from it is to be compared now.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Lists the queue: danger to a life first, then what is due first.
    List {
        /// Where the service is.
        #[command(flatten)]
        server: ServerArguments,
        /// Only those in this state, as `open`.
        #[arg(long)]
        state: Option<String>,
        /// Only those of this kind, as `threat_to_life`.
        #[arg(long)]
        kind: Option<String>,
        /// Only those of this priority, as `p1`.
        #[arg(long)]
        priority: Option<String>,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Shows a referral with its history. That you read it is on the audit log.
    Show {
        /// The referral's id.
        id: String,
        /// Where the service is.
        #[command(flatten)]
        server: ServerArguments,
        /// The answer as JSON.
        #[arg(long)]
        json: bool,
    },
    /// As officer: claims a referral.
    Claim {
        /// Which referral.
        #[command(flatten)]
        common: ReferralArguments,
    },
    /// As officer: makes the finding, in your own words and with its grounds.
    Find(FindArguments),
    /// As approver: approves the facts, and takes off the outer wrap of the identity.
    Approve {
        /// Which referral.
        #[command(flatten)]
        common: ReferralArguments,
        /// The approvers' private key, which opens the outer wrap.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Makes the package here and signs it: first the officer, then the approver, each with their own keys.
    Sign(SignArguments),
    /// As officer: opens the identity and shows it on the terminal, nowhere else. The opening is on the audit log.
    Unseal {
        /// Which referral.
        #[command(flatten)]
        common: ReferralArguments,
        /// The officers' private key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// As officer: makes the bag, verifies it, and writes it into a new folder.
    Export {
        /// Which referral.
        #[command(flatten)]
        common: ReferralArguments,
        /// The officers' private key, which opens the identity.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Whose signatures and which logs are believed: your own copy.
        #[arg(long, value_name = "FILE")]
        trust: PathBuf,
        /// The bag's folder. It must not exist.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
    /// As officer: notes that the recipient acknowledged the referral.
    Acknowledge {
        /// Which referral.
        #[command(flatten)]
        common: ReferralArguments,
        /// The recipient's own reference.
        #[arg(long)]
        reference: String,
    },
    /// As officer: takes a referral back. Its history stays.
    Withdraw {
        /// Which referral.
        #[command(flatten)]
        common: ReferralArguments,
        /// Why, as `made_in_error`.
        #[arg(long)]
        reason: String,
    },
    /// As officer: begins a new revision of a referral, which needs a new finding, approval and signatures.
    Amend {
        /// Which referral.
        #[command(flatten)]
        common: ReferralArguments,
        /// Why, as `new_evidence`.
        #[arg(long)]
        reason: String,
    },
    /// As officer: closes a referral.
    Close {
        /// Which referral.
        #[command(flatten)]
        common: ReferralArguments,
        /// What came of it, as `action_taken`.
        #[arg(long)]
        outcome: String,
    },
}

/// Arguments of `referral find`.
#[derive(Debug, Args)]
pub struct FindArguments {
    /// Which referral.
    #[command(flatten)]
    pub common: ReferralArguments,
    /// `founded` or `unfounded`.
    #[arg(long)]
    pub verdict: String,
    /// A file with your statement: what you found, in your own words. A founded one goes into the package.
    #[arg(long, value_name = "FILE")]
    pub statement_file: PathBuf,
    /// What it rests on, as `report_after_contact`; several times, one each.
    #[arg(long, required = true)]
    pub ground: Vec<String>,
    /// Where it is founded: the law, as `us_child_safety`.
    #[arg(long)]
    pub regime: Option<String>,
    /// Where it is founded: to whom, as `ncmec`.
    #[arg(long)]
    pub recipient: Option<String>,
    /// To NCMEC: the incident type, verbatim of its list.
    #[arg(long)]
    pub incident_type: Option<String>,
    /// Under the law of the European Union: a Member State concerned, as `DE`; several times, one each.
    #[arg(long)]
    pub member_state: Vec<String>,
    /// Why these Member States, as `offender_residence`.
    #[arg(long)]
    pub member_states_because: Option<String>,
}

/// Arguments of `referral sign`.
#[derive(Debug, Args)]
pub struct SignArguments {
    /// Which referral.
    #[command(flatten)]
    pub common: ReferralArguments,
    /// Your private signing key. Its role says whether you sign as officer or as approver.
    #[arg(long, value_name = "FILE")]
    pub signing_key: PathBuf,
    /// The private key of your side, the officers' or the approvers': it opens the identity.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// As officer: the approvers' public key, for which the identity is sealed. Never asked of the service.
    #[arg(long, value_name = "FILE")]
    pub approvers: Option<PathBuf>,
    /// Whose signatures and which logs are believed: your own copy.
    #[arg(long, value_name = "FILE")]
    pub trust: PathBuf,
    /// Writes what would be signed into this new folder first, to be read. It holds the identity: remove it afterwards.
    #[arg(long, value_name = "FOLDER")]
    pub preview: Option<PathBuf>,
}
