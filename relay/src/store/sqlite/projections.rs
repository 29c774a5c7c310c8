//! The look-up tables in SQLite as they stand, for comparing them with the ledger.

use std::ops::Range;

use rusqlite::{Connection, Row};

use super::{file::Failure, logins::unsigned};
use crate::store::{Projection, ReportRow, StrayRow, StrayRows};

pub(super) fn select_projections(
    connection: &Connection,
    intents: &Range<u64>,
) -> Result<Vec<Projection>, Failure> {
    let projections = connection
        .prepare_cached(
            "SELECT request_id, intent_seq, staff_id, email_folded, platform, customer_folded, requested_at, \
             outcome_seq, outcome, cause FROM logins LEFT JOIN staff ON staff.id = staff_id \
             WHERE intent_seq >= ? AND intent_seq < ? ORDER BY intent_seq",
        )?
        .query_map(
            (intents.start.cast_signed(), intents.end.cast_signed()),
            projection,
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(projections)
}

pub(super) fn select_projections_of(
    connection: &Connection,
    ids: &[String],
) -> Result<Vec<Projection>, Failure> {
    let mut select = connection.prepare_cached(
        "SELECT request_id, intent_seq, staff_id, email_folded, platform, customer_folded, requested_at, outcome_seq, \
         outcome, cause FROM logins LEFT JOIN staff ON staff.id = staff_id WHERE request_id = ?",
    )?;
    let mut projections = Vec::with_capacity(ids.len());
    for id in ids {
        projections.extend(
            select
                .query_map([id], projection)?
                .collect::<rusqlite::Result<Vec<_>>>()?,
        );
    }
    Ok(projections)
}

fn projection(row: &Row<'_>) -> rusqlite::Result<Projection> {
    Ok(Projection {
        request_id: row.get(0)?,
        intent: unsigned(row, 1)?,
        staff_id: row.get(2)?,
        staff_folded: row.get(3)?,
        platform: row.get(4)?,
        customer_folded: row.get(5)?,
        requested_at: row.get(6)?,
        outcome_seq: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
        outcome: row.get(8)?,
        cause: row.get(9)?,
    })
}

pub(super) fn select_reports(
    connection: &Connection,
    sequences: &Range<u64>,
) -> Result<Vec<ReportRow>, Failure> {
    let reports = connection
        .prepare_cached(
            "SELECT request_id, outcome, seq FROM reports WHERE seq >= ? AND seq < ? ORDER BY seq",
        )?
        .query_map(
            (sequences.start.cast_signed(), sequences.end.cast_signed()),
            |row| {
                Ok(ReportRow {
                    request_id: row.get(0)?,
                    outcome: row.get(1)?,
                    sequence: unsigned(row, 2)?,
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(reports)
}

/// Each table by the two ends of its index, so that a long ledger costs no more than a short one.
pub(super) fn select_strays(connection: &Connection, limit: u32) -> Result<StrayRows, Failure> {
    let mut select = connection.prepare_cached(
        "WITH size (size) AS (SELECT coalesce(max(seq) + 1, 0) FROM records), strays AS ( \
         SELECT request_id, intent_seq AS seq FROM logins WHERE intent_seq < 0 \
         UNION ALL SELECT request_id, intent_seq FROM logins WHERE intent_seq >= (SELECT size FROM size) \
         UNION ALL SELECT request_id, seq FROM reports WHERE seq < 0 \
         UNION ALL SELECT request_id, seq FROM reports WHERE seq >= (SELECT size FROM size)) \
         SELECT request_id, seq, (SELECT count(*) FROM strays) FROM strays LIMIT ?",
    )?;
    let mut rows = select.query([limit])?;
    let mut strays = StrayRows {
        first: Vec::new(),
        count: 0,
    };
    while let Some(row) = rows.next()? {
        strays.first.push(StrayRow {
            request_id: row.get(0)?,
            sequence: row.get(1)?,
        });
        strays.count = unsigned(row, 2)?;
    }
    Ok(strays)
}
