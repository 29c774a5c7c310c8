//! The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, so that a commit is on disk when it returns.

mod logins;
mod staff;
#[cfg(test)]
mod tests;

use std::{fs, io, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce, OutcomeReport, RequestId};

use super::{
    Enrolment, EnrolmentRefusal, Intent, MintOutcome, NewInvite, Profile, StaffId, StaffMember, StaffRow,
    Store, StoreError,
};

/// How long a statement waits for another process's (or connection's) write, and a request for a connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Readers do not wait for the writer in WAL mode; more connections than cores bring nothing.
const CONNECTIONS: u32 = 4;

/// A store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, makes it readable by its owner only if it is new, and brings the schema up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options)
            .await?;
        sqlx::migrate!("./migrations/sqlite").run(&pool).await?;
        Ok(Self { pool })
    }

    /// A transaction that writes. It takes the write lock at once: taken later, a conflict could not be waited out.
    async fn begin(&self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Makes the file before SQLite does, which would leave its mode to the umask; the WAL file inherits the mode.
fn create_private(path: &Path) -> io::Result<()> {
    match fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

/// SQLite's form of a time.
fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

#[async_trait]
impl Store for SqliteStore {
    async fn check(&self) -> Result<(), StoreError> {
        // Taking the write lock finds a read-only or locked file, which a SELECT would not.
        Ok(self.begin().await?.rollback().await?)
    }

    async fn invite(&self, invite: &NewInvite, now: Timestamp) -> Result<StaffMember, StoreError> {
        self.insert_invite(invite, now).await
    }

    async fn list_staff(&self) -> Result<Vec<StaffRow>, StoreError> {
        self.select_staff().await
    }

    async fn disable_staff(&self, email: &CustomerEmail, now: Timestamp) -> Result<bool, StoreError> {
        self.update_staff_disabled(email, now).await
    }

    async fn is_staff(&self, email: &CustomerEmail) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar::<_, i64>("SELECT id FROM staff WHERE email_folded = ?")
            .bind(email.folded())
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.is_some())
    }

    async fn profile(&self, key: &KeyId) -> Result<Option<Profile>, StoreError> {
        self.select_profile(key).await
    }

    async fn enrol(
        &self,
        enrolment: &Enrolment,
        now: Timestamp,
    ) -> Result<Result<StaffMember, EnrolmentRefusal>, StoreError> {
        self.insert_profile(enrolment, now).await
    }

    async fn claim_nonce(
        &self,
        key: &KeyId,
        nonce: &Nonce,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let inserted = sqlx::query(
            "INSERT INTO nonces (key_id, nonce, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(key.as_str())
        .bind(nonce.as_str())
        .bind(millis(expires_at))
        .execute(&self.pool)
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    async fn forget_nonces(&self, now: Timestamp) -> Result<u64, StoreError> {
        let deleted = sqlx::query("DELETE FROM nonces WHERE expires_at < ?")
            .bind(millis(now))
            .execute(&self.pool)
            .await?;
        Ok(deleted.rows_affected())
    }

    async fn record_intent(&self, intent: &Intent) -> Result<bool, StoreError> {
        self.insert_intent(intent).await
    }

    async fn record_outcome(
        &self,
        id: &RequestId,
        outcome: MintOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.update_outcome(id, outcome, now).await
    }

    async fn close_open_intents(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.update_open_intents(now).await
    }

    async fn report_outcome(
        &self,
        staff: StaffId,
        id: &RequestId,
        report: &OutcomeReport,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.insert_report(staff, id, report, now).await
    }
}
