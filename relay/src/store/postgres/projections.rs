//! The look-up tables in PostgreSQL as they stand, for comparing them with the ledger.

use std::ops::Range;

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::{fault::Failure, unsigned};
use crate::store::{Projection, ProjectionCounts};

pub(super) async fn select_projections(
    client: &Client,
    intents: &Range<u64>,
) -> Result<Vec<Projection>, Failure> {
    let select = client
        .prepare_cached(
            "SELECT request_id, intent_seq, staff_id, email_folded, platform, customer_folded, requested_at, \
             outcome_seq, outcome, cause, \
             ARRAY (SELECT outcome FROM reports WHERE reports.request_id = logins.request_id ORDER BY seq), \
             ARRAY (SELECT seq FROM reports WHERE reports.request_id = logins.request_id ORDER BY seq) \
             FROM logins LEFT JOIN staff ON staff.id = staff_id \
             WHERE intent_seq >= $1 AND intent_seq < $2 ORDER BY intent_seq",
        )
        .await?;
    let (start, end) = (intents.start.cast_signed(), intents.end.cast_signed());
    let rows = client.query(&select, &[&start, &end]).await?;
    rows.iter().map(projection).collect()
}

fn projection(row: &Row) -> Result<Projection, Failure> {
    let kinds: Vec<String> = row.try_get(10)?;
    let sequences: Vec<i64> = row.try_get(11)?;
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
        reports: kinds
            .into_iter()
            .zip(sequences.into_iter().map(i64::cast_unsigned))
            .collect(),
    })
}

pub(super) async fn count_projections(client: &Client, below: u64) -> Result<ProjectionCounts, Failure> {
    let counts = client
        .query_one(
            "SELECT (SELECT count(*) FROM logins WHERE intent_seq < $1), \
             (SELECT count(*) FROM logins WHERE outcome_seq < $1), (SELECT count(*) FROM reports WHERE seq < $1), \
             (SELECT count(*) FROM logins WHERE intent_seq > (SELECT coalesce(max(seq), -1) FROM records))",
            &[&below.cast_signed()],
        )
        .await?;
    Ok(ProjectionCounts {
        logins: unsigned(&counts, 0)?,
        outcomes: unsigned(&counts, 1)?,
        reports: unsigned(&counts, 2)?,
        beyond: unsigned(&counts, 3)?,
    })
}
