//! `GET /v1/session`: who am I to this relay, what may I open, and under which rules.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::{KeyId, Platform};

/// What the relay knows of the profile that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Whose profile this is.
    pub staff: Staff,
    /// The profile's key.
    pub key_id: KeyId,
    /// Platforms that this person may open, in the order of the configuration.
    pub platforms: Vec<Platform>,
    /// Rules that the extension shows and keeps; the relay checks them again.
    pub policy: Policy,
    /// Whether this person may approve logins of others.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub may_approve: bool,
    /// The relay's version, for support.
    pub relay_version: String,
    /// When the person must sign in again, in seconds since 1970 (UTC); absent for a profile that was enrolled by a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_until: Option<u64>,
}

impl Session {
    /// The rules of one of its platforms.
    pub fn rules(&self, platform: &Platform) -> Rules {
        platform.rules.unwrap_or_else(|| self.policy.rules())
    }
}

/// A staff member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Staff {
    /// The staff member's own address; never a customer.
    pub email: String,
    /// The name that people know.
    pub name: String,
}

/// Rules for a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Whether a reason is asked for.
    pub reason: ReasonMode,
    /// Shortest reason, in characters, where one is given or required.
    pub reason_min_length: u32,
    /// Whether the window must be isolated.
    pub isolation: Isolation,
    /// Domains of the firm's own staff; their addresses are never customers.
    pub staff_domains: Vec<String>,
    /// How long a token is good for, in seconds.
    pub validity_seconds: u32,
    /// Whether nothing opens without a ticket.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub ticket_required: bool,
    /// When a person is asked before anything opens.
    #[serde(default, skip_serializing_if = "Confirm::is_default")]
    pub confirm: Confirm,
}

impl Policy {
    /// The part that may differ between platforms.
    pub fn rules(&self) -> Rules {
        Rules {
            reason: self.reason,
            reason_min_length: self.reason_min_length,
            isolation: self.isolation,
            validity_seconds: self.validity_seconds,
            ticket_required: self.ticket_required,
            confirm: self.confirm,
        }
    }
}

/// Rules of one platform, where they are not those of the [`Policy`]; each means what it means there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// Whether a reason is asked for.
    pub reason: ReasonMode,
    /// Shortest reason, in characters, where one is given or required.
    pub reason_min_length: u32,
    /// Whether the window must be isolated.
    pub isolation: Isolation,
    /// How long a token is good for, in seconds.
    pub validity_seconds: u32,
    /// Whether nothing opens without a ticket.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub ticket_required: bool,
    /// When a person is asked before anything opens.
    #[serde(default, skip_serializing_if = "Confirm::is_default")]
    pub confirm: Confirm,
}

/// When a person is asked before anything opens. The stricter is the greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// When it is not clear who is meant; an extension may ask more often.
    WhenAmbiguous,
    /// Each time.
    #[default]
    Always,
}

impl Confirm {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether a reason is asked for. The stricter is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ReasonMode {
    /// No field is shown.
    Off,
    /// A field is shown; it may stay empty.
    Optional,
    /// Nothing opens without one.
    Required,
}

/// Whether the platform's window must be cut off from the profile's own cookies. The stricter is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// An ordinary window.
    Off,
    /// An isolated window where it can be had.
    Preferred,
    /// Without an isolated window nothing opens.
    Required,
}
