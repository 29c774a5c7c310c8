//! `POST /v1/logins/{id}/outcome`: what became of a token.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use stagedoor_ledger::MAX_INTEGER;
use stagedoor_protocol::{ErrorCode, OutcomeReport, RequestId};
use tracing::{Span, field::display, info};

use super::{Parameter, check_label};
use crate::{app::App, auth::Signed, error::ApiError};

/// Adds the report to the login's record. Sending it again changes nothing.
pub(crate) async fn report_outcome(
    State(app): State<Arc<App>>,
    Parameter(id): Parameter,
    signed: Signed,
) -> Result<StatusCode, ApiError> {
    let report: OutcomeReport = signed.json()?;
    if let Some(cause) = &report.cause {
        check_label("cause", cause)?;
    }
    if report
        .duration_milliseconds
        .is_some_and(|duration| duration > MAX_INTEGER)
    {
        return Err(ApiError::new(ErrorCode::MalformedRequest).detail(format!(
            "durationMilliseconds must be at most {MAX_INTEGER}, which is as far as every reader of JSON counts; update the \
             extension"
        )));
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
    info!(outcome = report.outcome.as_str(), "outcome reported");
    Ok(StatusCode::NO_CONTENT)
}
