//! The schema's migrations, embedded and forward only.

use rusqlite::Connection;

use super::file::{DatabaseFile, Failure};
use crate::store::{SchemaVersions, StoreError};

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Brings the schema up to date; a newer one is left alone.
pub(super) fn migrate(file: &DatabaseFile, connection: &mut Connection) -> Result<(), StoreError> {
    let before = versions(file, connection)?;
    if before.found == before.known {
        return Ok(());
    }
    if let Err(error) = embedded::migrations::runner().run(connection) {
        // Another process may have done it at the same moment.
        let after = versions(file, connection)?;
        if after.found != after.known {
            return Err(file.failure(Failure::Store(StoreError::Unavailable {
                place: file.place(),
                cause: format!("its schema cannot be brought up to date: {error}"),
                cure: "restore it from a backup, or report the message",
            })));
        }
    }
    Ok(())
}

/// Which schema the database has, and which one this program knows.
pub(super) fn versions(file: &DatabaseFile, connection: &Connection) -> Result<SchemaVersions, StoreError> {
    let found = found(connection).map_err(|error| file.sqlite(&error))?;
    SchemaVersions::of(
        file.place(),
        found,
        embedded::migrations::runner().get_migrations(),
    )
}

/// Zero for an empty database.
fn found(connection: &Connection) -> rusqlite::Result<i64> {
    if !connection.table_exists(None, "refinery_schema_history")? {
        return Ok(0);
    }
    connection.query_one(
        "SELECT coalesce(max(version), 0) FROM refinery_schema_history",
        [],
        |row| row.get(0),
    )
}
