//! Outcomes that could not be written when they came. Their tokens were dropped; what is owed is the record, so it is tried
//! again until the store takes it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use stagedoor_protocol::{ErrorCode, RequestId};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::{
    app::App,
    store::{Completion, MintOutcome, StoreError},
};

/// How often the store is asked whether it takes them now.
const PAUSE: Duration = Duration::from_secs(1);

/// The outcomes that are owed. There can be no more than there were logins under way when the store failed: without it no
/// new one begins.
#[derive(Debug, Default)]
pub struct Unrecorded(Mutex<Vec<(RequestId, Completion)>>);

impl Unrecorded {
    /// Keeps an outcome for later. Of a token that was made it says that nobody got it.
    pub(crate) fn add(&self, id: RequestId, mut completion: Completion) {
        if let MintOutcome::Minted(_) = completion.outcome {
            completion.outcome = MintOutcome::Minted(Some(ErrorCode::StoreUnavailable));
        }
        self.lock().push((id, completion));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(RequestId, Completion)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what is owed, until `closed`; then once more.
pub(crate) async fn settle(app: Arc<App>, closed: CancellationToken) {
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while closed.run_until_cancelled(ticks.tick()).await.is_some() {
        settle_once(&app).await;
    }
    settle_once(&app).await;
}

async fn settle_once(app: &App) {
    let owed = std::mem::take(&mut *app.unrecorded.lock());
    for (id, completion) in owed {
        match app.store.record_outcome(&id, &completion).await {
            Ok(()) => info!(login = %id, "an outcome was recorded later"),
            Err(StoreError::Inconsistent(why)) => {
                error!(login = %id, why, "an outcome cannot be recorded any more");
            }
            Err(_) => app.unrecorded.lock().push((id, completion)),
        }
    }
}
