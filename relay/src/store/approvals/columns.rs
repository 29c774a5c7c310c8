//! What the store keeps of a request for approval, as both engines read it.

use jiff::Timestamp;
use stagedoor_protocol::{ApprovalId, CustomerEmail, KeyId, PageReference, PlatformId};

use super::{Decided, NewApproval, Stage, StoredApproval};
use crate::store::{SignedIn, StaffId, StaffMember, StoreError};

/// Columns of a request in the order in which both engines read them; what is read of a session, and then of a staff member,
/// follows.
macro_rules! columns {
    () => {
        "SELECT approvals.id, approvals.staff_id, \
         (SELECT asking.name FROM staff AS asking WHERE asking.id = approvals.staff_id), \
         approvals.platform, approvals.customer, approvals.reason, approvals.ticket, approvals.origin, \
         approvals.record_id, approvals.requested_at, approvals.ends_at, approvals.state, approvals.decided_at, \
         approvals.word, approvals.decided_key, profiles.key_id IS NOT NULL, "
    };
}
pub(in crate::store) use columns;

/// How many these are.
pub(in crate::store) const COLUMN_COUNT: usize = 16;

/// Where they come from. A profile that was revoked since it decided, or is of another generation, is not the one that did.
macro_rules! tables {
    () => {
        " FROM approvals LEFT JOIN staff ON staff.id = decided_by \
         LEFT JOIN profiles ON profiles.key_id = decided_key AND profiles.staff_id = decided_by \
         AND profiles.revoked_at IS NULL AND profiles.generation = decided_generation "
    };
}
pub(in crate::store) use tables;

/// A row of `columns!`, as both engines read it.
pub(in crate::store) struct Columns {
    pub(in crate::store) id: String,
    pub(in crate::store) staff: i64,
    pub(in crate::store) staff_name: String,
    pub(in crate::store) platform: String,
    pub(in crate::store) customer: String,
    pub(in crate::store) reason: Option<String>,
    pub(in crate::store) ticket: Option<String>,
    pub(in crate::store) origin: Option<String>,
    pub(in crate::store) record_id: Option<String>,
    pub(in crate::store) requested_at: i64,
    pub(in crate::store) ends_at: i64,
    pub(in crate::store) state: String,
    pub(in crate::store) decided_at: Option<i64>,
    pub(in crate::store) word: Option<String>,
    pub(in crate::store) decided_key: Option<String>,
    pub(in crate::store) profile_is_good: bool,
}

impl Columns {
    /// With who decided, and what the session has of the profile that they decided with.
    pub(in crate::store) fn into_stored(
        self,
        by: Option<StaffMember>,
        signed_in: Option<SignedIn>,
    ) -> Result<StoredApproval, StoreError> {
        let time = |millis| {
            Timestamp::from_millisecond(millis).map_err(|_| StoreError::Inconsistent("a time is not one"))
        };
        let decided = match (self.decided_at, by, self.decided_key) {
            (Some(at), Some(by), Some(key)) => Some(Decided {
                by,
                key_id: KeyId::parse(&key)
                    .map_err(|_| StoreError::Inconsistent("a profile's id is not one"))?,
                profile_is_good: self.profile_is_good,
                signed_in,
                at: time(at)?,
                word: self.word,
            }),
            _ => None,
        };
        let record_id = self.record_id;
        Ok(StoredApproval {
            asked: NewApproval {
                id: ApprovalId::parse(&self.id)
                    .map_err(|_| StoreError::Inconsistent("an approval's id is not one"))?,
                staff: StaffId(self.staff),
                platform: PlatformId::parse(&self.platform)
                    .map_err(|_| StoreError::Inconsistent("an approval's platform is not one"))?,
                customer: CustomerEmail::parse(&self.customer)
                    .map_err(|_| StoreError::Inconsistent("an approval's customer is not one"))?,
                reason: self.reason,
                ticket: self.ticket,
                page: self.origin.map(|origin| PageReference { origin, record_id }),
                requested_at: time(self.requested_at)?,
                ends_at: time(self.ends_at)?,
            },
            staff_name: self.staff_name,
            stage: Stage::parse(&self.state)?,
            decided,
        })
    }
}
