//! Fills a case store by statements that make the rows within the database: half of the recommendations open a case, the
//! others join it; of the cases nine in ten are decided, the rest is open, held or appealed, and some are claimed.
//!
//! It needs the right to set foreign keys aside: on PostgreSQL a superuser's.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use crate::NOW;

/// The time over which the recommendations are spread, in milliseconds.
pub const PERIOD: i64 = 90 * 86_400_000;

/// Rows made by one statement.
const TOGETHER: i64 = 200_000;

/// The tables that are filled; their indexes are made afterwards, which is much faster.
const TABLES: &str = "'recommendations', 'cases', 'case_recommendations', 'case_reasons', 'decisions', 'appeals', \
    'second_looks'";

/// Whose claims and decisions they are: fifty people.
pub fn person(number: u64) -> String {
    format!("person{}", number % 50)
}

/// Numbers in an order that looks like a hash's: identifiers are not made one behind the other.
const fn scattered(number: i64) -> i64 {
    number * 2_654_435_761 % 4_294_967_291
}

/// The id of a recommendation; a case has that of its first one.
pub fn id(number: i64) -> String {
    format!("{:08x}{number:024x}", scattered(number))
}

/// The account of a recommendation: each has three cases.
pub fn account(recommendation: i64) -> String {
    let number = recommendation / 6;
    format!("{:08x}{number:024x}", scattered(number + 7))
}

/// The same, as SQL.
fn identifier(number: &str, offset: i64, is_postgres: bool) -> String {
    let mixed = format!("(({number}) + {offset}) * 2654435761 % 4294967291");
    if is_postgres {
        format!("LPAD(TO_HEX({mixed}), 8, '0') || LPAD(TO_HEX({number}), 24, '0')")
    } else {
        format!("PRINTF('%08x', {mixed}) || PRINTF('%024x', {number})")
    }
}

/// Fills the tables of an empty case store.
pub async fn fill(url: &str, rows: i64) {
    let is_postgres = url.starts_with("postgres");
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let settings = if is_postgres {
        vec![
            "SET session_replication_role = replica",
            "SET synchronous_commit = off",
            "SET maintenance_work_mem = '1GB'",
        ]
    } else {
        vec![
            "PRAGMA foreign_keys = OFF",
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA cache_size = -2000000",
        ]
    };
    for setting in settings {
        run(&mut connection, setting).await;
    }
    let indexes = indexes(&mut connection, is_postgres).await;
    for (name, _) in &indexes {
        run(&mut connection, &format!("DROP INDEX {name}")).await;
    }
    let rows_of = Rows { rows, is_postgres };
    let mut from = 0;
    while from < rows {
        let to = (from + TOGETHER).min(rows);
        for statement in rows_of.statements(from, to) {
            run(&mut connection, &statement).await;
        }
        eprintln!("many_rows: {to} recommendations");
        from = to;
    }
    for (name, definition) in &indexes {
        eprintln!("many_rows: index {name}");
        run(&mut connection, definition).await;
    }
    for statement in counts() {
        run(&mut connection, &statement).await;
    }
    if is_postgres {
        // What its own upkeep does after some minutes.
        run(&mut connection, "VACUUM ANALYZE").await;
    }
    connection.close().await.unwrap();
}

async fn run(connection: &mut AnyConnection, statement: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(connection)
        .await;
    assert!(done.is_ok(), "{statement}: {done:?}");
}

async fn indexes(connection: &mut AnyConnection, is_postgres: bool) -> Vec<(String, String)> {
    let question = if is_postgres {
        format!(
            "SELECT CAST(indexname AS TEXT), indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN ({TABLES}) \
             AND indexname NOT IN (SELECT conname FROM pg_constraint) ORDER BY 1"
        )
    } else {
        format!(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({TABLES}) \
             ORDER BY 1"
        )
    };
    let rows = sqlx::query(AssertSqlSafe(question))
        .fetch_all(connection)
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The counts that the writer would have kept: as the migrations make them for a store that has rows.
fn counts() -> Vec<String> {
    let migrations = [
        include_str!("../../migrations/0011_many_rows.sql"),
        include_str!("../../migrations/0020_fewer_writes_at_intake.sql"),
    ];
    let mut statements: Vec<String> = migrations
        .iter()
        .flat_map(|migration| migration.split(';'))
        .filter_map(|statement| Some(statement[statement.find("INSERT INTO")?..].to_owned()))
        .collect();
    statements.push(
        "INSERT INTO detector_rates (behaviour, hour, recommendations) \
         SELECT behaviour, at_ms / 3600000, COUNT(*) FROM recommendations GROUP BY 1, 2"
            .to_owned(),
    );
    statements
}

struct Rows {
    rows: i64,
    is_postgres: bool,
}

impl Rows {
    fn id(&self, number: &str, offset: i64) -> String {
        identifier(number, offset, self.is_postgres)
    }

    /// The statements that make the rows of the recommendations of these numbers.
    fn statements(&self, from: i64, to: i64) -> Vec<String> {
        let numbers = |from: i64, to: i64| {
            if self.is_postgres {
                format!(
                    "WITH numbers AS (SELECT i FROM GENERATE_SERIES({from}::BIGINT, {to}::BIGINT - 1) AS i)"
                )
            } else {
                format!(
                    "WITH RECURSIVE numbers (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < {to})"
                )
            }
        };
        let recommendations = format!("{} {}", numbers(from, to), self.recommendations());
        let cases = format!("{}, {}", numbers(from / 2, to / 2), self.mixed());
        let joined = format!(
            "{} INSERT INTO case_recommendations SELECT {}, {} FROM numbers",
            numbers(from, to),
            self.id("i", 0),
            self.id("i / 2 * 2", 0)
        );
        let mut all = vec![recommendations, format!("{cases} {}", self.cases()), joined];
        let insert = [
            self.decisions(),
            self.appeals(),
            self.second_looks(),
            self.reasons(),
        ];
        all.extend(insert.map(|insert| format!("{cases} {insert}")));
        all
    }

    fn recommendations(&self) -> String {
        let step = PERIOD / self.rows;
        let (id, account) = (self.id("i", 0), self.id("i / 6", 7));
        let (behaviour, mode, answer) = (behaviour("i / 2"), mode("i / 2"), answer("i / 2"));
        let platform = platform("i / 2");
        let (begin, score) = (NOW - PERIOD, score("i"));
        format!(
            "INSERT INTO recommendations (intake_sequence, id, account, incarnation, platform, behaviour, mode, answer, score, \
             threshold_margin, is_simulated, at_ms, received_ms, deliveries, last_received_ms, recommendation, \
             sealed_identities) SELECT i + 1, {id}, {account}, 0, {platform}, {behaviour}, {mode}, {answer}, \
             {score}, 3.0, 1, {begin} + i * {step} + i * 7919 % 1000, {begin} + i * {step} + 2000, 1, \
             {begin} + i * {step} + 2000, '{{}}', '[]' FROM numbers"
        )
    }

    /// Cases with what the others are made from: in which thousandth of the mix it is, and when it was opened and decided.
    fn mixed(&self) -> String {
        let step = PERIOD / self.rows * 2;
        let opened = format!("{} + i * {step} + 2000", NOW - PERIOD);
        format!(
            "mixed AS (SELECT i, i * 48271 % 1000 AS part, i * 69621 % 100 AS judged, {opened} AS opened, \
             CASE WHEN {opened} + 3600000 * (i % 24 + 1) < {NOW} THEN {opened} + 3600000 * (i % 24 + 1) ELSE {NOW} END \
             AS decided FROM numbers)"
        )
    }

    fn cases(&self) -> String {
        let (id, decision, account) = (self.id("i * 2", 0), self.id("i", 3), self.id("i / 3", 7));
        let (behaviour, mode, answer) = (behaviour("i"), mode("i"), answer("i"));
        let (platform, score) = (platform("i"), score("i * 2"));
        let (verdict, decided) = (VERDICT, DECIDED);
        format!(
            "INSERT INTO cases (id, sequence, platform, account, incarnation, behaviour, mode, answer, is_simulated, \
             recommendation, recommendations, score, threshold_margin, state, place_ms, at_ms, opened_ms, claimed_by, \
             claimed_until_ms, decision, verdict, decided_ms, version) \
             SELECT {id}, i + 1, {platform}, {account}, 0, {behaviour}, {mode}, {answer}, 1, {id}, 2, {score}, 3.0, \
             CASE WHEN part < 900 THEN 'decided' WHEN part < 960 THEN 'open' WHEN part < 990 THEN 'held' ELSE 'appealed' END, \
             opened - CAST(3600000 * ({score} - 3.0) AS BIGINT), opened - 2000, opened, \
             CASE WHEN {CLAIMED} THEN 'person' || (i % 50) END, CASE WHEN {CLAIMED} THEN {NOW} + 1000 * (i % 1200 - 300) END, \
             CASE WHEN {decided} THEN {decision} END, CASE WHEN {decided} THEN {verdict} END, \
             CASE WHEN {decided} THEN decided END, 3 FROM mixed"
        )
    }

    fn decisions(&self) -> String {
        let (id, case) = (self.id("i", 3), self.id("i * 2", 0));
        format!(
            "INSERT INTO decisions (id, case_id, sequence, person, kind, verdict, reason, statement, recommendation, at_ms, \
             effective_ms, finished_ms) SELECT {id}, {case}, i + 1, 'person' || (i % 50), 'review', {VERDICT}, \
             CASE {VERDICT} WHEN 'confirm' THEN 'pattern_clear' WHEN 'reject' THEN 'legitimate_use' ELSE 'taken_over' END, \
             'Your account sent messages to many people who did not know it.', {case}, decided, decided + 120000, \
             decided + 120000 FROM mixed WHERE {DECIDED}"
        )
    }

    fn appeals(&self) -> String {
        let (id, case, decision) = (self.id("i", 5), self.id("i * 2", 0), self.id("i", 3));
        format!(
            "INSERT INTO appeals (id, case_id, decision, ground, filed_by, filed_ms, answer, outcome, decided_ms) \
             SELECT {id}, {case}, {decision}, 'legitimate_use', 'person' || ((i + 1) % 50), decided + 200000, \
             CASE WHEN part < 900 THEN {decision} END, CASE WHEN part < 900 THEN CASE WHEN i % 3 = 0 THEN 'overturned' \
             ELSE 'upheld' END END, CASE WHEN part < 900 THEN decided + 300000 END FROM mixed WHERE part < 9 OR part >= 990"
        )
    }

    fn second_looks(&self) -> String {
        let (case, decision) = (self.id("i * 2", 0), self.id("i", 3));
        format!(
            "INSERT INTO second_looks (decision, case_id, chosen_ms, claimed_by, answer, done_ms) \
             SELECT {decision}, {case}, decided + 120000, CASE WHEN i % 100 <> 1 THEN 'person' || ((i + 2) % 50) END, \
             CASE WHEN i % 100 <> 1 THEN 'agrees' END, CASE WHEN i % 100 <> 1 THEN decided + 900000 END \
             FROM mixed WHERE part < 900 AND i % 20 = 1"
        )
    }

    /// Of the newest twentieth of the cases: only the newest ones are counted over.
    fn reasons(&self) -> String {
        let newest = self.rows / 2 - (self.rows / 40).max(250_000);
        format!(
            "INSERT INTO case_reasons (case_id, feature, value, contribution) SELECT {}, 'feature_' || (i % 5 * 4 + place), \
             i % 97, 2.0 / (place + 1) FROM mixed CROSS JOIN (SELECT 0 AS place UNION ALL SELECT 1 UNION ALL SELECT 2 \
             UNION ALL SELECT 3) AS places WHERE i >= {newest}",
            self.id("i * 2", 0)
        )
    }
}

const VERDICT: &str =
    "CASE WHEN judged < 70 THEN 'confirm' WHEN judged < 95 THEN 'reject' ELSE 'protect' END";
const DECIDED: &str = "(part < 900 OR part >= 990)";
const CLAIMED: &str = "(part >= 900 AND part < 960 AND i % 1999 < 2)";

/// Five detectors, each as often.
fn behaviour(case: &str) -> String {
    format!(
        "CASE ({case}) % 5 WHEN 0 THEN 'bulk_messaging' WHEN 1 THEN 'automated_registration' WHEN 2 THEN 'enumeration' \
         WHEN 3 THEN 'group_spam' ELSE 'account_takeover' END"
    )
}

/// One detector is in the shadow; one in two hundred thousand is of the demo.
fn mode(case: &str) -> String {
    format!(
        "CASE WHEN ({case}) % 200003 = 3 THEN 'demo' WHEN ({case}) % 5 = 2 THEN 'shadow' ELSE 'live' END"
    )
}

/// A detector's own answer, but for one in a hundred thousand.
fn answer(case: &str) -> String {
    format!(
        "CASE WHEN ({case}) % 500015 = 3 THEN 'ban' WHEN ({case}) % 5 = 1 THEN 'ban' WHEN ({case}) % 5 = 4 THEN 'protect' \
         ELSE 'limit' END"
    )
}

fn platform(case: &str) -> String {
    format!("CASE WHEN ({case}) % 7 = 0 THEN 'market' ELSE 'chat' END")
}

/// Few high scores; one detector never goes above six.
fn score(recommendation: &str) -> String {
    let u = format!("(({recommendation}) * 7919 % 1000003 / 1000003.0)");
    format!(
        "(3.0 + CASE WHEN ({recommendation}) / 2 % 5 = 3 THEN 3 ELSE 5 END * {u} * {u} * {u} * {u})"
    )
}
