//! A statement that is put together, with its values beside it, for both databases.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::{Query, QueryScalar};
use sqlx::{Any, AnyConnection, AssertSqlSafe};

/// A value of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Number(Option<f64>),
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(Some(value))
    }
}

impl From<Option<f64>> for Value {
    fn from(value: Option<f64>) -> Self {
        Self::Number(value)
    }
}

/// SQL of the program's own, and the values that it names as `$1`, `$2` and so on. What came from outside is only ever a
/// value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    /// Begins with this text.
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds text of the program's own.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push_str(&format!("${}", self.values.len()));
        self
    }

    /// The same within other text, which holds no value.
    pub(crate) fn within(&self, before: &str, behind: &str) -> Self {
        Self {
            text: format!("{before}{}{behind}", self.text),
            values: self.values.clone(),
        }
    }

    /// The same, with this text before it.
    pub(crate) fn prefixed(&self, prefix: &str) -> Self {
        Self {
            text: format!("{prefix}{}", self.text),
            values: self.values.clone(),
        }
    }

    /// With a closing bracket at its end.
    pub(crate) fn closed(mut self) -> Self {
        self.push(")");
        self
    }

    /// Adds rows of values, as an `INSERT` takes them. Returns whether there was any.
    pub(crate) fn bind_rows(&mut self, rows: impl Iterator<Item = Vec<Value>>) -> bool {
        let mut has_any = false;
        for row in rows {
            self.push(if has_any { ", (" } else { "(" });
            has_any = true;
            for (place, value) in row.into_iter().enumerate() {
                self.push(if place == 0 { "" } else { ", " });
                self.bind(value);
            }
            self.push(")");
        }
        has_any
    }

    /// Adds values with commas between. Returns whether there was any.
    pub(crate) fn bind_list<V: Into<Value>>(&mut self, values: impl Iterator<Item = V>) -> bool {
        let mut has_any = false;
        for value in values {
            if has_any {
                self.push(", ");
            }
            has_any = true;
            self.bind(value);
        }
        has_any
    }

    /// The query.
    pub(crate) fn query(&self) -> Query<'_, Any, AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(self.text.clone()));
        for value in &self.values {
            query = match value {
                Value::Text(text) => query.bind(text.clone()),
                Value::Integer(integer) => query.bind(*integer),
                Value::Number(number) => query.bind(*number),
            };
        }
        query
    }

    /// The query, which takes the values with it: for large ones.
    pub(crate) fn into_query(self) -> Query<'static, Any, AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(self.text));
        for value in self.values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Integer(integer) => query.bind(integer),
                Value::Number(number) => query.bind(number),
            };
        }
        query
    }

    /// The query of one number.
    pub(crate) fn count(&self) -> QueryScalar<'_, Any, i64, AnyArguments> {
        let mut query = sqlx::query_scalar(AssertSqlSafe(self.text.clone()));
        for value in &self.values {
            query = match value {
                Value::Text(text) => query.bind(text.clone()),
                Value::Integer(integer) => query.bind(*integer),
                Value::Number(number) => query.bind(*number),
            };
        }
        query
    }
}

/// Rows of one statement at most: a database takes only so many values at once.
const ROWS: usize = 1_000;

/// Inserts rows, however many, with few statements: `into` ends with `VALUES `, and `conflict` says what is done where a row is
/// there already.
pub(crate) async fn insert_rows(
    connection: &mut AnyConnection,
    into: &str,
    rows: Vec<Vec<Value>>,
    conflict: &str,
) -> Result<(), sqlx::Error> {
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let mut statement = Statement::new(into);
        statement.bind_rows(rows.by_ref().take(ROWS));
        statement.push(conflict);
        statement.into_query().execute(&mut *connection).await?;
    }
    Ok(())
}

/// A row of an answer.
pub(crate) type Row = AnyRow;
