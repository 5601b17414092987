//! Referrals, findings and packages out of the database.

use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::threat::{SubjectKind, ThreatId, ThreatKind};
use sealwatch_custody::package::{Recipient, Regime};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::cases::{Claim, optional, parsed};
use crate::people::PersonName;
use crate::referrals::error::ReferralError;
use crate::referrals::machine::{self, Move, ReferralState};
use crate::referrals::types::{
    AmendReason, Concerned, Finding, FindingVerdict, Ground, Package, Referral, ReferralId,
};
use crate::statement::Row;
use crate::store::CaseStoreError;

/// The columns of a referral.
pub(crate) const REFERRAL: &str = "id, sequence, last_change, case_key, platform, subject, pseudonym, incarnation, kind, \
    priority, log_odds, state, revision, amendment, first_signal_ms, knowledge_ms, decide_by_ms, export_by_ms, \
    claimed_by, claimed_until_ms, found_ms, exported_ms, recipient_reference, outcome, earlier, version, opened_ms, \
    closed_ms, (SELECT n.id FROM referrals n WHERE n.case_key = referrals.case_key AND n.earlier = referrals.id) AS later, \
    (SELECT f.person FROM findings f WHERE f.referral = referrals.id AND f.revision = referrals.revision) \
    AS officer, (SELECT p.approver FROM referral_packages p WHERE p.referral = referrals.id \
    AND p.revision = referrals.revision) AS approver";

const FINDING: &str = "revision, person, verdict, statement, grounds, regime, recipient, legal_basis, incident_type, \
    member_states, member_states_because, hold, made_ms";

const PACKAGE: &str = "revision, officer, case_revision, facts, sha256, frozen_ms, approver, \
    inner_identity, approved_ms, envelope, review_identity, officer_signed_ms, approver_signed_ms, exported_ms";

/// A small number that is never negative.
fn small(row: &Row, column: &str) -> Result<u32, CaseStoreError> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| CaseStoreError::Damaged)
}

pub(crate) fn referral(row: &Row) -> Result<Referral, CaseStoreError> {
    let until_ms: Option<i64> = row.try_get("claimed_until_ms")?;
    let person = optional(row, "claimed_by", PersonName::parse)?;
    Ok(Referral {
        id: parsed(row, "id", ReferralId::parse)?,
        sequence: row.try_get("sequence")?,
        last_change: row.try_get("last_change")?,
        case: parsed(row, "case_key", ThreatId::parse)?,
        platform: row.try_get("platform")?,
        subject: parsed(row, "subject", SubjectKind::parse)?,
        pseudonym: parsed(row, "pseudonym", Pseudonym::parse)?,
        incarnation: small(row, "incarnation")?,
        kind: parsed(row, "kind", ThreatKind::parse)?,
        priority: parsed(row, "priority", Priority::parse)?,
        log_odds: row.try_get("log_odds")?,
        state: parsed(row, "state", ReferralState::parse)?,
        revision: small(row, "revision")?,
        amendment: optional(row, "amendment", AmendReason::parse)?,
        first_signal_ms: row.try_get("first_signal_ms")?,
        knowledge_ms: row.try_get("knowledge_ms")?,
        decide_by_ms: row.try_get("decide_by_ms")?,
        export_by_ms: row.try_get("export_by_ms")?,
        claim: person
            .zip(until_ms)
            .map(|(person, until_ms)| Claim { person, until_ms }),
        officer: optional(row, "officer", PersonName::parse)?,
        approver: optional(row, "approver", PersonName::parse)?,
        found_ms: row.try_get("found_ms")?,
        exported_ms: row.try_get("exported_ms")?,
        recipient_reference: row.try_get("recipient_reference")?,
        outcome: row.try_get("outcome")?,
        earlier: optional(row, "earlier", ReferralId::parse)?,
        later: optional(row, "later", ReferralId::parse)?,
        version: row.try_get("version")?,
        opened_ms: row.try_get("opened_ms")?,
        closed_ms: row.try_get("closed_ms")?,
    })
}

fn names<T>(
    row: &Row,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, CaseStoreError> {
    let text: String = row.try_get(column)?;
    text.split_ascii_whitespace()
        .map(|name| parse(name).ok_or(CaseStoreError::Damaged))
        .collect()
}

fn finding(row: &Row) -> Result<Finding, CaseStoreError> {
    Ok(Finding {
        revision: small(row, "revision")?,
        person: parsed(row, "person", PersonName::parse)?,
        verdict: parsed(row, "verdict", FindingVerdict::parse)?,
        statement: row.try_get("statement")?,
        grounds: names(row, "grounds", Ground::parse)?,
        regime: optional(row, "regime", Regime::parse)?,
        recipient: optional(row, "recipient", Recipient::parse)?,
        legal_basis: row.try_get("legal_basis")?,
        incident_type: row.try_get("incident_type")?,
        member_states: names(row, "member_states", |name| Some(name.to_owned()))?,
        member_states_because: optional(row, "member_states_because", Concerned::parse)?,
        hold: row.try_get("hold")?,
        made_ms: row.try_get("made_ms")?,
    })
}

fn package(row: &Row) -> Result<Package, CaseStoreError> {
    Ok(Package {
        revision: small(row, "revision")?,
        officer: parsed(row, "officer", PersonName::parse)?,
        case_revision: row.try_get("case_revision")?,
        facts: row.try_get("facts")?,
        sha256: row.try_get("sha256")?,
        frozen_ms: row.try_get("frozen_ms")?,
        approver: optional(row, "approver", PersonName::parse)?,
        inner_identity: row.try_get("inner_identity")?,
        approved_ms: row.try_get("approved_ms")?,
        envelope: row.try_get("envelope")?,
        review_identity: row.try_get("review_identity")?,
        officer_signed_ms: row.try_get("officer_signed_ms")?,
        approver_signed_ms: row.try_get("approver_signed_ms")?,
        exported_ms: row.try_get("exported_ms")?,
    })
}

/// One referral.
pub(crate) async fn get(
    connection: &mut AnyConnection,
    id: ReferralId,
) -> Result<Option<Referral>, CaseStoreError> {
    let row = sqlx::query(AssertSqlSafe(format!(
        "SELECT {REFERRAL} FROM referrals WHERE id = $1"
    )))
    .bind(id.to_hexadecimal())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(referral).transpose()
}

/// A referral that is about to be moved, and the state after it.
///
/// # Errors
/// There is none, it has changed since it was read, or its state does not allow it.
pub(crate) async fn to_move(
    connection: &mut AnyConnection,
    (id, seen): (ReferralId, Option<i64>),
    by: Move,
) -> Result<(Referral, ReferralState), ReferralError> {
    let referral = get(connection, id).await?.ok_or(ReferralError::NotFound)?;
    if seen.is_some_and(|seen| seen != referral.version) {
        return Err(ReferralError::Stale);
    }
    let next = machine::next(referral.state, by)?;
    Ok((referral, next))
}

/// All findings about a referral, the oldest first.
pub(crate) async fn findings(
    connection: &mut AnyConnection,
    id: ReferralId,
) -> Result<Vec<Finding>, CaseStoreError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "SELECT {FINDING} FROM findings WHERE referral = $1 ORDER BY revision"
    )))
    .bind(id.to_hexadecimal())
    .fetch_all(connection)
    .await?;
    rows.iter().map(finding).collect()
}

/// All packages of a referral, the oldest first.
pub(crate) async fn packages(
    connection: &mut AnyConnection,
    id: ReferralId,
) -> Result<Vec<Package>, CaseStoreError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "SELECT {PACKAGE} FROM referral_packages WHERE referral = $1 ORDER BY revision"
    )))
    .bind(id.to_hexadecimal())
    .fetch_all(connection)
    .await?;
    rows.iter().map(package).collect()
}

/// The package of a referral's revision at hand.
///
/// # Errors
/// Nothing was found credible in this revision yet: there is none.
pub(crate) async fn current_package(
    connection: &mut AnyConnection,
    referral: &Referral,
) -> Result<Package, ReferralError> {
    let found = packages(connection, referral.id).await?;
    found
        .into_iter()
        .find(|package| package.revision == referral.revision)
        .ok_or(ReferralError::State(machine::Illegal))
}
