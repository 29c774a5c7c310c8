//! Logins in SQLite: one row each, completed once.

use jiff::Timestamp;
use stagedoor_protocol::{ErrorCode, Outcome, OutcomeReport, RequestId};

use super::{Intent, MintOutcome, SqliteStore, StaffId, StoreError, millis};

impl SqliteStore {
    pub(super) async fn insert_intent(&self, intent: &Intent) -> Result<bool, StoreError> {
        let page = intent.page.as_ref();
        let inserted = sqlx::query(
            "INSERT INTO logins (request_id, staff_id, key_id, client_address, extension_version, platform, \
             customer_email, reason, ticket, page_origin, page_record_id, validity_seconds, requested_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(intent.request_id.as_str())
        .bind(intent.staff.0)
        .bind(intent.key_id.as_str())
        .bind(intent.client_address.to_string())
        .bind(&intent.extension_version)
        .bind(intent.platform.as_str())
        .bind(intent.customer_email.as_str())
        .bind(&intent.reason)
        .bind(&intent.ticket)
        .bind(page.map(|page| &page.origin))
        .bind(page.and_then(|page| page.record_id.as_ref()))
        .bind(intent.validity_seconds)
        .bind(millis(intent.requested_at))
        .execute(&self.pool)
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    pub(super) async fn update_outcome(
        &self,
        id: &RequestId,
        outcome: MintOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let updated = sqlx::query(
            "UPDATE logins SET outcome = ?, cause = ?, completed_at = ? WHERE request_id = ? AND outcome IS NULL",
        )
        .bind(outcome.as_str())
        .bind(outcome.cause())
        .bind(millis(now))
        .bind(id.as_str())
        .execute(&self.pool)
        .await?;
        if updated.rows_affected() == 1 {
            Ok(())
        } else {
            Err(StoreError::Inconsistent(
                "a login to complete is not there, or is complete already",
            ))
        }
    }

    pub(super) async fn update_open_intents(&self, now: Timestamp) -> Result<u64, StoreError> {
        let outcome = MintOutcome::Unknown(ErrorCode::OutcomeUnknown);
        let updated =
            sqlx::query("UPDATE logins SET outcome = ?, cause = ?, completed_at = ? WHERE outcome IS NULL")
                .bind(outcome.as_str())
                .bind(outcome.cause())
                .bind(millis(now))
                .execute(&self.pool)
                .await?;
        Ok(updated.rows_affected())
    }

    pub(super) async fn insert_report(
        &self,
        staff: StaffId,
        id: &RequestId,
        report: &OutcomeReport,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let minted = sqlx::query_scalar::<_, i64>(
            "SELECT 1 FROM logins WHERE request_id = ? AND staff_id = ? AND outcome = ?",
        )
        .bind(id.as_str())
        .bind(staff.0)
        .bind(MintOutcome::Minted.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        if minted.is_none() {
            return Ok(false);
        }
        // A report that is sent again changes nothing: the first one stands.
        sqlx::query(
            "INSERT INTO outcome_reports (request_id, outcome, duration_milliseconds, cause, reported_at) \
             VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(id.as_str())
        .bind(outcome_name(report.outcome))
        .bind(
            report
                .duration_milliseconds
                .map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)),
        )
        .bind(&report.cause)
        .bind(millis(now))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Opened => "opened",
        Outcome::Closed => "closed",
        Outcome::Failed => "failed",
    }
}
