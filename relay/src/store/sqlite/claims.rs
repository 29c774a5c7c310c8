//! Nonces and claims in SQLite: what may be used once, or held by one person at a time.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use stagedoor_protocol::{KeyId, Nonce, RequestId};

use super::{file::Failure, millis, timestamp, writer::Writing};
use crate::spelling::Spelling as _;
use crate::store::{Claim, Intent, StaffId, StoreError, approvals::KEPT_MILLISECONDS};

impl Writing<'_> {
    /// `false`: it was there before.
    pub(super) fn insert_nonce(
        &self,
        key: &KeyId,
        nonce: &Nonce,
        expires_at: Timestamp,
    ) -> Result<bool, Failure> {
        let inserted = self
            .connection
            .prepare_cached(
                "INSERT INTO nonces (key_id, nonce, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            )?
            .execute((key.as_str(), nonce.as_str(), millis(expires_at)))?;
        Ok(inserted == 1)
    }

    /// Gives back what [`Self::insert_nonce`] has just claimed.
    pub(super) fn delete_nonce(&self, key: &KeyId, nonce: &Nonce) -> Result<(), Failure> {
        self.connection
            .prepare_cached("DELETE FROM nonces WHERE key_id = ? AND nonce = ?")?
            .execute((key.as_str(), nonce.as_str()))?;
        Ok(())
    }

    pub(super) fn delete_stale(&self, now: Timestamp) -> Result<u64, Failure> {
        let mut deleted = 0;
        for delete in [
            "DELETE FROM nonces WHERE expires_at < ?",
            // A login that has no outcome yet holds its customer whatever the time is.
            "DELETE FROM claims WHERE until <= ? AND NOT EXISTS ( \
             SELECT 1 FROM logins WHERE logins.request_id = claims.request_id AND outcome IS NULL)",
        ] {
            deleted += self.connection.prepare_cached(delete)?.execute([millis(now)])?;
        }
        deleted += self.delete_ended_limits(now)?;
        deleted += self
            .connection
            .prepare_cached("DELETE FROM approvals WHERE ends_at <= ?")?
            .execute([millis(now) - KEPT_MILLISECONDS])?;
        Ok(deleted as u64)
    }
}

/// A claim, with what the ledger knows of its login.
pub(super) struct Held {
    pub(super) claim: Claim,
    pub(super) intent: Option<u64>,
    /// Whether that has no outcome yet.
    pub(super) open: bool,
}

/// Who holds the intent's customer at its broker at that time. A login that has no outcome yet does at any time: clocks
/// differ, and its request may still be on the way to the broker.
pub(super) fn holder(connection: &Connection, intent: &Intent) -> Result<Option<Held>, Failure> {
    type Found = (String, i64, String, i64, i64, Option<i64>, bool);
    let found: Option<Found> = connection
        .prepare_cached(
            "SELECT claims.request_id, claims.staff_id, name, since, until, intent_seq, \
             intent_seq IS NOT NULL AND outcome IS NULL \
             FROM claims JOIN staff ON staff.id = claims.staff_id \
             LEFT JOIN logins ON logins.request_id = claims.request_id \
             WHERE claims.customer_folded = ? AND scope = ? \
             AND (until > ? OR (intent_seq IS NOT NULL AND outcome IS NULL))",
        )?
        .query_row(
            (
                intent.customer_email.spelling(),
                &intent.token_scope,
                millis(intent.requested_at),
            ),
            |row| {
                let (since, until) = (row.get(3)?, row.get(4)?);
                let (intent, open) = (row.get(5)?, row.get(6)?);
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, since, until, intent, open))
            },
        )
        .optional()?;
    let Some((request_id, staff, staff_name, since, until, intent, open)) = found else {
        return Ok(None);
    };
    let claim = Claim {
        request_id: RequestId::parse(&request_id)
            .map_err(|_| StoreError::Inconsistent("a claim's login is not one"))?,
        staff: StaffId(staff),
        staff_name,
        since: timestamp(since)?,
        until: timestamp(until)?,
    };
    Ok(Some(Held {
        claim,
        intent: intent.map(i64::cast_unsigned),
        open,
    }))
}

/// Makes the intent's login the holder of its customer.
pub(super) fn claim_customer(connection: &Connection, intent: &Intent) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "INSERT INTO claims (customer_folded, scope, request_id, staff_id, since, until) \
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (customer_folded, scope) DO UPDATE SET \
             request_id = excluded.request_id, staff_id = excluded.staff_id, since = excluded.since, \
             until = excluded.until",
        )?
        .execute((
            intent.customer_email.spelling(),
            &intent.token_scope,
            intent.request_id.as_str(),
            intent.staff.id.0,
            millis(intent.requested_at),
            millis(intent.claimed_until),
        ))?;
    Ok(())
}

/// A token was made, or may have been: its login holds the customer until then.
pub(super) fn hold_customer(
    connection: &Connection,
    id: &RequestId,
    until: Timestamp,
) -> Result<(), Failure> {
    let update = format!("UPDATE claims SET until = ?2 {OF_LOGIN}");
    connection
        .prepare_cached(&update)?
        .execute((id.as_str(), millis(until)))?;
    Ok(())
}

/// There is no token of this login any more.
pub(super) fn release_customer(connection: &Connection, id: &RequestId) -> Result<(), Failure> {
    let delete = format!("DELETE FROM claims {OF_LOGIN}");
    connection.prepare_cached(&delete)?.execute([id.as_str()])?;
    Ok(())
}

/// Finds a login's claim by the customer that the login names: an index of its own would be written at every login, and read
/// as seldom as this.
const OF_LOGIN: &str = "WHERE request_id = ?1 AND customer_folded = \
                        (SELECT customer_folded FROM logins WHERE request_id = ?1)";
