//! The database that a test's relay keeps its record in: a SQLite file.

use std::path::{Path, PathBuf};

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
}
