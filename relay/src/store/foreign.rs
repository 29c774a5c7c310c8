//! Rows that no record accounts for, which no relay writes. Some of them keep all relays from recording: the place of the next
//! record is taken. The statements are those of both engines.

use super::StoreError;

/// Rows of one table that have no place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRows {
    /// Which table.
    pub table: String,
    /// The least of their numbers, as it stands there; none if they have none.
    pub first: Option<i64>,
    /// How many there are.
    pub count: u64,
}

/// Finds them: the table, the least number, how many. What look-up tables say of later records is told by
/// [`Store::stray_rows`](super::Store::stray_rows).
pub(super) const SELECT: &str = "WITH size (size) AS (SELECT coalesce(max(seq) + 1, 0) FROM records), strange (name, seq) AS ( \
     SELECT 'records', seq FROM records WHERE seq < 0 \
     UNION ALL SELECT 'openings', seq FROM openings WHERE seq < 0 \
     UNION ALL SELECT 'openings', seq FROM openings WHERE seq IS NULL \
     UNION ALL SELECT 'openings', seq FROM openings WHERE seq >= (SELECT size FROM size) \
     UNION ALL SELECT 'logins', intent_seq FROM logins WHERE intent_seq IS NULL \
     UNION ALL SELECT 'reports', seq FROM reports WHERE seq IS NULL \
     UNION ALL SELECT 'checkpoints', size FROM checkpoints WHERE size < 0) \
     SELECT name, min(seq), count(*) FROM strange GROUP BY name ORDER BY name";

/// Names a table in which the place of a record that is still to come is taken.
pub(super) const SELECT_BLOCKING: &str = "WITH size (size) AS (SELECT coalesce(max(seq) + 1, 0) FROM records) SELECT CASE \
     WHEN EXISTS (SELECT 1 FROM records WHERE seq < 0) THEN 'records' \
     WHEN EXISTS (SELECT 1 FROM openings WHERE seq >= (SELECT size FROM size)) THEN 'openings' \
     WHEN EXISTS (SELECT 1 FROM logins WHERE intent_seq >= (SELECT size FROM size)) THEN 'logins' \
     WHEN EXISTS (SELECT 1 FROM reports WHERE seq >= (SELECT size FROM size)) THEN 'reports' END";

/// Nothing can be recorded if there is such a table.
pub(super) fn check(place: impl FnOnce() -> String, blocking: Option<String>) -> Result<(), StoreError> {
    match blocking {
        None => Ok(()),
        Some(table) => Err(StoreError::Blocked {
            place: place(),
            table,
        }),
    }
}
