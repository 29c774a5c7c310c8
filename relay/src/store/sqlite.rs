//! The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, so that a commit is on disk when it returns.

mod administration;
mod append;
mod approvals;
mod claims;
mod erase;
mod file;
mod foreign_log;
mod identities;
mod ledger;
mod limits;
mod logins;
mod opening;
mod outbox;
mod owner;
mod previews;
mod projections;
mod readers;
mod reading;
mod schema;
mod staff;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    ops::Range,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use stagedoor_ledger::{Hash, Node, Row};
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce, OutcomeReport, RequestId};

use super::{
    Completion, Delivery, EnrolledProfile, Enrolment, EnrolmentRefusal, Erased, ErasureOrder, ForeignRows,
    Intent, IntentAnswer, Invited, LoginFilter, LoginRecords, NewInvite, Profile, Projection, ReportRow,
    RoleChange, RolesAnswer, SchemaDifference, Scrubbed, StaffDetails, StaffDisabled, StaffId, StaffMember,
    StaffRow, Store, StoreError, StoredCheckpoint, StrayRows, Subscribers, foreign, outbox::Listeners,
};
use crate::events::Event;
use file::{DatabaseFile, millis, timestamp};
use opening::Registration;
use readers::Readers;
use writer::{Writer, Writing};

/// A store in one SQLite file.
pub struct SqliteStore {
    file: DatabaseFile,
    writer: Writer,
    readers: Readers,
    relay: Mutex<Option<Registration>>,
    listeners: Listeners,
}

#[async_trait]
impl Store for SqliteStore {
    async fn check(&self, now: Timestamp) -> Result<(), StoreError> {
        self.check_lock()?;
        // A real write finds a full or read-only disk and a locked file, which reading would not.
        let probe =
            "INSERT INTO probe (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
        let place = self.file.place();
        self.writer
            .write(move |writing| {
                writing.connection.prepare_cached(probe)?.execute([millis(now)])?;
                writing.head.check()?;
                let blocking = ledger::select_blocking(writing.connection)?;
                Ok(foreign::check(|| place, blocking)?)
            })
            .await
    }

    async fn schema_differences(&self) -> Result<Vec<SchemaDifference>, StoreError> {
        self.readers.read(schema::differences).await
    }

    async fn register_relay(&self) -> Result<(), StoreError> {
        let lock = self.lock()?;
        let size = self.ledger_size().await?;
        let mut relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
        *relay = Some(Registration { lock, size });
        Ok(())
    }

    async fn unregister_relay(&self) -> Result<(), StoreError> {
        *self.relay.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    fn announce_to(&self, subscribers: Subscribers) {
        self.listeners.set(subscribers);
    }

    async fn announce(&self, events: Vec<Event>) -> Result<(), StoreError> {
        let subscribers = self.listeners.get();
        if !events.iter().any(|event| subscribers.want(event.kind)) {
            return Ok(());
        }
        self.writer
            .write(move |writing| {
                let mut events = events.iter();
                events.try_for_each(|event| writing.announce(&subscribers, event))
            })
            .await
    }

    async fn take_deliveries(
        &self,
        webhook: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        let webhook = webhook.to_owned();
        self.writer
            .write(move |writing| writing.take_deliveries(&webhook, limit, now, until))
            .await
    }

    async fn end_delivery(&self, webhook: &str, id: &str, next: Option<Timestamp>) -> Result<(), StoreError> {
        let (webhook, id) = (webhook.to_owned(), id.to_owned());
        self.writer
            .write(move |writing| writing.end_delivery(&webhook, &id, next))
            .await
    }

    async fn drop_deliveries(&self, now: Timestamp) -> Result<Vec<(String, u64)>, StoreError> {
        self.writer
            .write(move |writing| writing.drop_deliveries(now))
            .await
    }

    async fn invite(
        &self,
        invite: &NewInvite,
        now: Timestamp,
    ) -> Result<Result<Invited, StaffDisabled>, StoreError> {
        let invite = invite.clone();
        let insert = move |writing: &mut Writing<'_>| writing.insert_invite(&invite, now);
        self.writer.write(insert).await
    }

    async fn list_staff(&self) -> Result<Vec<StaffRow>, StoreError> {
        self.readers.read(administration::select_staff).await
    }

    async fn staff_details(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<Option<StaffDetails>, StoreError> {
        let email = email.clone();
        self.readers
            .read(move |connection| administration::select_details(connection, &email, now))
            .await
    }

    async fn disable_staff(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<Option<StaffMember>, StoreError> {
        let email = email.clone();
        self.writer
            .write(move |writing| writing.disable(&email, now))
            .await
    }

    async fn enable_staff(&self, email: &CustomerEmail) -> Result<Option<StaffMember>, StoreError> {
        let email = email.clone();
        self.writer.write(move |writing| writing.enable(&email)).await
    }

    async fn change_roles(
        &self,
        email: &CustomerEmail,
        change: &RoleChange,
    ) -> Result<RolesAnswer, StoreError> {
        let (email, change) = (email.clone(), change.clone());
        self.writer
            .write(move |writing| writing.change_roles(&email, &change))
            .await
    }

    async fn list_profiles(&self, of: Option<&CustomerEmail>) -> Result<Vec<EnrolledProfile>, StoreError> {
        let of = of.cloned();
        self.readers
            .read(move |connection| administration::select_profiles(connection, of.as_ref()))
            .await
    }

    async fn revoke_profile(&self, key: &KeyId, now: Timestamp) -> Result<Option<StaffMember>, StoreError> {
        let key = key.clone();
        self.writer.write(move |writing| writing.revoke(&key, now)).await
    }

    async fn profile(&self, key: &KeyId) -> Result<Option<Profile>, StoreError> {
        let key = key.clone();
        self.readers
            .read(move |connection| staff::select_profile(connection, &key))
            .await
    }

    async fn is_code_good(&self, code_sha256: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        let code = *code_sha256;
        let select = move |connection: &Connection| staff::select_invited(connection, &code, now);
        Ok(self.readers.read(select).await?.is_some())
    }

    async fn enrol(
        &self,
        enrolment: &Enrolment,
        now: Timestamp,
    ) -> Result<Result<StaffMember, EnrolmentRefusal>, StoreError> {
        let enrolment = enrolment.clone();
        self.writer
            .write(move |writing| writing.insert_profile(&enrolment, now))
            .await
    }

    async fn claim_nonce(
        &self,
        key: &KeyId,
        nonce: &Nonce,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (key, nonce) = (key.clone(), nonce.clone());
        self.writer
            .write(move |writing| writing.insert_nonce(&key, &nonce, expires_at))
            .await
    }

    async fn forget_stale(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.writer.write(move |writing| writing.delete_stale(now)).await
    }

    async fn record_intent(&self, intent: &Intent) -> Result<IntentAnswer, StoreError> {
        let (intent, subscribers) = (intent.clone(), self.listeners.get());
        self.writer
            .write(move |writing| writing.insert_intent(&intent, &subscribers))
            .await
    }

    async fn record_outcome(&self, id: &RequestId, completion: &Completion) -> Result<(), StoreError> {
        let (id, completion, subscribers) = (id.clone(), *completion, self.listeners.get());
        self.writer
            .write(move |writing| writing.complete(&id, &completion, &subscribers))
            .await
    }

    async fn open_logins(&self, limit: u32) -> Result<Vec<RequestId>, StoreError> {
        self.readers
            .read(move |connection| logins::select_open(connection, limit))
            .await
    }

    async fn close_abandoned_intents(&self, now: Timestamp) -> Result<u64, StoreError> {
        let registered = {
            let relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
            relay.as_ref().map(|relay| relay.size)
        };
        let Some(below) = registered else {
            return Err(StoreError::Inconsistent(
                "only the store's relay may close what another left open",
            ));
        };
        let mut closed = 0;
        loop {
            let subscribers = self.listeners.get();
            let step = self
                .writer
                .write(move |writing| writing.close_open_intents(below, &subscribers, now))
                .await?;
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
        let (id, report) = (id.clone(), report.clone());
        self.writer
            .write(move |writing| writing.insert_report(staff, &id, &report, now))
            .await
    }

    async fn ledger_size(&self) -> Result<u64, StoreError> {
        self.readers
            .read(|connection| Ok(append::size(connection)?))
            .await
    }

    async fn rows_from(&self, sequence: u64, limit: u32) -> Result<Vec<Row>, StoreError> {
        self.readers
            .read(move |connection| ledger::select_rows(connection, sequence, limit))
            .await
    }

    async fn nodes(&self, nodes: &[Node]) -> Result<Vec<Hash>, StoreError> {
        let nodes = nodes.to_vec();
        self.readers
            .read(move |connection| append::node_hashes(connection, &nodes))
            .await
    }

    async fn login(&self, id: &RequestId) -> Result<Option<LoginRecords>, StoreError> {
        let id = id.clone();
        self.readers
            .read(move |connection| logins::select_login(connection, &id))
            .await
    }

    async fn find_logins(&self, filter: &LoginFilter, limit: u32) -> Result<Vec<LoginRecords>, StoreError> {
        let filter = filter.clone();
        self.readers
            .read(move |connection| logins::select_logins(connection, &filter, limit))
            .await
    }

    async fn projections(&self, intents: Range<u64>) -> Result<Vec<Projection>, StoreError> {
        self.readers
            .read(move |connection| projections::select_projections(connection, &intents))
            .await
    }

    async fn projections_of(&self, ids: &[String]) -> Result<Vec<Projection>, StoreError> {
        let ids = ids.to_vec();
        self.readers
            .read(move |connection| projections::select_projections_of(connection, &ids))
            .await
    }

    async fn report_rows(&self, sequences: Range<u64>) -> Result<Vec<ReportRow>, StoreError> {
        self.readers
            .read(move |connection| projections::select_reports(connection, &sequences))
            .await
    }

    async fn stray_rows(&self, limit: u32) -> Result<StrayRows, StoreError> {
        self.readers
            .read(move |connection| projections::select_strays(connection, limit))
            .await
    }

    async fn foreign_rows(&self) -> Result<Vec<ForeignRows>, StoreError> {
        self.readers.read(ledger::select_foreign).await
    }

    async fn add_checkpoint(&self, checkpoint: &StoredCheckpoint) -> Result<(), StoreError> {
        let checkpoint = checkpoint.clone();
        self.writer
            .write(move |writing| {
                // A signature over what is left would make the loss look right.
                writing.head.check()?;
                ledger::insert_checkpoint(writing.connection, &checkpoint)
            })
            .await
    }

    async fn checkpoints_from(&self, size: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, StoreError> {
        self.readers
            .read(move |connection| ledger::select_checkpoints(connection, size, limit))
            .await
    }

    async fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.readers.read(ledger::select_last_checkpoint).await
    }

    async fn erase(&self, order: &ErasureOrder) -> Result<Erased, StoreError> {
        let order = order.clone();
        self.writer.write(move |writing| writing.erase(&order)).await
    }

    async fn scrub(&self) -> Result<Scrubbed, StoreError> {
        self.readers.read(erase::scrub).await
    }
}
