//! Messages to webhooks in SQLite.

use jiff::Timestamp;

use super::{file::Failure, millis, writer::Writing};
use crate::{
    events::Event,
    store::{
        Delivery,
        outbox::{LONGEST, MOST, MOST_ALERTS, Subscribers},
    },
};

impl Writing<'_> {
    /// Keeps an event for the webhooks that want it.
    pub(super) fn announce(&self, subscribers: &Subscribers, event: &Event) -> Result<(), Failure> {
        for webhook in subscribers.wanting(event.kind) {
            let at = millis(event.at);
            self.connection
                .prepare_cached(
                    "INSERT INTO outbox (id, webhook, alert, body, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?)",
                )?
                .execute((&event.id, webhook, event.kind.is_alert(), &event.body, at, at))?;
        }
        Ok(())
    }

    /// Takes messages that are due. They are due again at `until`, unless they have ended by then.
    pub(super) fn take_deliveries(
        &self,
        webhook: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, Failure> {
        let taken: Vec<Delivery> = self
            .connection
            .prepare_cached(
                "SELECT id, body, attempts FROM outbox WHERE webhook = ? AND due_at <= ? ORDER BY alert DESC, due_at, number LIMIT ?",
            )?
            .query_map((webhook, millis(now), limit), |row| {
                Ok(Delivery {
                    id: row.get(0)?,
                    body: row.get(1)?,
                    attempts: row.get(2)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        for delivery in &taken {
            self.connection
                .prepare_cached("UPDATE outbox SET due_at = ? WHERE webhook = ? AND id = ?")?
                .execute((millis(until), webhook, &delivery.id))?;
        }
        Ok(taken)
    }

    /// Removes a message; or makes it due again, after a failure.
    pub(super) fn end_delivery(
        &self,
        webhook: &str,
        id: &str,
        next: Option<Timestamp>,
    ) -> Result<(), Failure> {
        match next {
            None => self
                .connection
                .prepare_cached("DELETE FROM outbox WHERE webhook = ? AND id = ?")?
                .execute((webhook, id))?,
            Some(next) => self
                .connection
                .prepare_cached(
                    "UPDATE outbox SET due_at = ?, attempts = attempts + 1 WHERE webhook = ? AND id = ?",
                )?
                .execute((millis(next), webhook, id))?,
        };
        Ok(())
    }

    /// Removes messages that are too old or too many, and says how many of which webhook.
    pub(super) fn drop_deliveries(&self, now: Timestamp) -> Result<Vec<(String, u64)>, Failure> {
        let mut select = self.connection.prepare_cached(
            "WITH dropped AS (SELECT number FROM outbox WHERE created_at < ?1 \
             OR NOT alert AND number <= (SELECT number FROM outbox ORDER BY number DESC LIMIT 1 OFFSET ?2) \
             OR number <= (SELECT number FROM outbox ORDER BY number DESC LIMIT 1 OFFSET ?3)) \
             DELETE FROM outbox WHERE number IN (SELECT number FROM dropped) RETURNING webhook",
        )?;
        let oldest = now.checked_sub(LONGEST).unwrap_or(Timestamp::MIN);
        let webhooks = select.query_map((millis(oldest), MOST, MOST_ALERTS), |row| row.get(0))?;
        count(webhooks.collect::<rusqlite::Result<Vec<String>>>()?)
    }
}

fn count(webhooks: Vec<String>) -> Result<Vec<(String, u64)>, Failure> {
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    for webhook in webhooks {
        *counts.entry(webhook).or_default() += 1;
    }
    Ok(counts.into_iter().collect())
}
