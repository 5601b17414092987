//! What no package is made of. Each refusal has its own error.

use super::*;

fn refusal(change: impl FnOnce(&mut Facts)) -> PackageError {
    let mut facts = facts(CHILD_SAFETY);
    change(&mut facts);
    let refused = prepare(&facts, identity(&facts)).unwrap_err();
    assert_eq!(
        check(&facts, true),
        Err(refused.clone()),
        "what is refused later is refused before"
    );
    refused
}

#[test]
fn identity_and_subject_must_fit() {
    let account = facts(CHILD_SAFETY);
    let refused = |facts: &Facts, identity: Option<&[u8]>| prepare(facts, identity).unwrap_err();
    assert_eq!(refused(&account, None), PackageError::IdentityMissing);
    assert_eq!(
        refused(&facts(GROUP), Some(IDENTITY.as_bytes())),
        PackageError::IdentityOfGroup
    );
    for bytes in [
        &b""[..],
        b"two words",
        b"<b>",
        "ä".as_bytes(),
        &[0xff],
        &[b'a'; 129],
    ] {
        assert_eq!(refused(&account, Some(bytes)), PackageError::Identifier);
    }
    for pseudonym in [
        account.threat.pseudonym.clone(),
        account.threat.pseudonym.to_uppercase(),
    ] {
        assert_eq!(
            refused(&account, Some(pseudonym.as_bytes())),
            PackageError::Pseudonym
        );
    }
    assert_eq!(
        refusal(|facts| facts.threat.subject = "device".to_owned()),
        PackageError::Subject
    );
}

#[test]
fn an_account_whose_identity_nobody_can_open_is_refused_before_the_approval_and_a_group_is_not() {
    let account = facts(CHILD_SAFETY);
    assert_eq!(check(&account, true), Ok(()));
    let refused = check(&account, false).unwrap_err();
    assert_eq!(refused, PackageError::IdentityNotSealed);
    assert!(
        refused
            .to_string()
            .contains("keys.officer and keys.approver")
    );
    assert_eq!(check(&facts(GROUP), false), Ok(()));
}

#[test]
fn ncmec_wants_a_reporting_person_and_one_of_its_incident_types() {
    assert_eq!(
        refusal(|facts| facts.provider.reporting_person = None),
        PackageError::ReportingPerson
    );
    assert_eq!(
        refusal(|facts| {
            let person = facts.provider.reporting_person.as_mut().unwrap();
            person.email = " ".to_owned();
        }),
        PackageError::ReportingPerson
    );
    assert_eq!(
        refusal(|facts| facts.finding.incident_type = None),
        PackageError::IncidentTypeMissing
    );
    assert_eq!(
        refusal(|facts| facts.finding.incident_type = Some("child sex trafficking".to_owned())),
        PackageError::IncidentType
    );
}

#[test]
fn texts_longer_than_ncmec_takes_are_refused_with_their_lengths() {
    let too_long = refusal(|facts| facts.provider.service = "m".repeat(101));
    assert!(matches!(
        too_long,
        PackageError::TooLong {
            limit: 100,
            found: 101,
            ..
        }
    ));
    let too_long = refusal(|facts| facts.provider.terms_url = Some("u".repeat(2084)));
    assert!(matches!(
        too_long,
        PackageError::TooLong {
            limit: 2083,
            found: 2084,
            ..
        }
    ));
    let said = too_long.to_string();
    assert!(said.contains("2083") && !said.contains("uuu"), "{said}");
}

#[test]
fn an_authority_of_a_member_state_needs_a_member_state_of_the_union() {
    let refused = |states: &[&str]| {
        let mut facts = facts(THREAT_TO_LIFE);
        facts.finding.member_states = states.iter().map(|&code| code.to_owned()).collect();
        prepare(&facts, identity(&facts)).err()
    };
    assert_eq!(refused(&[]), Some(PackageError::MemberStateMissing));
    for code in ["US", "EL", "de", "XX", "", "IS", "LI", "NO"] {
        assert_eq!(
            refused(&["DE", code]),
            Some(PackageError::MemberState),
            "{code}"
        );
    }
    assert_eq!(refused(&["GR", "FR"]), None);
}

#[test]
fn times_outside_of_four_digit_years_logs_without_name_and_broken_bag_tags_are_refused() {
    assert_eq!(
        refusal(|facts| facts.threat.events[3].at_ms = -1),
        PackageError::Time("an event")
    );
    assert_eq!(
        refusal(|facts| facts.duty.keep_until_ms = i64::MAX),
        PackageError::Time("the end of preservation")
    );
    assert_eq!(
        refusal(|facts| facts.provider.organization = "two\nlines".to_owned()),
        PackageError::Bag(BagError::InfoValue("Source-Organization"))
    );
    let mut nameless = facts(CHILD_SAFETY);
    nameless.log = "two words".to_owned();
    let prepared = prepare(&nameless, identity(&nameless)).unwrap();
    assert_eq!(statement(&nameless, &prepared), Err(PackageError::Log));
    assert_eq!(check(&nameless, true), Err(PackageError::Log));
}

#[test]
fn no_refusal_shows_anything_of_the_case() {
    let facts = facts(CHILD_SAFETY);
    let errors = [
        prepare(&facts, Some(b"canary canary")).unwrap_err(),
        refusal(|facts| facts.finding.incident_type = Some("canary".to_owned())),
        refusal(|facts| facts.provider.service = "canary".repeat(40)),
        refusal(|facts| facts.finding.member_states = vec!["canary".to_owned()]),
    ];
    let mut kinds = std::collections::BTreeSet::new();
    for error in errors {
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        assert!(kinds.insert(error.kind()));
    }
}
