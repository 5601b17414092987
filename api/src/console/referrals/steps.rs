//! How far a referral has come, and who does what next. What needs a private key is done on a person's own machine: the page
//! gives the command.

use sealwatch_core::time::Timestamp;

use super::words;
use crate::console::words::Moment;
use crate::people::{Actor, Permission};
use crate::referrals::http::documents::PackageDocument;
use crate::referrals::{Referral, ReferralState};

/// One step of the way.
pub(super) struct Step {
    pub(super) title: &'static str,
    /// `done`, `now` or `later`.
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    /// Who did it and when; empty where it is not done.
    pub(super) who: String,
}

fn done(who: &str, at: &str) -> String {
    let at = at.get(..16).unwrap_or_default().replace('T', " ");
    [who, &at]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The way of the revision at hand.
pub(super) fn steps(referral: &Referral, package: Option<&PackageDocument>) -> Vec<Step> {
    use ReferralState as S;
    let by = |who: Option<&str>, at: Option<&String>| at.map(|at| done(who.unwrap_or(""), at));
    let officer = package.map(|package| package.officer.as_str());
    let approver = package.and_then(|package| package.approver.as_deref());
    let of = |time: fn(&PackageDocument) -> Option<&String>| package.and_then(time);
    let is_acknowledged = referral.state == S::Acknowledged
        || (referral.state == S::Closed && referral.recipient_reference.is_some());
    let ended = referral
        .closed_ms
        .map(|at_ms| done("", &Moment::new(Timestamp(at_ms)).machine));
    let unfounded = (referral.state == S::Unfounded)
        .then(|| ended.clone())
        .flatten();
    let mut found = vec![(
        "Finding",
        by(officer, of(|package| Some(&package.frozen_at))).or(unfounded),
    )];
    if referral.state != S::Unfounded {
        found.extend([
            (
                "Approved",
                by(approver, of(|package| package.approved_at.as_ref())),
            ),
            (
                "Signed by the officer",
                by(officer, of(|package| package.officer_signed_at.as_ref())),
            ),
            (
                "Signed by the approver",
                by(approver, of(|package| package.approver_signed_at.as_ref())),
            ),
            (
                "Exported",
                by(officer, of(|package| package.exported_at.as_ref())),
            ),
            (
                "Acknowledged",
                is_acknowledged.then(|| referral.recipient_reference.clone().unwrap_or_default()),
            ),
            ("Closed", ended.filter(|_| referral.state == S::Closed)),
        ]);
    }
    let mut is_next = !referral.state.is_over();
    let step = |(title, who): (&'static str, Option<String>)| {
        let (class, mark) = match &who {
            Some(_) => ("done", "✓"),
            None if std::mem::take(&mut is_next) => ("now", "▶"),
            None => ("later", "·"),
        };
        Step {
            title,
            class,
            mark,
            who: who.unwrap_or_default(),
        }
    };
    found.into_iter().map(step).collect()
}

/// What comes next.
pub(super) struct Next {
    /// Who does it.
    pub(super) who: String,
    /// What, after their name.
    pub(super) what: &'static str,
    /// What they type on their own machine; empty where it is done here.
    pub(super) command: String,
    /// Whether the person signed in does it.
    pub(super) is_yours: bool,
    /// Why the person signed in does not; empty where there is nothing to say.
    pub(super) why_not: &'static str,
}

impl Next {
    fn here(who: &str, what: &'static str, is_yours: bool) -> Self {
        Self {
            who: who.to_owned(),
            what,
            command: String::new(),
            is_yours,
            why_not: "",
        }
    }

    fn on_machine(self, command: String) -> Self {
        Self { command, ..self }
    }

    fn unless(self, why_not: &'static str) -> Self {
        Self { why_not, ..self }
    }
}

const MADE_BY_YOU: &str = "You made the finding: someone else approves it.";

/// Who does what next; nothing where it is over.
pub(super) fn next(
    referral: &Referral,
    package: Option<&PackageDocument>,
    actor: &Actor,
    now_ms: i64,
) -> Option<Next> {
    use ReferralState as S;
    let id = referral.id.to_hexadecimal();
    let me = actor.person.as_str();
    let works = actor.may(Permission::WorkReferrals);
    let officer = package.map_or("", |package| package.officer.as_str());
    let approver = package
        .and_then(|package| package.approver.as_deref())
        .unwrap_or("");
    let open = || Next::here("An officer", "claims it and looks at it.", works);
    match referral.state {
        S::Open => Some(open()),
        S::Claimed => Some(match referral.claimed_by(now_ms) {
            Some(person) => Next::here(
                person.as_str(),
                "makes the finding.",
                person == &actor.person,
            ),
            None => open(),
        }),
        S::Founded => {
            let may = actor.may(Permission::ApproveReferrals);
            Some(
                Next::here(
                    &format!("An approver, not {officer},"),
                    "reads the facts on their own machine, takes off the outer wrap of the identity there, and approves.",
                    may && me != officer,
                )
                .on_machine(format!("sealwatch referral approve {id} --key approvers.key"))
                .unless(if may && me == officer { MADE_BY_YOU } else { "" }),
            )
        }
        S::Approved => Some(sign_or_export(&id, (officer, approver), package, me)),
        S::Exported => Some(Next::here(
            "An officer",
            "gives the package to its recipient, and enters the recipient’s own reference here.",
            works,
        )),
        S::Acknowledged => Some(Next::here(
            "An officer",
            "closes it here when the recipient is done with it.",
            works,
        )),
        S::Unfounded | S::Closed | S::Withdrawn => None,
    }
}

fn sign_or_export(
    id: &str,
    (officer, approver): (&str, &str),
    package: Option<&PackageDocument>,
    me: &str,
) -> Next {
    let has = |time: fn(&PackageDocument) -> &Option<String>| {
        package.is_some_and(|package| time(package).is_some())
    };
    if !has(|package| &package.officer_signed_at) {
        Next::here(
            officer,
            "opens the identity on their own machine, makes the package there, and signs it.",
            me == officer,
        )
        .on_machine(format!(
            "sealwatch referral sign {id} --signing-key my.signing.key --key officers.key --approvers approvers.pub --trust trust.json"
        ))
    } else if !has(|package| &package.approver_signed_at) {
        Next::here(
            approver,
            "makes the package again on their own machine, compares every digest, and signs it too.",
            me == approver,
        )
        .on_machine(format!(
            "sealwatch referral sign {id} --signing-key my.signing.key --key approvers.key --trust trust.json"
        ))
    } else {
        Next::here(
            officer,
            "writes the signed package into a new folder on their own machine.",
            me == officer,
        )
        .on_machine(format!(
            "sealwatch referral export {id} --key officers.key --trust trust.json --out referral-{}",
            id.get(..8).unwrap_or_default()
        ))
    }
}

/// What a state that is over says of itself.
pub(super) fn end(referral: &Referral) -> String {
    let outcome = referral.outcome.as_deref().map_or("", words::outcome);
    match referral.state {
        ReferralState::Unfounded => "A person found nothing in it. It is over.".to_owned(),
        ReferralState::Closed => format!("It is closed: {outcome}."),
        ReferralState::Withdrawn => format!("It was taken back: {outcome}."),
        _ => String::new(),
    }
}
