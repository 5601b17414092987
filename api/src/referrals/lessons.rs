//! What the engine learns from a referral, through the recorded order: whether the reporters were right, and, where a detector
//! pointed at the account, whether the detector was.
//!
//! It learns what stands: that there is nothing in it from the finding that says so, that it is credible from the export, when
//! two people stand behind it and it leaves. What is amended, or taken back, before its export teaches nothing. A report is
//! judged once. A label is followed by another one where people come to another verdict after the export.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::event::values::{LabelOrigin, Verdict};
use sealwatch_core::threat::{ReportEntry, SubjectKind, ThreatKind, ThreatSignal};
use sealwatch_core::time::Timestamp;

use crate::database::Write;
use crate::delivery::{
    EventKey, EventKind, JudgedType, LabelGiven, LabelType, ReportJudged, enqueue,
};
use crate::people::Actor;
use crate::referrals::error::ReferralError;
use crate::referrals::finding::NewFinding;
use crate::referrals::signals;
use crate::referrals::types::{Ground, Package, Referral, WithdrawReason};
use crate::store::CaseStoreError;

/// What an unfounded finding teaches, in its transaction. Judged are the reports that the officer has read.
pub(super) async fn of_unfounded(
    write: &mut Write,
    referral: &Referral,
    (new, threat): (&NewFinding, &ThreatSignal),
    by: (&Actor, i64),
) -> Result<(), ReferralError> {
    // Who reported a danger that is over was not wrong, and whether the detector was is not said: nothing is learnt of it.
    if new.grounds.contains(&Ground::DangerOver) {
        return Ok(());
    }
    label(write, referral, Verdict::Benign, by).await?;
    judge(write, referral, (threat, false), by).await
}

/// What the export of a package teaches, in its transaction. Judged are the reports that it is about.
pub(super) async fn of_export(
    write: &mut Write,
    referral: &Referral,
    package: &Package,
    by: (&Actor, i64),
) -> Result<(), ReferralError> {
    let revision = package.case_revision;
    let threat = signals::of_revision(write.connection(), referral, revision).await?;
    label(write, referral, Verdict::Abusive, by).await?;
    judge(write, referral, (&threat, true), by).await
}

/// What it teaches that a referral was taken back which had left: where it should not have been made, or does not hold, the
/// account keeps no label of it.
pub(super) async fn of_withdrawal(
    write: &mut Write,
    referral: &Referral,
    reason: WithdrawReason,
    by: (&Actor, i64),
) -> Result<(), ReferralError> {
    let is_wrong = matches!(
        reason,
        WithdrawReason::MadeInError | WithdrawReason::NoLongerHolds
    );
    if is_wrong && referral.exported_ms.is_some() {
        label(write, referral, Verdict::Benign, by).await?;
    }
    Ok(())
}

async fn judge(
    write: &mut Write,
    referral: &Referral,
    (threat, was_right): (&ThreatSignal, bool),
    (actor, now_ms): (&Actor, i64),
) -> Result<(), ReferralError> {
    // A report that somebody may harm itself is no accusation: nobody is held to it.
    if referral.kind == ThreatKind::SelfHarm {
        return Ok(());
    }
    for report in &threat.reporters {
        let judged = judged(referral, report, was_right, now_ms);
        // The case remembers reports for longer than the engine finds a repeated event.
        let noted = sqlx::query(
            "INSERT INTO judged_reports (case_key, report) VALUES ($1, $2) ON CONFLICT (case_key, report) DO NOTHING",
        )
        .bind(referral.case.to_hexadecimal())
        .bind(&judged.id)
        .execute(write.connection())
        .await?;
        if noted.rows_affected() == 0 {
            continue;
        }
        let event = judged
            .event(&referral.id.to_hexadecimal())
            .map_err(|_| CaseStoreError::Unwritable)?
            .of_request(actor.request.as_ref());
        enqueue(write, &event, now_ms).await?;
    }
    Ok(())
}

/// What became of one report. The same report has the same id in each referral of its case.
fn judged(referral: &Referral, report: &ReportEntry, was_right: bool, now_ms: i64) -> ReportJudged {
    let source = format!(
        "{} {} {}",
        referral.case.to_hexadecimal(),
        report.reporter.to_hexadecimal(),
        report.at.0
    );
    let is_group = referral.subject == SubjectKind::Group;
    ReportJudged {
        kind: JudgedType::ReportJudged,
        id: EventKey::derive(EventKind::Report, &source).to_string(),
        at: Timestamp(now_ms),
        platform: referral.platform.clone(),
        account: report.reporter,
        target: (!is_group).then_some(referral.pseudonym),
        group: is_group.then_some(referral.pseudonym),
        was_right,
    }
}

/// What the models learn: only of an account that a detector pointed at, and only about that detector's behaviour. What was
/// reported has no behaviour; a label of another one would teach a detector something false, and be a strike where somebody is
/// to be protected. A label that the account has already is not given again.
async fn label(
    write: &mut Write,
    referral: &Referral,
    verdict: Verdict,
    (actor, now_ms): (&Actor, i64),
) -> Result<(), ReferralError> {
    if referral.kind != ThreatKind::MinorContact || referral.subject != SubjectKind::Account {
        return Ok(());
    }
    let id = referral.id.to_hexadecimal();
    let taught = sqlx::query(
        "UPDATE referrals SET taught = $2 WHERE id = $1 AND (taught IS NULL OR taught <> $2)",
    )
    .bind(&id)
    .bind(verdict.name())
    .execute(write.connection())
    .await?;
    if taught.rows_affected() == 0 {
        return Ok(());
    }
    let source = format!("{id} {} {}", referral.revision, verdict.name());
    let label = LabelGiven {
        kind: LabelType::LabelGiven,
        id: EventKey::derive(EventKind::Label, &source).to_string(),
        at: Timestamp(now_ms),
        platform: referral.platform.clone(),
        account: referral.pseudonym,
        behaviour: Behaviour::MinorContactRisk,
        verdict,
        origin: LabelOrigin::Review,
        since: None,
        recommendation: None,
    };
    let event = label.event(&id).map_err(|_| CaseStoreError::Unwritable)?;
    let event = event.of_request(actor.request.as_ref());
    enqueue(write, &event, now_ms).await?;
    Ok(())
}
