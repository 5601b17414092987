//! What leaves, as whoever receives it sees it: valid by the committed schema, and to be opened with the key.

use sealwatch_api::delivery::{
    Action, Decided, DocumentError, EnforcementMode, EnforcementRequested, EventKey, EventKind,
    LabelGiven,
};
use sealwatch_core::behaviour::{Answer, Mode};
use sealwatch_core::event::values::{LabelOrigin, Verdict};
use sealwatch_core::recommendation::{Recommendation, SealedFor, SealedIdentity};
use sealwatch_custody::{Binding, PrivateKey, Role, Sealed, open_identity, seal_identity};
use serde_json::Value;

use crate::common::{START, recommendation};

pub const DECISION: &str = "0123456789abcdef0123456789abcdef";
pub const CASE: &str = "fedcba9876543210fedcba9876543210";

pub fn decided(action: Action) -> Decided<'static> {
    Decided {
        decision: DECISION,
        case_id: CASE,
        at_ms: START,
        action,
        statement: "The account wrote to many people who do not know it.",
    }
}

fn key() -> PrivateKey {
    PrivateKey::generate(Role::Enforcement, &mut |bytes: &mut [u8]| bytes.fill(7))
}

/// The identity `+15550100` of a recommendation, sealed as the edge does.
fn identities(recommendation: &Recommendation) -> Vec<SealedIdentity> {
    let binding = Binding {
        recommendation: recommendation.id.to_bytes(),
        pseudonym: recommendation.account.to_bytes(),
    };
    let sealed = seal_identity(
        &key().public(),
        b"+15550100",
        &binding,
        &mut |bytes: &mut [u8]| bytes.fill(9),
    );
    let identity = |sealed_for, key: String, sealed: String| SealedIdentity {
        sealed_for,
        key_ids: vec![key],
        sealed,
    };
    vec![
        identity(SealedFor::Referral, "0".repeat(16), "AAAA".to_owned()),
        identity(
            SealedFor::Enforcement,
            key().public().id().to_string(),
            sealed.unwrap().to_base64(),
        ),
    ]
}

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!(
        "../../schemas/enforcement.requested.schema.json"
    ))
    .unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn every_event_is_valid_by_the_committed_schema_and_reads_back() {
    let validator = validator();
    for (seed, simulated) in (0..20).flat_map(|seed| [(seed, true), (seed, false)]) {
        let recommendation = recommendation(seed, simulated);
        for action in Action::ALL {
            for identities in [identities(&recommendation), Vec::new()] {
                let document =
                    EnforcementRequested::new(decided(*action), &recommendation, &identities)
                        .unwrap();
                let event = document.event().unwrap();
                let value: Value = serde_json::from_str(event.body()).unwrap();
                let problems: Vec<String> = validator
                    .iter_errors(&value)
                    .map(|error| error.to_string())
                    .collect();
                assert!(problems.is_empty(), "{problems:?}");
                assert_eq!(value["id"], event.key().as_str());
                let read: EnforcementRequested = serde_json::from_str(event.body()).unwrap();
                assert!(read == document);
            }
        }
    }
}

#[test]
fn the_schema_refuses_what_the_program_would_never_write() {
    let validator = validator();
    let document =
        EnforcementRequested::new(decided(Action::Ban), &recommendation(1, true), &[]).unwrap();
    let good = serde_json::to_value(&document).unwrap();
    assert!(validator.is_valid(&good));
    for (field, value) in [
        ("mode", Value::from("live")),
        ("mode", Value::from("shadow")),
        ("action", Value::from("delete")),
        ("id", Value::from("1")),
        ("text", Value::from("hello")),
        ("version", Value::from(2)),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(!validator.is_valid(&bad), "{field}");
    }
}

#[test]
fn the_sealed_identity_opens_with_the_enforcement_key_and_the_binding_that_the_event_names() {
    let recommendation = recommendation(3, false);
    let document = EnforcementRequested::new(
        decided(Action::Ban),
        &recommendation,
        &identities(&recommendation),
    )
    .unwrap();
    let identity = document.identity.unwrap();
    assert_eq!(identity.key, key().public().id().to_string());
    let binding = Binding {
        recommendation: identity.binding.recommendation.to_bytes(),
        pseudonym: identity.binding.account.to_bytes(),
    };
    let sealed = Sealed::from_base64(&identity.sealed).unwrap();
    let opened = open_identity(&key(), &sealed, &binding).unwrap();
    assert_eq!(opened.expose_to_recipient(), b"+15550100");
}

#[test]
fn a_demonstration_says_that_nobody_may_be_acted_against_and_the_shadow_says_nothing() {
    let demo =
        EnforcementRequested::new(decided(Action::Ban), &recommendation(1, true), &[]).unwrap();
    assert_eq!(demo.mode, EnforcementMode::Demo);
    assert!(demo.notice.unwrap().contains("nobody may be acted against"));
    let mut impossible = recommendation(1, true);
    impossible.mode = Mode::Live;
    let document = EnforcementRequested::new(decided(Action::Ban), &impossible, &[]).unwrap();
    assert_eq!(document.mode, EnforcementMode::Demo);
    let live =
        EnforcementRequested::new(decided(Action::Ban), &recommendation(1, false), &[]).unwrap();
    assert_eq!((live.mode, live.notice), (EnforcementMode::Live, None));
    let mut shadow = recommendation(1, false);
    shadow.mode = Mode::Shadow;
    let refused = EnforcementRequested::new(decided(Action::Ban), &shadow, &[]);
    assert_eq!(refused.unwrap_err(), DocumentError::Shadow);
}

#[test]
fn what_goes_to_the_referral_side_asks_the_platform_for_nothing() {
    assert_eq!(Action::of_answer(Answer::Refer), None);
    assert_eq!(Action::of_answer(Answer::Ban), Some(Action::Ban));
}

#[test]
fn a_label_is_an_event_of_the_schema_that_names_the_account_by_its_pseudonym() {
    let recommendation = recommendation(4, false);
    let label = LabelGiven::new(
        DECISION,
        START,
        &recommendation,
        Verdict::Benign,
        LabelOrigin::Appeal,
    );
    let event = label.event(CASE).unwrap();
    assert_eq!(*event.key(), EventKey::derive(EventKind::Label, DECISION));
    let value: Value = serde_json::from_str(event.body()).unwrap();
    assert_eq!(value["type"], "label.given");
    assert_eq!(value["id"], event.key().as_str());
    assert_eq!(value["at"], START);
    assert_eq!(value["account"], recommendation.account.to_hexadecimal());
    assert_eq!(value["verdict"], "benign");
    assert_eq!(value["origin"], "appeal");
    assert_eq!(value["recommendation"], recommendation.id.to_hexadecimal());
    let read: LabelGiven = serde_json::from_str(event.body()).unwrap();
    assert!(read == label);
}
