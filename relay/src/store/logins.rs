//! A login as the store takes it: what is about to be asked of the broker, what came of it, and who holds a customer.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use stagedoor_protocol::{CustomerEmail, ErrorCode, KeyId, Nonce, PageReference, PlatformId, RequestId};

use super::{
    ApprovalFault, ApprovalUse, LimitReached, LimitUses, Profile, Role, SignInTerms, StaffId, StaffMember,
};
use crate::events::Asked;

/// Everything known of a login before the broker is asked. `Debug` is not derived: it would show the reason.
#[derive(Clone)]
pub struct Intent {
    /// The extension's id of it.
    pub request_id: RequestId,
    /// Who. The store compares it with what it knows of the profile: it may have been read some time ago.
    pub staff: StaffMember,
    /// The roles by which the policy allowed it: the store compares these, too.
    pub roles: BTreeSet<Role>,
    /// By which sessions and their roles are judged.
    pub terms: Arc<SignInTerms>,
    /// With which profile.
    pub key_id: KeyId,
    /// The signature's nonce, claimed together with the intent.
    pub nonce: Nonce,
    /// Until when the nonce must be remembered.
    pub nonce_expires_at: Timestamp,
    /// From where.
    pub client_address: IpAddr,
    /// The extension's version.
    pub extension_version: String,
    /// Where to.
    pub platform: PlatformId,
    /// Where a customer has one token at a time: [`PlatformConfig::token_scope`](crate::config::PlatformConfig::token_scope).
    pub token_scope: String,
    /// Whom.
    pub customer_email: CustomerEmail,
    /// Why.
    pub reason: Option<String>,
    /// Ticket or case number.
    pub ticket: Option<String>,
    /// The CRM page.
    pub page: Option<PageReference>,
    /// The colleague's login that this one takes the customer from, knowingly.
    pub overrides: Option<RequestId>,
    /// The second person's approval that it uses up.
    pub approval: Option<ApprovalUse>,
    /// Which grants allowed it, as the ledger names them.
    pub grants: String,
    /// Which rules allowed it.
    pub policy_version: String,
    /// How long the token shall be good for.
    pub validity_seconds: u32,
    /// What it is counted in, if it is recorded.
    pub limits: LimitUses,
    /// Whether the customer is a canary, so that it is told when this is recorded.
    pub canary: bool,
    /// When.
    pub requested_at: Timestamp,
    /// Until when the customer is likely to be held. Without an outcome it is held for longer than that, too.
    pub claimed_until: Timestamp,
}

impl Intent {
    /// Whether a profile is its person's, as they are described and with these roles, and may log in.
    pub(super) fn is_by(&self, profile: &Profile) -> bool {
        profile.is_good(&self.terms, self.requested_at)
            && profile.staff == self.staff
            && profile.roles(&self.terms) == self.roles
    }

    /// Whether it may take the customer from that login: the person's own, or the one that they override.
    pub(super) fn may_take_over(&self, claim: &Claim) -> bool {
        claim.staff == self.staff.id || self.overrides.as_ref() == Some(&claim.request_id)
    }

    /// Who asks for it, as events say it.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked {
            login: self.request_id.as_str(),
            staff: self.staff.id,
            profile: &self.key_id,
            platform: &self.platform,
        }
    }

    /// Lets it begin later: it holds its customer as long as it would have, but from then on.
    pub(crate) fn postpone(&mut self, begun: Timestamp) {
        let held = self.claimed_until.duration_since(self.requested_at);
        self.requested_at = begun;
        self.claimed_until = begun.checked_add(held).unwrap_or(Timestamp::MAX);
    }
}

/// What became of an intent in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentAnswer {
    /// It is durable; the broker may be asked.
    Recorded,
    /// A login of that id was recorded before.
    Repeated,
    /// The signature's nonce was used before.
    Replayed,
    /// The profile may not log in any more, or the person is another than the intent says. Nothing was written, not even
    /// the nonce.
    ProfileChanged,
    /// The customer's address is a staff member's, who may be a disabled one.
    CustomerIsStaff,
    /// The approval that the intent names cannot be used by it.
    NotApproved(ApprovalFault),
    /// A colleague holds the customer on this platform, or on another of the same broker, and the intent did not name that login.
    Claimed(Claim),
    /// The intent may take the customer from this login, but not yet: it has no outcome, so its request may still be on the
    /// way to the broker, and could reach it last. Nothing was written, not even the nonce.
    UnderWay(Claim),
    /// A limit refused it. Nothing was written but the nonce.
    Limited(LimitReached),
    /// The broker has had as many as it may, and the intent would rather wait: its turn should come in this time, if nobody else
    /// comes before. Nothing was written, not even the nonce.
    Busy(Duration),
}

/// Who holds the outstanding token of a customer at a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The login.
    pub request_id: RequestId,
    /// Whose.
    pub staff: StaffId,
    /// Their name, for the colleague who is told.
    pub staff_name: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if the login has its outcome; else it holds the customer until it has.
    pub until: Timestamp,
}

/// The end of a mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// What came of it.
    pub outcome: MintOutcome,
    /// How long the broker took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// Until when a token that was or may have been made holds the customer.
    pub claimed_until: Timestamp,
}

/// What came of asking the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MintOutcome {
    /// A token was made and received. With a cause: it was dropped, for that reason.
    Minted(Option<ErrorCode>),
    /// No token was made, for this cause.
    Failed(ErrorCode),
    /// It is not known whether a token was made.
    Unknown(ErrorCode),
}

impl MintOutcome {
    /// The recorded name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minted(_) => "minted",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The recorded cause.
    pub fn cause(self) -> Option<&'static str> {
        match self {
            Self::Minted(code) => code.map(ErrorCode::as_str),
            Self::Failed(code) | Self::Unknown(code) => Some(code.as_str()),
        }
    }
}

/// The login of a look-up: where its records are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecords {
    /// Its id.
    pub request_id: RequestId,
    /// Sequence of the intent.
    pub intent: u64,
    /// Sequence of the outcome; none while it is under way.
    pub outcome: Option<u64>,
    /// Sequences of what the extension reported, in their order.
    pub reports: Vec<u64>,
}

/// Which logins are looked for; all of the given conditions must hold.
#[derive(Debug, Clone, Default)]
pub struct LoginFilter {
    /// Address of the staff member.
    pub staff: Option<CustomerEmail>,
    /// Address of the customer. An erased customer is not found.
    pub customer: Option<CustomerEmail>,
    /// The platform.
    pub platform: Option<PlatformId>,
    /// `minted`, `failed`, `unknown`, or `open` for those under way.
    pub outcome: Option<String>,
    /// Not before this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// Intents after this sequence only: the last one of the page before.
    pub after: Option<u64>,
}
