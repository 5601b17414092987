//! A referral from the signal to a bag that verifies: over HTTP, with real keys, on both databases.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use sealwatch_api::people::{Actor, PersonName, Roles, set_person};
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::threat::{ThreatId, ThreatKind};
use sealwatch_core::time::MINUTE;
use sealwatch_custody::bag::{BagFiles, BagInfo, BagPath, PreparedBag};
use sealwatch_custody::dsse::Envelope;
use sealwatch_custody::package::Facts;
use sealwatch_custody::signing::SigningRole;
use sealwatch_custody::statement::Statement;
use sealwatch_custody::trust::Trust;
use sealwatch_custody::verify::verify_bag;
use sealwatch_custody::{Role, Sealed, open_inner, open_outer};
use serde_json::{Value, json};

use crate::common::log;
use crate::leaks::{PLANTED_IDENTITY, PLANTED_WORDS, holds, places};
use crate::referral_desk::*;

/// A bag of the facts and the identity, as a person's machine makes it.
fn prepare(facts: &Facts, identity: Option<&[u8]>) -> PreparedBag {
    let info = BagInfo {
        source_organization: facts.provider.organization.clone(),
        external_identifier: facts.referral.clone(),
        external_description: "A referral of a credible threat".to_owned(),
        bagging_date: "2026-11-24".to_owned(),
        contact_email: facts.provider.contact_email.clone(),
    };
    let file = |path: &str, bytes: &[u8]| (BagPath::payload(path).unwrap(), bytes.to_vec());
    let payload = BTreeMap::from([
        file("data/referral.json", facts.to_json().unwrap().as_bytes()),
        file("data/identity.txt", identity.unwrap_or(b"none")),
    ]);
    PreparedBag::new(&info, payload).unwrap()
}

fn envelope(facts: &Facts, prepared: &PreparedBag) -> Envelope {
    let statement = Statement {
        referral: facts.referral.clone(),
        revision: facts.revision,
        log: log().origin,
        subjects: prepared.subjects(),
    };
    statement.envelope().unwrap()
}

/// The sealed identity's binding, as the facts name it.
fn bound(facts: &Facts) -> sealwatch_custody::Binding {
    let case = ThreatId::parse(&facts.threat.case).unwrap();
    binding(case, Pseudonym::parse(&facts.threat.pseudonym).unwrap())
}

pub async fn read_facts(desk: &Desk, who: &str, id: &str) -> (Facts, String) {
    let answer = desk
        .get(who, &format!("/api/v1/referrals/{id}/facts"))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    let facts = Facts::parse(body["facts"].as_str().unwrap().as_bytes()).unwrap();
    let digest = body["sha256"].as_str().unwrap().to_owned();
    assert_eq!(facts.digest().unwrap().to_hex(), digest);
    assert_eq!(body["revision"], facts.revision);
    (facts, digest)
}

/// The approver opens the outer wrap and approves.
pub async fn approve(desk: &Desk, approver: &str, id: &str) {
    let (facts, digest) = read_facts(desk, approver, id).await;
    let outer = desk.done(approver, id, "identity/outer", &json!({})).await;
    let sealed = Sealed::from_base64(outer["sealed"].as_str().unwrap()).unwrap();
    let inner = open_outer(&private_key(Role::Approver), &sealed, &bound(&facts)).unwrap();
    let body = json!({"facts_sha256": digest, "inner": inner.to_base64()});
    let after = desk.done(approver, id, "approval", &body).await;
    assert_eq!(after["state"], "approved");
}

/// The officer opens the inner wrap, makes the bag and signs.
pub async fn officer_signs(desk: &Desk, officer: &str, id: &str) -> PreparedBag {
    let (facts, _) = read_facts(desk, officer, id).await;
    let inner = desk.done(officer, id, "identity/inner", &json!({})).await;
    let inner = Sealed::from_base64(inner["inner"].as_str().unwrap()).unwrap();
    let identity = open_inner(&private_key(Role::Officer), &inner, &bound(&facts)).unwrap();
    assert_eq!(identity.expose_to_recipient(), IDENTIFIER.as_bytes());
    let prepared = prepare(&facts, Some(identity.expose_to_recipient()));
    let mut envelope = envelope(&facts, &prepared);
    envelope
        .sign(&signing_key(officer, SigningRole::Officer))
        .unwrap();
    // How the identity is sealed for the approver is for the two machines: the server takes sealed bytes.
    let body = json!({"envelope": envelope.to_json().unwrap(), "review": inner.to_base64()});
    let signed = desk.done(officer, id, "signatures", &body).await;
    assert_eq!(
        (&signed["officer_signed"], &signed["approver_signed"]),
        (&json!(true), &json!(false))
    );
    prepared
}

pub async fn approver_signs(desk: &Desk, approver: &str, id: &str) {
    let seen = desk
        .get(approver, &format!("/api/v1/referrals/{id}/signature"))
        .await
        .json();
    assert!(seen["review"].is_string());
    let mut envelope = Envelope::parse(seen["envelope"].as_str().unwrap().as_bytes()).unwrap();
    envelope
        .sign(&signing_key(approver, SigningRole::Approver))
        .unwrap();
    let body = json!({"envelope": envelope.to_json().unwrap(), "review": null});
    let signed = desk.done(approver, id, "signatures", &body).await;
    assert_eq!(signed["approver_signed"], true);
}

/// The bag, as the officer's machine closes it.
fn seal(prepared: PreparedBag, export: &Value) -> BagFiles {
    let file = |path: &str, name: &str| {
        let bytes = export[name].as_str().unwrap().as_bytes().to_vec();
        (BagPath::new(path).unwrap(), bytes)
    };
    prepared
        .seal(BTreeMap::from([
            file("attestation.dsse.json", "envelope"),
            file("audit/checkpoint.txt", "checkpoint"),
            file("audit/proofs.json", "proofs"),
        ]))
        .unwrap()
}

async fn trust(desk: &Desk) -> Trust {
    let answer = desk.get("admin", "/api/v1/signing-keys/trust").await;
    Trust::from_document(&answer.text).unwrap()
}

async fn enrol_all(desk: &Desk) {
    for (person, role) in [
        ("olga", SigningRole::Officer),
        ("anton", SigningRole::Approver),
        ("anna", SigningRole::Approver),
        ("both", SigningRole::Officer),
        ("both", SigningRole::Approver),
    ] {
        let answer = desk.enrol(person, role).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}

/// Everything up to both signatures.
pub async fn signed(desk: &Desk, seed: u64) -> (String, PreparedBag) {
    enrol_all(desk).await;
    let id = desk.founded("olga", seed).await;
    approve(desk, "anton", &id).await;
    let prepared = officer_signs(desk, "olga", &id).await;
    approver_signs(desk, "anton", &id).await;
    (id, prepared)
}

#[tokio::test]
async fn two_people_take_a_referral_to_a_bag_that_verifies_with_the_trusted_keys_alone() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let (id, prepared) = signed(desk, 1).await;
        let export = desk.done("olga", &id, "export", &json!({})).await;
        let facts = export["facts"].as_str().unwrap();
        assert!(facts.contains("is to be killed tonight"));
        let files = seal(prepared, &export);
        let report = verify_bag(&files, &trust(desk).await);
        assert!(report.passed(), "{}: {:?}", desk.name, report.outcomes());
        let referral = desk
            .get("olga", &format!("/api/v1/referrals/{id}"))
            .await
            .json();
        assert_eq!(referral["referral"]["state"], "exported");
        let acts: Vec<&str> = referral["history"]
            .as_array()
            .unwrap()
            .iter()
            .map(|act| act["act"].as_str().unwrap())
            .filter(|act| *act != "case_read")
            .collect();
        assert_eq!(
            acts,
            [
                "referral_opened",
                "claimed",
                "finding_made",
                "outer_wrap_opened",
                "approval_given",
                "identity_opened",
                "referral_signed",
                // The approver's own check of whom it is about.
                "identity_opened",
                "referral_approved",
                "referral_exported"
            ]
        );
        // Exported again, it is the same package with the log as it is then.
        let again = desk.done("olga", &id, "export", &json!({})).await;
        assert_eq!(again["envelope"], export["envelope"]);
        assert_ne!(again["checkpoint"], export["checkpoint"]);
        let after = desk
            .done(
                "olga",
                &id,
                "acknowledgement",
                &json!({"reference": "IE-2026/77"}),
            )
            .await;
        assert_eq!(after["recipient_reference"], "IE-2026/77");
        let over = desk
            .done("olga", &id, "close", &json!({"outcome": "action_taken"}))
            .await;
        assert_eq!(over["state"], "closed");
        assert!(desk.queue("").await.is_empty());
    }
}

#[tokio::test]
async fn whoever_has_lost_the_role_and_whoever_asks_when_it_is_over_get_no_copy_of_the_identity() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        enrol_all(desk).await;
        let id = desk.founded("olga", 1).await;
        approve(desk, "both", &id).await;
        officer_signs(desk, "olga", &id).await;
        let path = format!("/api/v1/referrals/{id}/signature");
        assert!(desk.get("both", &path).await.json()["review"].is_string());
        let name = PersonName::parse("both").unwrap();
        let roles = |text| Roles::parse(text).unwrap();
        let (machine, database) = (Actor::machine(), desk.store.database());
        set_person(
            database,
            &machine,
            &name,
            roles("referral_officer"),
            desk.now(),
        )
        .await
        .unwrap();
        let refused = desk.get("both", &path).await;
        assert_eq!(
            (refused.status.as_u16(), &*refused.problem()),
            (403, "not-permitted")
        );
        let both = roles("referral_officer approver");
        set_person(database, &machine, &name, both, desk.now())
            .await
            .unwrap();
        assert_eq!(desk.get("both", &path).await.status, 200);
        desk.done("olga", &id, "withdraw", &json!({"reason": "duplicate"}))
            .await;
        for who in ["both", "olga"] {
            let refused = desk.get(who, &path).await;
            assert_eq!(
                (refused.status.as_u16(), &*refused.problem()),
                (409, "state"),
                "{who}"
            );
        }
    }
}

#[tokio::test]
async fn of_two_approvers_who_take_the_outer_wrap_either_can_approve() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        enrol_all(desk).await;
        let id = desk.founded("olga", 1).await;
        let (facts, digest) = read_facts(desk, "anton", &id).await;
        let outer = desk.done("anton", &id, "identity/outer", &json!({})).await;
        let sealed = Sealed::from_base64(outer["sealed"].as_str().unwrap()).unwrap();
        let inner = open_outer(&private_key(Role::Approver), &sealed, &bound(&facts)).unwrap();
        let body = json!({"facts_sha256": digest, "inner": inner.to_base64()});
        let unopened = desk.act("anna", &id, "approval", &body).await;
        assert_eq!(unopened.problem(), "identity", "{}", desk.name);
        desk.done("anna", &id, "identity/outer", &json!({})).await;
        let after = desk.done("anton", &id, "approval", &body).await;
        assert_eq!(after["approver"], "anton", "{}", desk.name);
        // Of the revision before it counts for nothing.
        desk.wait(MINUTE);
        desk.done("olga", &id, "amend", &json!({"reason": "correction"}))
            .await;
        desk.done("olga", &id, "findings", &founded()).await;
        let (_, digest) = read_facts(desk, "anton", &id).await;
        let body = json!({"facts_sha256": digest, "inner": inner.to_base64()});
        let unopened = desk.act("anton", &id, "approval", &body).await;
        assert_eq!(unopened.problem(), "identity", "{}", desk.name);
    }
}

/// Nothing has happened: it waits for its export still, and its clock runs.
async fn is_not_exported(desk: &Desk, id: &str) {
    let referral = desk
        .get("olga", &format!("/api/v1/referrals/{id}"))
        .await
        .json()["referral"]
        .clone();
    assert_eq!(referral["state"], "approved", "{}", desk.name);
    assert!(referral["exported_at"].is_null() && referral["due_at"].is_string());
    let exported = "SELECT COUNT(*) FROM audit_entries WHERE act = 'referral_exported'";
    assert_eq!(desk.count(exported).await, 0);
}

#[tokio::test]
async fn an_export_that_cannot_be_given_has_not_happened() {
    let (_stores, desks) = desks_without_the_logs_key().await;
    for desk in &desks {
        let (id, _) = signed(desk, 1).await;
        let refused = desk.act("olga", &id, "export", &json!({})).await;
        assert_eq!(refused.status, 503, "{}: {}", desk.name, refused.text);
        is_not_exported(desk, &id).await;
    }
}

#[tokio::test]
async fn an_export_whose_statement_does_not_open_has_not_happened() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let (id, _) = signed(desk, 1).await;
        let pool = desk.beside().await;
        sqlx::query("UPDATE findings SET statement = 'AAAA'")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        let refused = desk.act("olga", &id, "export", &json!({})).await;
        assert_eq!(refused.status, 500, "{}: {}", desk.name, refused.text);
        is_not_exported(desk, &id).await;
    }
}

#[tokio::test]
async fn an_amended_referral_is_a_next_revision_and_the_one_before_stays() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let (id, _) = signed(desk, 1).await;
        desk.done("olga", &id, "export", &json!({})).await;
        let amended = desk
            .done("olga", &id, "amend", &json!({"reason": "new_evidence"}))
            .await;
        assert_eq!(
            (&amended["state"], &amended["revision"]),
            (&json!("claimed"), &json!(2))
        );
        let early = desk
            .get("anton", &format!("/api/v1/referrals/{id}/facts"))
            .await;
        assert_eq!(
            early.problem(),
            "state",
            "the facts of this revision are not there yet"
        );
        desk.done("olga", &id, "findings", &founded()).await;
        let (facts, _) = read_facts(desk, "anna", &id).await;
        let amendment = facts.amendment.unwrap();
        assert_eq!(
            (facts.revision, amendment.replaces, &*amendment.reason),
            (2, 1, "new_evidence")
        );
        // What was signed of the first revision is no signature of the second.
        approve(desk, "anna", &id).await;
        let unsigned = desk.act("olga", &id, "export", &json!({})).await;
        assert_eq!(unsigned.problem(), "unsigned");
        let prepared = officer_signs(desk, "olga", &id).await;
        let theirs = desk
            .get("anton", &format!("/api/v1/referrals/{id}/signature"))
            .await;
        assert_eq!(theirs.problem(), "not-yours");
        approver_signs(desk, "anna", &id).await;
        let export = desk.done("olga", &id, "export", &json!({})).await;
        let files = seal(prepared, &export);
        assert!(
            verify_bag(&files, &trust(desk).await).passed(),
            "{}",
            desk.name
        );
        let whole = desk
            .get("olga", &format!("/api/v1/referrals/{id}"))
            .await
            .json();
        assert_eq!(whole["packages"].as_array().unwrap().len(), 2);
        assert_eq!(whole["findings"].as_array().unwrap().len(), 2);
        let taken = desk
            .done(
                "olga",
                &id,
                "withdraw",
                &json!({"reason": "no_longer_holds"}),
            )
            .await;
        assert_eq!(
            (&taken["state"], &taken["outcome"]),
            (&json!("withdrawn"), &json!("no_longer_holds"))
        );
    }
}

#[tokio::test]
async fn one_person_with_both_roles_and_both_keys_completes_no_referral_by_any_route() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        enrol_all(desk).await;
        let id = desk.founded("both", 1).await;
        let (facts, digest) = read_facts(desk, "both", &id).await;
        let refused = desk.act("both", &id, "identity/outer", &json!({})).await;
        assert_eq!(refused.problem(), "same-person");
        let approval = json!({"facts_sha256": digest, "inner": null});
        let refused = desk.act("both", &id, "approval", &approval).await;
        assert_eq!(refused.problem(), "same-person");
        // Another person approves; the officer still cannot sign for them.
        approve(desk, "anton", &id).await;
        let prepared = officer_signs(desk, "both", &id).await;
        let mut forged = envelope(&facts, &prepared);
        forged
            .sign(&signing_key("both", SigningRole::Officer))
            .unwrap();
        forged
            .sign(&signing_key("both", SigningRole::Approver))
            .unwrap();
        let body = json!({"envelope": forged.to_json().unwrap(), "review": null});
        let refused = desk.act("both", &id, "signatures", &body).await;
        assert_eq!(refused.problem(), "same-person");
        // Nor does the approver's log-in take the officer's other key.
        let refused = desk.act("anton", &id, "signatures", &body).await;
        assert_eq!(refused.problem(), "signature");
        let refused = desk.act("both", &id, "export", &json!({})).await;
        assert_eq!(refused.problem(), "unsigned");
        // And whoever would write it into the database beside us is refused there.
        let pool = desk.beside().await;
        for wrong in [
            "UPDATE referral_packages SET approver = officer",
            "UPDATE referral_packages SET outer_opened_by = officer",
            "UPDATE referral_packages SET approver_key = officer_key",
            "UPDATE referral_packages SET exported_ms = 1",
            "UPDATE referral_packages SET officer = 'anton', approver = 'both'",
        ] {
            assert!(
                sqlx::query(wrong).execute(&pool).await.is_err(),
                "{} {wrong}",
                desk.name
            );
        }
        pool.close().await;
    }
}

#[tokio::test]
async fn a_signature_is_taken_of_the_right_person_over_the_right_statement_and_no_other() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        enrol_all(desk).await;
        let id = desk.founded("olga", 1).await;
        approve(desk, "anton", &id).await;
        let (facts, _) = read_facts(desk, "olga", &id).await;
        let prepared = prepare(&facts, Some(b"x"));
        let officer = signing_key("olga", SigningRole::Officer);
        let review = json!("AAAA");
        let mut good = envelope(&facts, &prepared);
        good.sign(&officer).unwrap();
        let mut other_revision = envelope(
            &Facts {
                revision: 9,
                ..facts.clone()
            },
            &prepared,
        );
        other_revision.sign(&officer).unwrap();
        let mut other_referral = envelope(
            &Facts {
                referral: "0".repeat(32),
                ..facts.clone()
            },
            &prepared,
        );
        other_referral.sign(&officer).unwrap();
        let mut foreign = envelope(&facts, &prepared);
        foreign
            .sign(&signing_key("nobody", SigningRole::Officer))
            .unwrap();
        let mut as_approver = envelope(&facts, &prepared);
        as_approver
            .sign(&signing_key("anton", SigningRole::Approver))
            .unwrap();
        let unsigned = envelope(&facts, &prepared);
        let text = |envelope: &Envelope| envelope.to_json().unwrap();
        for (envelope, review, kind) in [
            (text(&other_revision), &review, "signature"),
            (text(&other_referral), &review, "signature"),
            (text(&foreign), &review, "signature"),
            (text(&as_approver), &review, "signature"),
            (text(&unsigned), &review, "signature"),
            ("canary".to_owned(), &review, "signature"),
            (text(&good), &Value::Null, "identity"),
            (text(&good), &json!("canary!"), "identity"),
        ] {
            let body = json!({"envelope": envelope, "review": review});
            let refused = desk.act("olga", &id, "signatures", &body).await;
            assert_eq!(refused.problem(), kind);
            assert!(!refused.text.contains("canary"));
        }
        let body = json!({"envelope": text(&good), "review": review});
        let refused = desk.act("oskar", &id, "signatures", &body).await;
        assert_eq!(refused.problem(), "not-yours");
        // A key that is revoked signs nothing more.
        let path = format!("/api/v1/signing-keys/{}", officer.verifying_key().id());
        assert_eq!(
            desk.ask("oskar", Method::DELETE, &path, None, "")
                .await
                .status,
            404
        );
        assert_eq!(
            desk.ask("olga", Method::DELETE, &path, None, "")
                .await
                .status,
            204
        );
        let refused = desk.act("olga", &id, "signatures", &body).await;
        assert_eq!(refused.problem(), "signature");
        assert_eq!(
            desk.enrol("olga", SigningRole::Officer).await.problem(),
            "key-known"
        );
    }
}

#[tokio::test]
async fn the_identity_is_in_no_answer_table_or_metric_and_the_findings_words_are_in_no_table_or_metric()
 {
    const WORDS: &str = "killed tonight";
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let (id, _) = signed(desk, 1).await;
        let export = desk.act("olga", &id, "export", &json!({})).await;
        assert_eq!(export.status, 200);
        assert!(!holds(&export.text, IDENTIFIER));
        let olga = desk.browser("olga").await;
        let page = olga.see(&format!("/referrals/{id}")).await.text;
        assert!(page.contains(WORDS) && !holds(&page, IDENTIFIER));
        for (who, path) in [("olga", ""), ("olga", "/facts"), ("anton", "/signature")] {
            let answer = desk
                .get(who, &format!("/api/v1/referrals/{id}{path}"))
                .await;
            assert_eq!(answer.status, 200);
            assert!(!holds(&answer.text, IDENTIFIER), "{path}");
        }
        for sought in [IDENTIFIER, WORDS] {
            let open = places(desk, sought).await;
            assert!(open.is_empty(), "{} {sought}: {open:?}", desk.name);
        }
        // The same search finds what is planted.
        let pool = desk.beside().await;
        for (sql, planted) in [
            (
                "UPDATE referral_packages SET envelope = envelope || $1",
                PLANTED_IDENTITY,
            ),
            ("UPDATE findings SET recipient = $1", PLANTED_WORDS),
        ] {
            sqlx::query(sql).bind(planted).execute(&pool).await.unwrap();
        }
        pool.close().await;
        for (sought, place) in [
            (IDENTIFIER, "referral_packages envelope"),
            (WORDS, "findings recipient"),
        ] {
            let found = places(desk, sought).await;
            assert_eq!(found, BTreeSet::from([place.to_owned()]), "{}", desk.name);
        }
    }
}

/// An approved referral of a group is signed by both and exported.
async fn group_leaves(desk: &Desk, id: &str) -> (PreparedBag, Value) {
    let (facts, _) = read_facts(desk, "olga", id).await;
    let prepared = prepare(&facts, None);
    let mut envelope = envelope(&facts, &prepared);
    for (who, role) in [
        ("olga", SigningRole::Officer),
        ("anton", SigningRole::Approver),
    ] {
        envelope.sign(&signing_key(who, role)).unwrap();
        let body = json!({"envelope": envelope.to_json().unwrap(), "review": null});
        desk.done(who, id, "signatures", &body).await;
    }
    desk.wait(5 * MINUTE);
    let export = desk.done("olga", id, "export", &json!({})).await;
    (prepared, export)
}

/// A group's referral from the finding to the export.
pub async fn group_exported(desk: &Desk, id: &str) {
    let (_, digest) = read_facts(desk, "anton", id).await;
    let body = json!({"facts_sha256": digest, "inner": null});
    desk.done("anton", id, "approval", &body).await;
    group_leaves(desk, id).await;
}

#[tokio::test]
async fn a_group_has_no_identity_and_is_referred_without_one() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        enrol_all(desk).await;
        let mut delivery = threat(1, 1, ThreatKind::ThreatToLife, Priority::P1);
        delivery.threat.subject = sealwatch_core::threat::SubjectKind::Group;
        delivery.sealed_identity = None;
        desk.deliver(&[delivery]).await;
        let id = desk.only().await;
        desk.done("olga", &id, "claim", &json!({})).await;
        desk.done("olga", &id, "findings", &founded()).await;
        let outer = desk.done("anton", &id, "identity/outer", &json!({})).await;
        assert!(outer["sealed"].is_null());
        let (_, digest) = read_facts(desk, "anton", &id).await;
        let body = json!({"facts_sha256": digest, "inner": "AAAA"});
        assert_eq!(
            desk.act("anton", &id, "approval", &body).await.problem(),
            "identity"
        );
        let other = json!({"facts_sha256": "0".repeat(64), "inner": null});
        assert_eq!(
            desk.act("anton", &id, "approval", &other).await.problem(),
            "facts"
        );
        let body = json!({"facts_sha256": digest, "inner": null});
        desk.done("anton", &id, "approval", &body).await;
        let (prepared, export) = group_leaves(desk, &id).await;
        let files = seal(prepared, &export);
        assert!(
            verify_bag(&files, &trust(desk).await).passed(),
            "{}",
            desk.name
        );
    }
}
