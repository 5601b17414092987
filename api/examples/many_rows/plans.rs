//! How the database finds it: the plans of the statements as they are really run. The statements are read from the database
//! library's own log; PostgreSQL tells the plans by `auto_explain`.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};

use sealwatch_api::Location;

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::questions::{Question, ask};

/// What the log says while it is listened to.
#[derive(Clone, Default)]
pub struct Plans(Arc<Mutex<Option<Vec<Said>>>>);

/// A statement, or what PostgreSQL says beside it.
#[derive(Default, Clone)]
struct Said {
    statement: String,
    message: String,
}

impl Plans {
    /// Becomes what listens to the process's log.
    pub fn listen() -> Self {
        let plans = Self::default();
        tracing::subscriber::set_global_default(plans.clone()).unwrap();
        plans
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Option<Vec<Said>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks each question once and prints the plans of its statements, each once.
    pub async fn print(&self, url: &str, questions: &[(&'static str, Question)], rows: i64) {
        let is_postgres = url.starts_with("postgres");
        let location = if is_postgres {
            let options = "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 \
                           -c auto_explain.log_level=notice";
            let options = options.replace(' ', "%20").replace('=', "%3D");
            let sign = if url.contains('?') { '&' } else { '?' };
            Location::postgres(&format!("{url}{sign}options={options}")).unwrap()
        } else {
            Location::file(std::path::Path::new(&url["sqlite://".len()..])).unwrap()
        };
        let store = crate::open(&location).await;
        let mut seen = std::collections::BTreeSet::new();
        for (name, question) in questions {
            *self.said() = Some(Vec::new());
            ask(&store, question, 0, rows).await;
            let said = self.said().take().unwrap_or_default();
            println!("== {name}");
            let texts = if is_postgres {
                said.into_iter().map(|said| said.message).collect()
            } else {
                explained(url, &said).await
            };
            for text in texts {
                // Without the time, which differs each time.
                let text = text
                    .split_once("plan:")
                    .map_or(text.as_str(), |(_, plan)| plan.trim());
                if !text.is_empty() && seen.insert(text.to_owned()) {
                    println!("{text}\n");
                }
            }
        }
        store.close().await;
    }
}

async fn explained(url: &str, said: &[Said]) -> Vec<String> {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let mut texts = Vec::new();
    for Said { statement, .. } in said {
        if !(statement.starts_with("SELECT") || statement.starts_with("UPDATE")) {
            continue;
        }
        let question = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let mut text = format!("Query Text: {statement}");
        for row in sqlx::query(question)
            .fetch_all(&mut connection)
            .await
            .unwrap()
        {
            let step: String = row.get("detail");
            write!(text, "\n  {step}").unwrap();
        }
        texts.push(text);
    }
    connection.close().await.unwrap();
    texts
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            // Short statements are their own summary.
            "summary" if self.statement.is_empty() => value.clone_into(&mut self.statement),
            "db.statement" if !value.is_empty() => value.trim().clone_into(&mut self.statement),
            "message" => value.clone_into(&mut self.message),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Subscriber for Plans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sqlx::") && self.said().is_some()
    }

    fn event(&self, event: &Event<'_>) {
        let mut said = Said::default();
        event.record(&mut said);
        if let Some(all) = self.said().as_mut() {
            all.push(said);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn register_callsite(&self, _: &'static Metadata<'static>) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }
}
