//! How a change of a referral is written down: numbered, for whoever follows along, and as the next version, for whoever acts
//! on what they have seen.

use sqlx::AssertSqlSafe;

/// The number of a change: the next one of all referrals.
const NUMBERED: &str = "last_change = (SELECT MAX(last_change) + 1 FROM referrals)";

/// Changes these columns by what a person does, where this holds. `$1` and so on are the caller's.
pub(super) fn by_people(set: &str, condition: &str) -> AssertSqlSafe<String> {
    let set = format!("{set}, version = version + 1");
    by_signal(&set, condition)
}

/// Changes these columns by what was received. The version stays: whoever reports again and again must not keep an officer
/// from acting.
pub(super) fn by_signal(set: &str, condition: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "UPDATE referrals SET {set}, {NUMBERED} WHERE {condition}"
    ))
}
