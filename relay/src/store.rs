//! What the relay remembers: staff, their profiles, used nonces, and every login. One trait, so that engines can be
//! exchanged; every method that writes returns only once the change is durable.

mod logins;
mod sqlite;
mod staff;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce, OutcomeReport, RequestId};

pub use logins::{Intent, MintOutcome};
pub use sqlite::SqliteStore;
pub use staff::{
    Enrolment, EnrolmentRefusal, NewInvite, Profile, StaffId, StaffMember, StaffRow, VerifyingKey,
};

use crate::config::StoreUrl;

/// The store failed: it is locked, full, gone, or holds what this version does not understand.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database's own error. Its text names tables and files, never values.
    #[error("the store failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the store's schema cannot be used: {0}; if a newer version of stagedoor wrote it, run that one")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The file could not be made.
    #[error(
        "the store's file cannot be made: {0}; the folder must exist and be writable for the relay's user"
    )]
    File(#[from] std::io::Error),
    /// A row that this version did not write, or a change that met another state than it needs.
    #[error("the store is not in the state it should be: {0}")]
    Inconsistent(&'static str),
}

/// The relay's memory.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Whether it can be reached and written.
    async fn check(&self) -> Result<(), StoreError>;

    /// Makes the staff member if there is none, enables a disabled one, and keeps the code's hash.
    async fn invite(&self, invite: &NewInvite, now: Timestamp) -> Result<StaffMember, StoreError>;

    /// Everybody, in the order of their addresses.
    async fn list_staff(&self) -> Result<Vec<StaffRow>, StoreError>;

    /// Disables a person, revokes their profiles, and voids their codes. `false`: nobody enabled has that address.
    async fn disable_staff(&self, email: &CustomerEmail, now: Timestamp) -> Result<bool, StoreError>;

    /// Whether the address belongs to a staff member, disabled ones included.
    async fn is_staff(&self, email: &CustomerEmail) -> Result<bool, StoreError>;

    /// The profile that a key belongs to, whatever its state.
    async fn profile(&self, key: &KeyId) -> Result<Option<Profile>, StoreError>;

    /// Spends a code and enrols the key, both or neither.
    async fn enrol(
        &self,
        enrolment: &Enrolment,
        now: Timestamp,
    ) -> Result<Result<StaffMember, EnrolmentRefusal>, StoreError>;

    /// Remembers a nonce. `false`: it was there before.
    async fn claim_nonce(
        &self,
        key: &KeyId,
        nonce: &Nonce,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Forgets nonces whose signatures are stale by now; returns how many.
    async fn forget_nonces(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Writes what is about to be asked of the broker. `false`: a login of that id was recorded before.
    async fn record_intent(&self, intent: &Intent) -> Result<bool, StoreError>;

    /// Completes an intent, once. An error if it is not there or complete already.
    async fn record_outcome(
        &self,
        id: &RequestId,
        outcome: MintOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Completes intents that a former process left behind as `unknown`; returns how many. Call it before serving.
    async fn close_open_intents(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Adds what the extension says became of a token. `false`: that person got no token under that id.
    async fn report_outcome(
        &self,
        staff: StaffId,
        id: &RequestId,
        report: &OutcomeReport,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Opens the store that the configuration names, and brings its schema up to date.
pub async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => Ok(Arc::new(SqliteStore::open(path).await?)),
    }
}
