//! The one error that leaves the relay: a problem document (RFC 9457), whose cause goes to the log and nowhere else.
//!
//! Inside, each module has its own typed error. It becomes an [`ApiError`] in the handler or extractor that meets it; the
//! request log writes it once.

mod explanation;

use std::{error::Error, sync::Arc};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use stagedoor_protocol::{Claim, ErrorCode, Problem, RequestId};

pub use explanation::{Explanation, explain};

use crate::store::StoreError;

/// Why a request was not done.
#[derive(Debug)]
pub struct ApiError {
    code: ErrorCode,
    detail: Option<String>,
    request_id: Option<RequestId>,
    retry_after_seconds: Option<u32>,
    /// Boxed: it is rare, and every result that holds an error would be larger for it.
    claim: Option<Box<Claim>>,
    rule: Option<Box<str>>,
    /// Boxed likewise.
    approver_roles: Box<[String]>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// What the request log needs of an error; it travels with the response inside the process.
#[derive(Debug, Clone)]
pub struct ErrorNote {
    /// The code that was sent.
    pub code: ErrorCode,
    /// The rule of the policy that refused.
    pub rule: Option<Box<str>>,
    /// What happened, for the operator.
    pub cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// An error whose detail is the code's general cause and cure.
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            detail: None,
            request_id: None,
            retry_after_seconds: None,
            claim: None,
            rule: None,
            approver_roles: Box::default(),
            cause: None,
        }
    }

    /// Says what happened this time, with cause and cure. Never a token, key or customer's address.
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    /// Names the login.
    pub fn about(self, id: RequestId) -> Self {
        Self {
            request_id: Some(id),
            ..self
        }
    }

    /// Says when to try again, in seconds.
    pub fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after_seconds: Some(seconds),
            ..self
        }
    }

    /// Says who holds the customer.
    pub fn claim(self, claim: Claim) -> Self {
        Self {
            claim: Some(Box::new(claim)),
            ..self
        }
    }

    /// Says which rule of the policy refused.
    pub fn rule(self, rule: impl Into<Box<str>>) -> Self {
        Self {
            rule: Some(rule.into()),
            ..self
        }
    }

    /// Says who may approve.
    pub fn approver_roles(self, approver_roles: Vec<String>) -> Self {
        Self {
            approver_roles: approver_roles.into(),
            ..self
        }
    }

    /// Keeps the cause for the log.
    pub fn caused_by(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Arc::new(cause)),
            ..self
        }
    }

    /// The rule that refused.
    pub fn refused_by(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Overloaded { .. } => ErrorCode::Overloaded,
            _ => ErrorCode::StoreUnavailable,
        };
        Self::new(code).caused_by(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let detail = self.detail.unwrap_or_else(|| explain(self.code).in_one_line());
        let mut problem = Problem::new(self.code, detail);
        problem.request_id = self.request_id;
        problem.retry_after_seconds = self.retry_after_seconds;
        problem.claim = self.claim.map(|claim| *claim);
        problem.rule = self.rule.as_deref().map(str::to_owned);
        problem.approver_roles = self.approver_roles.into();
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(ErrorNote {
            code: self.code,
            rule: self.rule,
            cause: self.cause,
        });
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_says_code_status_and_wait_but_not_the_cause() {
        let error = ApiError::new(ErrorCode::BrokerRateLimited)
            .retry_after(7)
            .caused_by(std::io::Error::other("SENTINEL"));
        let response = error.into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "7");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let note = response.extensions().get::<ErrorNote>().unwrap();
        assert_eq!(note.cause.as_ref().unwrap().to_string(), "SENTINEL");
    }
}
