//! A login's record: what was about to be asked of the broker, and what came of it.

use std::net::IpAddr;

use jiff::Timestamp;
use stagedoor_protocol::{CustomerEmail, ErrorCode, KeyId, PageReference, PlatformId, RequestId};

use super::StaffId;

/// Everything known of a login before the broker is asked. `Debug` is not derived: it would show the reason.
#[derive(Clone)]
pub struct Intent {
    /// The extension's id of it.
    pub request_id: RequestId,
    /// Who.
    pub staff: StaffId,
    /// With which profile.
    pub key_id: KeyId,
    /// From where.
    pub client_address: IpAddr,
    /// The extension's version.
    pub extension_version: String,
    /// Where to.
    pub platform: PlatformId,
    /// Whom.
    pub customer_email: CustomerEmail,
    /// Why.
    pub reason: Option<String>,
    /// Ticket or case number.
    pub ticket: Option<String>,
    /// The CRM page.
    pub page: Option<PageReference>,
    /// How long the token shall be good for.
    pub validity_seconds: u32,
    /// When.
    pub requested_at: Timestamp,
}

/// What came of asking the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MintOutcome {
    /// A token was made and received.
    Minted,
    /// No token was made, for this cause.
    Failed(ErrorCode),
    /// It is not known whether a token was made.
    Unknown(ErrorCode),
}

impl MintOutcome {
    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minted => "minted",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The stored cause.
    pub fn cause(self) -> Option<&'static str> {
        match self {
            Self::Minted => None,
            Self::Failed(code) | Self::Unknown(code) => Some(code.as_str()),
        }
    }
}
