//! A referral from the signal to a bag that verifies: over HTTP, with real keys, on both databases.

use std::collections::BTreeMap;

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
use crate::referral_desk::*;

/// A bag of the facts and the identity, as a person's machine makes it.
pub fn prepare(facts: &Facts, identity: Option<&[u8]>) -> PreparedBag {
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

pub fn envelope(facts: &Facts, prepared: &PreparedBag) -> Envelope {
    let statement = Statement {
        referral: facts.referral.clone(),
        revision: facts.revision,
        log: log().origin,
        subjects: prepared.subjects(),
    };
    statement.envelope().unwrap()
}

/// The sealed identity's binding, as the facts name it.
pub fn bound(facts: &Facts) -> sealwatch_custody::Binding {
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

pub async fn enrol_all(desk: &Desk) {
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
