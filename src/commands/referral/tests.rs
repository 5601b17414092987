use sealwatch_custody::canonical;
use sealwatch_custody::dsse::Envelope;
use sealwatch_custody::package::{self, Facts};
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::statement::FileDigest;
use sealwatch_custody::trust::{Trust, TrustedPerson};

use super::facts::{Frozen, path};
use super::package::{Made, owner, require_log, require_officer_alone, require_sealed};

const FACTS: &str = include_str!("../../../custody/fixtures/child-safety.json");

fn facts(change: impl FnOnce(&mut Facts)) -> Facts {
    let value = serde_json::from_str(FACTS).unwrap();
    let text = canonical::to_text(&value).unwrap();
    let mut facts = Facts::parse(text.as_bytes()).unwrap();
    change(&mut facts);
    facts
}

fn frozen(facts: Facts) -> Frozen {
    let digest = FileDigest::of(facts.to_json().unwrap().as_bytes());
    Frozen {
        facts,
        digest,
        version: None,
    }
}

/// The package of these facts about this account.
fn made(facts: &Facts, identity: &[u8]) -> Made {
    let bag = package::prepare(facts, Some(identity)).unwrap();
    let statement = package::statement(facts, &bag).unwrap();
    Made { bag, statement }
}

fn key(role: SigningRole, byte: u8) -> SigningKey {
    SigningKey::from_bytes(role, &[byte; 32])
}

fn trust(officer: &str) -> Trust {
    let person = |name: &str, role, byte| TrustedPerson {
        name: name.to_owned(),
        key: key(role, byte).verifying_key(),
    };
    let people = vec![
        person(officer, SigningRole::Officer, 1),
        person("anton", SigningRole::Approver, 2),
        person("mallory", SigningRole::Officer, 3),
    ];
    Trust::new(people, Vec::new()).unwrap()
}

fn signed(made: &Made, keys: &[SigningKey]) -> Envelope {
    let mut envelope = made.statement.envelope().unwrap();
    for key in keys {
        envelope.sign(key).unwrap();
    }
    envelope
}

#[test]
fn the_facts_are_shown_in_words_with_their_digest_before_anybody_is_asked() {
    let frozen = frozen(facts(|_| {}));
    let words = frozen.words();
    for part in [
        "child safety, P1",
        &frozen.facts.threat.pseudonym,
        &frozen.facts.finding.statement,
        &frozen.facts.finding.officer,
        &frozen.facts.duty.legal_basis,
        "to          ncmec",
        "a score, not a probability",
        &frozen.digest.to_hex(),
    ] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
}

#[test]
fn reporters_whom_the_record_does_not_confirm_are_counted_apart_as_in_the_report() {
    let said =
        "3 remembered, from 2 independent of each other, and 1 that the record does not confirm";
    let words = frozen(facts(|_| {})).words();
    assert!(words.contains(said), "{words}");
    let unconfirmed = |facts: &mut Facts| {
        for report in &mut facts.threat.reporters {
            report.group = 0;
        }
    };
    let words = frozen(facts(unconfirmed)).words();
    let said = "from 0 independent of each other, and 3 that the record does not confirm";
    assert!(words.contains(said), "{words}");
}

#[test]
fn lives_of_an_identifier_are_told_from_the_first_and_an_earlier_owner_is_named_to_whoever_approves()
 {
    let words = |incarnation| frozen(facts(|facts| facts.threat.incarnation = incarnation)).words();
    let first = words(0);
    assert!(
        first.contains("of example, the first life of it\n"),
        "{first}"
    );
    assert!(!first.contains("an earlier owner"));
    let second = words(1);
    assert!(second.contains(", life 2 of it\n"), "{second}");
    assert!(second.contains("an earlier owner may be another person"));
}

#[test]
fn a_statement_that_would_command_the_terminal_is_shown_and_does_not() {
    let words = frozen(facts(|facts| {
        "one\u{1b}[2J\rtwo\nthree\u{202e}".clone_into(&mut facts.finding.statement);
        "\u{1b}]0;x\u{7}".clone_into(&mut facts.threat.kind);
    }))
    .words();
    let commands = |text: &str| {
        text.chars()
            .any(|one| (one.is_control() && one != '\n') || one == '\u{202e}')
    };
    assert!(!commands(&words));
    assert!(words.contains("    one\u{fffd}[2J\u{fffd}two\n    three\u{fffd}\n"));
}

#[test]
fn a_package_is_signed_again_only_where_every_digest_is_the_same() {
    let sound = facts(|_| {});
    let own = made(&sound, b"+353850001");
    own.require_same(&signed(&own, &[])).unwrap();
    // The officer's machine named another account, or made it of other facts.
    let other_account = made(&sound, b"+353850002");
    let reason = own.require_same(&signed(&other_account, &[])).unwrap_err();
    assert!(
        reason
            .to_string()
            .contains("manifest-sha256.txt is another file")
    );
    assert!(!reason.to_string().contains("35385000"));
    let other_facts = facts(|facts| facts.finding.statement.push('!'));
    let other_facts = made(&other_facts, b"+353850001");
    assert!(own.require_same(&signed(&other_facts, &[])).is_err());
    // The same files under another revision.
    let mut statement = own.statement.clone();
    statement.revision += 1;
    let other_revision = statement.envelope().unwrap();
    let reason = own.require_same(&other_revision).unwrap_err().to_string();
    assert!(reason.contains("another referral, revision"), "{reason}");
    // A statement about more than these files, or no statement.
    let mut statement = own.statement.clone();
    statement
        .subjects
        .insert("more.txt".to_owned(), FileDigest::of(b""));
    assert!(own.require_same(&statement.envelope().unwrap()).is_err());
    assert!(
        own.require_same(&Envelope::new("text/plain", Vec::new()))
            .is_err()
    );
}

#[test]
fn an_approver_signs_only_after_the_one_officer_who_made_the_finding() {
    let facts = facts(|_| {});
    let officer = facts.finding.officer.clone();
    let (own, trust) = (made(&facts, b"+353850001"), trust(&officer));
    let olga = || key(SigningRole::Officer, 1);
    let check = |keys: &[SigningKey]| require_officer_alone(&signed(&own, keys), &trust, &officer);
    check(&[olga()]).unwrap();
    for (keys, reason) in [
        (vec![], "exactly one signature"),
        (
            vec![olga(), key(SigningRole::Approver, 2)],
            "exactly one signature",
        ),
        (
            vec![key(SigningRole::Officer, 9)],
            "not among the trusted ones",
        ),
        (
            vec![key(SigningRole::Officer, 3)],
            "not that of the officer",
        ),
        (
            vec![key(SigningRole::Approver, 2)],
            "not that of the officer",
        ),
    ] {
        let said = check(&keys).unwrap_err().to_string();
        assert!(said.contains(reason), "{said}");
    }
    // A signature under the officer's key id that is over something else.
    let json = signed(&own, &[key(SigningRole::Officer, 3)])
        .to_json()
        .unwrap();
    let id = |byte| {
        key(SigningRole::Officer, byte)
            .verifying_key()
            .id()
            .to_string()
    };
    let posing = Envelope::parse(json.replace(&id(3), &id(1)).as_bytes()).unwrap();
    let said = require_officer_alone(&posing, &trust, &officer).unwrap_err();
    assert!(said.to_string().contains("does not hold"));
}

#[test]
fn a_signing_key_is_whose_the_local_file_says_and_the_log_must_be_known() {
    let frozen = frozen(facts(|_| {}));
    let trust = trust("olga");
    assert_eq!(
        owner(&key(SigningRole::Officer, 1), &trust).unwrap().name,
        "olga"
    );
    // The same bytes in another role are another key.
    for unknown in [key(SigningRole::Approver, 1), key(SigningRole::Officer, 8)] {
        let said = owner(&unknown, &trust).unwrap_err().to_string();
        assert!(said.contains("not among the trusted keys"), "{said}");
    }
    assert!(require_log(&frozen, &trust).is_err());
}

#[test]
fn an_account_without_a_sealed_identity_stops_before_the_approval_and_a_group_does_not() {
    let account = frozen(facts(|_| {}));
    require_sealed(&account, true).unwrap();
    let said = require_sealed(&account, false).unwrap_err().to_string();
    assert!(
        said.contains("no package can be made") && said.contains("keys.officer"),
        "{said}"
    );
    let group = frozen(facts(|facts| facts.threat.subject = "group".to_owned()));
    require_sealed(&group, false).unwrap();
}

#[test]
fn a_referrals_id_cannot_lead_to_another_address() {
    assert_eq!(
        path("a1-_", "/facts").unwrap(),
        "/api/v1/referrals/a1-_/facts"
    );
    for wrong in ["", "a/b", "..", "a?b", "a#b", "ä", "a b", &"a".repeat(65)] {
        assert!(path(wrong, "").is_err());
    }
}
