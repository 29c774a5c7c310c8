//! Request bodies: bounded in size and time, then JSON.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use stagedoor_protocol::{ErrorCode, limits::MAX_BODY_BYTES};
use tokio::time::timeout;

use crate::error::ApiError;

/// Refuses a body that says of itself that it is too large, before a byte of it is read.
pub(super) fn check_declared_length(headers: &HeaderMap) -> Result<(), ApiError> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    match declared.map(str::parse::<usize>) {
        Some(Ok(length)) if length <= MAX_BODY_BYTES => Ok(()),
        Some(_) => Err(ApiError::new(ErrorCode::BodyTooLarge)),
        None => Ok(()),
    }
}

/// Reads a body.
pub(super) async fn read(body: Body, limit: Duration) -> Result<Bytes, ApiError> {
    match timeout(limit, Limited::new(body, MAX_BODY_BYTES).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiError::new(ErrorCode::BodyTooLarge)),
        Ok(Err(_)) => Err(ApiError::new(ErrorCode::MalformedRequest)
            .detail("the request's body broke off or is not framed as HTTP demands; try again")),
        Err(_) => Err(ApiError::new(ErrorCode::RequestTimeout)),
    }
}

/// Parses a body as JSON of exactly one type.
pub(crate) fn parse_json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, ApiError> {
    let declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !declared.is_some_and(is_json) {
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType));
    }
    serde_json::from_slice(body).map_err(|error| malformed(&error))
}

/// `application/json`, with or without a charset.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Says where and what kind. The parser's own message is left out: it may quote the customer's address.
fn malformed(error: &serde_json::Error) -> ApiError {
    let what = match error.classify() {
        Category::Data => "a field is missing, unknown, repeated, or not of the right form",
        Category::Eof => "the JSON ends too early",
        Category::Syntax | Category::Io => "it is not JSON",
    };
    let (line, column) = (error.line(), error.column());
    ApiError::new(ErrorCode::MalformedRequest).detail(format!(
        "the body cannot be read, at line {line}, column {column}: {what}; update extension and relay to the same \
         version"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        for (text, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/plain", false),
            ("application/json-patch+json", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            assert_eq!(is_json(text), json, "{text}");
        }
    }
}
