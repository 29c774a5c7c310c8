//! `POST /v1/logins` and `POST /v1/logins/{id}/outcome`: ask for a one-time token, then say what became of it.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::{ApprovalId, CustomerEmail, OneTimeToken, PlatformId, RequestId};

/// Asks the relay for a token that opens one customer on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginRequest {
    /// Made anew for each click; the relay accepts it once.
    pub request_id: RequestId,
    /// Which platform of the relay's configuration.
    pub platform: PlatformId,
    /// The customer.
    pub customer_email: CustomerEmail,
    /// Why, in the staff member's words. Whether it must be there is the relay's policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::Reason>))]
    pub reason: Option<String>,
    /// A ticket or case number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::Ticket>))]
    pub ticket: Option<String>,
    /// The CRM page on which the button was clicked; absent when the address was typed in elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageReference>,
    /// A colleague's login of the same customer and platform that this one is to make void, knowingly: the
    /// `Claim` that the person was shown. It says nothing if another claim stands by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<RequestId>,
    /// A colleague's approval of exactly this login, which it uses up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// The extension's version.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Label))]
    pub extension_version: String,
}

/// Where the click happened. Only the origin: a path or query may hold private data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PageReference {
    /// Origin of the CRM page, e.g. `https://crm.example`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Origin))]
    pub origin: String,
    /// The record's id in that CRM, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::Label>))]
    pub record_id: Option<String>,
}

/// The token, and where it is to be used.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LoginResponse {
    /// The request that this answers.
    pub request_id: RequestId,
    /// Opens the customer's platform, once.
    pub one_time_token: OneTimeToken,
    /// The platform's address, as in the session's list.
    pub platform_url: String,
    /// How long the token is good for, in seconds.
    pub validity_seconds: u32,
}

/// What became of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The isolated window was opened.
    Opened,
    /// The isolated window was closed.
    Closed,
    /// The window could not be opened.
    Failed,
}

impl Outcome {
    /// The word for it on the wire and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Failed => "failed",
        }
    }
}

/// Reports an [`Outcome`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutcomeReport {
    /// What happened.
    pub outcome: Outcome,
    /// Since the click, in milliseconds.
    #[serde(
        default,
        deserialize_with = "crate::whole::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::Milliseconds>))]
    pub duration_milliseconds: Option<u64>,
    /// For `failed`: a short cause, without any address or token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::Label>))]
    pub cause: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_however_it_is_written() {
        let read = |duration: &str| {
            let text = format!(r#"{{"outcome":"opened","durationMilliseconds":{duration}}}"#);
            serde_json::from_str::<OutcomeReport>(&text).map(|report| report.duration_milliseconds)
        };
        for (duration, number) in [
            ("0", Some(0)),
            ("1181", Some(1181)),
            ("1181.0", Some(1181)),
            ("1.181e3", Some(1181)),
            ("-0.0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("null", None),
        ] {
            assert_eq!(read(duration).unwrap(), number, "{duration}");
        }
        for bad in ["-1", "1.5", "1e300", "9007199254740992.0", "\"1\"", "true", "[]"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let without = serde_json::from_str::<OutcomeReport>(r#"{"outcome":"opened"}"#).unwrap();
        assert_eq!(without.duration_milliseconds, None);
    }
}
