//! Fills a new database with small recommendations and times a page of each kind of list: `cargo run --release -p
//! sealwatch-api --example lists -- FILE ROWS`. The file stays.
#![expect(clippy::unwrap_used, reason = "it ends where something is missing")]

use std::path::PathBuf;

use sealwatch_api::{CaseStore, Filter, Location};
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::time::Timestamp;

const FILL: &str = "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < $1), \
     mixed AS (SELECT i, i * 2654435761 % 1000003 / 1000003.0 AS u FROM numbers) \
     INSERT INTO recommendations SELECT i, printf('%032x', i), printf('%032x', i / 3), 0, 'chat', \
     CASE i % 5 WHEN 0 THEN 'bulk_messaging' WHEN 1 THEN 'automated_registration' WHEN 2 THEN 'enumeration' \
     WHEN 3 THEN 'group_spam' ELSE 'account_takeover' END, 'demo', \
     CASE i % 5 WHEN 1 THEN 'ban' WHEN 4 THEN 'protect' ELSE 'limit' END, \
     3.0 + 5 * u * u * u * u, 3.0, 1, 1790000000000 + i * 1000 + i * 7919 % 100000, 1790000000000, 1, 1790000000000, \
     '{}', '[]' FROM mixed";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let path = PathBuf::from(std::env::args().nth(1).unwrap());
    let rows: i64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let store = CaseStore::open(
        &Location::file(&path).unwrap(),
        sealwatch_api::cases::ReviewSettings::default(),
        Box::new(|_| {}),
    )
    .await
    .unwrap();
    if store.count().await.unwrap() == 0 {
        let pool = sqlx::SqlitePool::connect(path.to_str().unwrap())
            .await
            .unwrap();
        sqlx::query(FILL).bind(rows).execute(&pool).await.unwrap();
        pool.close().await;
    }
    println!("{} rows", store.count().await.unwrap());
    let any = Filter::default();
    let middle = 1_790_000_000_000 + rows * 500;
    let filters = [
        ("everything", any.clone()),
        (
            "behaviour",
            Filter {
                behaviour: Some(Behaviour::GroupSpam),
                ..any.clone()
            },
        ),
        (
            "mode that is absent",
            Filter {
                mode: Some(Mode::Live),
                ..any.clone()
            },
        ),
        (
            "answer",
            Filter {
                answer: Some(Answer::Ban),
                ..any.clone()
            },
        ),
        (
            "behaviour and an answer that it never has",
            Filter {
                behaviour: Some(Behaviour::GroupSpam),
                answer: Some(Answer::Ban),
                ..any.clone()
            },
        ),
        (
            "account",
            Filter {
                account: Pseudonym::parse(&format!("{:032x}", rows / 6)),
                ..any.clone()
            },
        ),
        (
            "platform",
            Filter {
                platform: Some("chat".to_owned()),
                ..any.clone()
            },
        ),
        (
            "score that many have",
            Filter {
                minimum_score: Some(3.5),
                ..any.clone()
            },
        ),
        (
            "score that few have",
            Filter {
                minimum_score: Some(7.998),
                ..any.clone()
            },
        ),
        (
            "score that none has",
            Filter {
                minimum_score: Some(9.0),
                ..any.clone()
            },
        ),
        (
            "an hour in the middle",
            Filter {
                from: Some(Timestamp(middle)),
                until: Some(Timestamp(middle + 3_600_000)),
                ..any.clone()
            },
        ),
        (
            "before the middle, behaviour, score",
            Filter {
                until: Some(Timestamp(middle)),
                behaviour: Some(Behaviour::GroupSpam),
                minimum_score: Some(6.0),
                ..any.clone()
            },
        ),
    ];
    for (name, filter) in filters {
        let (first, page) = timed(&store, &filter, None).await;
        let behind = page.last().map(sealwatch_api::Summary::cursor);
        let (second, _) = timed(&store, &filter, behind).await;
        println!(
            "{first:>8.1} ms {second:>8.1} ms {:>4} rows  {name}",
            page.len()
        );
    }
}

async fn timed(
    store: &CaseStore,
    filter: &Filter,
    behind: Option<sealwatch_api::Cursor>,
) -> (f64, Vec<sealwatch_api::Summary>) {
    #[expect(clippy::disallowed_methods, reason = "a measurement")]
    let started = std::time::Instant::now();
    let page = store.list(filter, behind, 51).await.unwrap();
    (started.elapsed().as_secs_f64() * 1_000.0, page)
}
