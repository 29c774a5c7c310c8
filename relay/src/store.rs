//! What the relay remembers: staff, their profiles, used nonces, and the ledger of every login. One trait, so that engines
//! can be exchanged; every method that writes returns only once the change is durable.

mod approvals;
mod entries;
mod error;
mod foreign;
mod identity;
mod ledger;
mod limits;
mod logins;
mod outbox;
mod postgres;
mod previews;
mod role;
pub(crate) mod schema;
mod session;
mod sqlite;
mod staff;

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_ledger::{Hash, Node, Row};
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce, OutcomeReport, RequestId};

pub use approvals::{
    ApprovalAnswer, ApprovalFault, ApprovalUse, Approvals, Decided, MOST_WAITING, NewApproval,
    StoredApproval, Verdict, VerdictAnswer, Withdrawal,
};
pub(crate) use entries::is_before;
pub use error::StoreError;
pub use foreign::ForeignRows;
pub use identity::{
    Admission, IdentityStore, LinkedIdentity, NewStaff, SignIn, SignInAnswer, SignInRefusal, SignedOut,
    Withdrawn,
};
pub use ledger::{
    Erased, ErasureOrder, ErasureScope, Projection, ReportRow, Scrubbed, StoredCheckpoint, StrayRow,
    StrayRows,
};
pub use limits::{Limit, LimitReached, LimitUse, LimitUses, Turn};
pub use logins::{Claim, Completion, Intent, IntentAnswer, LoginFilter, LoginRecords, MintOutcome};
pub use outbox::{Delivery, Subscribers};
pub use postgres::PostgresStore;
pub use previews::{NewPreview, PreviewAnswer, Previews};
pub use role::{MOST_ROLES, Role, RoleChange, RoleError};
pub use schema::SchemaDifference;
pub use session::{MappedRole, SignInClient, SignInTerms, SignedIn};
pub use sqlite::SqliteStore;
pub use staff::{
    EnrolledProfile, Enrolment, EnrolmentRefusal, Invited, NewInvite, OpenInvite, Profile, RolesAnswer,
    StaffDetails, StaffDisabled, StaffId, StaffMember, StaffRow, VerifyingKey,
};

use crate::{config::StoreUrl, events::Event};

/// Versions of a store's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersions {
    /// What the store has; 0: nothing yet.
    pub found: i64,
    /// The newest that this program knows.
    pub known: i64,
}

impl SchemaVersions {
    /// Of the store of that name, which has this schema; a newer one than the migrations lead to is an error.
    fn of(place: String, found: i64, migrations: &[refinery::Migration]) -> Result<Self, StoreError> {
        let known = migrations.iter().map(|migration| i64::from(migration.version()));
        let known = known.max().unwrap_or_default();
        if found > known {
            return Err(StoreError::Newer { place, found, known });
        }
        Ok(Self { found, known })
    }

    /// An older one than is needed is an error.
    fn check(self, place: String) -> Result<(), StoreError> {
        let Self { found, known } = self;
        if found < known {
            return Err(StoreError::Older { place, found, known });
        }
        Ok(())
    }
}

/// The relay's memory.
#[async_trait]
pub trait Store: Approvals + IdentityStore + Previews + Send + Sync + 'static {
    /// Whether it can be reached and written, and the next record can be added: it writes, durably.
    async fn check(&self, now: Timestamp) -> Result<(), StoreError>;

    /// In what its schema, and who may do what with it, is not what the migrations make.
    async fn schema_differences(&self) -> Result<Vec<SchemaDifference>, StoreError>;

    /// Makes this process a relay of the store. An engine that serves one relay at a time refuses a second.
    async fn register_relay(&self) -> Result<(), StoreError>;

    /// Gives that up: what is open then is another's to close.
    async fn unregister_relay(&self) -> Result<(), StoreError>;

    /// Says which webhooks want which events, from now on: what this process does is told to these.
    fn announce_to(&self, subscribers: Subscribers);

    /// Keeps events that come with no other change for the webhooks that want them.
    async fn announce(&self, events: Vec<Event>) -> Result<(), StoreError>;

    /// Takes messages to a webhook that are due, at most `limit`. Nobody else is given them before `until`; then they are due
    /// again, unless they have ended.
    async fn take_deliveries(
        &self,
        webhook: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Forgets a message to a webhook; or lets it be due again, after a failed attempt.
    async fn end_delivery(&self, webhook: &str, id: &str, next: Option<Timestamp>) -> Result<(), StoreError>;

    /// Drops messages that are too old or too many, and says how many to which webhook.
    async fn drop_deliveries(&self, now: Timestamp) -> Result<Vec<(String, u64)>, StoreError>;

    /// Makes the staff member if there is none, voids codes of theirs that nobody has used, and keeps the new one's hash.
    async fn invite(
        &self,
        invite: &NewInvite,
        now: Timestamp,
    ) -> Result<Result<Invited, StaffDisabled>, StoreError>;

    /// Everybody, in the order of their addresses.
    async fn list_staff(&self) -> Result<Vec<StaffRow>, StoreError>;

    /// All about a person; which codes are good depends on the time.
    async fn staff_details(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<Option<StaffDetails>, StoreError>;

    /// Disables a person, revokes their profiles, and voids their codes. `None`: nobody enabled has that address.
    async fn disable_staff(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<Option<StaffMember>, StoreError>;

    /// Enables a person; profiles and codes stay as they are. `None`: nobody disabled has that address.
    async fn enable_staff(&self, email: &CustomerEmail) -> Result<Option<StaffMember>, StoreError>;

    /// Changes the roles that the administrator gives a person, who may be a disabled one.
    async fn change_roles(
        &self,
        email: &CustomerEmail,
        change: &RoleChange,
    ) -> Result<RolesAnswer, StoreError>;

    /// Profiles of a person or of everybody, in the order of their owners' addresses and their enrolment.
    async fn list_profiles(&self, of: Option<&CustomerEmail>) -> Result<Vec<EnrolledProfile>, StoreError>;

    /// Revokes a profile, and gives its owner. `None`: no key of that id is enrolled, or it is revoked already.
    async fn revoke_profile(&self, key: &KeyId, now: Timestamp) -> Result<Option<StaffMember>, StoreError>;

    /// The profile that a key belongs to, whatever its state.
    async fn profile(&self, key: &KeyId) -> Result<Option<Profile>, StoreError>;

    /// Whether a code enrols somebody at that time. Nothing is written, and [`Store::enrol`] decides again.
    async fn is_code_good(&self, code_sha256: &[u8; 32], now: Timestamp) -> Result<bool, StoreError>;

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

    /// Forgets what cannot matter any more: nonces whose signatures are stale, limits that nobody is near, requests for approval
    /// some minutes after their end, and claims that have ended. The claim of a login without outcome has not, whatever the
    /// time is. Returns how many.
    async fn forget_stale(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Claims the nonce, the request id and the customer, uses the approval that the intent names, and appends the intent to the
    /// ledger: all of it, or none but the nonce; and not even that if the login that it takes the customer from has no outcome yet. Whether the profile may log
    /// in, and whether the customer is one, is decided in the same transaction.
    async fn record_intent(&self, intent: &Intent) -> Result<IntentAnswer, StoreError>;

    /// Appends an intent's outcome, once; saying the same again is no error. [`StoreError::Inconsistent`] if there is no
    /// such intent, or it ended otherwise.
    async fn record_outcome(&self, id: &RequestId, completion: &Completion) -> Result<(), StoreError>;

    /// Logins of this process that have no outcome, in the order of their intents; at most `limit`.
    async fn open_logins(&self, limit: u32) -> Result<Vec<RequestId>, StoreError>;

    /// Appends the outcome `unknown` to each intent whose relay is gone; returns how many.
    async fn close_abandoned_intents(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Appends what the extension says became of a token; the first report of each kind counts. `false`: that person got no
    /// token under that id.
    async fn report_outcome(
        &self,
        staff: StaffId,
        id: &RequestId,
        report: &OutcomeReport,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// How many records there are.
    async fn ledger_size(&self) -> Result<u64, StoreError>;

    /// Rows in their order, beginning at a sequence; at most `limit`, and none only at the end.
    async fn rows_from(&self, sequence: u64, limit: u32) -> Result<Vec<Row>, StoreError>;

    /// Hashes of tree nodes, in the order asked for. An error if one is not there.
    async fn nodes(&self, nodes: &[Node]) -> Result<Vec<Hash>, StoreError>;

    /// The login of that id.
    async fn login(&self, id: &RequestId) -> Result<Option<LoginRecords>, StoreError>;

    /// Logins in the order of their intents, at most `limit`.
    async fn find_logins(&self, filter: &LoginFilter, limit: u32) -> Result<Vec<LoginRecords>, StoreError>;

    /// What the look-up tables say of the logins whose intents are in a range of sequences, in their order.
    async fn projections(&self, intents: Range<u64>) -> Result<Vec<Projection>, StoreError>;

    /// What they say of the logins of these ids, as far as they are there, in any order.
    async fn projections_of(&self, ids: &[String]) -> Result<Vec<Projection>, StoreError>;

    /// What they say of the reports in a range of sequences, in their order.
    async fn report_rows(&self, sequences: Range<u64>) -> Result<Vec<ReportRow>, StoreError>;

    /// Rows of the look-up tables for records that the ledger does not have: the first ones, and how many there are.
    async fn stray_rows(&self, limit: u32) -> Result<StrayRows, StoreError>;

    /// Rows that no record accounts for, table by table.
    async fn foreign_rows(&self) -> Result<Vec<ForeignRows>, StoreError>;

    /// Keeps a signed tree head.
    async fn add_checkpoint(&self, checkpoint: &StoredCheckpoint) -> Result<(), StoreError>;

    /// Checkpoints of at least that size, smallest and oldest first, at most `limit`.
    async fn checkpoints_from(&self, size: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, StoreError>;

    /// The newest checkpoint.
    async fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError>;

    /// Erases a bounded number of personal parts and records that, in one change. Logins without outcome are left.
    async fn erase(&self, order: &ErasureOrder) -> Result<Erased, StoreError>;

    /// Removes what erased parts left behind in the store's files.
    async fn scrub(&self) -> Result<Scrubbed, StoreError>;
}

/// Opens the store that the configuration names. A SQLite file is made, and its schema brought up to date; a PostgreSQL
/// database must be up to date.
pub async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => Ok(Arc::new(SqliteStore::open(path).await?)),
        StoreUrl::Postgres(config) => Ok(Arc::new(PostgresStore::open(config).await?)),
    }
}

/// Opens the store that the configuration names for reading: it must be there, with a schema that is up to date. Nothing of a
/// SQLite file is changed; what a PostgreSQL database lets change is up to the rights of the role.
pub async fn open_to_read(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => Ok(Arc::new(SqliteStore::open_to_read(path).await?)),
        StoreUrl::Postgres(config) => Ok(Arc::new(PostgresStore::open(config).await?)),
    }
}

/// What the store is called in messages: a path, or a server.
pub fn place(url: &StoreUrl) -> String {
    match url {
        StoreUrl::Sqlite(path) => path.display().to_string(),
        StoreUrl::Postgres(config) => config.to_string(),
    }
}

/// Which schema the store has, without changing it or making one.
pub async fn versions(url: &StoreUrl) -> Result<SchemaVersions, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => {
            let path = path.clone();
            let looking = tokio::task::spawn_blocking(move || SqliteStore::versions(&path));
            let panicked =
                StoreError::Inconsistent("looking at the store ended in a panic, which is in the log");
            looking.await.unwrap_or(Err(panicked))
        }
        StoreUrl::Postgres(config) => PostgresStore::versions(config).await,
    }
}

/// Brings the schema up to date, and makes the store if there is none.
pub async fn migrate(url: &StoreUrl) -> Result<SchemaVersions, StoreError> {
    match url {
        StoreUrl::Sqlite(path) => {
            drop(SqliteStore::open(path).await?);
            versions(url).await
        }
        StoreUrl::Postgres(config) => {
            PostgresStore::migrate(config).await?;
            versions(url).await
        }
    }
}
