//! A colleague's login that stands in the way of another one for the same customer and platform.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::RequestId;

/// A token that was made for a customer and may not have been used yet. A second one would make it void, so whoever
/// asks for that is told of it first. A person's own claim stands in their way only while that login is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The colleague's login. `overrides` of a login names it to override this
    /// claim and no other.
    pub request_id: RequestId,
    /// The colleague's name, as people know it.
    pub staff_name: String,
    /// How long ago the login was asked for, in seconds.
    pub held_seconds: u32,
    /// How long the claim will stand from now on, in seconds, rounded up.
    pub remaining_seconds: u32,
    /// Whether the login itself is still under way, so that it cannot be overridden yet. It may be the person's own.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub under_way: bool,
}
