//! Schemas of values that many operations take: a description that admits what the service refuses would be a false one.

use crate::audit::Act;
use crate::cases::{AppealGround, CaseState, DetectorMode, ReasonCode, ReasonOrder, Verdict};
use crate::people::Role;
use crate::referrals::duty::{INCIDENT_TYPES, MEMBER_STATES};
use crate::referrals::{
    AmendReason, CloseOutcome, Concerned, FindingVerdict, Ground, ReferralState, WithdrawReason,
};
use crate::retention::HoldReason;
use crate::retention::http::{Covered, Whole};
use crate::search::SearchReason;
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
use sealwatch_custody::package::{Recipient, Regime};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// One of these names.
fn names(names: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String);
    RefOr::T(text.enum_values(Some(names)).into())
}

/// A text of this form.
fn form(pattern: &str, format: Option<SchemaFormat>) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String);
    RefOr::T(text.pattern(Some(pattern)).format(format).into())
}

/// Defines types that stand for a schema and for nothing else.
macro_rules! schemas {
    ($($(#[$about:meta])* $name:ident = $schema:expr;)+) => {
        $(
            $(#[$about])*
            pub(crate) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema
                }
            }

            impl ToSchema for $name {}
        )+
    };
}

schemas! {
    /// A behaviour's name.
    BehaviourName = names(Behaviour::ALL.iter().map(|behaviour| behaviour.name()));
    /// A mode's name.
    ModeName = names(Mode::ALL.iter().map(|mode| mode.name()));
    /// An answer's name.
    AnswerName = names(Answer::ALL.iter().map(|answer| answer.name()));
    /// A pseudonym, or an id of our own: 32 hexadecimal digits.
    HexadecimalId = form("^[0-9a-f]{32}$", None);
    /// A time, RFC 3339, from 1970 on.
    Moment = form("^(19[7-9]|[2-9][0-9])", Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    /// A state of a case.
    StateName = names(CaseState::ALL.iter().map(|state| state.name()));
    /// A verdict.
    VerdictName = names(Verdict::ALL.iter().map(|verdict| verdict.name()));
    /// A reason of a decision.
    ReasonName = names(ReasonCode::ALL.iter().map(|reason| reason.name()));
    /// What an appeal by an account's owner rests on.
    GroundName = names(
        AppealGround::ALL
            .iter()
            .filter(|ground| **ground != AppealGround::SecondLook)
            .map(|ground| ground.name()),
    );
    /// An order of reasons.
    OrderName = names(ReasonOrder::ALL.iter().map(|order| order.name()));
    /// What a detector may do.
    DetectorModeName = names(DetectorMode::ALL.iter().map(|mode| mode.name()));
    /// A role.
    RoleName = names(Role::ALL.iter().map(|role| role.name()));
    /// Why somebody searches.
    SearchReasonName = names(SearchReason::ALL.iter().map(|reason| reason.name()));
    /// What a hold or an order is about.
    CoveredName = names(Covered::ALL.iter().map(|covered| covered.name()));
    /// What a hold covers as a whole.
    WholeName = names(Whole::ALL.iter().map(|whole| whole.name()));
    /// An act of the audit log.
    ActName = names(Act::ALL.iter().map(|act| act.name()));
    /// What an entry of the audit log is about.
    SubjectText = form("^[A-Za-z0-9-]{1,64}$", None);
    /// A place in the audit log.
    PositionText = form("^[0-9]{1,18}$", None);
    /// Why something is held or destroyed.
    HoldReasonName = names(HoldReason::ALL.iter().map(|reason| reason.name()));
    /// A state of a referral.
    ReferralStateName = names(ReferralState::ALL.iter().map(|state| state.name()));
    /// What a threat is.
    ThreatKindName = names(ThreatKind::ALL.iter().map(|kind| kind.name()));
    /// How soon a person must see a referral.
    PriorityName = names(Priority::ALL.iter().map(|priority| priority.name()));
    /// A finding.
    FindingVerdictName = names(FindingVerdict::ALL.iter().map(|verdict| verdict.name()));
    /// What a finding rests on.
    FindingGroundName = names(Ground::ALL.iter().map(|ground| ground.name()));
    /// A law.
    RegimeName = names(Regime::ALL.iter().map(|regime| regime.name()));
    /// Whom a referral is made for.
    RecipientName = names(Recipient::ALL.iter().map(|recipient| recipient.name()));
    /// NCMEC's incident types.
    IncidentTypeName = names(INCIDENT_TYPES.into_iter());
    /// Member States of the European Union.
    MemberStateName = names(MEMBER_STATES.into_iter());
    /// Why a Member State is concerned.
    ConcernedName = names(Concerned::ALL.iter().map(|concerned| concerned.name()));
    /// Why a referral is amended.
    AmendReasonName = names(AmendReason::ALL.iter().map(|reason| reason.name()));
    /// Why a referral is taken back.
    WithdrawReasonName = names(WithdrawReason::ALL.iter().map(|reason| reason.name()));
    /// How a referral ended.
    CloseOutcomeName = names(CloseOutcome::ALL.iter().map(|outcome| outcome.name()));
    /// A recipient's own reference.
    ReferenceText = form("^[A-Za-z0-9._:/-]{1,64}$", None);
    /// A SHA-256 digest.
    Sha256Text = form("^[0-9a-f]{64}$", None);
    /// Bytes in base64.
    Base64Text = form("^[A-Za-z0-9+/]+={0,2}$", None);
    /// Whose claims.
    ClaimedName = names(["me", "nobody"].into_iter());
    /// A person's name.
    PersonText = form("^[a-z][a-z0-9._-]{0,63}$", None);
    /// A token's id.
    TokenId = form("^[0-9a-f]{16}$", None);
    /// An account's identifier at its platform.
    IdentifierText = form("^[A-Za-z0-9+@._:-]{1,128}$", None);
    /// A key of a write.
    KeyText = form("^[A-Za-z0-9_-]{1,128}$", None);
    /// A version, as it was read.
    EtagText = form("^\"[0-9]{1,18}\"$", None);
    /// A place in a queue, or in the list of failed deliveries.
    PlaceText = form("^(0|-?[1-9][0-9]{0,14})_(0|[1-9][0-9]{0,14})$", None);
    /// A place in the queue of referrals.
    ReferralCursorText = form("^[0-2][0-9a-f]{48}$", None);
    /// A place in a list.
    CursorText = form("^[0-9a-f]{1,15}-[0-9a-f]{1,15}$", None);
}
