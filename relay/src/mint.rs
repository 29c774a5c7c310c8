//! One login's order of writes: the intent is durable, then the broker is asked, then the outcome is durable, and only then
//! is there a token to answer with.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use stagedoor_protocol::{ErrorCode, OneTimeToken};
use tracing::{error, info};

use crate::{
    app::App,
    broker::BrokerFailure,
    caller::Caller,
    error::ApiError,
    events,
    store::{Completion, Intent, MintOutcome},
    takeover,
};

/// A token, as it was asked for.
pub(crate) struct Minted {
    /// Opens the customer's platform, once.
    pub(crate) token: OneTimeToken,
    /// How long it is good for.
    pub(crate) validity_seconds: u32,
}

/// Performs a login. Run it in a task of its own: once begun it must end in a record, whatever becomes of the request.
pub(crate) async fn perform(
    app: Arc<App>,
    mut intent: Intent,
    caller: Arc<Caller>,
) -> Result<Minted, ApiError> {
    let id = intent.request_id.clone();
    // Until the outcome is recorded, or owed.
    let _under_way = app.under_way.begin(&id);
    if let Err(error) = takeover::record_intent(&app, &mut intent).await {
        events::tell_refused(&app, &intent.asked(), intent.canary, &error).await;
        return Err(error);
    }
    let started = app.clock.elapsed();
    let minted = if caller.waits_for_broker() {
        ask(&app, &intent).await
    } else {
        Err(BrokerFailure::not_asked())
    };
    let outcome = match &minted {
        Ok(_) if caller.has_given_up() => MintOutcome::Minted(Some(ErrorCode::OutcomeUnknown)),
        Ok(_) => MintOutcome::Minted(None),
        Err(failure) => failure.outcome(),
    };
    let duration_ms = app.clock.milliseconds_since(started);
    let completion = Completion {
        outcome,
        duration_ms: Some(duration_ms),
        at: app.clock.now(),
        claimed_until: held_until(intent.validity_seconds, app.clock.now()),
    };
    let (name, cause) = (outcome.as_str(), outcome.cause().unwrap_or_default());
    let detail = minted
        .as_ref()
        .err()
        .map(|failure| failure.detail.as_str())
        .unwrap_or_default();
    if let Err(fault) = app.store.record_outcome(&intent.request_id, &completion).await {
        error!(
            outcome = name,
            cause, duration_ms, "login not recorded, so its token was dropped"
        );
        app.unrecorded.add(intent.request_id, completion);
        return Err(fault.into());
    }
    let event = events::end_of(outcome).as_str();
    info!(event, platform = %intent.platform, outcome = name, cause, detail, duration_ms, "login");
    let token = minted.map_err(BrokerFailure::into_api_error)?;
    Ok(Minted {
        token,
        validity_seconds: intent.validity_seconds,
    })
}

/// Until when a token made at some time can be outstanding.
pub(crate) fn held_until(validity_seconds: u32, minted: Timestamp) -> Timestamp {
    let validity = SignedDuration::from_secs(validity_seconds.into());
    minted.checked_add(validity).unwrap_or(Timestamp::MAX)
}

/// Asks the broker. A panic on the way is a mint of unknown outcome like any other.
async fn ask(app: &App, intent: &Intent) -> Result<OneTimeToken, BrokerFailure> {
    let validity = Duration::from_secs(intent.validity_seconds.into());
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
