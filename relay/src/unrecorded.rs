//! Outcomes that could not be written when they came. Their tokens were dropped; what is owed is the record, so it is tried
//! again until the store takes it. So is the outcome of an intent that may be recorded although the store failed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
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

/// Doubtful intents that are remembered. Those that may stand come first, when the store begins to fail; whoever comes later
/// finds it gone and leaves nothing behind, however long that takes.
const MAX_DOUBTFUL: usize = 1024;

/// The outcomes that are owed. Of tokens there can be no more than there were logins under way when the store failed:
/// without it nothing is minted.
#[derive(Debug, Default)]
pub struct Unrecorded(Mutex<Vec<Owed>>);

#[derive(Debug)]
struct Owed {
    id: RequestId,
    completion: Completion,
    /// Whether there is an intent for sure.
    intended: bool,
}

impl Unrecorded {
    /// Keeps an outcome for later. Of a token that was made it says that nobody got it.
    pub(crate) fn add(&self, id: RequestId, mut completion: Completion) {
        if let MintOutcome::Minted(_) = completion.outcome {
            completion.outcome = MintOutcome::Minted(Some(ErrorCode::StoreUnavailable));
        }
        self.lock().push(Owed {
            id,
            completion,
            intended: true,
        });
    }

    /// Remembers an intent that the store did not confirm. A commit whose answer was lost stands all the same, and as long
    /// as this relay lives nobody else ends it. The broker was not asked.
    pub(crate) fn add_doubtful(&self, id: RequestId, now: Timestamp) {
        let mut owed = self.lock();
        if owed.iter().filter(|owed| !owed.intended).count() < MAX_DOUBTFUL {
            let completion = Completion {
                outcome: MintOutcome::Failed(ErrorCode::StoreUnavailable),
                duration_ms: None,
                at: now,
                claimed_until: now,
            };
            owed.push(Owed {
                id,
                completion,
                intended: false,
            });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Owed>> {
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
    let mut owed = std::mem::take(&mut *app.unrecorded.lock()).into_iter();
    while let Some(next) = owed.next() {
        let id = &next.id;
        match app.store.record_outcome(id, &next.completion).await {
            Ok(()) => info!(login = %id, "an outcome was recorded later"),
            Err(StoreError::Inconsistent(why)) if next.intended => {
                error!(login = %id, why, "an outcome cannot be recorded any more");
            }
            // The intent was not recorded after all.
            Err(StoreError::Inconsistent(_)) => {}
            // The others would fail, too, each after its time.
            Err(_) => {
                let mut unrecorded = app.unrecorded.lock();
                unrecorded.push(next);
                unrecorded.extend(owed);
                return;
            }
        }
    }
}
