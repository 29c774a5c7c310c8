//! Three guards around the handlers: panics become answers, a closing relay takes nothing new, nothing lasts for ever.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use stagedoor_protocol::ErrorCode;
use tokio::time::timeout;

use super::HttpRequest;
use crate::{app::App, error::ApiError};

/// Turns a panic in a handler into a 500. The panic itself has been logged by the hook; the answer says under which id.
pub(crate) async fn catch_panics(request: Request, next: Next) -> Response {
    let id = HttpRequest::of(&request);
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(payload) => {
            forget(payload);
            let detail =
                format!("the relay made a mistake; the administrator finds it in the log as request {id}");
            ApiError::new(ErrorCode::Internal).detail(detail).into_response()
        }
    }
}

/// A payload's own destructor may panic again; leaking a few bytes after a bug is the lesser evil.
fn forget(payload: Box<dyn Any + Send>) {
    std::mem::forget(payload);
}

/// Answers 503 from the moment the relay begins to shut down, and asks the client to open no further request here.
pub(crate) async fn refuse_while_draining(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    if !app.draining.is_cancelled() {
        return next.run(request).await;
    }
    let mut response = ApiError::new(ErrorCode::Overloaded)
        .retry_after(5)
        .into_response();
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The last deadline. What a handler waits for has its own, shorter ones.
pub(crate) async fn deadline(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match timeout(app.limits.answer, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(ErrorCode::Overloaded)
            .retry_after(5)
            .into_response(),
    }
}
