//! One login's order of writes: the intent is durable, then the broker is asked, then the outcome is durable, and only then
//! is there a token to answer with.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use stagedoor_protocol::{ErrorCode, OneTimeToken};
use tracing::{error, info};

use crate::{
    app::App,
    auth::enrolled,
    broker::BrokerFailure,
    error::ApiError,
    store::{Claim, Completion, Intent, IntentAnswer, MintOutcome, StoreError},
};

/// Performs a login. Run it in a task of its own: once begun it must end in a record, whatever becomes of the request.
pub(crate) async fn perform(app: Arc<App>, mut intent: Intent) -> Result<OneTimeToken, ApiError> {
    let started = app.clock.elapsed();
    match record(&app, &mut intent).await? {
        IntentAnswer::Recorded => {}
        IntentAnswer::Repeated => return Err(ApiError::new(ErrorCode::RequestRepeated)),
        IntentAnswer::Replayed => return Err(ApiError::new(ErrorCode::SignatureReplayed)),
        IntentAnswer::CustomerIsStaff => return Err(ApiError::new(ErrorCode::CustomerNotAllowed)),
        IntentAnswer::ProfileChanged => return Err(ApiError::new(ErrorCode::Overloaded).retry_after(1)),
        IntentAnswer::Claimed(claim) => return Err(claimed(&claim, intent.requested_at)),
    }
    let minted = ask(&app, &intent).await;
    let outcome = match &minted {
        Ok(_) => MintOutcome::Minted(None),
        Err(failure) => failure.outcome(),
    };
    let duration_ms = app.clock.milliseconds_since(started);
    let completion = Completion {
        outcome,
        duration_ms: Some(duration_ms),
        at: app.clock.now(),
        claimed_until: held_until(&app, app.clock.now()),
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
    info!(platform = %intent.platform, outcome = name, cause, detail, duration_ms, "login");
    minted.map_err(BrokerFailure::into_api_error)
}

/// Records the intent of a profile that may log in, in its owner's present name.
async fn record(app: &App, intent: &mut Intent) -> Result<IntentAnswer, ApiError> {
    let answer = attempt(app, intent).await?;
    if answer != IntentAnswer::ProfileChanged {
        return Ok(answer);
    }
    app.profiles.forget(&intent.key_id);
    intent.staff = enrolled(app, &intent.key_id).await?.staff;
    Ok(attempt(app, intent).await?)
}

async fn attempt(app: &App, intent: &Intent) -> Result<IntentAnswer, StoreError> {
    app.store.record_intent(intent).await.inspect_err(|_| {
        app.unrecorded
            .add_doubtful(intent.request_id.clone(), app.clock.now());
    })
}

/// Until when a token made at some time can be outstanding.
pub(crate) fn held_until(app: &App, minted: Timestamp) -> Timestamp {
    let validity = SignedDuration::from_secs(app.config.login.validity_seconds.into());
    minted.checked_add(validity).unwrap_or(Timestamp::MAX)
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

/// Tells a person which colleague's token their own would make void.
fn claimed(claim: &Claim, now: Timestamp) -> ApiError {
    let seconds =
        |from: Timestamp, to: Timestamp| u32::try_from(to.duration_since(from).as_secs()).unwrap_or(0);
    let remaining = seconds(now, claim.until).saturating_add(1);
    ApiError::new(ErrorCode::CustomerClaimed)
        .retry_after(remaining)
        .claim(stagedoor_protocol::Claim {
            request_id: claim.request_id.clone(),
            staff_name: claim.staff_name.clone(),
            held_seconds: seconds(claim.since, now),
            remaining_seconds: remaining,
        })
}
