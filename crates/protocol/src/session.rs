//! `GET /v1/session`: who am I to this relay, what may I open, and under which rules.

use serde::{Deserialize, Serialize};

use crate::{KeyId, Platform};

/// What the relay knows of the profile that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The relay's version, for support.
    pub relay_version: String,
}

/// A staff member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// The staff member's own address; never a customer.
    pub email: String,
    /// The name that people know.
    pub name: String,
}

/// Rules for a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// Whether a reason is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReasonMode {
    /// No field is shown.
    Off,
    /// A field is shown; it may stay empty.
    Optional,
    /// Nothing opens without one.
    Required,
}

/// Whether the platform's window must be cut off from the profile's own cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Without an isolated window nothing opens.
    Required,
    /// An isolated window where it can be had.
    Preferred,
    /// An ordinary window.
    Off,
}
