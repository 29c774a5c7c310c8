//! The look-up tables in PostgreSQL as they stand, for comparing them with the ledger.

use std::ops::Range;

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::{fault::Failure, unsigned};
use crate::store::{Projection, ReportRow, StrayRow, StrayRows};

const PROJECTION: &str = "SELECT request_id, intent_seq, staff_id, email_folded, platform, customer_folded, requested_at, \
     outcome_seq, outcome, cause FROM logins LEFT JOIN staff ON staff.id = staff_id";

pub(super) async fn select_projections(
    client: &Client,
    intents: &Range<u64>,
) -> Result<Vec<Projection>, Failure> {
    let select = client
        .prepare_cached(&format!(
            "{PROJECTION} WHERE intent_seq >= $1 AND intent_seq < $2 ORDER BY intent_seq"
        ))
        .await?;
    let (start, end) = (intents.start.cast_signed(), intents.end.cast_signed());
    let rows = client.query(&select, &[&start, &end]).await?;
    rows.iter().map(projection).collect()
}

pub(super) async fn select_projections_of(
    client: &Client,
    ids: &[String],
) -> Result<Vec<Projection>, Failure> {
    let select = client
        .prepare_cached(&format!("{PROJECTION} WHERE request_id = ANY ($1)"))
        .await?;
    let rows = client.query(&select, &[&ids]).await?;
    rows.iter().map(projection).collect()
}

fn projection(row: &Row) -> Result<Projection, Failure> {
    Ok(Projection {
        request_id: row.try_get(0)?,
        intent: unsigned(row, 1)?,
        staff_id: row.try_get(2)?,
        staff_folded: row.try_get(3)?,
        platform: row.try_get(4)?,
        customer_folded: row.try_get(5)?,
        requested_at: row.try_get(6)?,
        outcome_seq: row.try_get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
        outcome: row.try_get(8)?,
        cause: row.try_get(9)?,
    })
}

pub(super) async fn select_reports(
    client: &Client,
    sequences: &Range<u64>,
) -> Result<Vec<ReportRow>, Failure> {
    let select = client
        .prepare_cached(
            "SELECT request_id, outcome, seq FROM reports WHERE seq >= $1 AND seq < $2 ORDER BY seq",
        )
        .await?;
    let (start, end) = (sequences.start.cast_signed(), sequences.end.cast_signed());
    let rows = client.query(&select, &[&start, &end]).await?;
    let report = |row: &Row| {
        Ok(ReportRow {
            request_id: row.try_get(0)?,
            outcome: row.try_get(1)?,
            sequence: unsigned(row, 2)?,
        })
    };
    rows.iter().map(report).collect()
}

/// Each table by the two ends of its index, so that a long ledger costs no more than a short one.
pub(super) async fn select_strays(client: &Client, limit: u32) -> Result<StrayRows, Failure> {
    let rows = client
        .query(
            "WITH size AS (SELECT coalesce(max(seq) + 1, 0) AS size FROM records), strays AS ( \
             SELECT request_id, intent_seq AS seq FROM logins WHERE intent_seq < 0 \
             UNION ALL SELECT request_id, intent_seq FROM logins WHERE intent_seq >= (SELECT size FROM size) \
             UNION ALL SELECT request_id, seq FROM reports WHERE seq < 0 \
             UNION ALL SELECT request_id, seq FROM reports WHERE seq >= (SELECT size FROM size)) \
             SELECT request_id, seq, (SELECT count(*) FROM strays) FROM strays LIMIT $1",
            &[&i64::from(limit)],
        )
        .await?;
    let mut strays = StrayRows {
        first: Vec::with_capacity(rows.len()),
        count: 0,
    };
    for row in &rows {
        strays.first.push(StrayRow {
            request_id: row.try_get(0)?,
            sequence: row.try_get(1)?,
        });
        strays.count = unsigned(row, 2)?;
    }
    Ok(strays)
}
