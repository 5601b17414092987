//! Intake of threat signals.

use crate::common::{START, delivery, file, pseudonym, random, review, store};
use sealwatch_api::CaseStore;
use sealwatch_api::retention::{
    HoldReason, Periods, Retention, Target, order_destruction, set_hold,
};
use sealwatch_core::behaviour::Mode;
use sealwatch_core::credibility::corroboration::Corroboration;
use sealwatch_core::credibility::priority::{Priority, priority};
use sealwatch_core::credibility::weigh;
use sealwatch_core::recommendation::{Evidence, Position};
use sealwatch_core::threat::{SubjectKind, ThreatDelivery, ThreatId, ThreatKind, ThreatSignal};
use sealwatch_core::time::{HOUR, Timestamp};

fn threat(seed: u64, revision: u64) -> ThreatDelivery {
    let subject = pseudonym(seed);
    let key = u128::from_be_bytes(subject.to_bytes());
    let case = ThreatId::case(SubjectKind::Account, key, 0, ThreatKind::ThreatToLife);
    let position = Position {
        sequence: revision - 1,
        partition: 0,
        offset: revision - 1,
    };
    let credibility = weigh(ThreatKind::ThreatToLife, &[], &Corroboration::default()).credibility;
    let mut sealed = delivery(seed, false).sealed_identities;
    ThreatDelivery {
        threat: ThreatSignal {
            id: case.revision(position),
            case,
            revision,
            platform: "chat".to_owned(),
            subject: SubjectKind::Account,
            pseudonym: subject,
            incarnation: 0,
            kind: ThreatKind::ThreatToLife,
            mode: Mode::Live,
            priority: priority(ThreatKind::ThreatToLife, credibility.log_odds),
            starts_clock: true,
            credibility,
            reports: 1,
            reporters: Vec::new(),
            matches: None,
            signals: Vec::new(),
            at: Timestamp(START),
            first: position,
            position,
            evidence: Evidence::default(),
        },
        sealed_identity: sealed.pop(),
    }
}

async fn reopened(folder: &tempfile::TempDir) -> CaseStore {
    CaseStore::open(&file(folder.path()), review(), random())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_case_has_its_newest_revision_whatever_comes_again_or_late() {
    let (folder, store) = store(0, false).await;
    let revisions = [threat(1, 10), threat(1, 25), threat(2, 11)];
    assert_eq!(store.deliver_threats(&revisions, START).await.unwrap(), 3);
    let late = [revisions[0].clone(), threat(1, 12), revisions[1].clone()];
    let again = store.deliver_threats(&late, START + HOUR).await.unwrap();
    assert_eq!(again, 1, "only what was not there is new");
    store.close().await;
    let store = reopened(&folder).await;
    let case = store
        .threat(revisions[0].threat.case)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(case.threat, revisions[1].threat);
    assert_eq!(case.sealed_identity, revisions[1].sealed_identity);
    assert_eq!((case.revisions, case.opened_ms), (3, START));
    assert_eq!(case.threat.priority, Priority::P2);
    let unknown = ThreatId::case(SubjectKind::Group, 1, 0, ThreatKind::ThreatToLife);
    assert_eq!(store.threat(unknown).await.unwrap(), None);
}

#[tokio::test]
async fn a_threat_signal_is_no_recommendation_and_leaves_their_count_alone() {
    let (_folder, store) = store(3, false).await;
    store.deliver_threats(&[threat(1, 1)], START).await.unwrap();
    assert_eq!(store.count().await.unwrap(), 3);
}

/// As if an officer had found nothing in any referral.
async fn close_referrals(folder: &std::path::Path, at_ms: i64) {
    sqlx::any::install_default_drivers();
    let file = folder.join("cases.sqlite");
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    sqlx::query("UPDATE referrals SET state = 'unfounded', closed_ms = $1")
        .bind(at_ms)
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

#[tokio::test]
async fn threat_signals_go_when_their_period_ends_or_their_account_is_to_be_forgotten_unless_held()
{
    let (folder, store) = store(0, false).await;
    let (database, olga) = (store.database(), crate::cases::actor("olga"));
    let all = [threat(1, 10), threat(1, 25), threat(2, 11), threat(3, 12)];
    store.deliver_threats(&all, START).await.unwrap();
    let registry = prometheus::Registry::new();
    let retention = Retention::new(&store, Periods::default(), &registry).unwrap();
    let account = |seed| Target::Account(pseudonym(seed).to_hexadecimal());
    let terms = (HoldReason::LegalRequest, 3_000);
    set_hold(database, &olga, &account(3), terms, START)
        .await
        .unwrap();
    for seed in [1, 3] {
        order_destruction(
            database,
            &olga,
            &account(seed),
            HoldReason::OwnerRequest,
            START,
        )
        .await
        .unwrap();
    }
    // What nobody has looked at stays, whoever orders it to go: these are taken as looked at.
    close_referrals(folder.path(), START).await;
    retention.sweep(START + HOUR).await.unwrap();
    let kept = async |seed| {
        store
            .threat(threat(seed, 12).threat.case)
            .await
            .unwrap()
            .is_some()
    };
    assert!(!kept(1).await, "its account is forgotten");
    assert!(kept(2).await && kept(3).await);
    retention.sweep(START + 366 * 24 * HOUR).await.unwrap();
    assert!(!kept(2).await, "its period has ended");
    assert!(kept(3).await, "a hold stops both");
    store.close().await;
    let sealed = threat(1, 10).sealed_identity.unwrap().sealed;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let gone = pseudonym(1).to_hexadecimal();
        assert!(
            !bytes
                .windows(gone.len())
                .any(|window| window == gone.as_bytes())
        );
        let held = bytes
            .windows(sealed.len())
            .filter(|window| *window == sealed.as_bytes());
        assert!(held.count() <= 1, "only the held one is there");
    }
}
