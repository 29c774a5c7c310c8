//! Errors on the wire: problem documents (RFC 9457) with stable codes.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Claim, RequestId};

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// What went wrong, in a form that never changes its spelling. Each has one HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code as it stands on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// A short summary for people, the same each time (RFC 9457 section 3.1.3).
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

error_codes! {
    /// The body is not the JSON that the endpoint takes: syntax, an unknown field, or a wrong type.
    MalformedRequest = "malformed_request", 400, "The request is not well formed";
    /// The body is larger than the relay reads.
    BodyTooLarge = "body_too_large", 413, "The request body is too large";
    /// The body is not declared as `application/json`.
    UnsupportedMediaType = "unsupported_media_type", 415, "The request body must be application/json";
    /// No such path.
    NotFound = "not_found", 404, "There is nothing at this address";
    /// The path takes other methods.
    MethodNotAllowed = "method_not_allowed", 405, "The address does not take this method";
    /// The request took too long to arrive.
    RequestTimeout = "request_timeout", 408, "The request took too long to arrive";

    /// The request comes from a web page or from an extension that the relay does not serve.
    OriginNotAllowed = "origin_not_allowed", 403, "Requests from this origin are not taken";
    /// `Signature`, `Signature-Input` or `Content-Digest` is missing or not of the documented form.
    SignatureMissing = "signature_missing", 401, "The request is not signed as it must be";
    /// The signature or the digest does not fit the request.
    SignatureInvalid = "signature_invalid", 401, "The request's signature does not fit it";
    /// `created` is outside the window: the clocks differ, or the request is old.
    SignatureStale = "signature_stale", 401, "The request is too old, or the clocks differ";
    /// The nonce was used before.
    SignatureReplayed = "signature_replayed", 401, "The request was sent before";
    /// No profile is enrolled with this key.
    ProfileUnknown = "profile_unknown", 401, "This browser profile is not enrolled";
    /// The staff member was disabled.
    StaffDisabled = "staff_disabled", 403, "This staff member has been disabled";
    /// The code is unknown, used, or expired; which of them is not said.
    EnrolmentCodeRefused = "enrolment_code_refused", 403, "The enrolment code is not valid";
    /// The code belongs to somebody, but this key is enrolled already.
    ProfileAlreadyEnrolled = "profile_already_enrolled", 409, "This browser profile is enrolled already";
    /// The relay offers no sign-in, only enrolment codes.
    SignInNotOffered = "sign_in_not_offered", 404, "This relay has no sign-in";
    /// The provider, or what it says of the person, does not let them in.
    SignInRefused = "sign_in_refused", 403, "The sign-in was refused";
    /// The provider could not be asked.
    SignInFailed = "sign_in_failed", 502, "The sign-in provider could not be asked";
    /// The person signed in too long ago.
    SessionExpired = "session_expired", 401, "The sign-in has run out";
    /// Too many requests from this address, person or in all; see `retryAfterSeconds`.
    TooManyRequests = "too_many_requests", 429, "Too many requests";

    /// The customer's address is not acceptable as one.
    CustomerEmailInvalid = "customer_email_invalid", 422, "The customer's e-mail address is not valid";
    /// The policy forbids opening this address to everybody (a staff address, the caller's own, or one on its list); see `rule`.
    CustomerNotAllowed = "customer_not_allowed", 403, "This customer may not be opened";
    /// The policy does not let this person open this customer here, now, or from there; see `rule`.
    NotPermitted = "not_permitted", 403, "The policy does not permit this login";
    /// No platform of that id.
    PlatformUnknown = "platform_unknown", 422, "There is no such platform";
    /// The policy wants a reason, or a longer one; see `rule`.
    ReasonRequired = "reason_required", 422, "A reason is required";
    /// The policy wants a ticket, or one of another form; see `rule`.
    TicketRequired = "ticket_required", 422, "A ticket is required";
    /// The policy wants a second person's approval, and the request names none; see `approverRoles`.
    ApprovalRequired = "approval_required", 403, "A second person must approve this login";
    /// No request for approval of that id belongs to the caller, or waits for them.
    ApprovalUnknown = "approval_unknown", 404, "There is no such request for approval";
    /// The approval was asked for another login than this.
    ApprovalMismatch = "approval_mismatch", 409, "The approval is for another login";
    /// Nobody has approved, or somebody has declined.
    ApprovalMissing = "approval_missing", 403, "This login has not been approved";
    /// The approval was used, ran out, or was given by somebody who may not approve any more.
    ApprovalEnded = "approval_ended", 409, "The approval cannot be used any more";
    /// Somebody decided otherwise before.
    ApprovalDecided = "approval_decided", 409, "The request for approval is not open any more";
    /// An approver who declines must say why.
    WordRequired = "word_required", 422, "A word of explanation is required";
    /// Another person's token for this customer and platform may be unused yet; see `claim`.
    CustomerClaimed = "customer_claimed", 409, "A colleague holds a token for this customer";
    /// This request id was used before.
    RequestRepeated = "request_repeated", 409, "This login was requested before";
    /// No login of that id belongs to the caller.
    LoginUnknown = "login_unknown", 404, "There is no such login";

    /// The broker has no customer of that address.
    CustomerUnknown = "customer_unknown", 404, "The broker does not know this customer";
    /// The broker refused the API key.
    BrokerKeyRefused = "broker_key_refused", 502, "The broker refused the relay's API key";
    /// The API key lacks the right, or the relay's address is not on the broker's list.
    BrokerAccessDenied = "broker_access_denied", 502, "The broker denied the relay access";
    /// The broker's limit is reached; see `retryAfterSeconds`.
    BrokerRateLimited = "broker_rate_limited", 503, "The broker's request limit is reached";
    /// The broker did not accept the request's content.
    BrokerRequestRefused = "broker_request_refused", 502, "The broker did not accept the request";
    /// No connection to the broker; nothing was sent.
    BrokerUnreachable = "broker_unreachable", 502, "The broker cannot be reached";
    /// The broker's certificate could not be verified.
    BrokerTlsFailed = "broker_tls_failed", 502, "The broker's certificate could not be verified";
    /// The broker answered with an error of its own.
    BrokerFailed = "broker_failed", 502, "The broker reported an error of its own";
    /// The broker's answer held no usable token.
    BrokerAnswerUnusable = "broker_answer_unusable", 502, "The broker's answer could not be used";
    /// The request may or may not have reached the broker. It is not repeated.
    OutcomeUnknown = "outcome_unknown", 504, "It is not known whether the broker made a token";

    /// The relay cannot write its record, so it does nothing.
    StoreUnavailable = "store_unavailable", 503, "The relay cannot write its record";
    /// The relay is shutting down or full.
    Overloaded = "overloaded", 503, "The relay cannot take the request now";
    /// A fault in the relay; the cause is in its log under the request's id.
    Internal = "internal", 500, "The relay made a mistake";
}

impl ErrorCode {
    /// The code of this spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A problem document, media type `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `/problems/<code>`, relative to the relay, where the cause and the cure are explained.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// The code's title.
    pub title: String,
    /// The HTTP status, again.
    pub status: u16,
    /// What happened this time, with cause and cure. Never a token, key, or the customer's address.
    pub detail: String,
    /// The stable code. A text, because a newer relay may send one that this side does not know.
    pub code: String,
    /// The login that this is about, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// When to try again, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// For `customer_claimed`: whose claim stands in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// Which rule of the policy refused, as its path in the relay's configuration: `policy.grant[2].hours`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// For `approval_required`: the roles of which one may approve; `*` stands for everybody but the person who asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approver_roles: Vec<String>,
}

impl Problem {
    /// A document for a code, with this occurrence's detail.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            type_uri: ["/problems/", code.as_str()].concat(),
            title: code.title().into(),
            status: code.status(),
            detail: detail.into(),
            code: code.as_str().into(),
            request_id: None,
            retry_after_seconds: None,
            claim: None,
            rule: None,
            approver_roles: Vec::new(),
        }
    }

    /// The code, if this side knows it.
    pub fn error_code(&self) -> Option<ErrorCode> {
        ErrorCode::parse(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_plain_and_found_again() {
        for (index, code) in ErrorCode::ALL.iter().enumerate() {
            assert!(
                code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{code}"
            );
            assert!((400..600).contains(&code.status()), "{code}");
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
            assert!(
                !ErrorCode::ALL[..index]
                    .iter()
                    .any(|other| other.as_str() == code.as_str())
            );
        }
        assert_eq!(ErrorCode::parse("no_such_code"), None);
    }

    #[test]
    fn unknown_codes_of_a_newer_relay_are_read() {
        let json =
            r#"{"type":"/problems/new","title":"New","status":418,"detail":"d","code":"new","extra":1}"#;
        let problem: Problem = serde_json::from_str(json).unwrap();
        assert_eq!((problem.error_code(), problem.status), (None, 418));
    }
}
