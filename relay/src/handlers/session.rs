//! `GET /v1/session`: who the caller is here, which platforms there are, and by which rules.

use std::sync::Arc;

use axum::{Json, extract::State};
use stagedoor_protocol::{ErrorCode, Platform, Policy, Session};

use crate::{app::App, auth::Signed, error::ApiError};

/// Answers from the configuration and the caller's own profile.
pub(crate) async fn session(State(app): State<Arc<App>>, signed: Signed) -> Result<Json<Session>, ApiError> {
    if !signed.body().is_empty() {
        return Err(ApiError::new(ErrorCode::MalformedRequest)
            .detail("this request has no body; update the extension"));
    }
    let platforms = app.config.platforms.iter().map(|platform| Platform {
        id: platform.id.clone(),
        name: platform.name.clone(),
        url: platform.platform_url.clone(),
        environment: platform.environment,
    });
    let login = &app.config.login;
    Ok(Json(Session {
        staff: signed.profile().staff.to_wire(),
        key_id: signed.profile().key_id.clone(),
        platforms: platforms.collect(),
        policy: Policy {
            reason: login.reason,
            reason_min_length: login.reason_min_length,
            isolation: login.isolation,
            staff_domains: app.config.staff.domains.clone(),
            validity_seconds: login.validity_seconds,
        },
        relay_version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}
