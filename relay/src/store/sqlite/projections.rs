//! The look-up tables in SQLite as they stand, for comparing them with the ledger.

use std::ops::Range;

use rusqlite::Connection;

use super::{file::Failure, logins::unsigned};
use crate::store::{Projection, ProjectionCounts};

pub(super) fn select_projections(
    connection: &Connection,
    intents: &Range<u64>,
) -> Result<Vec<Projection>, Failure> {
    let mut reports =
        connection.prepare_cached("SELECT outcome, seq FROM reports WHERE request_id = ? ORDER BY seq")?;
    let mut select = connection.prepare_cached(
        "SELECT request_id, intent_seq, staff_id, email_folded, platform, customer_folded, requested_at, outcome_seq, \
         outcome, cause FROM logins LEFT JOIN staff ON staff.id = staff_id \
         WHERE intent_seq >= ? AND intent_seq < ? ORDER BY intent_seq",
    )?;
    let mut rows = select.query((intents.start.cast_signed(), intents.end.cast_signed()))?;
    let mut projections = Vec::new();
    while let Some(row) = rows.next()? {
        let request_id: String = row.get(0)?;
        projections.push(Projection {
            intent: unsigned(row, 1)?,
            staff_id: row.get(2)?,
            staff_folded: row.get(3)?,
            platform: row.get(4)?,
            customer_folded: row.get(5)?,
            requested_at: row.get(6)?,
            outcome_seq: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
            outcome: row.get(8)?,
            cause: row.get(9)?,
            reports: reports
                .query_map([&request_id], |report| Ok((report.get(0)?, unsigned(report, 1)?)))?
                .collect::<rusqlite::Result<_>>()?,
            request_id,
        });
    }
    Ok(projections)
}

pub(super) fn count_projections(connection: &Connection, below: u64) -> Result<ProjectionCounts, Failure> {
    let counts = connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM logins WHERE intent_seq < ?1), \
             (SELECT count(*) FROM logins WHERE outcome_seq < ?1), (SELECT count(*) FROM reports WHERE seq < ?1), \
             (SELECT count(*) FROM logins WHERE intent_seq > (SELECT coalesce(max(seq), -1) FROM records))",
        )?
        .query_one([below.cast_signed()], |row| {
            Ok(ProjectionCounts {
                logins: unsigned(row, 0)?,
                outcomes: unsigned(row, 1)?,
                reports: unsigned(row, 2)?,
                beyond: unsigned(row, 3)?,
            })
        })?;
    Ok(counts)
}
