//! The facts of a revision are frozen when it is found credible: what both people read, and what the package is made of.
//!
//! They stand in the database without the finding's statement, which is encrypted beside them (law 1); their digest is of
//! the whole text, so that neither can be changed unseen.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::Recommendation;
use sealwatch_core::threat::{ThreatKind, ThreatSignal};
use sealwatch_custody::package::facts::{
    Amendment, Clock, CustodyEvent, Detector, Duty, Event, Finding, LeftOut, Link, Match, Method,
    Reporter, SIGNAL_RECEIVED, Signal, Term, Threat,
};
use sealwatch_custody::package::{self, Facts, FactsError};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::database::Write;
use crate::people::Actor;
use crate::referrals::error::ReferralError;
use crate::referrals::finding::{Chosen, Finder, NewFinding};
use crate::referrals::release::sealed_identity;
use crate::referrals::types::{Package, Referral, WithdrawReason};
use crate::store::{CaseStoreError, unpack};

/// Revisions of the case that the chain of custody names at most: the first, and the newest.
const SIGNALS: i64 = 50;

/// Acts that the chain of custody names at most, the newest.
const ACTS: i64 = 500;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Facts, as they are stored.
pub(super) struct Frozen {
    /// Without the statement.
    pub(super) stored: String,
    /// Of the whole text.
    pub(super) sha256: String,
}

/// What the log commits to of facts.
pub(super) fn detail(sha256: &str) -> String {
    format!(r#"{{"facts_sha256":"{sha256}"}}"#)
}

fn unwritable(_: FactsError) -> CaseStoreError {
    CaseStoreError::Unwritable
}

/// Freezes the facts of a founded finding.
pub(super) async fn freeze(
    write: &mut Write,
    finder: &Finder<'_>,
    actor: &Actor,
    referral: &Referral,
    (new, chosen, threat): (&NewFinding, &Chosen, &ThreatSignal),
    now_ms: i64,
) -> Result<Frozen, ReferralError> {
    let provider = finder
        .settings
        .provider
        .as_ref()
        .ok_or(ReferralError::Provider)?;
    let connection = write.connection();
    let custody = custody(connection, referral).await?;
    let left_out = left_out(connection, referral, &custody).await?;
    let mut facts = Facts {
        kind: Facts::kind(),
        referral: referral.id.to_hexadecimal(),
        revision: referral.revision,
        amendment: referral.amendment.map(|reason| Amendment {
            replaces: referral.revision.saturating_sub(1),
            reason: reason.name().to_owned(),
        }),
        provider: provider.of(&referral.platform),
        log: finder.log.origin.as_str().to_owned(),
        frozen_ms: now_ms,
        threat: of_signal(threat, referral),
        finding: Finding {
            officer: actor.person.as_str().to_owned(),
            made_ms: now_ms,
            grounds: new
                .grounds
                .iter()
                .map(|ground| ground.name().to_owned())
                .collect(),
            statement: (*new.statement).clone(),
            incident_type: new.incident_type.clone(),
            member_states: new.member_states.clone(),
            member_states_because: new
                .member_states_because
                .map(|because| because.name().to_owned()),
        },
        duty: Duty {
            regime: chosen.duty.regime,
            legal_basis: chosen.duty.legal_basis.to_owned(),
            obliged: chosen.duty.is_obliged,
            recipient: chosen.recipient,
            legal_clock: chosen.duty.legal_clock(referral.priority).to_owned(),
            keep_until_ms: now_ms + chosen.duty.keep_days * DAY_MS,
        },
        clock: Clock {
            first_signal_ms: referral.first_signal_ms,
            knowledge_ms: referral.knowledge_ms.unwrap_or(now_ms),
            decide_by_ms: referral.decide_by_ms,
            export_by_ms: referral.export_by_ms.unwrap_or(now_ms),
        },
        custody,
        left_out,
        method: method(connection, referral, threat).await?,
    };
    let identity = sealed_identity(connection, referral, new.case_revision).await?;
    package::check(&facts, identity.is_some())?;
    let sha256 = facts.digest().map_err(unwritable)?.to_hex();
    facts.finding.statement.clear();
    Ok(Frozen {
        stored: facts.to_json().map_err(unwritable)?,
        sha256,
    })
}

/// The whole facts of a package, with the finding's statement in its place.
///
/// # Errors
/// What is stored is not what was frozen.
pub(super) fn whole(package: &Package, statement: &str) -> Result<String, CaseStoreError> {
    let mut facts = Facts::parse(package.facts.as_bytes()).map_err(|_| CaseStoreError::Damaged)?;
    statement.clone_into(&mut facts.finding.statement);
    let digest = facts.digest().map_err(|_| CaseStoreError::Damaged)?;
    if digest.to_hex() != package.sha256 {
        return Err(CaseStoreError::Damaged);
    }
    facts.to_json().map_err(unwritable)
}

/// The threat, as the package states it. Other accounts on the subject's devices and networks are not named one by one: the
/// package holds what the case needs.
fn of_signal(threat: &ThreatSignal, referral: &Referral) -> Threat {
    let terms = threat.credibility.terms.iter().map(|term| Term {
        name: term.name.name().to_owned(),
        words: term.words.clone(),
        log_odds: term.log_odds,
    });
    let reporters = threat.reporters.iter().map(|report| Reporter {
        pseudonym: report.reporter.to_hexadecimal(),
        at_ms: report.at.0,
        group: report.group,
        weight: report.weight,
        contact: report.contact.name().to_owned(),
    });
    let matches = threat.matches.as_ref().map(|found| Match {
        at_ms: found.at.0,
        bank: found.bank.clone(),
        surface: found.surface.name().to_owned(),
        closeness: found.matched.name().to_owned(),
        exact: u32::from(found.exact),
        near: u32::from(found.near),
    });
    let signals = threat.signals.iter().map(|signal| Signal {
        at_ms: signal.at.0,
        issuer: signal.issuer.clone(),
        kind: signal.kind.name().to_owned(),
    });
    let events = threat.evidence.facets.iter().map(|facet| Event {
        at_ms: facet.at.0,
        partition: facet.position.partition,
        offset: facet.position.offset,
        what: facet.what.clone(),
        counterpart: facet.counterpart.map(Pseudonym::to_hexadecimal),
        values: facet
            .values
            .iter()
            .map(|(name, value)| (name.clone(), f64::from(*value)))
            .collect(),
    });
    let links = threat.evidence.links.iter().map(|link| Link {
        kind: link.kind.clone(),
        entity: link.entity.to_hexadecimal(),
        accounts: f64::from(link.accounts),
        banned: f64::from(link.banned),
    });
    Threat {
        case: threat.case.to_hexadecimal(),
        case_revision: threat.revision,
        kind: threat.kind.name().to_owned(),
        priority: referral.priority.name().to_owned(),
        subject: threat.subject.name().to_owned(),
        pseudonym: threat.pseudonym.to_hexadecimal(),
        incarnation: threat.incarnation,
        at_ms: threat.at.0,
        log_odds: threat.credibility.log_odds,
        terms: terms.collect(),
        reports: threat.reports,
        reporters: reporters.collect(),
        matches,
        signals: signals.collect(),
        events: events.collect(),
        links: links.collect(),
    }
}

/// What happened until now: signals as they came in, then what people did, as the log has it.
async fn custody(
    connection: &mut AnyConnection,
    referral: &Referral,
) -> Result<Vec<CustodyEvent>, ReferralError> {
    let received: Vec<i64> = sqlx::query_scalar(
        "SELECT received_ms FROM threat_signals WHERE case_key = $1 AND (revision IN (SELECT revision FROM threat_signals \
         WHERE case_key = $1 ORDER BY revision DESC LIMIT $2) OR revision = (SELECT MIN(revision) FROM threat_signals \
         WHERE case_key = $1)) ORDER BY revision DESC",
    )
    .bind(referral.case.to_hexadecimal())
    .bind(SIGNALS)
    .fetch_all(&mut *connection)
    .await?;
    let signals = received.into_iter().rev().map(|at_ms| CustodyEvent {
        at_ms,
        act: SIGNAL_RECEIVED.to_owned(),
        by: Actor::machine().person.as_str().to_owned(),
        log_position: None,
    });
    let mut events: Vec<CustodyEvent> = signals.collect();
    let rows = sqlx::query(
        "SELECT position, at_ms, person, act FROM audit_entries WHERE subject = $1 ORDER BY position DESC LIMIT $2",
    )
    .bind(referral.id.to_hexadecimal())
    .bind(ACTS)
    .fetch_all(&mut *connection)
    .await?;
    for row in rows.iter().rev() {
        let position: i64 = row.try_get("position")?;
        events.push(CustodyEvent {
            at_ms: row.try_get("at_ms")?,
            act: row.try_get("act")?,
            by: row.try_get("person")?,
            log_position: Some(position.unsigned_abs()),
        });
    }
    // Of one time, signals come before acts: the sort is a stable one.
    events.sort_by_key(|event| event.at_ms);
    Ok(events)
}

/// How much of what happened is not among what is named; nothing where all is.
async fn left_out(
    connection: &mut AnyConnection,
    referral: &Referral,
    named: &[CustodyEvent],
) -> Result<Option<LeftOut>, ReferralError> {
    let signals: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM threat_signals WHERE case_key = $1")
            .bind(referral.case.to_hexadecimal())
            .fetch_one(&mut *connection)
            .await?;
    let acts: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM audit_entries WHERE subject = $1")
        .bind(referral.id.to_hexadecimal())
        .fetch_one(connection)
        .await?;
    let is_signal = |event: &&CustodyEvent| event.act == SIGNAL_RECEIVED;
    let named_signals = named.iter().filter(is_signal).count() as u64;
    let named_acts = named.len() as u64 - named_signals;
    let left_out = LeftOut {
        signals: signals.unsigned_abs().saturating_sub(named_signals),
        acts: acts.unsigned_abs().saturating_sub(named_acts),
    };
    Ok((left_out.signals + left_out.acts > 0).then_some(left_out))
}

async fn method(
    connection: &mut AnyConnection,
    referral: &Referral,
    threat: &ThreatSignal,
) -> Result<Method, ReferralError> {
    let policy: Option<String> =
        sqlx::query_scalar("SELECT digest FROM settings WHERE name = 'policy'")
            .fetch_optional(&mut *connection)
            .await?;
    let (found, unfounded) = earlier_cases(connection, referral).await?;
    let detector = if referral.kind == ThreatKind::MinorContact {
        detector(connection, referral, (found, unfounded)).await?
    } else {
        None
    };
    Ok(Method {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        policy,
        mode: threat.mode.name().to_owned(),
        earlier_findings: found.unsigned_abs(),
        earlier_unfounded: unfounded.unsigned_abs(),
        detector,
    })
}

/// Other cases of this kind on this platform that people have decided, and how many of them they decided against: what stands of
/// each case, once. That is the last finding about its newest referral, but one that says the same as another; what was taken
/// back as made in error, or as not holding any more, was decided against.
async fn earlier_cases(
    connection: &mut AnyConnection,
    referral: &Referral,
) -> Result<(i64, i64), ReferralError> {
    let same = WithdrawReason::Duplicate.name();
    let wrong =
        [WithdrawReason::MadeInError, WithdrawReason::NoLongerHolds].map(WithdrawReason::name);
    let row = sqlx::query(AssertSqlSafe(format!(
        "SELECT COUNT(*) AS all_of_them, \
         COUNT(CASE WHEN f.verdict = 'unfounded' OR r.outcome IN ('{}', '{}') THEN 1 END) AS unfounded FROM referrals r \
         JOIN findings f ON f.referral = r.id AND f.revision = (SELECT MAX(l.revision) FROM findings l WHERE l.referral = r.id) \
         WHERE r.kind = $1 AND r.platform = $2 AND r.case_key <> $3 AND r.sequence = (SELECT MAX(n.sequence) FROM referrals n \
         WHERE n.case_key = r.case_key AND n.found_ms IS NOT NULL AND COALESCE(n.outcome, '') <> '{same}')",
        wrong[0], wrong[1]
    )))
    .bind(referral.kind.name())
    .bind(&referral.platform)
    .bind(referral.case.to_hexadecimal())
    .fetch_one(connection)
    .await?;
    Ok((row.try_get("all_of_them")?, row.try_get("unfounded")?))
}

/// The detector, from its newest recommendation about the account. What it recommends goes to the referral side alone, so
/// that findings are the only reviews that it has.
async fn detector(
    connection: &mut AnyConnection,
    referral: &Referral,
    (found, unfounded): (i64, i64),
) -> Result<Option<Detector>, ReferralError> {
    let behaviour = Behaviour::MinorContactRisk.name();
    let document: Option<String> = sqlx::query_scalar(
        "SELECT recommendation FROM recommendations WHERE account = $1 AND behaviour = $2 \
         ORDER BY intake_sequence DESC LIMIT 1",
    )
    .bind(referral.pseudonym.to_hexadecimal())
    .bind(behaviour)
    .fetch_optional(connection)
    .await?;
    let Some(document) = document else {
        return Ok(None);
    };
    let recommendation: Recommendation = unpack(&document)?;
    let threshold = &recommendation.threshold;
    Ok(Some(Detector {
        behaviour: behaviour.to_owned(),
        model: recommendation.model_digest.clone(),
        bound: Some(threshold.alpha),
        calibrated_on: Some(threshold.population.name().to_owned()),
        reviewed: found.unsigned_abs(),
        confirmed: (found - unfounded).unsigned_abs(),
    }))
}
