//! Looks at accounts, as far as they are remembered: how many there were lately. They are no logins, so they are not in the
//! ledger, and what was seen is kept nowhere.

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_protocol::CustomerEmail;

use super::{LimitReached, LimitUses, StoreError};

/// A look at an account that somebody wants to take.
#[derive(Debug, Clone)]
pub struct NewPreview {
    /// At whose.
    pub customer: CustomerEmail,
    /// What it is counted in.
    pub limits: LimitUses,
    /// When.
    pub at: Timestamp,
}

/// What the store says to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewAnswer {
    /// It is counted, in all of its limits.
    Counted,
    /// The address is a staff member's. It is not counted.
    CustomerIsStaff,
    /// One of its limits refuses. It is not counted.
    Limited(LimitReached),
}

/// Counts looks.
#[async_trait]
pub trait Previews {
    /// Counts one, across all relays of the store; or refuses it. Whether the count is on disk is not waited for everywhere.
    async fn count_preview(&self, new: &NewPreview) -> Result<PreviewAnswer, StoreError>;
}
