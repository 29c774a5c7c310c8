//! A login that a second person must approve, as the store keeps it: who asked for what, who decided, and what a login may
//! make of it. The rules are those of every engine.

mod columns;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_protocol::{
    ApprovalId, ApprovalState, CustomerEmail, Decision, KeyId, PageReference, PlatformId,
};

use super::{Intent, Profile, Role, SignInTerms, SignedIn, StaffId, StaffMember, StoreError};
use crate::config::Named;
use crate::spelling::{Spelling as _, likeness};

pub(super) use columns::{COLUMN_COUNT, Columns, columns, tables};

/// Requests that one person may have waiting at a time.
pub const MOST_WAITING: u32 = 10;
/// How long a request is kept past its end, for whoever asks what became of it, in milliseconds.
pub(super) const KEPT_MILLISECONDS: i64 = 10 * 60 * 1000;

/// What a store does with requests for approval.
#[async_trait]
pub trait Approvals {
    /// Keeps a request for a second person's approval, in the place of an earlier one of the same person for the same customer
    /// and platform.
    async fn ask_approval(&self, new: &NewApproval) -> Result<ApprovalAnswer, StoreError>;

    /// The request of that id.
    async fn approval(&self, id: &ApprovalId) -> Result<Option<StoredApproval>, StoreError>;

    /// Requests of others that wait at that time for one of these platforms, oldest first, at most `limit`. Whether the person
    /// may decide is not asked.
    async fn waiting_approvals(
        &self,
        approver: &StaffMember,
        platforms: &[PlatformId],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredApproval>, StoreError>;

    /// How many requests about a customer are kept, whatever has become of them: what an erasure would delete.
    async fn count_approvals(&self, customer: &CustomerEmail) -> Result<u64, StoreError>;

    /// Makes a decision, if it is the first. Whether the person may is decided in the same transaction.
    async fn decide_approval(&self, verdict: &Verdict) -> Result<VerdictAnswer, StoreError>;

    /// Takes a person's own request back, unless a login has used it.
    async fn withdraw_approval(&self, id: &ApprovalId, staff: StaffId) -> Result<Withdrawal, StoreError>;
}

/// A request to be kept. `Debug` is not derived: it would show the reason.
#[derive(Clone)]
pub struct NewApproval {
    /// Its id.
    pub id: ApprovalId,
    /// Who asks.
    pub staff: StaffId,
    /// Where to.
    pub platform: PlatformId,
    /// Whom.
    pub customer: CustomerEmail,
    /// Why.
    pub reason: Option<String>,
    /// Ticket or case number.
    pub ticket: Option<String>,
    /// The CRM page.
    pub page: Option<PageReference>,
    /// When.
    pub requested_at: Timestamp,
    /// Until when it waits.
    pub ends_at: Timestamp,
}

impl NewApproval {
    /// Whether a broker might take the customer for this person.
    pub(super) fn is_about(&self, staff: &StaffMember) -> bool {
        likeness(&self.customer) == likeness(&staff.email)
    }
}

/// What became of a request in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalAnswer {
    /// It waits. An earlier one of the same person for the same customer and platform is gone.
    Waits,
    /// The customer's address is a staff member's, who may be a disabled one.
    CustomerIsStaff,
    /// The person has [`MOST_WAITING`] already.
    TooMany,
    /// The person has been disabled.
    StaffDisabled,
}

/// A request as it is kept.
#[derive(Clone)]
pub struct StoredApproval {
    /// What was asked. `ends_at` is that of the approval, once there is one.
    pub asked: NewApproval,
    /// Name of who asked.
    pub staff_name: String,
    /// What was done with it.
    pub(super) stage: Stage,
    /// Who decided.
    pub decided: Option<Decided>,
}

/// Somebody's decision.
#[derive(Clone)]
pub struct Decided {
    /// Whose, as they are now.
    pub by: StaffMember,
    /// With which profile.
    pub key_id: KeyId,
    /// Whether that profile is theirs still, and what it was: neither revoked since, nor enrolled anew, nor signed in anew after
    /// its session had ended.
    pub(super) profile_is_good: bool,
    /// What the profile's session has now; none for a profile that was enrolled by a code.
    pub(super) signed_in: Option<SignedIn>,
    /// When.
    pub at: Timestamp,
    /// What they said to it.
    pub word: Option<String>,
}

/// How far a request has come, whatever the time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    Approved,
    Declined,
    Used,
    /// Somebody is at it: what it is then nobody knows yet. Never stored.
    Changing,
}

impl Stage {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Used => "used",
            Self::Changing => "changing",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Waiting, Self::Approved, Self::Declined, Self::Used]
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or(StoreError::Inconsistent(
                "a request for approval has no known state",
            ))
    }
}

impl From<Decision> for Stage {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Approve => Self::Approved,
            Decision::Decline => Self::Declined,
        }
    }
}

impl StoredApproval {
    /// How it stands at some time.
    pub fn state(&self, now: Timestamp) -> ApprovalState {
        match self.stage {
            Stage::Used => ApprovalState::Used,
            Stage::Declined => ApprovalState::Declined,
            Stage::Waiting | Stage::Approved | Stage::Changing if self.asked.ends_at <= now => {
                ApprovalState::Expired
            }
            Stage::Waiting | Stage::Changing => ApprovalState::Waiting,
            Stage::Approved => ApprovalState::Approved,
        }
    }

    /// The same for whoever asks how it stands: an approval has ended, too, while whoever gave it is none of the approvers, or
    /// not with the profile that they used. Whether a login may use it is decided again when it is recorded.
    pub fn state_under(&self, approvers: &Named<Role>, terms: &SignInTerms, now: Timestamp) -> ApprovalState {
        let stands = |decided: &Decided| decided.stands(approvers, terms, now);
        match self.state(now) {
            ApprovalState::Approved if !self.decided.as_ref().is_some_and(stands) => ApprovalState::Expired,
            state => state,
        }
    }
}

impl Decided {
    /// Whether whoever decided may do so still: they, their role and the profile that they decided with.
    fn stands(&self, approvers: &Named<Role>, terms: &SignInTerms, at: Timestamp) -> bool {
        let session = self.signed_in.as_ref();
        self.profile_is_good
            && !self.by.disabled
            && session.is_none_or(|session| session.is_open(terms, at))
            && approvers.has_any(&self.by.roles_with(session, terms))
    }
}

/// A decision to be made.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// On which request.
    pub id: ApprovalId,
    /// With which profile: it says whose it is.
    pub key_id: KeyId,
    /// Who may decide at all.
    pub approvers: Named<Role>,
    /// By which the roles of a session are judged.
    pub terms: Arc<SignInTerms>,
    /// What.
    pub decision: Decision,
    /// What they say to it.
    pub word: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Until when an approval lasts.
    pub ends_at: Timestamp,
}

/// What became of a decision.
#[derive(Clone)]
pub enum VerdictAnswer {
    /// It stands, now or already.
    Stands(StoredApproval),
    /// Another one was made before, or the request has ended.
    Late(StoredApproval),
    /// There is no such request, or it is one that this person must not know of.
    Unknown,
    /// The person may not decide on it.
    NotPermitted,
}

impl Verdict {
    /// What to answer to it; `None`: it is to be made.
    pub(super) fn answer(
        &self,
        found: Option<StoredApproval>,
        approver: Option<&Profile>,
    ) -> Option<VerdictAnswer> {
        let Some(found) = found else {
            return Some(VerdictAnswer::Unknown);
        };
        let asked = &found.asked;
        let approver = approver
            .filter(|profile| {
                profile.is_good(&self.terms, self.at) && self.approvers.has_any(&profile.roles(&self.terms))
            })
            .map(|profile| &profile.staff)
            .filter(|staff| asked.staff != staff.id && !asked.is_about(staff));
        let Some(approver) = approver else {
            return Some(VerdictAnswer::NotPermitted);
        };
        if found.state(self.at) == ApprovalState::Waiting {
            return None;
        }
        // The answer to an earlier attempt was lost.
        let same = found.stage == Stage::from(self.decision)
            && found
                .decided
                .as_ref()
                .is_some_and(|decided| decided.by.id == approver.id);
        Some(if same {
            VerdictAnswer::Stands(found)
        } else {
            VerdictAnswer::Late(found)
        })
    }

    /// The request once it is made.
    pub(super) fn make(&self, found: StoredApproval, approver: Profile) -> StoredApproval {
        StoredApproval {
            asked: NewApproval {
                ends_at: self.ends_at,
                ..found.asked
            },
            stage: self.decision.into(),
            decided: Some(Decided {
                by: approver.staff,
                key_id: approver.key_id,
                profile_is_good: true,
                signed_in: approver.signed_in,
                at: self.at,
                word: self.word.clone(),
            }),
            ..found
        }
    }
}

/// What became of taking a request back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// It is gone, with its approval if there was one.
    Withdrawn,
    /// It was used before.
    Used,
    /// That person has none of that id.
    Unknown,
}

/// The approval that a login names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalUse {
    /// Which.
    pub id: ApprovalId,
    /// Who may approve: whoever did must still be one of them.
    pub approvers: Named<Role>,
}

/// Why a login cannot use the approval that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalFault {
    /// That person has none of that id.
    Unknown,
    /// It is of another customer, platform, reason, ticket or page.
    Mismatch,
    /// Nobody has decided yet.
    Waiting,
    /// Somebody decides on it, takes it back or erases it at this moment.
    Changing,
    /// It was declined.
    Declined,
    /// Its time is over.
    Expired,
    /// A login has used it.
    Used,
    /// Whoever approved may not any more.
    ApproverLost,
}

/// An approval that a login may use, for its record.
pub(super) struct Approved {
    pub(super) id: ApprovalId,
    pub(super) by: StaffMember,
    pub(super) key_id: KeyId,
    pub(super) at: Timestamp,
}

impl Intent {
    /// The approval that it names, if it names one, out of what the store has of it.
    pub(super) fn approved(&self, found: Option<&StoredApproval>) -> Result<Option<Approved>, ApprovalFault> {
        let Some(named) = &self.approval else {
            return Ok(None);
        };
        let found = found
            .filter(|found| found.asked.staff == self.staff.id)
            .ok_or(ApprovalFault::Unknown)?;
        let asked = &found.asked;
        if asked.customer.spelling() != self.customer_email.spelling()
            || asked.platform != self.platform
            || asked.reason != self.reason
            || asked.ticket != self.ticket
            || asked.page != self.page
        {
            return Err(ApprovalFault::Mismatch);
        }
        match (found.state(self.requested_at), &found.decided) {
            (ApprovalState::Approved, Some(decided))
                if decided.stands(&named.approvers, &self.terms, self.requested_at) =>
            {
                Ok(Some(Approved {
                    id: asked.id.clone(),
                    by: decided.by.clone(),
                    key_id: decided.key_id.clone(),
                    at: decided.at,
                }))
            }
            (ApprovalState::Approved, _) => Err(ApprovalFault::ApproverLost),
            (ApprovalState::Waiting, _) if found.stage == Stage::Changing => Err(ApprovalFault::Changing),
            (ApprovalState::Waiting, _) => Err(ApprovalFault::Waiting),
            (ApprovalState::Declined, _) => Err(ApprovalFault::Declined),
            (ApprovalState::Expired, _) => Err(ApprovalFault::Expired),
            (ApprovalState::Used, _) => Err(ApprovalFault::Used),
        }
    }
}
