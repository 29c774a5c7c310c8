//! `/v1/approvals`: a login that a second person must approve, asked for, decided on, and followed by who asked.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::{
    CustomerEmail, Environment, PageReference, PlatformId, RequestId,
    error::{ParseError, text_type},
};

/// Names one request for approval; the relay makes it. A UUID version 7, as a [`RequestId`] is, but never one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApprovalId(String);

impl ApprovalId {
    /// Makes an id from a time in milliseconds since 1970 (UTC) and 80 random bits.
    pub fn from_parts(unix_milliseconds: u64, random: &[u8; 10]) -> Self {
        Self(RequestId::from_parts(unix_milliseconds, random).into())
    }

    /// Parses the hyphenated lower-case form, and no other spelling.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let error = ParseError {
            expected: "an approval's id: a UUID version 7 in lower case with hyphens",
        };
        RequestId::parse(text)
            .map(|id| Self(id.into()))
            .map_err(|_| error)
    }

    /// The hyphenated lower-case form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_type!(ApprovalId, ParseError);

/// Asks for approval of a login. Each member means what it means in a `LoginRequest`, and the login
/// that is opened by the approval must say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalRequest {
    /// Which platform of the relay's configuration.
    pub platform: PlatformId,
    /// The customer.
    pub customer_email: CustomerEmail,
    /// Why, in the staff member's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::Reason>))]
    pub reason: Option<String>,
    /// A ticket or case number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::Ticket>))]
    pub ticket: Option<String>,
    /// The CRM page on which the button was clicked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageReference>,
}

/// How it stands with a request for approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ApprovalState {
    /// Nobody has decided yet.
    Waiting,
    /// It may be opened, once.
    Approved,
    /// It may not.
    Declined,
    /// Nobody decided in time, it was not opened in time, or whoever approved may not approve any more.
    Expired,
    /// It was opened.
    Used,
}

/// A request for approval, as whoever made or decided it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Which one.
    pub id: ApprovalId,
    /// How it stands.
    pub state: ApprovalState,
    /// How long it waits yet, or the approval lasts, in seconds, rounded up; 0 when there is nothing left to wait for.
    pub remaining_seconds: u32,
    /// Name of who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// What they said to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
}

/// A request that waits, as those see it who may decide it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WaitingApproval {
    /// Which one.
    pub id: ApprovalId,
    /// Name of who asks.
    pub requested_by: String,
    /// The customer.
    pub customer_email: CustomerEmail,
    /// The platform's id.
    pub platform: PlatformId,
    /// The platform's name.
    pub platform_name: String,
    /// Live or demo, while the relay has the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Ticket or case number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The CRM page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageReference>,
    /// How long it waits yet, in seconds, rounded up.
    pub remaining_seconds: u32,
}

/// The requests that wait for the person who asks, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WaitingApprovals {
    /// At most a hundred.
    pub requests: Vec<WaitingApproval>,
}

/// What an approver may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The login may be opened, once.
    Approve,
    /// It may not.
    Decline,
}

impl Decision {
    /// The word for it on the wire and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
        }
    }
}

/// Decides on a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalDecision {
    /// What.
    pub decision: Decision,
    /// Why, for who asked: at most 200 characters. Whoever declines must say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
}
