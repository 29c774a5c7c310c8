//! The database that a test's relay keeps its record in: a SQLite file.

use std::path::{Path, PathBuf};

use stagedoor_ledger::Row;
use stagedoor_relay::config::StoreUrl;

/// A database of one test's own.
pub(crate) enum Database {
    Sqlite(PathBuf),
}

impl Database {
    pub(crate) async fn new(folder: &Path) -> Self {
        Self::Sqlite(folder.join("stagedoor.db"))
    }

    /// The `[store]` section that leads to it.
    pub(crate) fn config(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("url = \"sqlite://{}\"", path.display()),
        }
    }

    /// The same, parsed.
    pub(crate) fn url(&self) -> StoreUrl {
        match self {
            Self::Sqlite(path) => StoreUrl::Sqlite(path.clone()),
        }
    }

    /// How many rows a table has, seen from outside the relay.
    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        let query = format!("SELECT count(*) FROM {table}");
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.query_one(&query, [], |row| row.get(0)).unwrap()
            }
        }
    }

    /// Puts these rows in the place of the ledger, as somebody does who may do anything with the database.
    pub(crate) async fn rewrite(&self, rows: &[Row]) {
        match self {
            Self::Sqlite(path) => {
                let mut connection = rusqlite::Connection::open(path).unwrap();
                connection.pragma_update(None, "foreign_keys", false).unwrap();
                let change = connection.transaction().unwrap();
                change
                    .execute_batch(
                        "DROP TRIGGER IF EXISTS records_are_not_changed; \
                         DROP TRIGGER IF EXISTS records_are_not_deleted; DELETE FROM records;",
                    )
                    .unwrap();
                for row in rows {
                    let insert = "INSERT INTO records (seq, body, hashes) VALUES (?, ?, ?)";
                    let values = (row.sequence.cast_signed(), &row.record, &row.hashes);
                    change.execute(insert, values).unwrap();
                }
                change.commit().unwrap();
            }
        }
    }

    /// Deletes all checkpoints.
    pub(crate) async fn forget_checkpoints(&self) {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection
                    .execute_batch("DROP TRIGGER checkpoints_are_not_deleted; DELETE FROM checkpoints;")
                    .unwrap();
            }
        }
    }
}
