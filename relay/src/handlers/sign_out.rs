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
    let revoked = match app.store.revoke_profile(key, now).await {
        // Nobody is found where it was revoked meanwhile: there is nothing left to do.
        Ok(revoked) => revoked,
        // It may be done, and only the store's answer lost.
        Err(error) => match app.store.profile(key).await {
            Ok(Some(profile)) if profile.revoked => Some(profile.staff),
            _ => return Err(error.into()),
        },
    };
    app.profiles.forget(key);
    if let Some(staff) = revoked {
        let kind = EventKind::ProfileSignedOut;
        info!(event = kind.as_str(), profile = %key, "profile signed out");
        let event = Event::profile(kind, staff.id, key, now);
        events::tell(&app, vec![event], "a profile that signed out").await;
    }
    Ok(StatusCode::NO_CONTENT)
}
