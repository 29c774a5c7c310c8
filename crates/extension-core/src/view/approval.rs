//! What is shown of approvals: to whoever waits for one, and to whoever may give it.

use alloc::{boxed::Box, string::String, vec::Vec};

use stagedoor_protocol::{ApprovalState, CustomerEmail, PlatformId, WaitingApproval};

use super::{Problem, View};
use crate::{json::Object, record::Asked, text::Text, wire::state_name};

/// A login that a colleague was asked to approve.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedView {
    /// How it stands.
    pub state: ApprovalState,
    /// Of whose login.
    pub email: CustomerEmail,
    /// Where.
    pub platform: PlatformId,
    /// Its name.
    pub platform_name: String,
    /// Why.
    pub reason: Option<String>,
    /// Ticket or case number.
    pub ticket: Option<String>,
    /// Who may approve.
    pub approvers: Option<Text>,
    /// How long it waits or lasts yet.
    pub remaining_seconds: u32,
    /// Who decided.
    pub decided_by: Option<String>,
    /// What they said to it.
    pub word: Option<String>,
}

/// What waits for this person's decision.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalsView {
    /// Oldest first.
    pub requests: Vec<WaitingApproval>,
    /// What was done just now.
    pub done: Option<Text>,
    /// Whether there is nothing to be had before the person has done something about it.
    pub barred: bool,
    /// Whether it is not known what waits: what was known before may still.
    pub unlisted: bool,
    /// What went wrong.
    pub error: Option<Problem>,
}

impl View {
    /// How it stands with a request for approval.
    pub fn of_asked(asked: &Asked, now: u64) -> Self {
        let approvers = match asked.approver_roles.as_slice() {
            [] => None,
            [all] if all == "*" => Some(Text::new("approval_by_anybody")),
            roles => Some(Text::with("approval_by_roles", roles.join(", "))),
        };
        Self::Approval(Box::new(AskedView {
            state: asked.state(now),
            email: asked.email.clone(),
            platform: asked.platform.id.clone(),
            platform_name: asked.platform.name.clone(),
            reason: asked.reason.clone(),
            ticket: asked.ticket.clone(),
            approvers,
            remaining_seconds: asked.remaining(now),
            decided_by: asked.approval.decided_by.clone(),
            word: asked.approval.word.clone(),
        }))
    }
}

impl AskedView {
    /// Writes its members.
    pub(super) fn write<'a>(&self, view: Object<'a>) -> Object<'a> {
        view.with("state", state_name(self.state))
            .with("email", self.email.as_str())
            .with("platform", self.platform.as_str())
            .with("platformName", &self.platform_name)
            .with_some("reason", self.reason.as_ref())
            .with_some("ticket", self.ticket.as_ref())
            .with_some("approvers", self.approvers.as_ref())
            .with("remainingSeconds", &u64::from(self.remaining_seconds))
            .with_some("decidedBy", self.decided_by.as_ref())
            .with_some("word", self.word.as_ref())
    }
}
