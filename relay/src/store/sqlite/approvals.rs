//! Requests for a second person's approval in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use stagedoor_protocol::{ApprovalId, CustomerEmail, PlatformId};

use super::{
    SqliteStore,
    file::Failure,
    logins::unsigned,
    millis,
    staff::{MEMBER, SESSION, is_staff, select_profile, signed_in, staff_member},
    writer::Writing,
};
use crate::spelling::Spelling as _;
use crate::store::{
    ApprovalAnswer, Approvals, MOST_WAITING, NewApproval, StaffId, StaffMember, StoreError, StoredApproval,
    Verdict, VerdictAnswer, Withdrawal,
    approvals::{COLUMN_COUNT, Columns, Stage, columns, tables},
    session,
};

#[async_trait]
impl Approvals for SqliteStore {
    async fn ask_approval(&self, new: &NewApproval) -> Result<ApprovalAnswer, StoreError> {
        let new = new.clone();
        self.writer
            .write(move |writing| writing.insert_approval(&new))
            .await
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<StoredApproval>, StoreError> {
        let id = id.clone();
        self.readers
            .read(move |connection| select_approval(connection, &id))
            .await
    }

    async fn waiting_approvals(
        &self,
        approver: &StaffMember,
        platforms: &[PlatformId],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredApproval>, StoreError> {
        let (approver, platforms) = (approver.clone(), platforms.to_vec());
        self.readers
            .read(move |connection| select_waiting(connection, &approver, &platforms, now, limit))
            .await
    }

    async fn count_approvals(&self, customer: &CustomerEmail) -> Result<u64, StoreError> {
        let customer = customer.clone();
        self.readers
            .read(move |connection| count(connection, &customer))
            .await
    }

    async fn decide_approval(&self, verdict: &Verdict) -> Result<VerdictAnswer, StoreError> {
        let verdict = verdict.clone();
        self.writer.write(move |writing| writing.decide(&verdict)).await
    }

    async fn withdraw_approval(&self, id: &ApprovalId, staff: StaffId) -> Result<Withdrawal, StoreError> {
        let id = id.clone();
        self.writer
            .write(move |writing| writing.withdraw(&id, staff))
            .await
    }
}

impl Writing<'_> {
    pub(super) fn insert_approval(&self, new: &NewApproval) -> Result<ApprovalAnswer, Failure> {
        if self.member(new.staff)?.disabled {
            return Ok(ApprovalAnswer::StaffDisabled);
        }
        if is_staff(self.connection, &new.customer)? {
            return Ok(ApprovalAnswer::CustomerIsStaff);
        }
        // The one that is replaced does not count.
        let waiting: u32 = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM approvals WHERE staff_id = ?1 AND state = 'waiting' AND ends_at > ?2 \
                 AND NOT (platform = ?3 AND customer_folded = ?4)",
            )?
            .query_one(
                (
                    new.staff.0,
                    millis(new.requested_at),
                    new.platform.as_str(),
                    new.customer.spelling(),
                ),
                |row| row.get(0),
            )?;
        if waiting >= MOST_WAITING {
            return Ok(ApprovalAnswer::TooMany);
        }
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO approvals (id, staff_id, platform, customer, customer_folded, reason, ticket, \
                 origin, record_id, requested_at, ends_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')",
            )?
            .execute((
                new.id.as_str(),
                new.staff.0,
                new.platform.as_str(),
                new.customer.as_str(),
                new.customer.spelling(),
                &new.reason,
                &new.ticket,
                new.page.as_ref().map(|page| &page.origin),
                new.page.as_ref().and_then(|page| page.record_id.as_ref()),
                millis(new.requested_at),
                millis(new.ends_at),
            ))?;
        Ok(ApprovalAnswer::Waits)
    }

    pub(super) fn decide(&self, verdict: &Verdict) -> Result<VerdictAnswer, Failure> {
        let approver = select_profile(self.connection, &verdict.key_id)?;
        let found = select_approval(self.connection, &verdict.id)?;
        if let Some(answer) = verdict.answer(found.clone(), approver.as_ref()) {
            return Ok(answer);
        }
        let Some((found, approver)) = found.zip(approver) else {
            return Ok(VerdictAnswer::Unknown);
        };
        self.connection
            .prepare_cached(
                "UPDATE approvals SET state = ?, decided_by = ?, decided_key = ?, decided_generation = ?, decided_at = ?, \
                 word = ?, ends_at = ? WHERE id = ?",
            )?
            .execute((
                Stage::from(verdict.decision).as_str(),
                approver.staff.id.0,
                approver.key_id.as_str(),
                approver.generation,
                millis(verdict.at),
                &verdict.word,
                millis(verdict.ends_at),
                verdict.id.as_str(),
            ))?;
        Ok(VerdictAnswer::Stands(verdict.make(found, approver)))
    }

    pub(super) fn withdraw(&self, id: &ApprovalId, staff: StaffId) -> Result<Withdrawal, Failure> {
        let found = select_approval(self.connection, id)?;
        let Some(found) = found.filter(|found| found.asked.staff == staff) else {
            return Ok(Withdrawal::Unknown);
        };
        if found.stage == Stage::Used {
            return Ok(Withdrawal::Used);
        }
        self.connection
            .prepare_cached("DELETE FROM approvals WHERE id = ?")?
            .execute([id.as_str()])?;
        Ok(Withdrawal::Withdrawn)
    }

    /// In the transaction that records the login.
    pub(super) fn use_approval(&self, id: &ApprovalId) -> Result<(), Failure> {
        self.connection
            .prepare_cached("UPDATE approvals SET state = 'used' WHERE id = ?")?
            .execute([id.as_str()])?;
        Ok(())
    }
}

pub(super) fn select_approval(
    connection: &Connection,
    id: &ApprovalId,
) -> Result<Option<StoredApproval>, Failure> {
    let found = connection
        .prepare_cached(&select("WHERE approvals.id = ?"))?
        .query_row([id.as_str()], read)
        .optional()?;
    Ok(found.transpose()?)
}

/// Requests of others that wait, oldest first.
pub(super) fn select_waiting(
    connection: &Connection,
    approver: &StaffMember,
    platforms: &[PlatformId],
    now: Timestamp,
    limit: u32,
) -> Result<Vec<StoredApproval>, Failure> {
    let waiting = "WHERE state = 'waiting' AND ends_at > ?1 AND approvals.staff_id <> ?2 AND customer_folded <> ?3 \
                   AND approvals.platform IN (SELECT value FROM json_each(?4)) \
                   ORDER BY requested_at, approvals.id LIMIT ?5";
    let platforms: Vec<_> = platforms.iter().map(PlatformId::as_str).collect();
    let platforms = serde_json::Value::from(platforms).to_string();
    let found: Vec<_> = connection
        .prepare_cached(&select(waiting))?
        .query_map(
            (
                millis(now),
                approver.id.0,
                approver.email.spelling(),
                platforms,
                limit,
            ),
            read,
        )?
        .collect::<rusqlite::Result<_>>()?;
    let mut found = found.into_iter().collect::<Result<Vec<_>, StoreError>>()?;
    found.retain(|found| !found.asked.is_about(approver));
    Ok(found)
}

fn count(connection: &Connection, customer: &CustomerEmail) -> Result<u64, Failure> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM approvals WHERE customer_folded = ?")?
        .query_one([customer.spelling()], |row| unsigned(row, 0))?)
}

fn select(condition: &str) -> String {
    format!("{}{SESSION}, {MEMBER}{}{condition}", columns!(), tables!())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Result<StoredApproval, StoreError>> {
    let signed_in = signed_in(row, COLUMN_COUNT)?;
    let member = COLUMN_COUNT + session::COLUMN_COUNT;
    let by = match row.get::<_, Option<i64>>(member)? {
        Some(_) => Some(staff_member(row, member)?),
        None => None,
    };
    let columns = Columns {
        id: row.get(0)?,
        staff: row.get(1)?,
        staff_name: row.get(2)?,
        platform: row.get(3)?,
        customer: row.get(4)?,
        reason: row.get(5)?,
        ticket: row.get(6)?,
        origin: row.get(7)?,
        record_id: row.get(8)?,
        requested_at: row.get(9)?,
        ends_at: row.get(10)?,
        state: row.get(11)?,
        decided_at: row.get(12)?,
        word: row.get(13)?,
        decided_key: row.get(14)?,
        profile_is_good: row.get(15)?,
    };
    let by = by.transpose();
    Ok(by.and_then(|by| columns.into_stored(by, signed_in?)))
}
