//! `sealwatch referral`: what an officer and an approver do on their own machines.
//!
//! Private keys, opened identities and the files that are signed exist here and nowhere else. The service is asked for facts,
//! for sealed bytes and for what the other person signed; names, keys and digests are checked against files that lie here.

mod approve;
mod enrol;
mod export;
mod facts;
mod list;
mod package;
mod server;
mod sign;
mod trust;
mod unseal;
mod work;

use crate::arguments::ReferralCommand;
use crate::failure::Failure;

/// Does what the arguments say.
///
/// # Errors
/// An argument or a file is wrong, the service refuses, something is not what was approved, or the answer was not yes.
pub fn referral(command: &ReferralCommand) -> Result<(), Failure> {
    match command {
        ReferralCommand::Enrol {
            server,
            signing_key,
            yes,
        } => enrol::enrol(server, signing_key, *yes),
        ReferralCommand::Revoke {
            key_id,
            server,
            yes,
        } => enrol::revoke(server, key_id, *yes),
        ReferralCommand::Trust {
            server,
            out,
            against,
        } => trust::trust(server, out.as_deref(), against.as_deref()),
        ReferralCommand::List {
            server,
            state,
            kind,
            priority,
            limit,
        } => {
            let filter = [
                ("state", state.as_deref()),
                ("kind", kind.as_deref()),
                ("priority", priority.as_deref()),
            ];
            list::list(server, &filter, *limit)
        }
        ReferralCommand::Show { id, server, json } => list::show(server, id, *json),
        ReferralCommand::Claim { common } => work::claim(common),
        ReferralCommand::Find(arguments) => work::find(arguments),
        ReferralCommand::Approve { common, key } => approve::approve(common, key),
        ReferralCommand::Sign(arguments) => sign::sign(arguments),
        ReferralCommand::Unseal { common, key } => unseal::unseal(common, key),
        ReferralCommand::Export {
            common,
            key,
            trust,
            out,
        } => export::export(common, key, trust, out),
        ReferralCommand::Acknowledge { common, reference } => work::acknowledge(common, reference),
        ReferralCommand::Withdraw { common, reason } => work::withdraw(common, reason),
        ReferralCommand::Amend { common, reason } => work::amend(common, reason),
        ReferralCommand::Close { common, outcome } => work::close(common, outcome),
    }
}

#[cfg(test)]
mod tests;
