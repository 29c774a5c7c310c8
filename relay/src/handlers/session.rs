//! `GET /v1/session`: who the caller is here, which platforms they may open, by which rules, and how CRMs are read.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use stagedoor_protocol::SessionAnswer;

use crate::{app::App, auth::Signed, error::ApiError, middleware::ClientAddress, policy};

/// Answers from the configuration and the caller's own profile.
pub(crate) async fn session(
    State(app): State<Arc<App>>,
    Extension(client): Extension<ClientAddress>,
    signed: Signed,
) -> Result<Json<SessionAnswer>, ApiError> {
    signed.check_empty()?;
    Ok(Json(SessionAnswer {
        session: policy::session(&app, signed.profile(), client.0),
        recipes: app.config.recipes.clone(),
    }))
}
