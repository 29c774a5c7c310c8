//! Passes signing in on, unless it fails where a key is enrolled.

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::store::{
    IdentityStore, NewStaff, SignIn, SignInAnswer, SignInRefusal, SignedOut, StaffDisabled, StaffMember,
    StoreError, Withdrawn,
};

use super::{At, FaultyStore};

#[async_trait]
impl IdentityStore for FaultyStore {
    async fn add_staff(
        &self,
        new: &NewStaff,
        now: Timestamp,
    ) -> Result<Result<StaffMember, StaffDisabled>, StoreError> {
        self.inner.add_staff(new, now).await
    }

    async fn unlink_staff(&self, email: &CustomerEmail) -> Result<Option<(StaffMember, u64)>, StoreError> {
        self.inner.unlink_staff(email).await
    }

    async fn sign_in(
        &self,
        sign_in: &SignIn,
        now: Timestamp,
    ) -> Result<Result<SignInAnswer, SignInRefusal>, StoreError> {
        self.pass(At::Enrol).await?;
        self.inner.sign_in(sign_in, now).await
    }

    async fn withdraw_sign_in(
        &self,
        issuer: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<Withdrawn>, StoreError> {
        self.inner.withdraw_sign_in(issuer, subject, now).await
    }

    async fn sign_out(
        &self,
        of: Option<&CustomerEmail>,
        now: Timestamp,
    ) -> Result<Option<Vec<SignedOut>>, StoreError> {
        self.inner.sign_out(of, now).await
    }
}
