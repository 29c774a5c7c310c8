//! CORS for the extension's origins. It is a filter for browsers, never authentication: a request with a foreign origin is
//! refused even if it is signed, and one without an origin still needs its signature.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use stagedoor_protocol::ErrorCode;

use crate::{app::App, error::ApiError};

const ALLOW_METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const ALLOW_HEADERS: HeaderValue =
    HeaderValue::from_static("content-type, content-digest, signature, signature-input");
const EXPOSE_HEADERS: HeaderValue = HeaderValue::from_static("Retry-After");
/// Chromium's maximum, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Answers preflights, refuses foreign origins before anything happens, and marks answers as readable for the rest.
pub(crate) async fn cors(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let origin = match origin(request.headers()) {
        Origin::Absent => return with_vary(next.run(request).await),
        Origin::One(origin) if app.config.extension.serves(origin.to_str().unwrap_or_default()) => {
            origin.clone()
        }
        Origin::One(_) | Origin::Many => {
            return with_vary(ApiError::new(ErrorCode::OriginNotAllowed).into_response());
        }
    };
    let preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight {
        let allowed = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, ALLOW_METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        ];
        (StatusCode::NO_CONTENT, allowed).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSE_HEADERS);
    with_vary(response)
}

enum Origin<'h> {
    Absent,
    One(&'h HeaderValue),
    Many,
}

fn origin(headers: &HeaderMap) -> Origin<'_> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    match (values.next(), values.next()) {
        (None, _) => Origin::Absent,
        (Some(origin), None) => Origin::One(origin),
        (Some(_), Some(_)) => Origin::Many,
    }
}

/// The answer depends on the origin, so no cache may serve it to another.
fn with_vary(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("Origin"));
    response
}
