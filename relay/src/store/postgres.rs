//! The store that several relays share: a database of a PostgreSQL server. A commit is on the server's disk when it returns.

mod administration;
mod approvals;
mod connection;
mod erase;
mod facts;
mod fault;
mod gather;
mod identities;
mod logins;
mod outbox;
mod plan;
mod pool;
mod presence;
mod previews;
mod projections;
mod reached;
mod reading;
mod schema;
mod staff;
mod statements;
#[cfg(test)]
mod tests;
mod work;
mod write;
mod writer;

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_ledger::{Hash, Node, Row};
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce, OutcomeReport, RequestId};
use tokio::{join, sync::Mutex, time::timeout};

use super::{
    Completion, Delivery, EnrolledProfile, Enrolment, EnrolmentRefusal, Erased, ErasureOrder, ForeignRows,
    Intent, IntentAnswer, Invited, LoginFilter, LoginRecords, NewInvite, Profile, Projection, ReportRow,
    RoleChange, RolesAnswer, SchemaDifference, SchemaVersions, Scrubbed, StaffDetails, StaffDisabled,
    StaffId, StaffMember, StaffRow, Store, StoreError, StoredCheckpoint, StrayRows, Subscribers, foreign,
    outbox::Listeners,
};
use crate::{config::PostgresConfig, events::Event, random};
use connection::Connector;
use fault::Failure;
use logins::{Closing, Ending, Reported};
use outbox::MessageRows;
use pool::{Connections, run};
use presence::Presence;
use reached::Reached;
use work::Turn;
use writer::Writer;

/// How long the readiness check may take.
const CHECK_PATIENCE: Duration = Duration::from_secs(2);

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    connector: Connector,
    connections: Connections,
    writer: Writer,
    /// The number that this process's intents are written under, and whose lock shows that it lives.
    relay: Arc<AtomicI64>,
    presence: Mutex<Option<Presence>>,
    reached: Reached,
    listeners: Listeners,
}

impl PostgresStore {
    /// Connects. The schema must be up to date: bringing it there is the tables' owner's work, which a relay need not be.
    pub async fn open(config: &PostgresConfig) -> Result<Self, StoreError> {
        let connector = Connector::new(config)?;
        let session = connector.session().await?;
        let versions = schema::versions(&connector, &session).await?;
        versions.check(connector.place().name())?;
        let relay = Arc::new(AtomicI64::new(relay_number()?));
        let reached = Reached::default();
        let listeners = Listeners::default();
        Ok(Self {
            connections: Connections::new(&connector)?,
            writer: Writer::start(
                connector.clone(),
                relay.clone(),
                reached.clone(),
                listeners.clone(),
            ),
            reached,
            listeners,
            connector,
            relay,
            presence: Mutex::default(),
        })
    }

    /// Brings the schema up to date and gives the roles their rights; returns the versions as they were before. The
    /// configuration must name the tables' owner.
    pub async fn migrate(config: &PostgresConfig) -> Result<SchemaVersions, StoreError> {
        schema::migrate(&Connector::new(config)?).await
    }

    /// Which schema the database has, without changing it.
    pub async fn versions(config: &PostgresConfig) -> Result<SchemaVersions, StoreError> {
        let connector = Connector::new(config)?;
        let session = connector.session().await?;
        schema::versions(&connector, &session).await
    }
}

/// A number that no other relay has.
fn relay_number() -> Result<i64, StoreError> {
    let bytes = random::bytes().map_err(|_| {
        StoreError::Inconsistent("the operating system gave no random bytes to number this relay with")
    })?;
    Ok(i64::from_be_bytes(bytes))
}

/// PostgreSQL's form of a time.
fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

fn timestamp(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Inconsistent("a time is not one"))
}

/// Sequences are never negative: a condition on `records` sees to it.
fn unsigned(row: &tokio_postgres::Row, index: usize) -> Result<u64, Failure> {
    Ok(row.try_get::<_, i64>(index)?.cast_unsigned())
}

#[async_trait]
impl Store for PostgresStore {
    async fn check(&self, now: Timestamp) -> Result<(), StoreError> {
        let seen = self.reached.head();
        let probed =
            async { run!(self.connections, CHECK_PATIENCE, client => reading::probe(client, now, seen)) };
        // Both at once, so that an answer takes no longer than the patience for one.
        let (blocking, turn) = join!(probed, timeout(CHECK_PATIENCE, self.writer.write(Turn)));
        foreign::check(|| self.connector.place().name(), blocking?)?;
        turn.unwrap_or_else(|_| {
            Err(StoreError::Unavailable {
                place: self.connector.place().name(),
                cause: format!("those who write did not get their turn within {CHECK_PATIENCE:?}"),
                cure: "see what holds or slows the server: pg_stat_activity and pg_locks tell".into(),
            })
        })
    }

    async fn schema_differences(&self) -> Result<Vec<SchemaDifference>, StoreError> {
        run!(self.connections, client => facts::differences(client))
    }

    async fn register_relay(&self) -> Result<(), StoreError> {
        let mut presence = self.presence.lock().await;
        if presence.is_none() {
            // A new number each time: what was left open under the last one is another's to close.
            let relay = relay_number()?;
            *presence = Some(Presence::begin(self.connector.clone(), relay).await?);
            self.relay.store(relay, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn unregister_relay(&self) -> Result<(), StoreError> {
        if let Some(presence) = self.presence.lock().await.take() {
            presence.end().await;
        }
        Ok(())
    }

    fn announce_to(&self, subscribers: Subscribers) {
        self.listeners.set(subscribers);
    }

    async fn announce(&self, events: Vec<Event>) -> Result<(), StoreError> {
        let (subscribers, mut rows) = (self.listeners.get(), MessageRows::default());
        events.iter().for_each(|event| rows.add(&subscribers, event));
        if rows.ids.is_empty() {
            return Ok(());
        }
        run!(self.connections, client => outbox::insert(client, &rows))
    }

    async fn take_deliveries(
        &self,
        webhook: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        run!(self.connections, client => outbox::take(client, webhook, limit, now, until))
    }

    async fn end_delivery(&self, webhook: &str, id: &str, next: Option<Timestamp>) -> Result<(), StoreError> {
        run!(self.connections, client => outbox::end(client, webhook, id, next))
    }

    async fn drop_deliveries(&self, now: Timestamp) -> Result<Vec<(String, u64)>, StoreError> {
        run!(self.connections, client => outbox::drop_stale(client, now))
    }

    async fn invite(
        &self,
        invite: &NewInvite,
        now: Timestamp,
    ) -> Result<Result<Invited, StaffDisabled>, StoreError> {
        run!(self.connections, client => staff::insert_invite(client, invite, now))
    }

    async fn list_staff(&self) -> Result<Vec<StaffRow>, StoreError> {
        run!(self.connections, client => administration::select_staff(client))
    }

    async fn staff_details(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<Option<StaffDetails>, StoreError> {
        run!(self.connections, client => administration::select_details(client, email, now))
    }

    async fn disable_staff(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<Option<StaffMember>, StoreError> {
        run!(self.connections, client => administration::disable(client, email, now))
    }

    async fn enable_staff(&self, email: &CustomerEmail) -> Result<Option<StaffMember>, StoreError> {
        run!(self.connections, client => administration::enable(client, email))
    }

    async fn change_roles(
        &self,
        email: &CustomerEmail,
        change: &RoleChange,
    ) -> Result<RolesAnswer, StoreError> {
        run!(self.connections, client => administration::change_roles(client, email, change))
    }

    async fn list_profiles(&self, of: Option<&CustomerEmail>) -> Result<Vec<EnrolledProfile>, StoreError> {
        run!(self.connections, client => administration::select_profiles(client, of))
    }

    async fn revoke_profile(&self, key: &KeyId, now: Timestamp) -> Result<Option<StaffMember>, StoreError> {
        run!(self.connections, client => administration::revoke(client, key, now))
    }

    async fn profile(&self, key: &KeyId) -> Result<Option<Profile>, StoreError> {
        run!(self.connections, client => staff::select_profile(client, key))
    }

    async fn is_code_good(&self, code_sha256: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        run!(self.connections, client => staff::is_code_good(client, code_sha256, now))
    }

    async fn enrol(
        &self,
        enrolment: &Enrolment,
        now: Timestamp,
    ) -> Result<Result<StaffMember, EnrolmentRefusal>, StoreError> {
        run!(self.connections, client => staff::insert_profile(client, enrolment, now))
    }

    async fn claim_nonce(
        &self,
        key: &KeyId,
        nonce: &Nonce,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        run!(self.connections, client => staff::insert_nonce(client, key, nonce, expires_at))
    }

    async fn forget_stale(&self, now: Timestamp) -> Result<u64, StoreError> {
        run!(self.connections, client => staff::delete_stale(client, now))
    }

    async fn record_intent(&self, intent: &Intent) -> Result<IntentAnswer, StoreError> {
        self.writer.write(intent.clone()).await
    }

    async fn record_outcome(&self, id: &RequestId, completion: &Completion) -> Result<(), StoreError> {
        let ending = Ending {
            id: id.clone(),
            completion: *completion,
        };
        self.writer.write(ending).await
    }

    async fn open_logins(&self, limit: u32) -> Result<Vec<RequestId>, StoreError> {
        let relay = self.relay.load(Ordering::SeqCst);
        run!(self.connections, client => reading::select_open(client, relay, limit))
    }

    async fn close_abandoned_intents(&self, now: Timestamp) -> Result<u64, StoreError> {
        if self.presence.lock().await.is_none() {
            return Err(StoreError::Inconsistent(
                "only a relay may close what others left open",
            ));
        }
        let mut closed = 0;
        loop {
            let step = self.writer.write(Closing { now }).await?;
            if step == 0 {
                return Ok(closed);
            }
            closed += step;
        }
    }

    async fn report_outcome(
        &self,
        staff: StaffId,
        id: &RequestId,
        report: &OutcomeReport,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let reported = Reported {
            staff,
            id: id.clone(),
            report: report.clone(),
            now,
        };
        self.writer.write(reported).await
    }

    async fn ledger_size(&self) -> Result<u64, StoreError> {
        run!(self.connections, client => reading::select_size(client))
    }

    async fn rows_from(&self, sequence: u64, limit: u32) -> Result<Vec<Row>, StoreError> {
        run!(self.connections, client => reading::select_rows(client, sequence, limit))
    }

    async fn nodes(&self, nodes: &[Node]) -> Result<Vec<Hash>, StoreError> {
        run!(self.connections, client => reading::select_nodes(client, nodes))
    }

    async fn login(&self, id: &RequestId) -> Result<Option<LoginRecords>, StoreError> {
        run!(self.connections, client => reading::select_login(client, id))
    }

    async fn find_logins(&self, filter: &LoginFilter, limit: u32) -> Result<Vec<LoginRecords>, StoreError> {
        run!(self.connections, client => reading::select_logins(client, filter, limit))
    }

    async fn projections(&self, intents: Range<u64>) -> Result<Vec<Projection>, StoreError> {
        run!(self.connections, client => projections::select_projections(client, &intents))
    }

    async fn projections_of(&self, ids: &[String]) -> Result<Vec<Projection>, StoreError> {
        run!(self.connections, client => projections::select_projections_of(client, ids))
    }

    async fn report_rows(&self, sequences: Range<u64>) -> Result<Vec<ReportRow>, StoreError> {
        run!(self.connections, client => projections::select_reports(client, &sequences))
    }

    async fn stray_rows(&self, limit: u32) -> Result<StrayRows, StoreError> {
        run!(self.connections, client => projections::select_strays(client, limit))
    }

    async fn foreign_rows(&self) -> Result<Vec<ForeignRows>, StoreError> {
        run!(self.connections, client => reading::select_foreign(client))
    }

    async fn add_checkpoint(&self, checkpoint: &StoredCheckpoint) -> Result<(), StoreError> {
        let seen = self.reached.head();
        run!(self.connections, client => reading::insert_checkpoint(client, checkpoint, seen))
    }

    async fn checkpoints_from(&self, size: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, StoreError> {
        run!(self.connections, client => reading::select_checkpoints(client, size, limit))
    }

    async fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        run!(self.connections, client => reading::select_last_checkpoint(client))
    }

    async fn erase(&self, order: &ErasureOrder) -> Result<Erased, StoreError> {
        erase::erase(&self.connections, &self.writer, order).await
    }

    async fn scrub(&self) -> Result<Scrubbed, StoreError> {
        Ok(Scrubbed::Later(
            "the server keeps old row versions until they are vacuumed, and its write-ahead log, standbys and backups \
             until they are rotated; docs/postgres.md says how to remove them",
        ))
    }
}
