//! The schema's migrations, embedded and forward only.

use rusqlite::Connection;

use super::file::{DatabaseFile, Failure};
use crate::store::{
    SchemaDifference, SchemaVersions, StoreError,
    schema::{Facts, compare},
};

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
                cure: "restore it from a backup, or report the message".into(),
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

/// In what the schema is not the one that the same migrations make in an empty database.
pub(super) fn differences(connection: &Connection) -> Result<Vec<SchemaDifference>, Failure> {
    let mut fresh = Connection::open_in_memory()?;
    embedded::migrations::runner().run(&mut fresh).map_err(|_| {
        StoreError::Inconsistent(
            "an empty database cannot be migrated, to compare the schema with; report this",
        )
    })?;
    Ok(compare(&facts(&fresh)?, &facts(connection)?))
}

/// What SQLite has the schema from, word for word. Statistics of `ANALYZE` say nothing of what may be written.
fn facts(connection: &Connection) -> rusqlite::Result<Facts> {
    connection
        .prepare(
            "SELECT type || ' ' || name || iif(type = 'table', '', ' on ' || tbl_name), coalesce(sql, '') \
             FROM sqlite_schema WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4'))",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
