//! `POST /v1/logins/{id}/outcome`: what became of a token.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use stagedoor_protocol::{ErrorCode, OutcomeReport, RequestId};
use tracing::{Span, field::display, info};

use super::check_label;
use crate::{app::App, auth::Signed, error::ApiError};

/// Adds the report to the login's record. Sending it again changes nothing.
pub(crate) async fn report_outcome(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<StatusCode, ApiError> {
    let report: OutcomeReport = signed.json()?;
    if let Some(cause) = &report.cause {
        check_label("cause", cause)?;
    }
    let id = RequestId::parse(&id).map_err(|_| ApiError::new(ErrorCode::LoginUnknown))?;
    Span::current().record("login", display(&id));
    let staff = signed.profile().staff.id;
    if !app
        .store
        .report_outcome(staff, &id, &report, app.clock.now())
        .await?
    {
        return Err(ApiError::new(ErrorCode::LoginUnknown).about(id));
    }
    info!(outcome = ?report.outcome, "outcome reported");
    Ok(StatusCode::NO_CONTENT)
}
