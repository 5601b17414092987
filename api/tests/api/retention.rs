//! Retention: what is due goes, with everything of the account; what a hold covers stays; who is stopped in between goes on.

use std::path::Path;

use sealwatch_api::audit::{KeptHeads, Trust, verify_database};
use sealwatch_api::people::{Actor, PersonName};
use sealwatch_api::retention::{
    Class, HoldReason, Periods, Retention, Target, destroy_orders, lift_hold, order_destruction,
    set_hold,
};
use sealwatch_api::{Audience, CaseStore, Location};
use sealwatch_core::behaviour::Answer;
use sealwatch_core::recommendation::{Delivery, RecommendationId};
use sqlx::{AnyPool, Row};

use crate::common::{START, file, log, random, review};
use crate::postgres;

const DAY: i64 = 86_400_000;

/// Recommendations whose accounts are not among the counterparts in others' evidence, as the first ones' are.
fn delivery(seed: u64) -> Delivery {
    crate::common::delivery(1_000 + seed, false)
}

/// An opened database.
struct Opened {
    location: Location,
    url: String,
    store: CaseStore,
    pool: AnyPool,
}

impl Opened {
    async fn new(folder: Option<&Path>) -> Self {
        let (location, url) = if let Some(folder) = folder {
            let path = folder.join("cases.sqlite");
            (file(folder), format!("sqlite://{}", path.display()))
        } else {
            let url = postgres::database();
            (Location::postgres(&url).unwrap(), url)
        };
        Self::at(location, url).await
    }

    async fn at(location: Location, url: String) -> Self {
        let store = CaseStore::open(&location, review(), random())
            .await
            .unwrap();
        let pool = AnyPool::connect(&url).await.unwrap();
        Self {
            location,
            url,
            store,
            pool,
        }
    }

    /// As after the process was ended and started again.
    async fn again(self) -> Self {
        self.store.close().await;
        self.pool.close().await;
        Self::at(self.location, self.url).await
    }

    fn retention(&self) -> Retention {
        let registry = prometheus::Registry::new();
        let periods = Periods::default()
            .with_days(Class::SealedIdentities, 30)
            .with_days(Class::Evidence, 90);
        Retention::new(&self.store, periods, &registry).unwrap()
    }

    async fn sweep(&self, days: i64) {
        self.retention().sweep(START + days * DAY).await.unwrap();
    }

    async fn run(&self, statement: &str) -> u64 {
        let done = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
            .execute(&self.pool)
            .await;
        done.unwrap().rows_affected()
    }

    async fn count(&self, what: &str) -> i64 {
        let statement = format!("SELECT COUNT(*) FROM {what}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    async fn case_of(&self, delivery: &Delivery) -> String {
        let id = delivery.recommendation.id.to_hexadecimal();
        let found =
            sqlx::query("SELECT case_id FROM case_recommendations WHERE recommendation = $1")
                .bind(id)
                .fetch_one(&self.pool)
                .await
                .unwrap();
        found.get(0)
    }

    /// A decision about a case, with all that may hang on it.
    async fn decide(&self, case: &str, verdict: &str, account: &str) {
        let number = self.count("decisions").await + 1;
        let at = START + DAY;
        for statement in [
            format!(
                "INSERT INTO decisions (id, case_id, sequence, person, kind, verdict, reason, statement, recommendation, \
                 at_ms, effective_ms, finished_ms) VALUES ('d{number}', '{case}', {number}, 'rita', 'review', '{verdict}', \
                 'other', 'About {account}', 'r', {at}, {at}, {at})"
            ),
            format!(
                "UPDATE cases SET state = 'decided', decision = 'd{number}', verdict = '{verdict}', decided_ms = {at} \
                 WHERE id = '{case}'"
            ),
            format!(
                "INSERT INTO second_looks (decision, case_id, chosen_ms, answer, done_ms) \
                 VALUES ('d{number}', '{case}', {at}, 'agree', {at})"
            ),
            format!(
                "INSERT INTO appeals (id, case_id, decision, ground, filed_by, filed_ms, outcome, decided_ms) \
                 VALUES ('a{number}', '{case}', 'd{number}', 'mistake', 'rita', {at}, 'upheld', {at})"
            ),
            format!(
                "INSERT INTO outbox (sequence, event, kind, destination, case_id, body, created_ms, next_attempt_ms, \
                 attempts, dead_ms) VALUES ({number}, 'e{number}', 'enforcement', 'kafka', '{case}', '{account}', {at}, {at}, \
                 9, {at})"
            ),
            format!(
                "INSERT INTO idempotency_keys (person, key, request, status, body, created_ms) \
                 VALUES ('rita', 'k{number}', 'h', 200, '{account}', {at})"
            ),
        ] {
            self.run(&statement).await;
        }
    }

    /// Where a text stands: in the raw files of SQLite, or in the tables of PostgreSQL.
    async fn search(&self, folder: Option<&Path>, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(folder) = folder {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let bytes = std::fs::read(&path).unwrap();
                if bytes
                    .windows(text.len())
                    .any(|window| window == text.as_bytes())
                {
                    found.push(path.display().to_string());
                }
            }
            return found;
        }
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        assert!(tables.len() > 15);
        for table in tables {
            let what = format!("{table} AS t WHERE t::text LIKE '%{text}%'");
            if self.count(&what).await > 0 {
                found.push(table);
            }
        }
        found
    }

    async fn log_is_sound(&self) {
        let trust = Trust {
            keys: vec![log().key],
            origin: None,
        };
        let report = verify_database(&self.location, &trust, &KeptHeads::default())
            .await
            .unwrap();
        assert!(report.is_sound(), "{:?}", report.differences);
        assert!(report.entries > 0);
    }
}

fn olga() -> Actor {
    Actor::at_the_machine(PersonName::parse("olga").unwrap())
}

fn account(delivery: &Delivery) -> String {
    delivery.recommendation.account.to_hexadecimal()
}

/// The sealed bytes of every identity.
const SEALED: &str = "c2VhbGVkc2VhbGVk";

async fn nothing_of_an_account_is_left(folder: Option<&Path>) {
    let opened = Opened::new(folder).await;
    let mut deliveries: Vec<Delivery> = (0..12).map(delivery).collect();
    // One that goes to the referral side alone has no case.
    deliveries[9].recommendation.answer = Answer::Refer;
    opened.store.deliver(&deliveries, START).await.unwrap();
    assert_eq!(opened.count("recommendations").await, 12);
    assert_eq!(opened.count("case_recommendations").await, 11);
    let (held, gone) = (account(&deliveries[3]), account(&deliveries[5]));
    for delivery in [&deliveries[3], &deliveries[5]] {
        let case = opened.case_of(delivery).await;
        opened.decide(&case, "confirm", &account(delivery)).await;
        let terms = (HoldReason::LegalRequest, 90);
        set_hold(
            opened.store.database(),
            &olga(),
            &Target::Case(case),
            terms,
            START,
        )
        .await
        .unwrap();
    }
    let terms = (HoldReason::LegalRequest, 2_000);
    let target = Target::Account(held.clone());
    let hold = set_hold(opened.store.database(), &olga(), &target, terms, START)
        .await
        .unwrap();
    assert!(!opened.search(folder, &gone).await.is_empty());
    opened.sweep(500).await;
    assert_eq!(opened.search(folder, &gone).await, Vec::<String>::new());
    assert!(!opened.search(folder, &held).await.is_empty());
    assert!(!opened.search(folder, SEALED).await.is_empty());
    let of_held = format!("recommendations WHERE account = '{held}'");
    assert!(opened.count(&of_held).await > 0);
    assert_eq!(
        opened.count("recommendations").await,
        opened.count(&of_held).await
    );
    lift_hold(opened.store.database(), &olga(), &hold, START + 600 * DAY)
        .await
        .unwrap();
    // The process is ended after the first step, and goes on when it is started again.
    let step = opened
        .retention()
        .step(Class::Cases, START + 600 * DAY)
        .await;
    assert!(step.unwrap().is_some());
    let opened = opened.again().await;
    // The hold itself is kept for some time after it was lifted, and names the account.
    opened.sweep(600).await;
    assert_eq!(opened.count("recommendations").await, 0);
    opened.sweep(640).await;
    assert_eq!(opened.search(folder, &held).await, Vec::<String>::new());
    assert_eq!(opened.search(folder, SEALED).await, Vec::<String>::new());
    for table in [
        "cases",
        "decisions",
        "appeals",
        "outbox",
        "idempotency_keys",
        "holds",
    ] {
        assert_eq!(opened.count(table).await, 0, "{table}");
    }
    opened.log_is_sound().await;
    let deleted: Vec<String> = sqlx::query_scalar(
        "SELECT entry FROM audit_entries WHERE act = 'deleted' ORDER BY position",
    )
    .fetch_all(&opened.pool)
    .await
    .unwrap();
    assert!(
        deleted
            .iter()
            .any(|entry| entry.contains("\"class\":\"cases\""))
    );
    assert!(
        deleted
            .iter()
            .any(|entry| entry.contains("\"class\":\"recommendations\""))
    );
}

#[tokio::test]
async fn after_its_period_nothing_of_an_account_is_in_the_files_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    nothing_of_an_account_is_left(Some(folder.path())).await;
}

#[tokio::test]
async fn after_its_period_nothing_of_an_account_is_in_the_tables_of_postgresql() {
    nothing_of_an_account_is_left(None).await;
}

async fn identities_and_evidence_go_before_the_case(folder: Option<&Path>) {
    let opened = Opened::new(folder).await;
    let deliveries: Vec<Delivery> = [1, 4].map(delivery).to_vec();
    opened.store.deliver(&deliveries, START).await.unwrap();
    for (delivery, verdict) in deliveries.iter().zip(["confirm", "reject"]) {
        let case = opened.case_of(delivery).await;
        opened.decide(&case, verdict, &account(delivery)).await;
    }
    let get = async |index: usize| {
        let id: RecommendationId = deliveries[index].recommendation.id;
        opened.store.get(id, Audience::Both).await.unwrap().unwrap()
    };
    opened.sweep(2).await;
    assert!(!get(0).await.sealed_identities.is_empty());
    assert!(
        get(1).await.sealed_identities.is_empty(),
        "rejected: nothing will be done to it"
    );
    opened.sweep(32).await;
    assert!(get(0).await.sealed_identities.is_empty());
    assert!(!get(0).await.recommendation.evidence.facets.is_empty());
    opened.sweep(92).await;
    for index in 0..2 {
        let recommendation = get(index).await.recommendation;
        assert!(recommendation.evidence.facets.is_empty());
        assert!(recommendation.evidence.links.is_empty() && recommendation.features.is_empty());
        assert_eq!(
            recommendation.reasons.len(),
            6,
            "the reasons stay as long as the case"
        );
    }
    let entries = opened.count("audit_entries").await;
    opened.sweep(93).await;
    assert_eq!(
        opened.count("audit_entries").await,
        entries,
        "nothing is deleted twice"
    );
    opened.log_is_sound().await;
}

#[tokio::test]
async fn identities_and_evidence_go_before_the_case_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    identities_and_evidence_go_before_the_case(Some(folder.path())).await;
}

#[tokio::test]
async fn identities_and_evidence_go_before_the_case_on_postgresql() {
    identities_and_evidence_go_before_the_case(None).await;
}

#[tokio::test]
async fn a_hold_goes_before_an_order_to_destroy_and_that_before_a_period() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Opened::new(Some(folder.path())).await;
    let deliveries: Vec<Delivery> = (0..6).map(delivery).collect();
    opened.store.deliver(&deliveries, START).await.unwrap();
    let account = account(&deliveries[3]);
    let case = opened.case_of(&deliveries[3]).await;
    let database = opened.store.database();
    let terms = (HoldReason::LegalRequest, 3);
    set_hold(database, &olga(), &Target::Case(case.clone()), terms, START)
        .await
        .unwrap();
    let target = Target::Account(account.clone());
    order_destruction(database, &olga(), &target, HoldReason::OwnerRequest, START)
        .await
        .unwrap();
    opened.sweep(2).await;
    let held = format!("cases WHERE id = '{case}'");
    assert_eq!(opened.count(&held).await, 1);
    // What of the account the hold does not cover has gone, and nothing of others.
    let of_account = format!("cases WHERE account = '{account}'");
    assert_eq!(opened.count(&of_account).await, 1);
    assert_eq!(opened.count("cases").await, 5);
    let order = destroy_orders(database, START + 2 * DAY)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((order.done_ms, order.is_held), (None, true));
    opened.sweep(4).await;
    assert_eq!(opened.count(&of_account).await, 0);
    assert_eq!(opened.count("cases").await, 4);
    let order = destroy_orders(database, START + 4 * DAY)
        .await
        .unwrap()
        .remove(0);
    assert!(!order.is_held);
    assert_eq!((order.done_ms, order.target), (Some(START + 4 * DAY), None));
    opened.store.close().await;
    opened.pool.close().await;
    assert_eq!(
        opened.search(Some(folder.path()), &account).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn nothing_is_destroyed_before_what_was_decided_about_it_is_carried_out() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Opened::new(Some(folder.path())).await;
    let deliveries = vec![delivery(3)];
    opened.store.deliver(&deliveries, START).await.unwrap();
    let account = account(&deliveries[0]);
    let case = opened.case_of(&deliveries[0]).await;
    opened.decide(&case, "reject", &account).await;
    let target = Target::Account(account.clone());
    order_destruction(
        opened.store.database(),
        &olga(),
        &target,
        HoldReason::OwnerRequest,
        START,
    )
    .await
    .unwrap();
    opened.run("UPDATE decisions SET finished_ms = NULL").await;
    opened.sweep(2).await;
    assert_eq!(
        opened.count("cases").await,
        1,
        "the decision is not finished"
    );
    opened.run("UPDATE decisions SET finished_ms = 1").await;
    opened.run("UPDATE outbox SET dead_ms = NULL").await;
    opened.sweep(2).await;
    assert_eq!(opened.count("cases").await, 1, "it is on its way");
    opened.run("UPDATE outbox SET delivered_ms = 1").await;
    opened.sweep(2).await;
    assert_eq!(opened.count("cases").await, 0);
    let closed = "audit_entries WHERE act = 'destruction_done'";
    assert_eq!(
        opened.count(closed).await,
        1,
        "that it is done is on the log"
    );
    for table in ["idempotency_keys", "outbox", "decisions"] {
        assert_eq!(opened.count(table).await, 0, "{table}");
    }
    opened.log_is_sound().await;
}

#[tokio::test]
async fn a_step_is_bounded_and_a_large_case_goes_in_several() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Opened::new(Some(folder.path())).await;
    let mut deliveries = Vec::new();
    for number in 0..120_u64 {
        let mut one = delivery(3);
        one.recommendation.id = RecommendationId::parse(&format!("{number:032x}")).unwrap();
        deliveries.push(one);
    }
    opened.store.deliver(&deliveries, START).await.unwrap();
    assert_eq!(opened.count("cases").await, 1);
    let now = START + 400 * DAY;
    for (rows, left) in [(50, 70), (50, 20), (21, 0)] {
        let step = opened.retention().step(Class::Cases, now).await.unwrap();
        assert_eq!(
            (step, opened.count("recommendations").await),
            (Some(rows), left)
        );
    }
    assert_eq!(opened.count("cases").await, 0);
    assert_eq!(
        opened.retention().step(Class::Cases, now).await.unwrap(),
        None
    );
    opened.log_is_sound().await;
}
