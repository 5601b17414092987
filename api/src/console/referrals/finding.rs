//! The form of a finding: the verdict, the statement, what it rests on, and under which law it goes to whom. It offers what the
//! table of duties has for this kind of threat and nothing else.

use sealwatch_custody::package::{Recipient, Regime};
use zeroize::Zeroizing;

use super::words;
use crate::form::Fields;
use crate::referrals::duty::{Duty, INCIDENT_TYPES, MEMBER_STATES, duties};
use crate::referrals::{Concerned, FindingVerdict, Ground, NewFinding, Referral};

/// What was typed, and why it was refused.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) refusal: Option<&'static str>,
    /// The revision of the case that the page showed.
    case_revision: i64,
    pub(super) verdict: Option<FindingVerdict>,
    pub(super) statement: Zeroizing<String>,
    grounds: Vec<Ground>,
    duty: Option<(Regime, Recipient)>,
    incident_type: String,
    states: Vec<String>,
    because: Option<Concerned>,
    pub(super) reference: String,
}

impl Typed {
    /// What a form says. What is not of a closed set counts as not chosen.
    pub(super) fn of(fields: &Fields) -> Self {
        let duty = fields.get("duty").split_once(':');
        Self {
            refusal: None,
            // No case has a revision 0: who does not name one is refused.
            case_revision: fields.get("case_revision").parse().unwrap_or_default(),
            verdict: FindingVerdict::parse(fields.get("verdict")),
            // Browsers send line ends as carriage return and line feed.
            statement: Zeroizing::new(
                fields
                    .get("statement")
                    .replace("\r\n", "\n")
                    .trim()
                    .to_owned(),
            ),
            grounds: fields.all("ground").filter_map(Ground::parse).collect(),
            duty: duty.and_then(|(regime, recipient)| {
                Some((Regime::parse(regime)?, Recipient::parse(recipient)?))
            }),
            incident_type: fields.get("incident_type").to_owned(),
            states: fields.all("member_state").map(str::to_owned).collect(),
            because: Concerned::parse(fields.get("because")),
            reference: fields.get("reference").trim().to_owned(),
        }
    }

    /// The same, and why it was refused.
    pub(super) fn refused(self, text: &'static str) -> Self {
        Self {
            refusal: Some(text),
            ..self
        }
    }

    /// The finding. Parts of the form that belong to another choice than the one that was made are not shown, and count for
    /// nothing.
    pub(super) fn finding(&self, verdict: FindingVerdict) -> NewFinding {
        let duty = self.duty.filter(|_| verdict == FindingVerdict::Founded);
        let is_for_ncmec = duty.is_some_and(|(_, recipient)| recipient == Recipient::Ncmec);
        let is_european = duty.is_some_and(|(regime, _)| is_european(regime));
        let states = if is_european {
            self.states.clone()
        } else {
            Vec::new()
        };
        NewFinding {
            case_revision: self.case_revision,
            verdict,
            statement: self.statement.clone(),
            grounds: self
                .grounds
                .iter()
                .copied()
                .filter(|ground| ground.verdict() == verdict)
                .collect(),
            regime: duty.map(|(regime, _)| regime),
            recipient: duty.map(|(_, recipient)| recipient),
            incident_type: Some(self.incident_type.clone())
                .filter(|kind| is_for_ncmec && !kind.is_empty()),
            member_states_because: self.because.filter(|_| !states.is_empty()),
            member_states: states,
        }
    }
}

fn is_european(regime: Regime) -> bool {
    duties()
        .iter()
        .any(|duty| duty.regime == regime && duty.is_european())
}

/// A check box or option.
pub(super) struct Tick {
    pub(super) value: String,
    pub(super) words: String,
    pub(super) is_chosen: bool,
}

/// A law, to one recipient.
pub(super) struct DutyChoice {
    pub(super) value: String,
    pub(super) recipient: &'static str,
    pub(super) regime: &'static str,
    pub(super) basis: &'static str,
    pub(super) is_obliged: bool,
    pub(super) clock: &'static str,
    pub(super) keep_days: i64,
    /// What else it asks for: `ncmec`, `states`, both or nothing.
    pub(super) asks: &'static str,
    pub(super) is_chosen: bool,
}

/// Grounds of a verdict.
pub(super) struct VerdictChoice {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) consequence: &'static str,
    pub(super) grounds: Vec<Tick>,
    pub(super) is_chosen: bool,
}

/// The form.
pub(super) struct FindingForm {
    pub(super) verdicts: Vec<VerdictChoice>,
    pub(super) statement: Zeroizing<String>,
    pub(super) duties: Vec<DutyChoice>,
    pub(super) incident_types: Vec<Tick>,
    pub(super) states: Vec<Tick>,
    pub(super) because: Vec<Tick>,
}

impl FindingForm {
    /// Of a referral, with what was typed.
    pub(super) fn new(referral: &Referral, typed: &Typed) -> Self {
        let fits = |duty: &&Duty| duty.kinds.contains(&referral.kind);
        let choices = duties().iter().filter(fits).flat_map(|duty| {
            duty.recipients
                .iter()
                .map(|recipient| choice(duty, *recipient, referral, typed))
        });
        Self {
            verdicts: FindingVerdict::ALL
                .iter()
                .map(|verdict| verdict_choice(*verdict, typed))
                .collect(),
            statement: typed.statement.clone(),
            duties: choices.collect(),
            incident_types: INCIDENT_TYPES
                .iter()
                .map(|kind| Tick {
                    value: (*kind).to_owned(),
                    words: (*kind).to_owned(),
                    is_chosen: typed.incident_type == *kind,
                })
                .collect(),
            states: MEMBER_STATES
                .iter()
                .map(|state| Tick {
                    value: (*state).to_owned(),
                    words: (*state).to_owned(),
                    is_chosen: typed.states.iter().any(|chosen| chosen == state),
                })
                .collect(),
            because: Concerned::ALL
                .iter()
                .map(|because| Tick {
                    value: because.name().to_owned(),
                    words: words::concerned(*because).to_owned(),
                    is_chosen: typed.because == Some(*because),
                })
                .collect(),
        }
    }
}

fn verdict_choice(verdict: FindingVerdict, typed: &Typed) -> VerdictChoice {
    let grounds = Ground::ALL
        .iter()
        .filter(|ground| ground.verdict() == verdict)
        .map(|ground| Tick {
            value: ground.name().to_owned(),
            words: ground.words().to_owned(),
            is_chosen: typed.grounds.contains(ground),
        });
    VerdictChoice {
        name: verdict.name(),
        title: words::verdict(verdict),
        consequence: match verdict {
            FindingVerdict::Founded => {
                "It is credible: the facts are frozen, what they refer to is preserved, and an approver looks at it."
            }
            FindingVerdict::Unfounded => "There is nothing in it: it is over.",
        },
        grounds: grounds.collect(),
        is_chosen: typed.verdict == Some(verdict),
    }
}

fn choice(
    duty: &'static Duty,
    recipient: Recipient,
    referral: &Referral,
    typed: &Typed,
) -> DutyChoice {
    DutyChoice {
        value: format!("{}:{}", duty.regime.name(), recipient.name()),
        recipient: words::recipient(recipient),
        regime: words::regime(duty.regime),
        basis: duty.legal_basis,
        is_obliged: duty.is_obliged,
        clock: duty.legal_clock(referral.priority),
        keep_days: duty.keep_days,
        asks: match recipient {
            Recipient::Ncmec => "ncmec",
            _ if duty.is_european() => "states",
            _ => "",
        },
        is_chosen: typed.duty == Some((duty.regime, recipient)),
    }
}
