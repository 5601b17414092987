//! Two people, and what neither of them, nor anyone else, can do alone: signatures, roles, and the identity. On both databases.

use std::collections::BTreeSet;

use axum::http::Method;
use sealwatch_api::people::{Actor, PersonName, Roles, set_person};
use sealwatch_core::time::MINUTE;
use sealwatch_custody::dsse::Envelope;
use sealwatch_custody::package::Facts;
use sealwatch_custody::signing::SigningRole;
use sealwatch_custody::{Role, Sealed, open_outer};
use serde_json::{Value, json};

use crate::leaks::{PLANTED_IDENTITY, PLANTED_WORDS, holds, places};
use crate::referral_desk::*;
use crate::referrals_flow::{
    approve, bound, enrol_all, envelope, officer_signs, prepare, read_facts, signed,
};

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
