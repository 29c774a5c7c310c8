//! One login's order of writes: the intent is durable, then the broker is asked, then the outcome is durable, and only then
//! is there a token to answer with.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use stagedoor_protocol::{ErrorCode, OneTimeToken};
use tracing::{error, info};

use crate::{
    app::App,
    broker::BrokerFailure,
    error::ApiError,
    store::{Intent, MintOutcome},
};

/// Performs a login. Run it in a task of its own: once begun it must end in a record, whatever becomes of the request.
pub(crate) async fn perform(app: Arc<App>, intent: Intent) -> Result<OneTimeToken, ApiError> {
    let started = app.clock.elapsed();
    if !app.store.record_intent(&intent).await? {
        return Err(ApiError::new(ErrorCode::RequestRepeated));
    }
    let minted = ask(&app, &intent).await;
    let outcome = match &minted {
        Ok(_) => MintOutcome::Minted,
        Err(failure) => failure.outcome(),
    };
    let duration_ms = app.clock.milliseconds_since(started);
    let (name, cause) = (outcome.as_str(), outcome.cause().unwrap_or_default());
    let detail = minted
        .as_ref()
        .err()
        .map(|failure| failure.detail.as_str())
        .unwrap_or_default();
    // A failed write ends here: the token is dropped, and the intent is closed as unknown at the next start.
    if let Err(fault) = app
        .store
        .record_outcome(&intent.request_id, outcome, app.clock.now())
        .await
    {
        error!(
            outcome = name,
            cause, duration_ms, "login not recorded, so its token was dropped"
        );
        return Err(fault.into());
    }
    info!(platform = %intent.platform, outcome = name, cause, detail, duration_ms, "login");
    minted.map_err(BrokerFailure::into_api_error)
}

/// Asks the broker. A panic on the way is a mint of unknown outcome like any other.
async fn ask(app: &App, intent: &Intent) -> Result<OneTimeToken, BrokerFailure> {
    let validity = app.config.login.validity();
    let mint = app
        .brokers
        .mint(&intent.platform, &intent.customer_email, validity);
    AssertUnwindSafe(mint)
        .catch_unwind()
        .await
        .unwrap_or_else(|payload| {
            std::mem::forget(payload);
            Err(BrokerFailure::interrupted())
        })
}
