//! Erasing personal data in SQLite: the openings go, a record of it comes, in one transaction.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{file::Failure, logins::unsigned, millis, writer::Writing};
use crate::spelling::Spelling as _;
use crate::store::{
    Erased, ErasureOrder, ErasureScope, Scrubbed,
    entries::{self, ERASED_AT_ONCE},
    is_before,
};

impl Writing<'_> {
    pub(super) fn erase(&mut self, order: &ErasureOrder) -> Result<Erased, Failure> {
        let sequences = match &order.scope {
            ErasureScope::Customer(email) => self.parts_of_customer(email.spelling().as_ref())?,
            ErasureScope::Before { time, end } => self.parts_before(*time, *end)?,
        };
        let left = self.under_way(&order.scope)?;
        let requests = self.delete_requests(&order.scope)?;
        if sequences.is_empty() {
            return Ok(Erased {
                records: 0,
                requests,
                left,
                more: false,
            });
        }
        let parts = match order.scope {
            ErasureScope::Customer(_) => "customer = NULL",
            ErasureScope::Before { .. } => "customer = NULL, staff = NULL",
        };
        let erase = format!("UPDATE openings SET {parts} WHERE seq = ?");
        for sequence in &sequences {
            self.connection
                .prepare_cached(&erase)?
                .execute([sequence.cast_signed()])?;
            self.forget_customer(*sequence)?;
            if matches!(order.scope, ErasureScope::Before { .. }) {
                self.connection
                    .prepare_cached("UPDATE logins SET staff_id = NULL WHERE intent_seq = ?")?
                    .execute([sequence.cast_signed()])?;
            }
        }
        for (entry, openings) in entries::erasures(order, &sequences)? {
            self.append(order.at, entry, &openings)?;
        }
        Ok(Erased {
            records: sequences.len() as u64,
            requests,
            left,
            more: sequences.len() as u64 >= u64::from(ERASED_AT_ONCE),
        })
    }

    /// Requests for approval hold the customer's address and the reason, and no record needs them. Those that are merely old are
    /// forgotten by themselves.
    fn delete_requests(&self, scope: &ErasureScope) -> Result<u64, Failure> {
        let ErasureScope::Customer(email) = scope else {
            return Ok(0);
        };
        let deleted = self
            .connection
            .prepare_cached("DELETE FROM approvals WHERE customer_folded = ?")?
            .execute([email.spelling()])?;
        Ok(deleted as u64)
    }

    /// How many logins have no outcome yet, and are left for later.
    fn under_way(&self, scope: &ErasureScope) -> Result<u64, Failure> {
        let count = "SELECT count(*) FROM logins WHERE outcome IS NULL AND";
        let left = match scope {
            ErasureScope::Customer(email) => self
                .connection
                .prepare_cached(&format!("{count} customer_folded = ?"))?
                .query_one([email.spelling()], |row| unsigned(row, 0))?,
            ErasureScope::Before { time, .. } => self
                .connection
                .prepare_cached(&format!("{count} requested_at < ?"))?
                .query_one([millis(*time)], |row| unsigned(row, 0))?,
        };
        Ok(left)
    }

    fn parts_of_customer(&self, folded: &str) -> Result<Vec<u64>, Failure> {
        let sequences = self
            .connection
            .prepare_cached(
                "SELECT seq FROM openings WHERE customer IS NOT NULL AND seq IN ( \
                 SELECT intent_seq FROM logins WHERE customer_folded = ?1 AND outcome IS NOT NULL UNION ALL \
                 SELECT seq FROM reports JOIN logins USING (request_id) WHERE customer_folded = ?1 \
                 ) ORDER BY seq LIMIT ?2",
            )?
            .query_map((folded, ERASED_AT_ONCE), |row| unsigned(row, 0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(sequences)
    }

    fn parts_before(&self, time: Timestamp, end: u64) -> Result<Vec<u64>, Failure> {
        let mut select = self.connection.prepare_cached(
            "SELECT seq, body FROM openings JOIN records USING (seq) \
             WHERE seq < ? AND (customer IS NOT NULL OR staff IS NOT NULL) \
             AND NOT EXISTS (SELECT 1 FROM logins WHERE intent_seq = seq AND outcome IS NULL) ORDER BY seq",
        )?;
        let mut rows = select.query([i64::try_from(end).unwrap_or(i64::MAX)])?;
        let mut sequences = Vec::new();
        while sequences.len() < ERASED_AT_ONCE as usize
            && let Some(row) = rows.next()?
        {
            let body: Vec<u8> = row.get(1)?;
            if is_before(&body, time)? {
                sequences.push(unsigned(row, 0)?);
            }
        }
        Ok(sequences)
    }

    /// Takes the address out of the projection, once nothing else of the login has it.
    fn forget_customer(&self, sequence: u64) -> Result<(), Failure> {
        let sequence = sequence.cast_signed();
        self.connection
            .prepare_cached(
                "DELETE FROM claims WHERE request_id = (SELECT request_id FROM logins WHERE intent_seq = ?)",
            )?
            .execute([sequence])?;
        // A report is found through its login's address, so the address goes with the last part.
        self.connection
            .prepare_cached(
                "UPDATE logins SET customer_folded = NULL WHERE request_id = ( \
                 SELECT request_id FROM logins WHERE intent_seq = ?1 UNION ALL \
                 SELECT request_id FROM reports WHERE seq = ?1) \
                 AND NOT EXISTS (SELECT 1 FROM openings WHERE customer IS NOT NULL AND seq = intent_seq) \
                 AND NOT EXISTS (SELECT 1 FROM reports JOIN openings USING (seq) \
                 WHERE reports.request_id = logins.request_id AND customer IS NOT NULL)",
            )?
            .execute([sequence])?;
        Ok(())
    }
}

/// Moves the WAL's content into the file and empties it. What was erased is overwritten in the file by then.
pub(super) fn scrub(connection: &Connection) -> Result<Scrubbed, Failure> {
    let busy: i64 = connection.query_one("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(if busy == 0 {
        Scrubbed::Gone
    } else {
        Scrubbed::Later(
            "the store was in use, so old pages are left in its -wal file; run the same command again",
        )
    })
}
