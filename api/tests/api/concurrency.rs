//! Many people at once, through two processes' worth of connections: nothing is lost and nothing is decided twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealwatch_api::cases::{
    CaseError, CaseFilter, CaseId, Verdict, claim, claim_next, decide, decisions, get, list,
    of_recommendation, release, undo,
};
use sealwatch_api::finish_and_release;
use sealwatch_api::{CaseStore, Location};
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::time::HOUR;

use crate::cases::{actor, new};
use crate::common::{START, delivery, mix, random_from, review};
use crate::databases::{Stores, open};

const PEOPLE: u64 = 12;
const STEPS: u64 = 40;
const CASES: u64 = 30;
const NOW: i64 = START + 2 * HOUR;

/// What one person believes to have done.
#[derive(Default)]
struct Done {
    decided: Vec<CaseId>,
    undone: usize,
}

/// A person who claims, releases, decides and undoes as the seed says, sometimes on cases that are not theirs.
async fn work(store: Arc<CaseStore>, ids: Arc<Vec<CaseId>>, person: u64, seed: u64) -> Done {
    let (database, settings) = (store.database(), store.review());
    let me = actor(&format!("person{person}"));
    let mut done = Done::default();
    let mut mine: Option<CaseId> = None;
    for step in 0..STEPS {
        let roll = mix(seed ^ person << 20 ^ step);
        let now = NOW + step.cast_signed();
        let any = ids[(roll >> 8) as usize % ids.len()];
        match roll % 5 {
            0 => {
                if let Ok(Some(case)) = claim_next(database, settings, &me, None, now).await {
                    mine = Some(case.id);
                }
            }
            1 => {
                if claim(database, settings, &me, (any, None), now)
                    .await
                    .is_ok()
                {
                    mine = Some(any);
                }
            }
            2 => {
                let id = mine.take().unwrap_or(any);
                let _ = release(database, &me, (id, None), now).await;
            }
            _ => {
                let id = mine.take().unwrap_or(any);
                let verdict = [Verdict::Confirm, Verdict::Reject][(roll >> 5) as usize % 2];
                match decide(database, settings, &me, (id, None), &new(verdict), now).await {
                    Ok(decision) if (roll >> 16).is_multiple_of(4) => {
                        undo(database, settings, &me, decision.id, now)
                            .await
                            .unwrap();
                        done.undone += 1;
                        mine = Some(id);
                    }
                    Ok(_) => done.decided.push(id),
                    // The database itself never refuses: what does is a rule.
                    Err(error) => assert!(!matches!(error, CaseError::Store(_)), "{error}"),
                }
            }
        }
    }
    done
}

async fn storm(location: &Location, seed: u64, name: &str) {
    let other = CaseStore::open(location, review(), random_from(1 << 40));
    let stores = [
        Arc::new(open(location, review()).await),
        Arc::new(other.await.unwrap()),
    ];
    let deliveries: Vec<Delivery> = (0..CASES)
        .map(|number| delivery(seed * 1_000 + number * 2, false))
        .collect();
    stores[0].deliver(&deliveries, START).await.unwrap();
    let filter = CaseFilter::default();
    let cases = list(stores[0].database(), &filter, None, 200, NOW)
        .await
        .unwrap();
    let ids: Arc<Vec<CaseId>> = Arc::new(cases.iter().map(|case| case.id).collect());
    let mut people = tokio::task::JoinSet::new();
    for person in 0..PEOPLE {
        let store = Arc::clone(&stores[person as usize % 2]);
        people.spawn(work(store, Arc::clone(&ids), person, seed));
    }
    // Recommendations go on arriving meanwhile.
    let arriving: Vec<Delivery> = (0..20)
        .map(|number| delivery(5_000_000 + seed * 1_000 + number * 2, false))
        .collect();
    for one in arriving.chunks(1) {
        stores[1].deliver(one, START).await.unwrap();
    }
    let (mut believed, mut undone) = (BTreeMap::<CaseId, usize>::new(), 0);
    while let Some(done) = people.join_next().await {
        let done = done.unwrap();
        undone += done.undone;
        for id in done.decided {
            *believed.entry(id).or_default() += 1;
        }
    }
    assert!(
        !believed.is_empty() && undone > 0,
        "{name}: something happened"
    );
    let database = stores[0].database();
    let mut kept_undone = 0;
    let mut all: Vec<CaseId> = ids.to_vec();
    for delivery in &arriving {
        let id = of_recommendation(database, delivery.recommendation.id).await;
        all.push(id.unwrap().unwrap());
    }
    all.sort_unstable();
    all.dedup();
    for id in &all {
        let kept = decisions(database, *id).await.unwrap();
        let standing = kept.iter().filter(|decision| decision.undone_ms.is_none());
        let standing = standing.count();
        kept_undone += kept.len() - standing;
        assert!(standing <= 1, "{name}: a case was decided twice");
        let expected = believed.get(id).copied().unwrap_or(0);
        assert_eq!(standing, expected, "{name}: a decision was lost or made up");
        let case = get(database, *id).await.unwrap().unwrap();
        assert_eq!(case.verdict.is_some(), standing == 1, "{name}");
    }
    assert_eq!(kept_undone, undone, "{name}");
    finish_and_release(&stores[1], NOW + 24 * HOUR)
        .await
        .unwrap();
    for store in stores {
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_decision_is_lost_or_made_twice_when_many_work_at_once() {
    for seed in 1..=3 {
        for (name, location) in Stores::empty().locations {
            storm(&location, seed, name).await;
        }
    }
}
