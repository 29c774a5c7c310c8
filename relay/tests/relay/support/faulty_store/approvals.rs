//! Passes requests for approval on.

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_protocol::{ApprovalId, CustomerEmail, PlatformId};
use stagedoor_relay::store::{
    ApprovalAnswer, Approvals, NewApproval, StaffId, StaffMember, StoreError, StoredApproval, Verdict,
    VerdictAnswer, Withdrawal,
};

use super::FaultyStore;

#[async_trait]
impl Approvals for FaultyStore {
    async fn ask_approval(&self, new: &NewApproval) -> Result<ApprovalAnswer, StoreError> {
        self.inner.ask_approval(new).await
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<StoredApproval>, StoreError> {
        self.inner.approval(id).await
    }

    async fn waiting_approvals(
        &self,
        approver: &StaffMember,
        platforms: &[PlatformId],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredApproval>, StoreError> {
        self.inner
            .waiting_approvals(approver, platforms, now, limit)
            .await
    }

    async fn count_approvals(&self, customer: &CustomerEmail) -> Result<u64, StoreError> {
        self.inner.count_approvals(customer).await
    }

    async fn decide_approval(&self, verdict: &Verdict) -> Result<VerdictAnswer, StoreError> {
        self.inner.decide_approval(verdict).await
    }

    async fn withdraw_approval(&self, id: &ApprovalId, staff: StaffId) -> Result<Withdrawal, StoreError> {
        self.inner.withdraw_approval(id, staff).await
    }
}
