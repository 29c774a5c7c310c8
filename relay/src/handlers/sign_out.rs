//! `POST /v1/sign-out`: a browser profile gives up its key.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use tracing::info;

use crate::{
    app::App,
    auth::Leaving,
    error::ApiError,
    events::{self, Event, EventKind},
};

/// Revokes the profile that signed. The extension deletes its key, which no copy of the browser's files is to be good for
/// afterwards. Where the session has run out, too: with the key a sign-in would open another.
pub(crate) async fn sign_out(State(app): State<Arc<App>>, leaving: Leaving) -> Result<StatusCode, ApiError> {
    let (key, now) = (&leaving.key, app.clock.now());
    // Nobody is found where it was revoked meanwhile: there is nothing left to do.
    if let Some(staff) = app.store.revoke_profile(key, now).await? {
        let kind = EventKind::ProfileSignedOut;
        info!(event = kind.as_str(), profile = %key, "profile signed out");
        let event = Event::profile(kind, staff.id, key, now);
        events::tell(&app, vec![event], "a profile that signed out").await;
    }
    Ok(StatusCode::NO_CONTENT)
}
