//! A finding: a person's written statement with its grounds, under the law that fits. A founded one freezes the facts and
//! preserves what they refer to; an unfounded one ends the referral.

use sealwatch_custody::package::{Recipient, Regime};
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use crate::audit::{self, Act, Entry, LogIdentity};
use crate::database::{Database, Write};
use crate::people::{Actor, Permission};
use crate::referrals::change;
use crate::referrals::claim::{is_claimed, needs};
use crate::referrals::clock::Clock;
use crate::referrals::duty::{self, Duty, INCIDENT_TYPES, MEMBER_STATES};
use crate::referrals::error::ReferralError;
use crate::referrals::facts::{self, Frozen};
use crate::referrals::lessons;
use crate::referrals::machine::Move;
use crate::referrals::read::{self, to_move};
use crate::referrals::release::end_release;
use crate::referrals::settings::ReferralSettings;
use crate::referrals::signals;
use crate::referrals::types::{
    AmendReason, Concerned, FindingVerdict, Ground, Referral, ReferralId,
};
use crate::retention::{HoldReason, Target, insert_hold};
use crate::store::CaseStoreError;

/// Characters of a statement.
pub const STATEMENT_LENGTH: std::ops::RangeInclusive<usize> = 20..=4_000;

/// What an officer finds.
pub struct NewFinding {
    /// The revision of the threat case that the officer has read: what the finding is about.
    pub case_revision: i64,
    /// What.
    pub verdict: FindingVerdict,
    /// The statement.
    pub statement: Zeroizing<String>,
    /// What it rests on.
    pub grounds: Vec<Ground>,
    /// Under which law, where it is founded.
    pub regime: Option<Regime>,
    /// To whom, where it is founded.
    pub recipient: Option<Recipient>,
    /// NCMEC's incident type.
    pub incident_type: Option<String>,
    /// Member States concerned.
    pub member_states: Vec<String>,
    /// Why these.
    pub member_states_because: Option<Concerned>,
}

/// A founded finding's duty.
pub(super) struct Chosen {
    pub(super) duty: &'static Duty,
    pub(super) recipient: Recipient,
}

impl NewFinding {
    /// Whether it can be made about this referral; the duty that it answers, where it is founded.
    ///
    /// # Errors
    /// The statement's length, the grounds, or what does not go together.
    pub(super) fn check(&self, referral: &Referral) -> Result<Option<Chosen>, ReferralError> {
        if !STATEMENT_LENGTH.contains(&self.statement.chars().count()) {
            return Err(ReferralError::Statement);
        }
        let are_right = !self.grounds.is_empty()
            && self.grounds.iter().enumerate().all(|(place, ground)| {
                ground.verdict() == self.verdict && !self.grounds[..place].contains(ground)
            });
        if !are_right {
            return Err(ReferralError::Grounds);
        }
        match (self.verdict, self.regime, self.recipient) {
            (FindingVerdict::Unfounded, None, None) => {
                self.check_further(None)?;
                Ok(None)
            }
            (FindingVerdict::Founded, Some(regime), Some(recipient)) => {
                let duty =
                    duty::duty(referral.kind, regime, recipient).ok_or(ReferralError::Duty)?;
                let chosen = Chosen { duty, recipient };
                self.check_further(Some(&chosen))?;
                Ok(Some(chosen))
            }
            _ => Err(ReferralError::Duty),
        }
    }

    fn check_further(&self, chosen: Option<&Chosen>) -> Result<(), ReferralError> {
        let is_for_ncmec = chosen.is_some_and(|chosen| chosen.recipient == Recipient::Ncmec);
        let is_type = match &self.incident_type {
            Some(kind) => is_for_ncmec && INCIDENT_TYPES.contains(&kind.as_str()),
            None => !is_for_ncmec,
        };
        if !is_type {
            return Err(ReferralError::IncidentType);
        }
        let is_european = chosen.is_some_and(|chosen| chosen.duty.is_european());
        let are_needed = chosen.is_some_and(|chosen| Duty::names_member_states(chosen.recipient));
        let states = &self.member_states;
        let are_states = states.iter().enumerate().all(|(place, state)| {
            MEMBER_STATES.contains(&state.as_str()) && !states[..place].contains(state)
        });
        let fits = if states.is_empty() {
            !are_needed && self.member_states_because.is_none()
        } else {
            is_european && are_states && self.member_states_because.is_some()
        };
        if fits {
            Ok(())
        } else {
            Err(ReferralError::MemberStates)
        }
    }
}

/// What a finding needs beside the database.
pub struct Finder<'a> {
    /// Settings.
    pub settings: &'a ReferralSettings,
    /// The audit log.
    pub log: &'a LogIdentity,
    /// The statement, encrypted for the revision.
    pub seal: &'a (dyn Fn(ReferralId, u32, &str) -> Result<String, CaseStoreError> + Sync),
}

/// Makes a finding about a claimed referral, as the officer has read it: who reports meanwhile keeps nobody from acting, and
/// what nobody has read waits in the next referral of the case. On the log.
///
/// # Errors
/// There is none, it has changed, the person has not claimed it, the case has no such revision, or the finding is not one
/// that can be made.
pub async fn find(
    database: &Database,
    finder: &Finder<'_>,
    actor: &Actor,
    which: (ReferralId, Option<i64>),
    new: &NewFinding,
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    needs(actor, Permission::WorkReferrals)?;
    let mut write = database.write().await?;
    let by = match new.verdict {
        FindingVerdict::Founded => Move::FindFounded,
        FindingVerdict::Unfounded => Move::FindUnfounded,
    };
    let (referral, state) = to_move(write.connection(), which, by).await?;
    is_claimed(&referral, actor, now_ms)?;
    let chosen = new.check(&referral)?;
    let threat = signals::of_revision(write.connection(), &referral, new.case_revision).await?;
    let sealed = (finder.seal)(referral.id, referral.revision, &new.statement)?;
    let id = referral.id.to_hexadecimal();
    let mut entries = Vec::new();
    let mut hold = None;
    if let Some(chosen) = &chosen {
        let target = Target::Account(referral.pseudonym.to_hexadecimal());
        let terms = (HoldReason::Referral, chosen.duty.keep_days);
        let (hold_id, entry) = insert_hold(&mut write, actor, &target, terms, now_ms).await?;
        hold = Some(hold_id);
        entries.push(entry);
    }
    insert(
        write.connection(),
        (&referral, actor, now_ms),
        new,
        (&sealed, chosen.as_ref(), hold),
    )
    .await?;
    let mut found = Entry::new(Act::FindingMade)
        .about(&id)
        .fact("revision", &referral.revision.to_string())
        .fact("verdict", new.verdict.name());
    if let Some(chosen) = &chosen {
        let after = start_export_clock(&mut write, finder.settings, &referral, now_ms).await?;
        let what = (new, chosen, &threat);
        let frozen = facts::freeze(&mut write, finder, actor, &after, what, now_ms).await?;
        insert_package(write.connection(), &after, actor, (new, &frozen), now_ms).await?;
        found = found
            .fact("regime", chosen.duty.regime.name())
            .fact("recipient", chosen.recipient.name())
            .detail(facts::detail(&frozen.sha256));
    }
    entries.push(found);
    let closed_ms = state.is_over().then_some(now_ms);
    sqlx::query(change::by_people(
        "state = $2, claimed_by = NULL, claimed_until_ms = NULL, closed_ms = $3, found_ms = COALESCE(found_ms, $4)",
        "id = $1",
    ))
    .bind(&id)
    .bind(state.name())
    .bind(closed_ms)
    .bind(now_ms)
    .execute(write.connection())
    .await?;
    if new.verdict == FindingVerdict::Unfounded {
        lessons::of_unfounded(&mut write, &referral, (new, &threat), (actor, now_ms)).await?;
        end_release(write.connection(), referral.id).await?;
    }
    let unread = (&referral, new.case_revision);
    entries.extend(signals::go_on(&mut write, finder.settings, unread).await?);
    let after = read::get(write.connection(), referral.id)
        .await?
        .ok_or(ReferralError::NotFound)?;
    audit::commit(write, actor, now_ms, &entries).await?;
    if referral.found_ms.is_none() {
        database.referral_metrics(|metrics| metrics.found(&after, now_ms));
    }
    Ok(after)
}

/// Where no signal started a clock, a person's founded finding is what the platform knows from: the export is due from then
/// on.
async fn start_export_clock(
    write: &mut Write,
    settings: &ReferralSettings,
    referral: &Referral,
    now_ms: i64,
) -> Result<Referral, ReferralError> {
    if referral.knowledge_ms.is_some() {
        return Ok(referral.clone());
    }
    let clock = Clock::new(now_ms, settings.limits(referral.priority).export_ms);
    sqlx::query(
        "UPDATE referrals SET knowledge_ms = $2, export_by_ms = $3, export_page_ms = $4 WHERE id = $1",
    )
    .bind(referral.id.to_hexadecimal())
    .bind(now_ms)
    .bind(clock.due_ms)
    .bind(clock.page_ms)
    .execute(write.connection())
    .await?;
    Ok(Referral {
        knowledge_ms: Some(now_ms),
        export_by_ms: Some(clock.due_ms),
        ..referral.clone()
    })
}

async fn insert(
    connection: &mut AnyConnection,
    (referral, actor, now_ms): (&Referral, &Actor, i64),
    new: &NewFinding,
    (sealed, chosen, hold): (&str, Option<&Chosen>, Option<String>),
) -> Result<(), ReferralError> {
    let grounds: Vec<&str> = new.grounds.iter().map(|ground| ground.name()).collect();
    sqlx::query(
        "INSERT INTO findings (referral, revision, person, verdict, statement, grounds, regime, recipient, legal_basis, \
         incident_type, member_states, member_states_because, amendment, hold, made_ms, case_revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(referral.id.to_hexadecimal())
    .bind(i64::from(referral.revision))
    .bind(actor.person.as_str())
    .bind(new.verdict.name())
    .bind(sealed)
    .bind(grounds.join(" "))
    .bind(chosen.map(|chosen| chosen.duty.regime.name()))
    .bind(chosen.map(|chosen| chosen.recipient.name()))
    .bind(chosen.map(|chosen| chosen.duty.legal_basis))
    .bind(new.incident_type.clone())
    .bind(new.member_states.join(" "))
    .bind(new.member_states_because.map(Concerned::name))
    .bind(referral.amendment.map(AmendReason::name))
    .bind(hold)
    .bind(now_ms)
    .bind(new.case_revision)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_package(
    connection: &mut AnyConnection,
    referral: &Referral,
    actor: &Actor,
    (new, frozen): (&NewFinding, &Frozen),
    now_ms: i64,
) -> Result<(), ReferralError> {
    sqlx::query(
        "INSERT INTO referral_packages (referral, revision, officer, case_revision, facts, sha256, frozen_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(referral.id.to_hexadecimal())
    .bind(i64::from(referral.revision))
    .bind(actor.person.as_str())
    .bind(new.case_revision)
    .bind(&frozen.stored)
    .bind(&frozen.sha256)
    .bind(now_ms)
    .execute(connection)
    .await?;
    Ok(())
}
