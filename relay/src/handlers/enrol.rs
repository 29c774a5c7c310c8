//! `POST /v1/enrolments`: a browser profile's key becomes a staff member's, against a single-use code.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use stagedoor_protocol::{EnrolmentResponse, ErrorCode};
use tracing::{Span, field::display, info};

use crate::{
    app::App,
    auth::Enrolling,
    error::ApiError,
    events::{self, Event, EventKind},
    store::EnrolmentRefusal,
};

/// Spends the code and enrols the key.
pub(crate) async fn enrol(
    State(app): State<Arc<App>>,
    enrolling: Enrolling,
) -> Result<(StatusCode, Json<EnrolmentResponse>), ApiError> {
    let Enrolling { enrolment, client } = enrolling;
    let staff = app
        .store
        .enrol(&enrolment, app.clock.now())
        .await?
        .map_err(|refusal| {
            ApiError::new(match refusal {
                EnrolmentRefusal::Code => ErrorCode::EnrolmentCodeRefused,
                EnrolmentRefusal::AlreadyEnrolled => ErrorCode::ProfileAlreadyEnrolled,
            })
        })?;
    app.guesses.refund(client.0);
    Span::current().record("staff", display(staff.id));
    let kind = EventKind::ProfileEnrolled;
    info!(event = kind.as_str(), profile = %enrolment.key_id, "profile enrolled");
    let event = Event::profile(kind, staff.id, &enrolment.key_id, app.clock.now());
    events::tell(&app, vec![event], "a profile that was enrolled").await;
    let response = EnrolmentResponse {
        key_id: enrolment.key_id,
        staff: staff.to_wire(),
    };
    Ok((StatusCode::CREATED, Json(response)))
}
