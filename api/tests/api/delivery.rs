//! The outbox and its task, on both databases: at least once, in order within a case, and no place waits for another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealwatch_api::delivery::{
    Carrier, DeliveryMetrics, Destination, Event, EventKey, EventKind, Failed, FailureKind,
    Outgoing, RetryError, Routes, Schedule, WebhookName, dead, enqueue_events, retry, run,
};
use sealwatch_api::people::{Actor, PersonName};
use sealwatch_api::{CaseStore, Location};
use tokio::sync::watch;

use crate::common::{START, file, random, review};
use crate::postgres;

pub fn webhook(name: &str) -> Destination {
    Destination::Webhook(WebhookName::parse(name).unwrap())
}

pub fn event(source: &str, case_id: Option<&str>) -> Event {
    let key = EventKey::derive(EventKind::Enforcement, source);
    Event::new(
        key,
        EventKind::Enforcement,
        case_id,
        &BTreeMap::from([("of", source)]),
    )
    .unwrap()
}

pub fn outgoing(source: &str) -> Outgoing {
    let event = event(source, None);
    Outgoing {
        sequence: 1,
        key: event.key().clone(),
        kind: EventKind::Enforcement,
        case_id: None,
        body: event.body().to_owned(),
        attempts: 1,
        created_ms: START,
        request: None,
    }
}

/// Attempts after hundredths of a second.
pub fn quick() -> Schedule {
    Schedule {
        first: Duration::from_millis(10),
        cap: Duration::from_millis(40),
        attempts: 5,
    }
}

pub fn monotonic() -> Arc<dyn Fn() -> Duration + Send + Sync> {
    #[expect(clippy::disallowed_methods, reason = "a test's clock")]
    let start = std::time::Instant::now();
    Arc::new(move || start.elapsed())
}

/// A clock that begins at `START`, and what it is set forward by.
pub struct Clock {
    elapsed: Arc<dyn Fn() -> Duration + Send + Sync>,
    forward_ms: AtomicI64,
}

pub fn clock() -> Arc<Clock> {
    Arc::new(Clock {
        elapsed: monotonic(),
        forward_ms: AtomicI64::new(0),
    })
}

impl Clock {
    /// Sets it forward.
    pub fn forward(&self, milliseconds: i64) {
        self.forward_ms.store(milliseconds, Ordering::SeqCst);
    }

    fn now_ms(&self) -> i64 {
        let elapsed = i64::try_from((self.elapsed)().as_millis()).unwrap();
        START + elapsed + self.forward_ms.load(Ordering::SeqCst)
    }
}

/// A running delivery.
pub struct Running {
    pub store: CaseStore,
    registry: prometheus::Registry,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
    folder: Mutex<Option<tempfile::TempDir>>,
}

impl Running {
    pub fn start(
        store: CaseStore,
        carriers: Vec<(Destination, Arc<dyn Carrier>)>,
        schedule: Schedule,
        clock: Arc<Clock>,
    ) -> Self {
        let destinations: Vec<Destination> =
            carriers.iter().map(|(place, _)| place.clone()).collect();
        store.set_routes(Routes {
            enforcement: destinations,
            ..Routes::default()
        });
        let registry = prometheus::Registry::new();
        let metrics = DeliveryMetrics::register(&registry).unwrap();
        let (stop, stopped) = watch::channel(false);
        let now_ms = Arc::new(move || clock.now_ms());
        let task = tokio::spawn(run(
            store.clone(),
            carriers,
            schedule,
            metrics,
            now_ms,
            stopped,
        ));
        Self {
            store,
            registry,
            stop,
            task,
            folder: Mutex::new(None),
        }
    }

    pub fn keep(&self, folder: tempfile::TempDir) {
        *self.folder.lock().unwrap() = Some(folder);
    }

    pub async fn stop(&self) {
        self.stop.send(true).unwrap();
        wait(async || self.task.is_finished()).await;
    }

    pub fn delivered(&self) -> usize {
        let (delivered, _, _) = self.counts("webhook");
        delivered as usize
    }

    /// Attempts that were delivered, failed and dead.
    pub fn counts(&self, kind: &str) -> (f64, f64, f64) {
        let families = self.registry.gather();
        let family = families
            .iter()
            .find(|family| family.name() == "sealwatch_delivery_attempts_total")
            .unwrap();
        let count = |outcome: &str| {
            let metric = family.get_metric().iter().find(|metric| {
                let labels: Vec<&str> = metric
                    .get_label()
                    .iter()
                    .map(prometheus::proto::LabelPair::value)
                    .collect();
                labels == [kind, outcome]
            });
            metric.unwrap().get_counter().get_value()
        };
        (count("delivered"), count("failed"), count("dead"))
    }
}

/// Waits until it holds, for half a minute.
pub async fn wait(holds: impl AsyncFn() -> bool) {
    for _ in 0..1_500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(holds().await, "it does not hold within half a minute");
}

/// How a place answers.
type Answering = Box<dyn Fn(&Outgoing) -> Result<(), Failed> + Send + Sync>;

/// A place that keeps what it is given, and answers as a function says.
struct Place {
    taken: Mutex<Vec<(String, i64)>>,
    answer: Answering,
}

impl Place {
    fn new(answer: impl Fn(&Outgoing) -> Result<(), Failed> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            taken: Mutex::default(),
            answer: Box::new(answer),
        })
    }

    /// What came, with the number of the attempt.
    fn taken(&self) -> Vec<(String, i64)> {
        self.taken.lock().unwrap().clone()
    }
}

impl Carrier for Place {
    fn together(&self) -> usize {
        4
    }

    fn carry(&self, batch: &[Outgoing], _: i64) -> Vec<Result<(), Failed>> {
        let answer = |event: &Outgoing| {
            let of = event.body.split('"').nth(3).unwrap().to_owned();
            self.taken.lock().unwrap().push((of, event.attempts));
            (self.answer)(event)
        };
        batch.iter().map(answer).collect()
    }
}

/// Runs a test on SQLite and on PostgreSQL.
async fn on_both(test: impl AsyncFn(CaseStore)) {
    let folder = tempfile::tempdir().unwrap();
    for location in [
        file(folder.path()),
        Location::postgres(&postgres::database()).unwrap(),
    ] {
        let store = CaseStore::open(&location, review(), random())
            .await
            .unwrap();
        test(store.clone()).await;
        store.close().await;
    }
}

fn failed<T>(kind: FailureKind) -> Result<T, Failed> {
    Err(Failed::new(kind))
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_case_stay_in_order_and_those_of_others_do_not_wait() {
    on_both(async |store| {
        let place = Place::new(|event| {
            let is_first = event.body.contains("ban 1") && event.attempts < 4;
            if is_first {
                failed(FailureKind::ServerError)
            } else {
                Ok(())
            }
        });
        let carriers: Vec<(_, Arc<dyn Carrier>)> = vec![(webhook("a"), place.clone())];
        let running = Running::start(store, carriers, quick(), clock());
        let events = [
            event("ban 1", Some("case 1")),
            event("reinstate 1", Some("case 1")),
            event("ban 2", Some("case 2")),
            event("head 1", None),
            event("head 2", None),
        ];
        enqueue_events(&running.store, &events, START)
            .await
            .unwrap();
        wait(async || running.delivered() == 5).await;
        running.stop().await;
        let taken = place.taken();
        let index = |of: &str, attempt| {
            taken
                .iter()
                .position(|it| *it == (of.to_owned(), attempt))
                .unwrap()
        };
        assert_eq!(taken.len(), 8, "{taken:?}");
        assert!(index("ban 1", 4) < index("reinstate 1", 1), "{taken:?}");
        assert!(index("ban 2", 1) < index("ban 1", 2), "{taken:?}");
        assert!(index("head 1", 1) < index("head 2", 1), "{taken:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_hangs_holds_no_other() {
    on_both(async |store| {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let held = Mutex::new(held);
        let hanging = Place::new(move |_| {
            let _ = held.lock().unwrap().recv();
            Ok(())
        });
        let other = Place::new(|_| Ok(()));
        let carriers: Vec<(_, Arc<dyn Carrier>)> = vec![
            (webhook("a"), hanging.clone()),
            (Destination::Kafka, other.clone()),
        ];
        let running = Running::start(store, carriers, quick(), clock());
        let events: Vec<Event> = (0..20)
            .map(|n| event(&n.to_string(), Some(&n.to_string())))
            .collect();
        enqueue_events(&running.store, &events, START)
            .await
            .unwrap();
        wait(async || other.taken().len() == 20 && !hanging.taken().is_empty()).await;
        assert_eq!((hanging.taken().len(), running.delivered()), (1, 0));
        drop(release);
        wait(async || running.delivered() == 20).await;
        running.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_given_up_after_the_last_attempt_and_a_person_has_it_tried_again_on_the_log() {
    on_both(async |store| {
        let mended = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let is_mended = Arc::clone(&mended);
        let place = Place::new(move |_| {
            if is_mended.load(Ordering::SeqCst) {
                Ok(())
            } else {
                failed(FailureKind::Unreachable)
            }
        });
        let carriers: Vec<(_, Arc<dyn Carrier>)> = vec![(webhook("a"), place.clone())];
        let running = Running::start(store, carriers, quick(), clock());
        let events: Vec<Event> = (0..3)
            .map(|n| event(&n.to_string(), Some(&n.to_string())))
            .collect();
        enqueue_events(&running.store, &events, START)
            .await
            .unwrap();
        // The same events once more: they are there already.
        enqueue_events(&running.store, &events, START)
            .await
            .unwrap();
        wait(async || running.counts("webhook").2 == 3.0).await;
        assert_eq!(place.taken().len(), 15);
        let all = dead(&running.store, None, 10).await.unwrap();
        assert_eq!(all.len(), 3);
        let first = dead(&running.store, None, 2).await.unwrap();
        let rest = dead(&running.store, Some(first[1].cursor()), 2)
            .await
            .unwrap();
        assert_eq!([first, rest].concat(), all);
        assert_eq!(
            (all[0].attempts, all[0].last_failure),
            (5, Some(FailureKind::Unreachable))
        );

        mended.store(true, Ordering::SeqCst);
        let actor = Actor::at_the_machine(PersonName::parse("ada").unwrap());
        retry(&running.store, &actor, all[0].sequence, START)
            .await
            .unwrap();
        wait(async || running.delivered() == 1).await;
        running.stop().await;
        assert_eq!(dead(&running.store, None, 10).await.unwrap().len(), 2);
        let again = retry(&running.store, &actor, all[0].sequence, START).await;
        assert!(matches!(again, Err(RetryError::NotDead)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_given_up_does_not_undo_a_later_one() {
    on_both(async |store| {
        let place = Place::new(|event| {
            if event.body.contains("ban") {
                failed(FailureKind::Gone)
            } else {
                Ok(())
            }
        });
        let carriers: Vec<(_, Arc<dyn Carrier>)> = vec![(webhook("a"), place)];
        let running = Running::start(store, carriers, quick(), clock());
        let events = [event("ban", Some("case")), event("reinstate", Some("case"))];
        enqueue_events(&running.store, &events, START)
            .await
            .unwrap();
        wait(async || running.delivered() == 1).await;
        running.stop().await;
        let actor = Actor::at_the_machine(PersonName::parse("ada").unwrap());
        let given_up = &dead(&running.store, None, 1).await.unwrap()[0];
        let refused = retry(&running.store, &actor, given_up.sequence, START).await;
        assert!(matches!(refused, Err(RetryError::Overtaken)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_place_that_is_gone_is_given_up_and_can_be_tried_again() {
    on_both(async |store| {
        store.set_routes(Routes {
            enforcement: vec![webhook("gone")],
            ..Routes::default()
        });
        enqueue_events(&store, &[event("ban", Some("case"))], START)
            .await
            .unwrap();
        let carriers: Vec<(_, Arc<dyn Carrier>)> = vec![(webhook("other"), Place::new(|_| Ok(())))];
        let running = Running::start(store.clone(), carriers, quick(), clock());
        wait(async || dead(&store, None, 1).await.unwrap().len() == 1).await;
        running.stop().await;
        let given_up = &dead(&store, None, 1).await.unwrap()[0];
        assert_eq!(given_up.last_failure, Some(FailureKind::NotConfigured));
        let actor = Actor::at_the_machine(PersonName::parse("ada").unwrap());
        retry(&store, &actor, given_up.sequence, START)
            .await
            .unwrap();
        let place = Place::new(|_| Ok(()));
        let carriers: Vec<(_, Arc<dyn Carrier>)> = vec![(webhook("gone"), place.clone())];
        let running = Running::start(store, carriers, quick(), clock());
        wait(async || running.delivered() == 1).await;
        running.stop().await;
        assert_eq!(place.taken(), [("ban".to_owned(), 1)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_had_taken_when_it_died_is_delivered_by_the_next() {
    on_both(async |store| {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let held = Mutex::new(held);
        let hanging = Place::new(move |_| {
            let _ = held.lock().unwrap().recv();
            failed(FailureKind::Fault)
        });
        let clock = clock();
        let carriers: Vec<(_, Arc<dyn Carrier>)> = vec![(webhook("a"), hanging.clone())];
        let dying = Running::start(store.clone(), carriers, quick(), Arc::clone(&clock));
        enqueue_events(&store, &[event("d1", Some("case"))], START)
            .await
            .unwrap();
        wait(async || hanging.taken().len() == 1).await;
        dying.task.abort();
        wait(async || dying.task.is_finished()).await;

        clock.forward(61_000);
        let place = Place::new(|_| Ok(()));
        let carriers: Vec<(_, Arc<dyn Carrier>)> = vec![(webhook("a"), place.clone())];
        let running = Running::start(store, carriers, quick(), clock);
        wait(async || running.delivered() == 1).await;
        running.stop().await;
        assert_eq!(place.taken(), [("d1".to_owned(), 2)]);
        drop(release);
    })
    .await;
}
