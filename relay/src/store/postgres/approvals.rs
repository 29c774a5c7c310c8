//! Requests for a second person's approval in PostgreSQL.
//!
//! Whoever changes a request, or lets a login use it, first holds its row, and reads it only then: so of two who want it at
//! once, the second sees what the first made of it. Rows are held in the order of their ids, and a person's own row in
//! `staff` before any of them.

use async_trait::async_trait;
use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;
use stagedoor_protocol::{ApprovalId, CustomerEmail, PlatformId};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    fault::Failure,
    millis,
    pool::{Connections, run},
    staff::{member, select_profile_in, signed_in, staff_member},
    statements::{MEMBER, SELECT_APPROVALS, SESSION},
    unsigned,
};
use crate::spelling::{Spelling as _, as_staff};
use crate::store::{
    ApprovalAnswer, Approvals, MOST_WAITING, NewApproval, StaffId, StaffMember, StoreError, StoredApproval,
    Verdict, VerdictAnswer, Withdrawal,
    approvals::{COLUMN_COUNT, Columns, Stage, columns, tables},
    session,
};

#[async_trait]
impl Approvals for PostgresStore {
    async fn ask_approval(&self, new: &NewApproval) -> Result<ApprovalAnswer, StoreError> {
        run!(self.connections, client => insert(client, new))
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<StoredApproval>, StoreError> {
        run!(self.connections, client => select(client, id))
    }

    async fn waiting_approvals(
        &self,
        approver: &StaffMember,
        platforms: &[PlatformId],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredApproval>, StoreError> {
        run!(self.connections, client => select_waiting(client, approver, platforms, (now, limit)))
    }

    async fn count_approvals(&self, customer: &CustomerEmail) -> Result<u64, StoreError> {
        run!(self.connections, client => count(client, customer))
    }

    async fn decide_approval(&self, verdict: &Verdict) -> Result<VerdictAnswer, StoreError> {
        run!(self.connections, client => decide(client, verdict))
    }

    async fn withdraw_approval(&self, id: &ApprovalId, staff: StaffId) -> Result<Withdrawal, StoreError> {
        run!(self.connections, client => withdraw(client, id, staff))
    }
}

pub(super) async fn insert(client: &mut Client, new: &NewApproval) -> Result<ApprovalAnswer, Failure> {
    let transaction = client.transaction().await?;
    // Held, so that two requests of one person are counted one after the other.
    let hold = "SELECT FROM staff WHERE id = $1 FOR UPDATE";
    transaction.query_one(hold, &[&new.staff.0]).await?;
    if member(&transaction, new.staff.0).await?.disabled {
        return Ok(ApprovalAnswer::StaffDisabled);
    }
    let (platform, folded) = (new.platform.as_str(), new.customer.spelling());
    let is_staff = "SELECT FROM staff WHERE email_folded = ANY ($1::text[]) LIMIT 1";
    let addresses = as_staff(&new.customer);
    if transaction
        .query_opt(is_staff, &[&addresses.as_slice()])
        .await?
        .is_some()
    {
        return Ok(ApprovalAnswer::CustomerIsStaff);
    }
    let replace = "DELETE FROM approvals WHERE staff_id = $1 AND platform = $2 AND customer_folded = $3";
    transaction
        .execute(replace, &[&new.staff.0, &platform, &folded])
        .await?;
    let count = "SELECT count(*) FROM approvals WHERE staff_id = $1 AND state = 'waiting' AND ends_at > $2";
    let waiting = transaction
        .query_one(count, &[&new.staff.0, &millis(new.requested_at)])
        .await?;
    if waiting.try_get::<_, i64>(0)? >= i64::from(MOST_WAITING) {
        // Dropping the transaction brings back what was to be replaced.
        return Ok(ApprovalAnswer::TooMany);
    }
    let page = new.page.as_ref();
    transaction
        .execute(
            "INSERT INTO approvals (id, staff_id, platform, customer, customer_folded, reason, ticket, origin, record_id, \
             requested_at, ends_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting')",
            &[
                &new.id.as_str(),
                &new.staff.0,
                &platform,
                &new.customer.as_str(),
                &folded,
                &new.reason,
                &new.ticket,
                &page.map(|page| &page.origin),
                &page.and_then(|page| page.record_id.as_ref()),
                &millis(new.requested_at),
                &millis(new.ends_at),
            ],
        )
        .await?;
    transaction.commit().await?;
    Ok(ApprovalAnswer::Waits)
}

pub(super) async fn decide(client: &mut Client, verdict: &Verdict) -> Result<VerdictAnswer, Failure> {
    let transaction = client.transaction().await?;
    let found = hold(&transaction, &verdict.id).await?;
    let approver = select_profile_in(&transaction, &verdict.key_id).await?;
    if let Some(answer) = verdict.answer(found.clone(), approver.as_ref()) {
        return Ok(answer);
    }
    let Some((found, approver)) = found.zip(approver) else {
        return Ok(VerdictAnswer::Unknown);
    };
    transaction
        .execute(
            "UPDATE approvals SET state = $1, decided_by = $2, decided_key = $3, decided_generation = $4, \
             decided_at = $5, word = $6, ends_at = $7 WHERE id = $8",
            &[
                &Stage::from(verdict.decision).as_str(),
                &approver.staff.id.0,
                &approver.key_id.as_str(),
                // As it was read: if its owner is signed out meanwhile, it is another one already.
                &approver.generation,
                &millis(verdict.at),
                &verdict.word,
                &millis(verdict.ends_at),
                &verdict.id.as_str(),
            ],
        )
        .await?;
    transaction.commit().await?;
    Ok(VerdictAnswer::Stands(verdict.make(found, approver)))
}

pub(super) async fn withdraw(
    client: &mut Client,
    id: &ApprovalId,
    staff: StaffId,
) -> Result<Withdrawal, Failure> {
    let transaction = client.transaction().await?;
    let found = hold(&transaction, id).await?;
    let Some(found) = found.filter(|found| found.asked.staff == staff) else {
        return Ok(Withdrawal::Unknown);
    };
    if found.stage == Stage::Used {
        return Ok(Withdrawal::Used);
    }
    transaction
        .execute("DELETE FROM approvals WHERE id = $1", &[&id.as_str()])
        .await?;
    transaction.commit().await?;
    Ok(Withdrawal::Withdrawn)
}

async fn hold(transaction: &Transaction<'_>, id: &ApprovalId) -> Result<Option<StoredApproval>, Failure> {
    let hold = "SELECT FROM approvals WHERE id = $1 FOR UPDATE";
    transaction.query_opt(hold, &[&id.as_str()]).await?;
    let found = transaction
        .query_opt(SELECT_APPROVALS, &[&[id.as_str()].as_slice()])
        .await?;
    found.as_ref().map(stored).transpose()
}

pub(super) async fn select(client: &Client, id: &ApprovalId) -> Result<Option<StoredApproval>, Failure> {
    let select = client.prepare_cached(SELECT_APPROVALS).await?;
    let found = client.query_opt(&select, &[&[id.as_str()].as_slice()]).await?;
    found.as_ref().map(stored).transpose()
}

/// Requests of others that wait, oldest first.
pub(super) async fn select_waiting(
    client: &Client,
    approver: &StaffMember,
    platforms: &[PlatformId],
    (now, limit): (Timestamp, u32),
) -> Result<Vec<StoredApproval>, Failure> {
    let select = format!(
        "{}{SESSION}{MEMBER}{}\
         WHERE state = 'waiting' AND ends_at > $1 AND approvals.staff_id <> $2 AND customer_folded <> $3 \
         AND approvals.platform = ANY ($4) ORDER BY requested_at, approvals.id LIMIT $5",
        columns!(),
        tables!()
    );
    let select = client.prepare_cached(&select).await?;
    let platforms: Vec<_> = platforms.iter().map(PlatformId::as_str).collect();
    let found = client
        .query(
            &select,
            &[
                &millis(now),
                &approver.id.0,
                &approver.email.spelling(),
                &platforms,
                &i64::from(limit),
            ],
        )
        .await?;
    let mut found = found.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
    found.retain(|found| !found.asked.is_about(approver));
    Ok(found)
}

pub(super) async fn count(client: &Client, customer: &CustomerEmail) -> Result<u64, Failure> {
    let count = "SELECT count(*) FROM approvals WHERE customer_folded = $1";
    unsigned(&client.query_one(count, &[&customer.spelling()]).await?, 0)
}

/// A row of [`SELECT_APPROVALS`].
pub(super) fn stored(row: &Row) -> Result<StoredApproval, Failure> {
    let signed_in = signed_in(row, COLUMN_COUNT)?;
    let member = COLUMN_COUNT + session::COLUMN_COUNT;
    let by = match row.try_get::<_, Option<i64>>(member)? {
        Some(_) => Some(staff_member(row, member)?),
        None => None,
    };
    let columns = Columns {
        id: row.try_get(0)?,
        staff: row.try_get(1)?,
        staff_name: row.try_get(2)?,
        platform: row.try_get(3)?,
        customer: row.try_get(4)?,
        reason: row.try_get(5)?,
        ticket: row.try_get(6)?,
        origin: row.try_get(7)?,
        record_id: row.try_get(8)?,
        requested_at: row.try_get(9)?,
        ends_at: row.try_get(10)?,
        state: row.try_get(11)?,
        decided_at: row.try_get(12)?,
        word: row.try_get(13)?,
        decided_key: row.try_get(14)?,
        profile_is_good: row.try_get(15)?,
    };
    Ok(columns.into_stored(by, signed_in)?)
}
