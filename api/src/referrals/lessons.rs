//! What the engine learns from the first finding about a referral, through the recorded order: whether the reporters were right,
//! and, where a detector pointed at the account, whether the detector was.

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
use crate::referrals::types::{FindingVerdict, Ground, Referral};
use crate::store::CaseStoreError;

/// Puts what follows into the outbox, in the finding's transaction. Judged are the reports that the officer has read.
pub(super) async fn teach(
    write: &mut Write,
    referral: &Referral,
    (new, threat): (&NewFinding, &ThreatSignal),
    (actor, now_ms): (&Actor, i64),
) -> Result<(), ReferralError> {
    // Who reported a danger that is over was not wrong, and whether the detector was is not said: nothing is learnt of it.
    if new.grounds.contains(&Ground::DangerOver) {
        return Ok(());
    }
    let verdict = new.verdict;
    label(write, referral, verdict, (actor, now_ms)).await?;
    // A report that somebody may harm itself is no accusation: nobody is held to it.
    if referral.kind == ThreatKind::SelfHarm {
        return Ok(());
    }
    for report in &threat.reporters {
        let judged = judged(referral, report, verdict, now_ms);
        let event = judged
            .event(&referral.id.to_hexadecimal())
            .map_err(|_| CaseStoreError::Unwritable)?
            .of_request(actor.request.as_ref());
        enqueue(write, &event, now_ms).await?;
    }
    Ok(())
}

/// What became of one report. The same report has the same id in each referral of its case: it is judged once.
fn judged(
    referral: &Referral,
    report: &ReportEntry,
    verdict: FindingVerdict,
    now_ms: i64,
) -> ReportJudged {
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
        was_right: verdict == FindingVerdict::Founded,
    }
}

/// What the models learn from a finding: only of an account that a detector pointed at, and only about that detector's
/// behaviour. What was reported has no behaviour; a label of another one would teach a detector something false, and be a
/// strike where somebody is to be protected.
async fn label(
    write: &mut Write,
    referral: &Referral,
    verdict: FindingVerdict,
    (actor, now_ms): (&Actor, i64),
) -> Result<(), ReferralError> {
    if referral.kind != ThreatKind::MinorContact || referral.subject != SubjectKind::Account {
        return Ok(());
    }
    let id = referral.id.to_hexadecimal();
    let source = format!("{id} {}", referral.revision);
    let label = LabelGiven {
        kind: LabelType::LabelGiven,
        id: EventKey::derive(EventKind::Label, &source).to_string(),
        at: Timestamp(now_ms),
        platform: referral.platform.clone(),
        account: referral.pseudonym,
        behaviour: Behaviour::MinorContactRisk,
        verdict: match verdict {
            FindingVerdict::Founded => Verdict::Abusive,
            FindingVerdict::Unfounded => Verdict::Benign,
        },
        origin: LabelOrigin::Review,
        since: None,
        recommendation: None,
    };
    let event = label.event(&id).map_err(|_| CaseStoreError::Unwritable)?;
    let event = event.of_request(actor.request.as_ref());
    enqueue(write, &event, now_ms).await?;
    Ok(())
}
