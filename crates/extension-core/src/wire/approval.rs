//! Requests for approval. What other people wrote is made harmless here: it is shown beside buttons.

use alloc::string::String;

use stagedoor_protocol::{
    Approval, ApprovalDecision, ApprovalId, ApprovalRequest, ApprovalState, CustomerEmail, PageReference,
    PlatformId, WaitingApproval,
    limits::{MAX_LABEL_BYTES, MAX_REASON_CHARS, MAX_TICKET_CHARS, MAX_WORD_CHARS},
};

use super::{FromJson, environment, environment_name};
use crate::{
    json::{Object, ToJson, Value},
    text::{harmless, harmless_within},
};

/// A day, in seconds. No request waits that long, so a larger number is none.
const MAX_SECONDS: u32 = 86_400;

impl ToJson for ApprovalRequest {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("platform", self.platform.as_str())
            .with("customerEmail", self.customer_email.as_str())
            .with_some("reason", self.reason.as_ref())
            .with_some("ticket", self.ticket.as_ref())
            .with_some("page", self.page.as_ref())
            .end();
    }
}

impl ToJson for ApprovalDecision {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("decision", self.decision.as_str())
            .with_some("word", self.word.as_ref())
            .end();
    }
}

/// The state as it stands on the wire.
pub fn state_name(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Waiting => "waiting",
        ApprovalState::Approved => "approved",
        ApprovalState::Declined => "declined",
        ApprovalState::Expired => "expired",
        ApprovalState::Used => "used",
    }
}

impl FromJson for Approval {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: ApprovalId::parse(value.get("id").text()?).ok()?,
            state: match value.get("state").text()? {
                "waiting" => ApprovalState::Waiting,
                "approved" => ApprovalState::Approved,
                "declined" => ApprovalState::Declined,
                "expired" => ApprovalState::Expired,
                "used" => ApprovalState::Used,
                _ => return None,
            },
            remaining_seconds: seconds(value)?,
            decided_by: value.get("decidedBy").text().map(harmless),
            word: shown(value.get("word"), MAX_WORD_CHARS),
        })
    }
}

impl ToJson for Approval {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("id", self.id.as_str())
            .with("state", state_name(self.state))
            .with("remainingSeconds", &u64::from(self.remaining_seconds))
            .with_some("decidedBy", self.decided_by.as_ref())
            .with_some("word", self.word.as_ref())
            .end();
    }
}

impl FromJson for WaitingApproval {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: ApprovalId::parse(value.get("id").text()?).ok()?,
            requested_by: harmless(value.get("requestedBy").text()?),
            customer_email: CustomerEmail::parse(value.get("customerEmail").text()?).ok()?,
            platform: PlatformId::parse(value.get("platform").text()?).ok()?,
            platform_name: harmless_within(value.get("platformName").text()?, MAX_LABEL_BYTES),
            environment: environment(value),
            reason: shown(value.get("reason"), MAX_REASON_CHARS),
            ticket: shown(value.get("ticket"), MAX_TICKET_CHARS),
            page: PageReference::read(value.get("page")),
            remaining_seconds: seconds(value)?,
        })
    }
}

impl ToJson for WaitingApproval {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("id", self.id.as_str())
            .with("requestedBy", &self.requested_by)
            .with("customerEmail", self.customer_email.as_str())
            .with("platform", self.platform.as_str())
            .with("platformName", &self.platform_name)
            .with_some("environment", self.environment.map(environment_name))
            .with_some("reason", self.reason.as_ref())
            .with_some("ticket", self.ticket.as_ref())
            .with_some("page", self.page.as_ref())
            .with("remainingSeconds", &u64::from(self.remaining_seconds))
            .end();
    }
}

impl FromJson for PageReference {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            origin: harmless_within(value.get("origin").text()?, MAX_LABEL_BYTES),
            record_id: shown(value.get("recordId"), MAX_LABEL_BYTES),
        })
    }
}

fn shown(value: &Value, most: usize) -> Option<String> {
    value.text().map(|text| harmless_within(text, most))
}

fn seconds(value: &Value) -> Option<u32> {
    let seconds = value.get("remainingSeconds").number();
    seconds.filter(|seconds| *seconds <= MAX_SECONDS)
}
