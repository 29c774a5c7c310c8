//! `GET /openapi.json`: the API's own description, for everybody.

use axum::{
    http::{HeaderValue, header},
    response::IntoResponse,
};

use crate::openapi;

/// The document.
pub(crate) async fn openapi_document() -> impl IntoResponse {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], openapi::json())
}
