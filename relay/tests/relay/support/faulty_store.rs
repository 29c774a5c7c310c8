//! A store that fails, or panics, where a test wants it to.

mod approvals;
mod identities;
mod previews;

use std::ops::Range;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_ledger::{Hash, Node, Row};
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce, OutcomeReport, RequestId};
use stagedoor_relay::events::Event;
use stagedoor_relay::store::{
    Completion, Delivery, EnrolledProfile, Enrolment, EnrolmentRefusal, Erased, ErasureOrder, ForeignRows,
    Intent, IntentAnswer, Invited, LoginFilter, LoginRecords, NewInvite, Profile, Projection, ReportRow,
    RoleChange, RolesAnswer, SchemaDifference, Scrubbed, StaffDetails, StaffDisabled, StaffId, StaffMember,
    StaffRow, Store, StoreError, StoredCheckpoint, StrayRows, Subscribers,
};
use tokio::sync::watch;

/// The operation that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Profile,
    Nonce,
    Intent,
    Outcome,
    Report,
    Enrol,
    Revoke,
    Check,
    Checkpoint,
}

/// How.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// As when the disk is full.
    Fail,
    /// After it was done: the answer is lost.
    LoseAnswer,
    /// An intent's profile is always another one than the relay remembers.
    Change,
    /// With a message that holds a customer's address, as a careless `expect` would make it.
    Panic,
    /// Until the fault is another one.
    Hang,
}

/// Passes everything on, except for the fault.
pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    fault: watch::Sender<Option<(At, How)>>,
    looks: AtomicU64,
    under_way: AtomicU64,
    sweeps: AtomicU64,
    busy: AtomicU64,
    message_looks: AtomicU64,
    messages_ended: AtomicU64,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            fault: watch::Sender::new(None),
            looks: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
            sweeps: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            message_looks: AtomicU64::new(0),
            messages_ended: AtomicU64::new(0),
        }
    }

    /// How many times the relay has looked whether a checkpoint is due.
    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(Ordering::SeqCst)
    }

    /// How many intents were told to wait for an earlier login.
    pub(crate) fn told_to_wait(&self) -> u64 {
        self.under_way.load(Ordering::SeqCst)
    }

    /// How many times the relay has looked for messages that are due.
    pub(crate) fn looks_for_messages(&self) -> u64 {
        self.message_looks.load(Ordering::SeqCst)
    }

    /// How many attempts to deliver a message have ended, in whatever way.
    pub(crate) fn ended_messages(&self) -> u64 {
        self.messages_ended.load(Ordering::SeqCst)
    }

    /// How many intents were told when the broker's turn would come.
    pub(crate) fn told_of_the_turn(&self) -> u64 {
        self.busy.load(Ordering::SeqCst)
    }

    /// How many times the relay has looked for logins that nobody works on.
    pub(crate) fn sweeps(&self) -> u64 {
        self.sweeps.load(Ordering::SeqCst)
    }

    /// From now on; `None` ends it.
    pub(crate) fn fail(&self, fault: Option<(At, How)>) {
        self.fault.send_replace(fault);
    }

    async fn pass(&self, here: At) -> Result<(), StoreError> {
        let fault = *self.fault.borrow();
        match fault {
            Some((at, How::Fail)) if at == here => Err(unavailable()),
            Some((at, How::Panic)) if at == here => panic!("no row for {}", super::CUSTOMER),
            Some((at, How::Hang)) if at == here => {
                let mut changes = self.fault.subscribe();
                changes.wait_for(|now| *now != fault).await.unwrap();
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable {
        place: "of this test".to_owned(),
        cause: "disk full".to_owned(),
        cure: "make room".into(),
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn check(&self, now: Timestamp) -> Result<(), StoreError> {
        self.pass(At::Check).await?;
        self.inner.check(now).await
    }

    async fn schema_differences(&self) -> Result<Vec<SchemaDifference>, StoreError> {
        self.inner.schema_differences().await
    }

    async fn register_relay(&self) -> Result<(), StoreError> {
        self.inner.register_relay().await
    }

    async fn unregister_relay(&self) -> Result<(), StoreError> {
        self.inner.unregister_relay().await
    }

    fn announce_to(&self, subscribers: Subscribers) {
        self.inner.announce_to(subscribers);
    }

    async fn announce(&self, events: Vec<Event>) -> Result<(), StoreError> {
        self.inner.announce(events).await
    }

    async fn take_deliveries(
        &self,
        webhook: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.message_looks.fetch_add(1, Ordering::SeqCst);
        self.inner.take_deliveries(webhook, limit, now, until).await
    }

    async fn end_delivery(&self, webhook: &str, id: &str, next: Option<Timestamp>) -> Result<(), StoreError> {
        let ended = self.inner.end_delivery(webhook, id, next).await;
        self.messages_ended.fetch_add(1, Ordering::SeqCst);
        ended
    }

    async fn drop_deliveries(&self, now: Timestamp) -> Result<Vec<(String, u64)>, StoreError> {
        self.inner.drop_deliveries(now).await
    }

    async fn invite(
        &self,
        invite: &NewInvite,
        now: Timestamp,
    ) -> Result<Result<Invited, StaffDisabled>, StoreError> {
        self.inner.invite(invite, now).await
    }

    async fn list_staff(&self) -> Result<Vec<StaffRow>, StoreError> {
        self.inner.list_staff().await
    }

    async fn staff_details(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<Option<StaffDetails>, StoreError> {
        self.inner.staff_details(email, now).await
    }

    async fn disable_staff(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<Option<StaffMember>, StoreError> {
        self.inner.disable_staff(email, now).await
    }

    async fn enable_staff(&self, email: &CustomerEmail) -> Result<Option<StaffMember>, StoreError> {
        self.inner.enable_staff(email).await
    }

    async fn change_roles(
        &self,
        email: &CustomerEmail,
        change: &RoleChange,
    ) -> Result<RolesAnswer, StoreError> {
        self.inner.change_roles(email, change).await
    }

    async fn list_profiles(&self, of: Option<&CustomerEmail>) -> Result<Vec<EnrolledProfile>, StoreError> {
        self.inner.list_profiles(of).await
    }

    async fn revoke_profile(&self, key: &KeyId, now: Timestamp) -> Result<Option<StaffMember>, StoreError> {
        self.pass(At::Revoke).await?;
        let revoked = self.inner.revoke_profile(key, now).await;
        let lost = *self.fault.borrow() == Some((At::Revoke, How::LoseAnswer));
        if lost { Err(unavailable()) } else { revoked }
    }

    async fn profile(&self, key: &KeyId) -> Result<Option<Profile>, StoreError> {
        self.pass(At::Profile).await?;
        self.inner.profile(key).await
    }

    async fn is_code_good(&self, code_sha256: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        self.inner.is_code_good(code_sha256, now).await
    }

    async fn enrol(
        &self,
        enrolment: &Enrolment,
        now: Timestamp,
    ) -> Result<Result<StaffMember, EnrolmentRefusal>, StoreError> {
        self.pass(At::Enrol).await?;
        self.inner.enrol(enrolment, now).await
    }

    async fn claim_nonce(
        &self,
        key: &KeyId,
        nonce: &Nonce,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.pass(At::Nonce).await?;
        self.inner.claim_nonce(key, nonce, expires_at).await
    }

    async fn forget_stale(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.inner.forget_stale(now).await
    }

    async fn record_intent(&self, intent: &Intent) -> Result<IntentAnswer, StoreError> {
        self.pass(At::Intent).await?;
        if *self.fault.borrow() == Some((At::Intent, How::Change)) {
            return Ok(IntentAnswer::ProfileChanged);
        }
        let answer = self.inner.record_intent(intent).await;
        match answer {
            Ok(IntentAnswer::UnderWay(_)) => drop(self.under_way.fetch_add(1, Ordering::SeqCst)),
            Ok(IntentAnswer::Busy(_)) => drop(self.busy.fetch_add(1, Ordering::SeqCst)),
            _ => {}
        }
        let lost = *self.fault.borrow() == Some((At::Intent, How::LoseAnswer));
        if lost { Err(unavailable()) } else { answer }
    }

    async fn record_outcome(&self, id: &RequestId, completion: &Completion) -> Result<(), StoreError> {
        self.pass(At::Outcome).await?;
        self.inner.record_outcome(id, completion).await
    }

    async fn open_logins(&self, limit: u32) -> Result<Vec<RequestId>, StoreError> {
        self.sweeps.fetch_add(1, Ordering::SeqCst);
        self.inner.open_logins(limit).await
    }

    async fn close_abandoned_intents(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.inner.close_abandoned_intents(now).await
    }

    async fn report_outcome(
        &self,
        staff: StaffId,
        id: &RequestId,
        report: &OutcomeReport,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.pass(At::Report).await?;
        self.inner.report_outcome(staff, id, report, now).await
    }

    async fn ledger_size(&self) -> Result<u64, StoreError> {
        self.inner.ledger_size().await
    }

    async fn rows_from(&self, sequence: u64, limit: u32) -> Result<Vec<Row>, StoreError> {
        self.inner.rows_from(sequence, limit).await
    }

    async fn nodes(&self, nodes: &[Node]) -> Result<Vec<Hash>, StoreError> {
        self.inner.nodes(nodes).await
    }

    async fn login(&self, id: &RequestId) -> Result<Option<LoginRecords>, StoreError> {
        self.inner.login(id).await
    }

    async fn find_logins(&self, filter: &LoginFilter, limit: u32) -> Result<Vec<LoginRecords>, StoreError> {
        self.inner.find_logins(filter, limit).await
    }

    async fn projections(&self, intents: Range<u64>) -> Result<Vec<Projection>, StoreError> {
        self.inner.projections(intents).await
    }

    async fn projections_of(&self, ids: &[String]) -> Result<Vec<Projection>, StoreError> {
        self.inner.projections_of(ids).await
    }

    async fn report_rows(&self, sequences: Range<u64>) -> Result<Vec<ReportRow>, StoreError> {
        self.inner.report_rows(sequences).await
    }

    async fn stray_rows(&self, limit: u32) -> Result<StrayRows, StoreError> {
        self.inner.stray_rows(limit).await
    }

    async fn foreign_rows(&self) -> Result<Vec<ForeignRows>, StoreError> {
        self.inner.foreign_rows().await
    }

    async fn add_checkpoint(&self, checkpoint: &StoredCheckpoint) -> Result<(), StoreError> {
        self.pass(At::Checkpoint).await?;
        self.inner.add_checkpoint(checkpoint).await
    }

    async fn checkpoints_from(&self, size: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, StoreError> {
        self.inner.checkpoints_from(size, limit).await
    }

    async fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.inner.last_checkpoint().await
    }

    async fn erase(&self, order: &ErasureOrder) -> Result<Erased, StoreError> {
        self.inner.erase(order).await
    }

    async fn scrub(&self) -> Result<Scrubbed, StoreError> {
        self.inner.scrub().await
    }
}
