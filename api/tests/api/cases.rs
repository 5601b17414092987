//! Cases from intake to what leaves, on both databases.

use sealwatch_api::cases::{
    AppealGround, CaseError, CaseFilter, CaseId, CaseState, Decision, DecisionId, NewDecision,
    ReasonCode, ReviewSettings, Verdict, appeals, claim, claim_next, counts, decide,
    decide_together, decisions, detector, file_appeal, get, list, look_again, of_recommendation,
    release, second_looks, undo, undo_together,
};
use sealwatch_api::people::{Actor, PersonName, Role, Roles};
use sealwatch_api::{CaseStore, finish_and_release};
use sealwatch_core::behaviour::{Answer, Behaviour};
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::time::HOUR;

use crate::common::{START, delivery, review};
use crate::databases::{Stores, open};

pub const NOW: i64 = START + 2 * HOUR;

pub fn actor(name: &str) -> Actor {
    Actor {
        person: PersonName::parse(name).unwrap(),
        roles: Roles::of(&[Role::Reviewer]),
        token: "0123456789abcdef".to_owned(),
        request: None,
    }
}

pub fn new(verdict: Verdict) -> NewDecision {
    let reason = ReasonCode::ALL
        .iter()
        .find(|reason| reason.verdict() == verdict)
        .unwrap();
    NewDecision {
        verdict,
        reason: *reason,
        note: None,
    }
}

async fn judge(
    store: &CaseStore,
    actor: &Actor,
    case: (CaseId, Option<i64>),
    verdict: Verdict,
    now_ms: i64,
) -> Result<Decision, CaseError> {
    let new = new(verdict);
    decide(store.database(), store.review(), actor, case, &new, now_ms).await
}

fn deliveries(seeds: std::ops::Range<u64>) -> Vec<Delivery> {
    seeds.map(|seed| delivery(seed, false)).collect()
}

/// A delivery of the same account and behaviour as `seed`, with another id and score.
fn again(seed: u64, higher: f64) -> Delivery {
    let mut again = delivery(seed, false);
    again.recommendation.id = delivery(seed + 1_000_000, false).recommendation.id;
    again.recommendation.score += higher;
    again
}

async fn first(store: &CaseStore) -> sealwatch_api::cases::Case {
    let filter = CaseFilter::default();
    list(store.database(), &filter, None, 1, NOW).await.unwrap()[0].clone()
}

#[tokio::test]
async fn a_recommendation_opens_a_case_and_a_repeated_one_joins_it() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(0..6), START).await.unwrap();
        let filter = CaseFilter::default();
        let cases = list(store.database(), &filter, None, 50, NOW)
            .await
            .unwrap();
        assert_eq!(cases.len(), 6, "{name}");
        let repeat = again(3, 1.0);
        store
            .deliver(std::slice::from_ref(&repeat), START + HOUR)
            .await
            .unwrap();
        store
            .deliver(std::slice::from_ref(&repeat), START + HOUR)
            .await
            .unwrap();
        let cases = list(store.database(), &filter, None, 50, NOW)
            .await
            .unwrap();
        assert_eq!(cases.len(), 6, "{name}: it joined");
        let id = of_recommendation(store.database(), repeat.recommendation.id)
            .await
            .unwrap()
            .unwrap();
        let case = get(store.database(), id).await.unwrap().unwrap();
        assert_eq!((case.recommendations, case.version), (2, 2), "{name}");
        assert_eq!(case.recommendation, repeat.recommendation.id, "{name}");
        assert!((case.score - repeat.recommendation.score).abs() < 1e-12);
        let waiting = counts(store.database()).await.unwrap();
        let all: i64 = waiting.iter().map(|count| count.cases).sum();
        assert_eq!(all, 6, "{name}");
        store.close().await;
    }
}

#[tokio::test]
async fn what_is_for_the_referral_side_opens_no_case() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        let mut refer = delivery(0, false);
        refer.recommendation.behaviour = Behaviour::MinorContactRisk;
        refer.recommendation.answer = Answer::Refer;
        store.deliver(&[refer], START).await.unwrap();
        let all = CaseFilter::default();
        let cases = list(store.database(), &all, None, 50, NOW).await.unwrap();
        assert!(cases.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn cases_above_the_quota_are_held_and_come_when_there_is_room() {
    for (name, location) in Stores::empty().locations {
        let settings = ReviewSettings {
            quota: 2,
            ..review()
        };
        let store = open(&location, settings).await;
        // Every fifth is of the same behaviour.
        store.deliver(&deliveries(0..20), START).await.unwrap();
        let of = |state| CaseFilter {
            state: Some(state),
            ..CaseFilter::default()
        };
        let open = list(store.database(), &of(CaseState::Open), None, 50, NOW).await;
        let held = list(store.database(), &of(CaseState::Held), None, 50, NOW).await;
        let (open, held) = (open.unwrap(), held.unwrap());
        assert_eq!(
            (open.len(), held.len()),
            (10, 10),
            "{name}: none is dropped"
        );
        // A held case cannot be decided, and a repeated recommendation joins it.
        let rita = actor("rita");
        let held_case = (held[0].id, None);
        let refused = claim(store.database(), store.review(), &rita, held_case, NOW);
        assert!(matches!(refused.await, Err(CaseError::State)), "{name}");
        finish_and_release(&store, NOW).await.unwrap();
        let still = list(store.database(), &of(CaseState::Held), None, 50, NOW).await;
        assert_eq!(still.unwrap().len(), 10, "{name}: there is no room yet");
        finish_and_release(&store, START + 25 * HOUR).await.unwrap();
        let open = list(store.database(), &of(CaseState::Open), None, 50, NOW).await;
        assert_eq!(open.unwrap().len(), 20, "{name}: the next day there is");
    }
}

#[tokio::test]
async fn a_days_quota_is_one_for_all_deliveries_and_what_is_let_in_later_counts_when_it_comes() {
    for (name, location) in Stores::empty().locations {
        let settings = ReviewSettings {
            quota: 3,
            ..review()
        };
        let store = open(&location, settings).await;
        let waiting = async |state| {
            let all = counts(store.database()).await.unwrap();
            let of = all.iter().filter(|count| count.state == state);
            of.map(|count| count.cases).sum::<i64>()
        };
        // Of each of the five behaviours: two, and two more an hour later.
        store.deliver(&deliveries(0..10), START).await.unwrap();
        assert_eq!(waiting(CaseState::Open).await, 10, "{name}");
        store
            .deliver(&deliveries(10..20), START + HOUR)
            .await
            .unwrap();
        assert_eq!(waiting(CaseState::Open).await, 15, "{name}");
        assert_eq!(waiting(CaseState::Held).await, 5, "{name}");
        finish_and_release(&store, START + 24 * HOUR).await.unwrap();
        assert_eq!(waiting(CaseState::Held).await, 5, "{name}: a day is full");
        finish_and_release(&store, START + 25 * HOUR).await.unwrap();
        assert_eq!(waiting(CaseState::Open).await, 20, "{name}");
        // One came an hour after the start, and one just now: there is room for one.
        store
            .deliver(&deliveries(20..30), START + 25 * HOUR)
            .await
            .unwrap();
        assert_eq!(waiting(CaseState::Open).await, 25, "{name}");
        assert_eq!(waiting(CaseState::Held).await, 5, "{name}");
    }
}

#[tokio::test]
async fn the_queue_is_worked_in_a_fair_order_page_by_page() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(0..40), START).await.unwrap();
        store
            .deliver(&deliveries(40..60), START + 30 * HOUR)
            .await
            .unwrap();
        let filter = CaseFilter::default();
        let (mut behind, mut cases) = (None, Vec::new());
        loop {
            let page = list(store.database(), &filter, behind, 7, NOW)
                .await
                .unwrap();
            behind = page.last().map(sealwatch_api::cases::Case::place);
            if page.is_empty() {
                break;
            }
            cases.extend(page);
        }
        assert_eq!(cases.len(), 60, "{name}");
        let mut sorted = cases.clone();
        sorted.sort_by_key(|case| (case.place_ms, case.sequence));
        assert_eq!(sorted, cases, "{name}");
        // More than a day of waiting outweighs any score.
        let last_of_the_old = cases.iter().rposition(|case| case.opened_ms == START);
        let first_of_the_new = cases.iter().position(|case| case.opened_ms > START);
        assert!(last_of_the_old < first_of_the_new, "{name}");
    }
}

#[tokio::test]
async fn a_claim_keeps_others_away_until_it_is_given_back_or_forgotten() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(0..3), START).await.unwrap();
        let (database, settings) = (store.database(), store.review());
        let (rita, ron) = (actor("rita"), actor("ron"));
        let one = claim_next(database, settings, &rita, None, NOW)
            .await
            .unwrap()
            .unwrap();
        let other = claim_next(database, settings, &ron, None, NOW)
            .await
            .unwrap()
            .unwrap();
        assert_ne!(one.id, other.id, "{name}");
        let refused = claim(database, settings, &ron, (one.id, None), NOW).await;
        assert!(matches!(refused, Err(CaseError::Claimed)), "{name}");
        let refused = judge(&store, &ron, (one.id, None), Verdict::Confirm, NOW);
        assert!(matches!(refused.await, Err(CaseError::Claimed)), "{name}");
        let refused = release(database, &ron, (one.id, None), NOW).await;
        assert!(matches!(refused, Err(CaseError::NotClaimed)), "{name}");
        release(database, &rita, (one.id, None), NOW).await.unwrap();
        let one = claim(database, settings, &ron, (one.id, None), NOW)
            .await
            .unwrap();
        let later = NOW + settings.claim_ms;
        let taken = claim(
            database,
            settings,
            &rita,
            (one.id, Some(one.version)),
            later,
        )
        .await;
        assert!(taken.is_ok(), "{name}: a forgotten claim is none");
        let stale = claim(
            database,
            settings,
            &rita,
            (one.id, Some(one.version)),
            later,
        )
        .await;
        assert!(matches!(stale, Err(CaseError::Stale)), "{name}");
    }
}

#[tokio::test]
async fn a_decision_can_be_undone_in_time_and_by_whoever_took_it_only() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(0..3), START).await.unwrap();
        let (database, settings) = (store.database(), store.review());
        let (rita, ron) = (actor("rita"), actor("ron"));
        let case = first(&store).await;
        let decision = judge(
            &store,
            &rita,
            (case.id, Some(case.version)),
            Verdict::Confirm,
            NOW,
        )
        .await
        .unwrap();
        let again = judge(&store, &ron, (case.id, None), Verdict::Reject, NOW);
        assert!(matches!(again.await, Err(CaseError::State)), "{name}");
        let others = undo(database, settings, &ron, decision.id, NOW).await;
        assert!(matches!(others, Err(CaseError::NotFound)), "{name}");
        undo(database, settings, &rita, decision.id, NOW + 1)
            .await
            .unwrap();
        let back = get(database, case.id).await.unwrap().unwrap();
        assert_eq!(back.state, CaseState::Open, "{name}");
        assert_eq!(back.verdict, None, "{name}");
        assert_eq!(back.claimed_by(NOW + 2), Some(&rita.person), "{name}");
        let twice = undo(database, settings, &rita, decision.id, NOW + 2).await;
        assert!(matches!(twice, Err(CaseError::State)), "{name}");
        let second = judge(&store, &rita, (case.id, None), Verdict::Reject, NOW + 3)
            .await
            .unwrap();
        let late = undo(database, settings, &rita, second.id, second.effective_ms).await;
        assert!(matches!(late, Err(CaseError::TooLate)), "{name}");
        finish_and_release(&store, second.effective_ms)
            .await
            .unwrap();
        let kept = decisions(database, case.id).await.unwrap();
        assert_eq!(kept.len(), 2, "{name}: what was undone stays on record");
        assert!(kept[0].finished_ms.is_none() && kept[1].finished_ms.is_some());
    }
}

#[tokio::test]
async fn needs_more_puts_a_case_off_and_it_comes_back() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(0..1), START).await.unwrap();
        let (database, settings) = (store.database(), store.review());
        let rita = actor("rita");
        let case = first(&store).await;
        judge(&store, &rita, (case.id, None), Verdict::NeedsMore, NOW)
            .await
            .unwrap();
        let none = claim_next(database, settings, &rita, None, NOW + 1).await;
        assert_eq!(none.unwrap(), None, "{name}");
        let later = NOW + settings.needs_more_ms;
        let back = claim_next(database, settings, &rita, None, later).await;
        assert_eq!(back.unwrap().unwrap().id, case.id, "{name}");
    }
}

#[tokio::test]
async fn a_set_is_decided_at_once_with_its_exceptions_told_and_undone_at_once() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(0..12), START).await.unwrap();
        let (database, settings) = (store.database(), store.review());
        let (rita, ron) = (actor("rita"), actor("ron"));
        let filter = CaseFilter::default();
        let cases = list(database, &filter, None, 50, NOW).await.unwrap();
        claim(database, settings, &ron, (cases[2].id, None), NOW)
            .await
            .unwrap();
        let set: Vec<_> = cases
            .iter()
            .map(|case| (case.id, Some(case.version)))
            .collect();
        let batch = decide_together(database, settings, &rita, &set, &new(Verdict::Confirm), NOW)
            .await
            .unwrap();
        assert_eq!(batch.decided.len(), 11, "{name}");
        assert_eq!(batch.refused.len(), 1, "{name}");
        assert_eq!(batch.refused[0].0, cases[2].id, "{name}");
        assert!(matches!(batch.refused[0].1, CaseError::Stale), "{name}");
        let undone = undo_together(database, settings, &rita, &batch.id, NOW + 1).await;
        assert_eq!(undone.unwrap(), 11, "{name}");
        let waiting = list(database, &filter, None, 50, NOW).await.unwrap();
        assert_eq!(waiting.len(), 12, "{name}");
        let too_many = vec![set[0]; 501];
        let confirm = new(Verdict::Confirm);
        let refused = decide_together(database, settings, &rita, &too_many, &confirm, NOW);
        assert!(matches!(refused.await, Err(CaseError::TooMany)), "{name}");
    }
}

#[tokio::test]
async fn an_appeal_is_decided_by_someone_else_and_counts_against_the_detector() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(0..1), START).await.unwrap();
        let (database, settings) = (store.database(), store.review());
        let (rita, ron) = (actor("rita"), actor("ron"));
        let case = first(&store).await;
        let decision = judge(&store, &rita, (case.id, None), Verdict::Confirm, NOW)
            .await
            .unwrap();
        let ground = AppealGround::LegitimateUse;
        let early = file_appeal(database, &rita, (case.id, None), ground, NOW + 1).await;
        assert!(
            matches!(early, Err(CaseError::State)),
            "{name}: it can still be undone"
        );
        let later = decision.effective_ms;
        finish_and_release(&store, later).await.unwrap();
        let before = detector(database, case.behaviour, 0).await.unwrap();
        assert_eq!((before.right, before.wrong), (1, 0), "{name}");
        file_appeal(database, &rita, (case.id, None), ground, later)
            .await
            .unwrap();
        let own = claim_next(database, settings, &rita, None, later).await;
        assert_eq!(own.unwrap(), None, "{name}: not who decided");
        let own = judge(&store, &rita, (case.id, None), Verdict::Reject, later);
        assert!(matches!(own.await, Err(CaseError::SamePerson)), "{name}");
        let theirs = claim_next(database, settings, &ron, None, later).await;
        assert_eq!(theirs.unwrap().unwrap().id, case.id, "{name}");
        let put_off = judge(&store, &ron, (case.id, None), Verdict::NeedsMore, later);
        assert!(matches!(put_off.await, Err(CaseError::Verdict)), "{name}");
        let answer = judge(&store, &ron, (case.id, None), Verdict::Reject, later)
            .await
            .unwrap();
        finish_and_release(&store, answer.effective_ms)
            .await
            .unwrap();
        let appeal = appeals(database, case.id).await.unwrap().remove(0);
        assert_eq!(appeal.answer, Some(answer.id), "{name}");
        assert_eq!(appeal.is_overturned, Some(true), "{name}");
        let after = detector(database, case.behaviour, 0).await.unwrap();
        assert_eq!(
            (after.right, after.wrong, after.overturned),
            (0, 1, 1),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_second_look_is_someone_elses_and_a_third_person_decides_where_they_differ() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        store.deliver(&deliveries(0..1), START).await.unwrap();
        let (database, settings) = (store.database(), store.review());
        let (rita, ron, uma) = (actor("rita"), actor("ron"), actor("uma"));
        let case = first(&store).await;
        let decision = judge(&store, &rita, (case.id, None), Verdict::Reject, NOW)
            .await
            .unwrap();
        finish_and_release(&store, decision.effective_ms)
            .await
            .unwrap();
        assert!(
            second_looks(database, &rita, 10).await.unwrap().is_empty(),
            "{name}"
        );
        let looks = second_looks(database, &ron, 10).await.unwrap();
        assert_eq!(looks.len(), 1, "{name}");
        let later = decision.effective_ms + 1;
        let own = look_again(database, &rita, decision.id, true, later).await;
        assert!(matches!(own, Err(CaseError::SamePerson)), "{name}");
        look_again(database, &ron, decision.id, false, later)
            .await
            .unwrap();
        let twice = look_again(database, &ron, decision.id, true, later).await;
        assert!(matches!(twice, Err(CaseError::State)), "{name}");
        for involved in [&rita, &ron] {
            let none = claim_next(database, settings, involved, None, later).await;
            assert_eq!(none.unwrap(), None, "{name}: {}", involved.person);
        }
        let third = claim_next(database, settings, &uma, None, later).await;
        assert_eq!(third.unwrap().unwrap().id, case.id, "{name}");
    }
}

#[tokio::test]
async fn a_detector_that_recommends_far_more_than_usual_goes_into_the_shadow() {
    for (name, location) in Stores::empty().locations {
        let store = open(&location, review()).await;
        let at = |seed: u64, at: i64| {
            let mut delivery = delivery(seed, false);
            delivery.recommendation.behaviour = Behaviour::BulkMessaging;
            delivery.recommendation.at = sealwatch_core::time::Timestamp(at);
            delivery
        };
        let usual: Vec<Delivery> = (0..96)
            .map(|hour| at(hour, START + hour.cast_signed() * HOUR))
            .collect();
        store.deliver(&usual, NOW).await.unwrap();
        let modes = sealwatch_api::cases::detector_modes(store.database()).await;
        assert!(modes.unwrap().is_empty(), "{name}");
        let burst: Vec<Delivery> = (200..280).map(|seed| at(seed, START + 96 * HOUR)).collect();
        store.deliver(&burst, NOW).await.unwrap();
        let modes = sealwatch_api::cases::detector_modes(store.database()).await;
        let modes = modes.unwrap();
        assert_eq!(modes.len(), 1, "{name}");
        assert_eq!(modes[0].behaviour, Behaviour::BulkMessaging, "{name}");
        assert_eq!(modes[0].mode.name(), "shadow", "{name}");
        assert_eq!(modes[0].person, "sealwatch", "{name}");
        // Once is enough.
        let more: Vec<Delivery> = (300..360).map(|seed| at(seed, START + 96 * HOUR)).collect();
        store.deliver(&more, NOW).await.unwrap();
        let modes = sealwatch_api::cases::detector_modes(store.database()).await;
        assert_eq!(modes.unwrap()[0].sequence, 1, "{name}");
    }
}

#[test]
fn an_id_of_a_decision_reads_what_it_writes() {
    let text = "0123456789abcdef0123456789abcdef";
    assert_eq!(DecisionId::parse(text).unwrap().to_hexadecimal(), text);
    assert_eq!(DecisionId::parse("0123"), None);
}
