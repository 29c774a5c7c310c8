//! A store that fails, or panics, where a test wants it to.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce, OutcomeReport, RequestId};
use stagedoor_relay::store::{
    Enrolment, EnrolmentRefusal, Intent, MintOutcome, NewInvite, Profile, StaffId, StaffMember, StaffRow,
    Store, StoreError,
};

/// The operation that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Profile,
    Nonce,
    Intent,
    Outcome,
    Report,
    Enrol,
    IsStaff,
    Check,
}

/// How.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// As when the disk is full.
    Fail,
    /// With a message that holds a customer's address, as a careless `expect` would make it.
    Panic,
    /// For ever.
    Hang,
}

/// Passes everything on, except for the fault.
pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    fault: Mutex<Option<(At, How)>>,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            fault: Mutex::new(None),
        }
    }

    /// From now on; `None` ends it.
    pub(crate) fn fail(&self, fault: Option<(At, How)>) {
        *self.fault.lock().unwrap() = fault;
    }

    async fn pass(&self, here: At) -> Result<(), StoreError> {
        let fault = *self.fault.lock().unwrap();
        match fault {
            Some((at, How::Fail)) if at == here => Err(StoreError::Database(sqlx::Error::Io(
                std::io::Error::other("disk full"),
            ))),
            Some((at, How::Panic)) if at == here => panic!("no row for {}", super::CUSTOMER),
            Some((at, How::Hang)) if at == here => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn check(&self) -> Result<(), StoreError> {
        self.pass(At::Check).await?;
        self.inner.check().await
    }

    async fn invite(&self, invite: &NewInvite, now: Timestamp) -> Result<StaffMember, StoreError> {
        self.inner.invite(invite, now).await
    }

    async fn list_staff(&self) -> Result<Vec<StaffRow>, StoreError> {
        self.inner.list_staff().await
    }

    async fn disable_staff(&self, email: &CustomerEmail, now: Timestamp) -> Result<bool, StoreError> {
        self.inner.disable_staff(email, now).await
    }

    async fn is_staff(&self, email: &CustomerEmail) -> Result<bool, StoreError> {
        self.pass(At::IsStaff).await?;
        self.inner.is_staff(email).await
    }

    async fn profile(&self, key: &KeyId) -> Result<Option<Profile>, StoreError> {
        self.pass(At::Profile).await?;
        self.inner.profile(key).await
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

    async fn forget_nonces(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.inner.forget_nonces(now).await
    }

    async fn record_intent(&self, intent: &Intent) -> Result<bool, StoreError> {
        self.pass(At::Intent).await?;
        self.inner.record_intent(intent).await
    }

    async fn record_outcome(
        &self,
        id: &RequestId,
        outcome: MintOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.pass(At::Outcome).await?;
        self.inner.record_outcome(id, outcome, now).await
    }

    async fn close_open_intents(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.inner.close_open_intents(now).await
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
}
