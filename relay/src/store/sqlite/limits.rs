//! What logins were counted in, in SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{file::Failure, millis, writer::Writing};
use crate::store::{
    LimitUses,
    limits::{Judged, LimitRow, LimitUse, judge},
};

impl Writing<'_> {
    /// Counts a login or a look in all of its limits, or in none.
    pub(super) fn count_in_limits(&self, uses: &LimitUses, now: Timestamp) -> Result<Judged, Failure> {
        let rows: Vec<_> = uses
            .uses
            .iter()
            .map(|wanted| select(self.connection, wanted))
            .collect::<Result<_, _>>()?;
        let row = |wanted: &LimitUse| {
            let place = uses.uses.iter().position(|other| other == wanted)?;
            rows.get(place).copied().flatten()
        };
        let judged = judge(uses, millis(now), row);
        match &judged {
            Judged::Admitted(rows) => {
                for (wanted, row) in uses.uses.iter().zip(rows) {
                    upsert(self.connection, wanted, row)?;
                }
            }
            Judged::Busy(_, Some((place, row))) | Judged::Reached(_, Some((place, row))) => {
                if let Some(wanted) = uses.uses.get(*place) {
                    upsert(self.connection, wanted, row)?;
                }
            }
            Judged::Busy(_, None) | Judged::Reached(_, None) => {}
        }
        Ok(judged)
    }

    pub(super) fn delete_ended_limits(&self, now: Timestamp) -> Result<usize, Failure> {
        let delete = "DELETE FROM limits WHERE ends <= ?";
        Ok(self.connection.prepare_cached(delete)?.execute([millis(now)])?)
    }
}

fn select(connection: &Connection, wanted: &LimitUse) -> Result<Option<LimitRow>, Failure> {
    Ok(connection
        .prepare_cached("SELECT since, used, told, ends FROM limits WHERE scope = ? AND key = ?")?
        .query_row((wanted.limit.as_str(), &wanted.key), |row| {
            Ok(LimitRow {
                since: row.get(0)?,
                used: row.get(1)?,
                told: row.get(2)?,
                ends: row.get(3)?,
            })
        })
        .optional()?)
}

fn upsert(connection: &Connection, wanted: &LimitUse, row: &LimitRow) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "INSERT INTO limits (scope, key, since, used, told, ends) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (scope, key) DO UPDATE SET since = excluded.since, used = excluded.used, \
             told = excluded.told, ends = excluded.ends",
        )?
        .execute((
            wanted.limit.as_str(),
            &wanted.key,
            row.since,
            row.used,
            row.told,
            row.ends,
        ))?;
    Ok(())
}
