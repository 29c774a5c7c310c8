//! Every route of the relay.

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use stagedoor_protocol::ErrorCode;

use crate::{
    app::App,
    current::Current,
    error::ApiError,
    handlers::{
        ask_approval, create_login, decide_approval, enrol, healthz, openapi_document, preview, problem_page,
        readyz, report_outcome, session, show_approval, sign_in, sign_in_offer, sign_out, waiting_approvals,
        withdraw_approval,
    },
    middleware::{catch_panics, cors, deadline, log_request, read_what_was_left, refuse_while_draining},
};

/// The public API.
pub(crate) fn api(app: Arc<App>) -> Router {
    Router::new()
        // Signed by the key to be enrolled, or signed in.
        .route("/v1/enrolments", post(enrol))
        .route("/v1/sign-ins", post(sign_in))
        // Not signed: where the firm's people sign in.
        .route("/v1/sign-in", get(sign_in_offer))
        // Signed by an enrolled key.
        .route("/v1/session", get(session))
        .route("/v1/sign-out", post(sign_out))
        .route("/v1/previews", post(preview))
        .route("/v1/logins", post(create_login))
        .route("/v1/logins/{id}/outcome", post(report_outcome))
        .route("/v1/approvals", post(ask_approval).get(waiting_approvals))
        .route("/v1/approvals/{id}", get(show_approval))
        .route("/v1/approvals/{id}/decision", post(decide_approval))
        .route("/v1/approvals/{id}/withdrawal", post(withdraw_approval))
        // For people, and for tools.
        .route("/problems/{code}", get(problem_page))
        .route("/openapi.json", get(openapi_document))
        .fallback(async || ApiError::new(ErrorCode::NotFound))
        .method_not_allowed_fallback(async || ApiError::new(ErrorCode::MethodNotAllowed))
        // From the inside out.
        .layer(from_fn_with_state(app.clone(), deadline))
        .layer(from_fn_with_state(app.clone(), refuse_while_draining))
        .layer(from_fn(catch_panics))
        .layer(from_fn_with_state(app.clone(), cors))
        .layer(from_fn(read_what_was_left))
        .layer(from_fn_with_state(app.clone(), log_request))
        .with_state(app)
}

/// The health listener's pages.
pub(crate) fn health(current: Arc<Current>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(current)
}
