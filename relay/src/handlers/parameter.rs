//! A part of a path.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use stagedoor_protocol::ErrorCode;

use crate::error::ApiError;

/// The one part of a route's path that varies. What is not UTF-8 names nothing, and is answered as that.
pub(crate) struct Parameter(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Parameter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(text)),
            Err(_) => Err(ApiError::new(ErrorCode::NotFound)),
        }
    }
}
