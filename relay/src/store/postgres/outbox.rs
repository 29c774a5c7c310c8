//! Messages to webhooks in PostgreSQL.

use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::Row;

use super::{fault::Failure, millis, statements::INSERT_MESSAGES};
use crate::{
    events::Event,
    store::{
        Delivery, Subscribers,
        outbox::{LONGEST, MOST, MOST_ALERTS},
    },
};

/// Messages as columns.
#[derive(Default)]
pub(super) struct MessageRows {
    pub(super) ids: Vec<String>,
    pub(super) webhooks: Vec<String>,
    pub(super) alerts: Vec<bool>,
    pub(super) bodies: Vec<String>,
    pub(super) times: Vec<i64>,
}

impl MessageRows {
    /// Adds an event for the webhooks that want it.
    pub(super) fn add(&mut self, subscribers: &Subscribers, event: &Event) {
        for webhook in subscribers.wanting(event.kind) {
            self.ids.push(event.id.clone());
            self.webhooks.push(webhook.to_owned());
            self.alerts.push(event.kind.is_alert());
            self.bodies.push(event.body.clone());
            self.times.push(millis(event.at));
        }
    }
}

pub(super) async fn insert(client: &Client, rows: &MessageRows) -> Result<(), Failure> {
    if !rows.ids.is_empty() {
        let insert = client.prepare_cached(INSERT_MESSAGES).await?;
        client
            .execute(
                &insert,
                &[&rows.ids, &rows.webhooks, &rows.alerts, &rows.bodies, &rows.times],
            )
            .await?;
    }
    Ok(())
}

/// Two relays that ask at once are given different ones.
pub(super) async fn take(
    client: &Client,
    webhook: &str,
    limit: u32,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Delivery>, Failure> {
    let take = client
        .prepare_cached(
            "WITH due AS (SELECT number FROM outbox WHERE webhook = $1 AND due_at <= $2 \
             ORDER BY alert DESC, due_at, number LIMIT $3 FOR UPDATE SKIP LOCKED) \
             UPDATE outbox SET due_at = $4 FROM due WHERE outbox.number = due.number \
             RETURNING id, body, attempts, outbox.number",
        )
        .await?;
    let mut rows = client
        .query(
            &take,
            &[&webhook, &millis(now), &i64::from(limit), &millis(until)],
        )
        .await?;
    rows.sort_by_key(|row| row.try_get::<_, i64>(3).unwrap_or_default());
    let delivery = |row: &Row| {
        Ok(Delivery {
            id: row.try_get(0)?,
            body: row.try_get(1)?,
            attempts: row.try_get::<_, i32>(2)?.unsigned_abs(),
        })
    };
    rows.iter().map(delivery).collect()
}

/// Removes a message; or makes it due again, after a failure.
pub(super) async fn end(
    client: &Client,
    webhook: &str,
    id: &str,
    next: Option<Timestamp>,
) -> Result<(), Failure> {
    match next {
        None => {
            let delete = "DELETE FROM outbox WHERE webhook = $1 AND id = $2";
            client.execute(delete, &[&webhook, &id]).await?;
        }
        Some(next) => {
            let later =
                "UPDATE outbox SET due_at = $3, attempts = attempts + 1 WHERE webhook = $1 AND id = $2";
            client.execute(later, &[&webhook, &id, &millis(next)]).await?;
        }
    }
    Ok(())
}

/// Removes messages that are too old or too many, and says how many of which webhook.
pub(super) async fn drop_stale(client: &Client, now: Timestamp) -> Result<Vec<(String, u64)>, Failure> {
    let drop = "WITH dropped AS (DELETE FROM outbox WHERE created_at < $1 \
         OR NOT alert AND number <= (SELECT number FROM outbox ORDER BY number DESC LIMIT 1 OFFSET $2) \
         OR number <= (SELECT number FROM outbox ORDER BY number DESC LIMIT 1 OFFSET $3) RETURNING webhook) \
         SELECT webhook, count(*) FROM dropped GROUP BY webhook ORDER BY webhook";
    let oldest = now.checked_sub(LONGEST).unwrap_or(Timestamp::MIN);
    let rows = client
        .query(drop, &[&millis(oldest), &MOST, &MOST_ALERTS])
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get::<_, i64>(1)?.unsigned_abs())))
        .collect()
}
