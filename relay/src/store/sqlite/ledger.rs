//! Reading the ledger's rows, and the checkpoints, in SQLite.

use rusqlite::{Connection, OptionalExtension, Row as SqliteRow};
use stagedoor_ledger::Row;

use super::{file::Failure, logins::unsigned};
use crate::store::{ForeignRows, StoredCheckpoint, foreign};

pub(super) fn select_rows(connection: &Connection, from: u64, limit: u32) -> Result<Vec<Row>, Failure> {
    let rows = connection
        .prepare_cached(
            "SELECT records.seq, body, hashes, customer, staff FROM records LEFT JOIN openings \
             ON openings.seq = records.seq WHERE records.seq >= ? ORDER BY records.seq LIMIT ?",
        )?
        .query_map((from.cast_signed(), limit), row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

fn row(row: &SqliteRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        sequence: unsigned(row, 0)?,
        record: row.get(1)?,
        hashes: row.get(2)?,
        customer: row.get(3)?,
        staff: row.get(4)?,
    })
}

pub(super) fn insert_checkpoint(
    connection: &Connection,
    checkpoint: &StoredCheckpoint,
) -> Result<(), Failure> {
    connection
        .prepare_cached("INSERT INTO checkpoints (size, note) VALUES (?, ?)")?
        .execute((checkpoint.size.cast_signed(), &checkpoint.note))?;
    Ok(())
}

pub(super) fn select_checkpoints(
    connection: &Connection,
    size: u64,
    limit: u32,
) -> Result<Vec<StoredCheckpoint>, Failure> {
    let checkpoints = connection
        .prepare_cached("SELECT size, note FROM checkpoints WHERE size >= ? ORDER BY size, id LIMIT ?")?
        .query_map((size.cast_signed(), limit), checkpoint)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(checkpoints)
}

pub(super) fn select_last_checkpoint(connection: &Connection) -> Result<Option<StoredCheckpoint>, Failure> {
    let last = connection
        .prepare_cached("SELECT size, note FROM checkpoints ORDER BY id DESC LIMIT 1")?
        .query_row([], checkpoint)
        .optional()?;
    Ok(last)
}

fn checkpoint(row: &SqliteRow<'_>) -> rusqlite::Result<StoredCheckpoint> {
    Ok(StoredCheckpoint {
        size: unsigned(row, 0)?,
        note: row.get(1)?,
    })
}

pub(super) fn select_foreign(connection: &Connection) -> Result<Vec<ForeignRows>, Failure> {
    let rows = connection
        .prepare_cached(foreign::SELECT)?
        .query_map([], |row| {
            Ok(ForeignRows {
                table: row.get(0)?,
                first: row.get(1)?,
                count: unsigned(row, 2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

pub(super) fn select_blocking(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached(foreign::SELECT_BLOCKING)?
        .query_one([], |row| row.get(0))
}
