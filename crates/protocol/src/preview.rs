//! `POST /v1/previews`: what the broker says of a customer, before anything is opened.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::{CustomerEmail, PlatformId};

/// Asks who a customer is. Each member means what it means in a `LoginRequest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewRequest {
    /// Which platform of the relay's configuration.
    pub platform: PlatformId,
    /// The customer.
    pub customer_email: CustomerEmail,
}

/// What is shown of an account: as little as tells one customer from another.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// First and last name, as the customer gave them to the broker; absent where the broker names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How the identity check stands.
    pub status: AccountStatus,
    /// Whether the broker says that the customer cannot log in, so that a token would be of no use.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub login_disabled: bool,
}

/// A name belongs to a person, so it is not shown.
impl core::fmt::Debug for Preview {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Preview")
            .field("has_name", &self.name.is_some())
            .field("status", &self.status)
            .field("login_disabled", &self.login_disabled)
            .finish()
    }
}

/// How a customer's identity check stands. It says nothing about logging in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// It was passed.
    Verified,
    /// It has not begun.
    Unverified,
    /// It is under way.
    Pending,
    /// It was not passed.
    Rejected,
    /// The account is blocked, which need not keep the customer from logging in.
    Blocked,
    /// The broker does not say, or says what is not known.
    Unknown,
}
