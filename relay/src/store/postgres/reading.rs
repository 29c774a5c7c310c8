//! Reading the ledger's rows, the logins and the checkpoints in PostgreSQL.

use deadpool_postgres::Client;
use jiff::Timestamp;
use stagedoor_ledger::{Hash, Node, Row};
use stagedoor_protocol::RequestId;
use tokio_postgres::Row as DatabaseRow;

use super::{
    fault::Failure,
    gather::{Head, node_hashes},
    logins::parse_id,
    millis, reached,
    statements::SELECT_NODES,
    unsigned,
};
use crate::spelling::Spelling as _;
use crate::store::{ForeignRows, LoginFilter, LoginRecords, StoredCheckpoint, foreign};

/// A login with the sequences of its reports.
const LOGIN: &str = "SELECT request_id, intent_seq, outcome_seq, \
     ARRAY (SELECT seq FROM reports WHERE reports.request_id = logins.request_id ORDER BY seq) FROM logins";

pub(super) async fn select_size(client: &Client) -> Result<u64, Failure> {
    let select = client
        .prepare_cached("SELECT coalesce(max(seq) + 1, 0) FROM records")
        .await?;
    unsigned(&client.query_one(&select, &[]).await?, 0)
}

pub(super) async fn select_rows(client: &Client, from: u64, limit: u32) -> Result<Vec<Row>, Failure> {
    let select = client
        .prepare_cached(
            "SELECT seq, body, hashes, customer, staff FROM records LEFT JOIN openings USING (seq) \
             WHERE seq >= $1 ORDER BY seq LIMIT $2",
        )
        .await?;
    // Past the largest sequence there can be, there is nothing either.
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let rows = client.query(&select, &[&from, &i64::from(limit)]).await?;
    let row = |row: &DatabaseRow| {
        Ok(Row {
            sequence: unsigned(row, 0)?,
            record: row.try_get(1)?,
            hashes: row.try_get(2)?,
            customer: row.try_get(3)?,
            staff: row.try_get(4)?,
        })
    };
    rows.iter().map(row).collect()
}

pub(super) async fn select_nodes(client: &Client, nodes: &[Node]) -> Result<Vec<Hash>, Failure> {
    let select = client.prepare_cached(SELECT_NODES).await?;
    node_hashes(client, &select, nodes).await
}

pub(super) async fn select_login(client: &Client, id: &RequestId) -> Result<Option<LoginRecords>, Failure> {
    let select = client
        .prepare_cached(&format!("{LOGIN} WHERE request_id = $1"))
        .await?;
    let found = client.query_opt(&select, &[&id.as_str()]).await?;
    found.as_ref().map(login).transpose()
}

pub(super) async fn select_logins(
    client: &Client,
    filter: &LoginFilter,
    limit: u32,
) -> Result<Vec<LoginRecords>, Failure> {
    // Not prepared: each combination of conditions deserves a plan of its own.
    let select = format!(
        "{LOGIN} WHERE intent_seq > $1 \
         AND ($2::text IS NULL OR staff_id = (SELECT id FROM staff WHERE email_folded = $2)) \
         AND ($3::text IS NULL OR customer_folded = $3) AND ($4::text IS NULL OR platform = $4) \
         AND ($5::text IS NULL OR coalesce(outcome, 'open') = $5) \
         AND ($6::bigint IS NULL OR requested_at >= $6) AND ($7::bigint IS NULL OR requested_at < $7) \
         ORDER BY intent_seq LIMIT $8"
    );
    let rows = client
        .query(
            &select,
            &[
                &filter.after.map_or(-1, u64::cast_signed),
                &filter.staff.as_ref().map(|email| email.spelling()),
                &filter.customer.as_ref().map(|email| email.spelling()),
                &filter.platform.as_ref().map(|platform| platform.as_str()),
                &filter.outcome.as_deref(),
                &filter.from.map(millis),
                &filter.to.map(millis),
                &i64::from(limit),
            ],
        )
        .await?;
    rows.iter().map(login).collect()
}

pub(super) async fn select_open(client: &Client, relay: i64, limit: u32) -> Result<Vec<RequestId>, Failure> {
    let select = client
        .prepare_cached(
            // In two steps, so that it is not read through all logins in their order.
            "WITH open AS MATERIALIZED ( \
             SELECT request_id, intent_seq FROM logins WHERE outcome IS NULL AND relay = $1 \
             ) SELECT request_id FROM open ORDER BY intent_seq LIMIT $2",
        )
        .await?;
    let rows = client.query(&select, &[&relay, &i64::from(limit)]).await?;
    rows.iter().map(|row| Ok(parse_id(row.try_get(0)?)?)).collect()
}

fn login(row: &DatabaseRow) -> Result<LoginRecords, Failure> {
    Ok(LoginRecords {
        request_id: parse_id(row.try_get(0)?)?,
        intent: unsigned(row, 1)?,
        outcome: row.try_get::<_, Option<i64>>(2)?.map(i64::cast_unsigned),
        reports: row
            .try_get::<_, Vec<i64>>(3)?
            .into_iter()
            .map(i64::cast_unsigned)
            .collect(),
    })
}

/// Whether what this process has seen of the ledger is there.
pub(super) async fn check_seen(client: &Client, seen: Option<Head>) -> Result<(), Failure> {
    let Some(seen) = seen else { return Ok(()) };
    let select = client.prepare_cached(SELECT_NODES).await?;
    reached::check(client, &select, &seen.frontier).await
}

pub(super) async fn insert_checkpoint(
    client: &Client,
    checkpoint: &StoredCheckpoint,
    seen: Option<Head>,
) -> Result<(), Failure> {
    // A signature over what is left would make a loss look right.
    check_seen(client, seen).await?;
    client
        .execute(
            "INSERT INTO checkpoints (size, note) VALUES ($1, $2)",
            &[&checkpoint.size.cast_signed(), &checkpoint.note],
        )
        .await?;
    Ok(())
}

pub(super) async fn select_checkpoints(
    client: &Client,
    size: u64,
    limit: u32,
) -> Result<Vec<StoredCheckpoint>, Failure> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let rows = client
        .query(
            "SELECT size, note FROM checkpoints WHERE size >= $1 ORDER BY size, id LIMIT $2",
            &[&size, &i64::from(limit)],
        )
        .await?;
    rows.iter().map(checkpoint).collect()
}

pub(super) async fn select_last_checkpoint(client: &Client) -> Result<Option<StoredCheckpoint>, Failure> {
    let found = client
        .query_opt("SELECT size, note FROM checkpoints ORDER BY id DESC LIMIT 1", &[])
        .await?;
    found.as_ref().map(checkpoint).transpose()
}

fn checkpoint(row: &DatabaseRow) -> Result<StoredCheckpoint, Failure> {
    Ok(StoredCheckpoint {
        size: unsigned(row, 0)?,
        note: row.try_get(1)?,
    })
}

pub(super) async fn select_foreign(client: &Client) -> Result<Vec<ForeignRows>, Failure> {
    let rows = client.query(foreign::SELECT, &[]).await?;
    let foreign = |row: &DatabaseRow| {
        Ok(ForeignRows {
            table: row.try_get(0)?,
            first: row.try_get(1)?,
            count: unsigned(row, 2)?,
        })
    };
    rows.iter().map(foreign).collect()
}

pub(super) async fn select_blocking(client: &Client) -> Result<Option<String>, Failure> {
    let select = client.prepare_cached(foreign::SELECT_BLOCKING).await?;
    Ok(client.query_one(&select, &[]).await?.try_get(0)?)
}

/// A real write finds a full disk and a server that takes no writes, which reading would not. Returns what keeps records from
/// being added.
pub(super) async fn probe(
    client: &Client,
    now: Timestamp,
    seen: Option<Head>,
) -> Result<Option<String>, Failure> {
    let probe = "INSERT INTO probe (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
    client.execute(probe, &[&millis(now)]).await?;
    check_seen(client, seen).await?;
    select_blocking(client).await
}
