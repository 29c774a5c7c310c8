//! Looks into the store's file from outside, as an auditor would.

use std::path::Path;

use sqlx::{Row, SqlitePool, sqlite::SqliteConnectOptions};

/// What the file says of one login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoginRecord {
    pub(crate) outcome: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) completed: bool,
}

/// A login that ended.
pub(crate) fn ended(outcome: &str, cause: Option<&str>) -> Option<LoginRecord> {
    Some(LoginRecord {
        outcome: Some(outcome.to_owned()),
        cause: cause.map(str::to_owned),
        completed: true,
    })
}

/// A login of which only the intent is there.
pub(crate) fn open() -> Option<LoginRecord> {
    Some(LoginRecord {
        outcome: None,
        cause: None,
        completed: false,
    })
}

pub(crate) struct Records(SqlitePool);

impl Records {
    pub(crate) fn at(path: &Path) -> Self {
        Self(SqlitePool::connect_lazy_with(
            SqliteConnectOptions::new().filename(path),
        ))
    }

    pub(crate) async fn login(&self, id: &str) -> Option<LoginRecord> {
        let row = sqlx::query("SELECT outcome, cause, completed_at FROM logins WHERE request_id = ?")
            .bind(id)
            .fetch_optional(&self.0)
            .await
            .unwrap()?;
        Some(LoginRecord {
            outcome: row.get("outcome"),
            cause: row.get("cause"),
            completed: row.get::<Option<i64>, _>("completed_at").is_some(),
        })
    }

    /// One column of one login, as text.
    pub(crate) async fn column(&self, id: &str, column: &'static str) -> Option<String> {
        let query = format!("SELECT CAST({column} AS TEXT) FROM logins WHERE request_id = ?");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .bind(id)
            .fetch_one(&self.0)
            .await
            .unwrap()
    }

    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        let query = format!("SELECT count(*) FROM {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&self.0)
            .await
            .unwrap()
    }

    /// The reports about a login, as `outcome:cause`.
    pub(crate) async fn reports(&self, id: &str) -> Vec<String> {
        let rows =
            sqlx::query("SELECT outcome, cause FROM outcome_reports WHERE request_id = ? ORDER BY outcome")
                .bind(id)
                .fetch_all(&self.0)
                .await
                .unwrap();
        let text = |row: &sqlx::sqlite::SqliteRow| {
            let cause = row.get::<Option<String>, _>("cause").unwrap_or_default();
            format!("{}:{cause}", row.get::<String, _>("outcome"))
        };
        rows.iter().map(text).collect()
    }
}
