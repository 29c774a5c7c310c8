//! Records an intent, and takes the customer over from an earlier login only once that has its outcome. With both requests on
//! their way to the broker, the earlier could arrive last: its token would make the newer one void, and the ledger would not
//! know.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use stagedoor_protocol::{ErrorCode, RequestId};
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{
    app::App,
    approvals,
    auth::{claim_nonce, enrolled},
    error::ApiError,
    events, limited, policy,
    relay::HOUSEKEEPING,
    store::{Claim, Intent, IntentAnswer, StoreError, Turn},
};

/// Within this time a login that nobody works on any more is closed, by its relay or by another one.
const CLOSED_WITHIN: Duration = HOUSEKEEPING;
/// The first pause between two looks at the login of another relay, and the longest; each is twice the one before.
const PAUSES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(80)];

/// Logins that this relay has under way. Whoever waits for one of them is told of its end.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<HashMap<RequestId, Attempts>>);

/// Requests of one id at the same time; the store lets one of them become a login.
#[derive(Debug, Default)]
struct Attempts {
    count: usize,
    ended: CancellationToken,
}

/// A login under way: it has ended, in whatever way, when this is dropped.
#[derive(Debug)]
pub(crate) struct Login<'a> {
    all: &'a UnderWay,
    id: RequestId,
}

impl UnderWay {
    /// Begins a login, before its intent is recorded: a login that the store has as open, and that is not here, is nobody's
    /// any more.
    pub(crate) fn begin(&self, id: &RequestId) -> Login<'_> {
        self.lock().entry(id.clone()).or_default().count += 1;
        Login {
            all: self,
            id: id.clone(),
        }
    }

    pub(crate) fn has(&self, id: &RequestId) -> bool {
        self.lock().contains_key(id)
    }

    fn end_of(&self, id: &RequestId) -> Option<CancellationToken> {
        self.lock().get(id).map(|attempts| attempts.ended.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Attempts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Login<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Some(attempts) = all.get_mut(&self.id) {
            attempts.count -= 1;
            if attempts.count == 0 {
                attempts.ended.cancel();
                all.remove(&self.id);
            }
        }
    }
}

/// Makes an intent durable, or says why not. It waits while an earlier login that the intent takes the customer from is under
/// way, or until its turn comes at the broker, for [`Limits::takeover`](crate::app::Limits::takeover) at most.
pub(crate) async fn record_intent(app: &App, intent: &mut Intent) -> Result<(), ApiError> {
    if app.unrecorded.doubts(&intent.request_id) {
        return refuse(app, intent, in_doubt()).await;
    }
    let started = app.clock.elapsed();
    let mut answer = attempt(app, intent, app.limits.takeover).await?;
    if let IntentAnswer::UnderWay(earlier) = answer {
        let waited = app.clock.elapsed().saturating_sub(started);
        let patience = app.limits.takeover.saturating_sub(waited);
        answer = attempt_after(app, intent, earlier, patience).await?;
    }
    match answer {
        IntentAnswer::Recorded => {
            app.unrecorded.confirm(&intent.request_id);
            if intent.canary {
                events::log_canary(&intent.asked(), events::Decision::Allowed);
            }
            Ok(())
        }
        IntentAnswer::Limited(reached) => {
            if reached.first {
                events::log_limit(&intent.asked(), &reached);
            }
            Err(limited::refusal(&reached))
        }
        // It has given up waiting, so it cannot be told to.
        IntentAnswer::Busy(_) => Err(overloaded(1)),
        IntentAnswer::Repeated => Err(ApiError::new(ErrorCode::RequestRepeated)),
        IntentAnswer::Replayed => Err(ApiError::new(ErrorCode::SignatureReplayed)),
        IntentAnswer::NotApproved(fault) => Err(approvals::fault(fault)),
        IntentAnswer::CustomerIsStaff => Err(policy::enrolled_staff().into()),
        // It changed twice within a moment.
        IntentAnswer::ProfileChanged => refuse(app, intent, overloaded(1)).await,
        IntentAnswer::Claimed(claim) => Err(claimed(&claim, intent.requested_at, false)),
        IntentAnswer::UnderWay(earlier) => refuse(app, intent, under_way(app, intent, &earlier)).await,
    }
}

/// Tries to record the intent, and waits for its turn at the broker if that comes soon. Otherwise its limit refuses
/// it, even if there is room by now: that is for those who still wait.
async fn attempt(app: &App, intent: &mut Intent, patience: Duration) -> Result<IntentAnswer, ApiError> {
    // An attempt before may have given up.
    intent.limits.turn = Turn::Wait;
    let (started, mut attempts) = (app.clock.elapsed(), 0_u32);
    let mut place = app.turns.place(&intent.token_scope, intent.staff.id, patience);
    let mut may_ask = place.may_ask().await;
    while may_ask && !app.draining.is_cancelled() {
        if app.clock.milliseconds_since(started) > 0 {
            intent.postpone(app.clock.now());
        }
        attempts += 1;
        match attempt_now(app, intent).await? {
            IntentAnswer::Busy(wait) => may_ask = place.may_ask_again(wait).await,
            answer => {
                if attempts > 1 {
                    let waited_ms = app.clock.milliseconds_since(started);
                    info!(waited_ms, "the login waited for its turn at the broker");
                }
                return Ok(answer);
            }
        }
    }
    drop(place);
    intent.limits.turn = Turn::Never;
    intent.postpone(app.clock.now());
    attempt_now(app, intent).await
}

/// Tries to record the intent. What is remembered of its profile may have changed: then once more, in the owner's present name,
/// if the policy allows it to the person whom they are now.
async fn attempt_now(app: &App, intent: &mut Intent) -> Result<IntentAnswer, ApiError> {
    let answer = write(app, intent).await?;
    if answer != IntentAnswer::ProfileChanged {
        return Ok(answer);
    }
    app.profiles.forget(&intent.key_id);
    if let Err(error) = describe_anew(app, intent).await {
        return refuse(app, intent, error).await;
    }
    Ok(write(app, intent).await?)
}

async fn describe_anew(app: &App, intent: &mut Intent) -> Result<(), ApiError> {
    let profile = enrolled(app, &intent.key_id).await?;
    intent.roles = profile.roles(&intent.terms);
    intent.staff = profile.staff;
    let permit = policy::allow_again(app, intent)?;
    (intent.validity_seconds, intent.grants) = (permit.validity_seconds, permit.grants);
    intent.limits.uses = app.config.limits.uses(intent).uses;
    Ok(())
}

async fn write(app: &App, intent: &Intent) -> Result<IntentAnswer, StoreError> {
    app.store.record_intent(intent).await.inspect_err(|_| {
        app.unrecorded
            .add_doubtful(intent.request_id.clone(), app.clock.now());
    })
}

/// Tries again whenever the login that stands in the way has ended; a third may have come in between.
async fn attempt_after(
    app: &App,
    intent: &mut Intent,
    mut earlier: Claim,
    patience: Duration,
) -> Result<IntentAnswer, ApiError> {
    let started = app.clock.elapsed();
    let mut patience_ends = pin!(sleep(patience));
    let answer = loop {
        // Only this waiting can be cut short. An attempt must not: its intent may be durable already.
        select! {
            biased;
            () = app.draining.cancelled() => return refuse(app, intent, overloaded(5)).await,
            () = &mut patience_ends => break IntentAnswer::UnderWay(earlier),
            () = ended(app, &earlier.request_id) => {}
        }
        intent.postpone(app.clock.now());
        let waited = app.clock.elapsed().saturating_sub(started);
        match attempt(app, intent, patience.saturating_sub(waited)).await? {
            IntentAnswer::UnderWay(other) => earlier = other,
            answer => break answer,
        }
    };
    let waited_ms = app.clock.milliseconds_since(started);
    info!(waited_ms, "an earlier login of the customer was under way");
    Ok(answer)
}

/// Returns when a login has its outcome. One of this relay says so; another relay's is looked for, at growing intervals.
async fn ended(app: &App, id: &RequestId) {
    let [mut pause, longest] = PAUSES;
    loop {
        if let Some(end) = app.under_way.end_of(id) {
            return end.cancelled().await;
        }
        sleep(pause).await;
        pause = longest.min(pause * 2);
        // A store that fails now may answer the next look; the wait is bounded.
        if let Ok(login) = app.store.login(id).await
            && login.is_none_or(|login| login.outcome.is_some())
        {
            return;
        }
    }
}

/// A request that is refused without a record must not come a second time either.
async fn refuse<T>(app: &App, intent: &Intent, error: ApiError) -> Result<T, ApiError> {
    claim_nonce(app, &intent.key_id, &intent.nonce, intent.nonce_expires_at).await?;
    Err(error)
}

fn overloaded(seconds: u32) -> ApiError {
    ApiError::new(ErrorCode::Overloaded).retry_after(seconds)
}

/// Says that an earlier request of the same id may be recorded.
fn in_doubt() -> ApiError {
    let detail = "The store failed during an earlier request with this requestId, so it may be recorded. Nothing was asked of \
                  the broker. Try again in a second, when that is known, or with a new requestId.";
    ApiError::new(ErrorCode::StoreUnavailable)
        .retry_after(1)
        .detail(detail)
}

/// Says that an earlier login did not end in time, and by when it will have.
fn under_way(app: &App, intent: &Intent, earlier: &Claim) -> ApiError {
    let now = app.clock.now();
    let whose = match earlier.staff == intent.staff.id {
        true => "Your own earlier request for this customer",
        false => "A colleague's earlier request for this customer",
    };
    let longest_mint = u32::try_from(app.limits.broker.as_secs()).unwrap_or(u32::MAX);
    let held = seconds(earlier.since, now);
    let (why, wait) = if held <= longest_mint {
        let why = "is still under way, and two at once could reach the broker in either order";
        (why, (longest_mint - held).saturating_add(1))
    } else {
        let why = "has no outcome, although the broker is not waited for any more: it went wrong, or its relay may have \
                   stopped. A relay that runs closes it within a minute; without one, the next that starts does";
        (why, u32::try_from(CLOSED_WITHIN.as_secs()).unwrap_or(u32::MAX))
    };
    let detail = format!(
        "{whose} {why}. Nothing was asked of the broker. Try again in {wait} seconds, when it should have ended."
    );
    claimed(earlier, now, true).retry_after(wait).detail(detail)
}

/// Tells a person which login holds the customer.
fn claimed(claim: &Claim, now: Timestamp, under_way: bool) -> ApiError {
    let remaining = seconds(now, claim.until).saturating_add(1);
    ApiError::new(ErrorCode::CustomerClaimed)
        .retry_after(remaining)
        .claim(stagedoor_protocol::Claim {
            request_id: claim.request_id.clone(),
            staff_name: claim.staff_name.clone(),
            held_seconds: seconds(claim.since, now),
            remaining_seconds: remaining,
            under_way,
        })
}

fn seconds(from: Timestamp, to: Timestamp) -> u32 {
    u32::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}
