//! Outcomes that could not be written when they came. Their tokens were dropped; what is owed is the record, so it is tried
//! again until the store takes it. So is the outcome of an intent that may be recorded although the store failed. And a login
//! that ended without a word, because its task panicked, gets its outcome here: until then nobody else could have its customer.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use jiff::Timestamp;
use stagedoor_protocol::{ErrorCode, RequestId};
use tokio::{
    select,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    app::App,
    store::{Completion, MintOutcome, StoreError},
};

/// How often the store is asked whether it takes them now.
const PAUSE: Duration = Duration::from_secs(1);

/// Open logins that are looked at together. The oldest come first, and no login stays under way for long.
const LOOKED_AT: u32 = 256;

/// Doubtful intents that are remembered. Those that may stand come first, when the store begins to fail; whoever comes later
/// finds it gone and leaves nothing behind, however long that takes.
const MAX_DOUBTFUL: usize = 1024;

/// The outcomes that are owed. Of tokens there can be no more than there were logins under way when the store failed:
/// without it nothing is minted.
#[derive(Debug, Default)]
pub struct Unrecorded(Mutex<Vec<Owed>>);

#[derive(Debug, Clone)]
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

    /// Whether an intent of this id may be recorded. As long as nobody knows, no other login may have the id: the outcome of
    /// the one would be taken for the other's.
    pub(crate) fn doubts(&self, id: &RequestId) -> bool {
        self.lock().iter().any(|owed| owed.id == *id && !owed.intended)
    }

    /// An intent of this id was confirmed, so no other one stands.
    pub(crate) fn confirm(&self, id: &RequestId) {
        self.lock().retain(|owed| owed.id != *id || owed.intended);
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

    /// What can be written now: not where a request of the same id is under way, which may be what was recorded.
    fn due(&self, is_under_way: impl Fn(&RequestId) -> bool) -> Vec<Owed> {
        let owed = self.lock();
        let due = owed
            .iter()
            .filter(|owed| owed.intended || !is_under_way(&owed.id));
        due.cloned().collect()
    }

    fn settled(&self, settled: &Owed) {
        self.lock()
            .retain(|owed| owed.id != settled.id || owed.intended != settled.intended);
    }

    fn owes(&self, id: &RequestId) -> bool {
        self.lock().iter().any(|owed| owed.id == *id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Owed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what is owed, and looks for logins that nobody works on any more, until `closed`; then once more what is owed.
pub(crate) async fn settle(app: Arc<App>, closed: CancellationToken) {
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sweeps = interval(app.limits.sweep);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first comes at once, and what a former run left open is closed by then.
    sweeps.tick().await;
    loop {
        let sweep = select! {
            () = closed.cancelled() => break,
            _ = ticks.tick() => false,
            _ = sweeps.tick() => true,
        };
        let step = async {
            settle_once(&app).await;
            if sweep {
                close_orphans(&app).await;
            }
        };
        // One that ends in a panic, which is in the log, must not be the last. Its message may hold data.
        if let Err(payload) = AssertUnwindSafe(step).catch_unwind().await {
            std::mem::forget(payload);
        }
    }
    settle_once(&app).await;
}

/// Ends, as `unknown`, what this relay has recorded as begun and does not work on any more.
async fn close_orphans(app: &App) {
    let orphans = match find_orphans(app).await {
        Ok(orphans) => orphans,
        Err(error) => return warn!(%error, "logins that nobody works on could not be looked for"),
    };
    for id in orphans {
        let now = app.clock.now();
        let completion = Completion {
            outcome: MintOutcome::Unknown(ErrorCode::OutcomeUnknown),
            duration_ms: None,
            at: now,
            // Nobody has its token.
            claimed_until: now,
        };
        match app.store.record_outcome(&id, &completion).await {
            Ok(()) => warn!(login = %id, "a login went wrong and had no outcome; it is recorded as unknown"),
            Err(error) => warn!(login = %id, %error, "a login that went wrong could not be closed"),
        }
    }
}

async fn find_orphans(app: &App) -> Result<Vec<RequestId>, StoreError> {
    let mut orphans = app.store.open_logins(LOOKED_AT).await?;
    // In this order: a login owes its outcome before it is over.
    orphans.retain(|id| !app.under_way.has(id) && !app.unrecorded.owes(id));
    if !orphans.is_empty() {
        // Most of these have ended as they should, since the first look.
        let open = app.store.open_logins(LOOKED_AT).await?;
        orphans.retain(|id| open.contains(id));
    }
    Ok(orphans)
}

async fn settle_once(app: &App) {
    // Nothing is taken out before it is settled: a login of the same id must see it until then.
    let due = app.unrecorded.due(|id| app.under_way.has(id));
    let mut open = Vec::new();
    if due.iter().any(|owed| !owed.intended) {
        // Of this relay: another one may have recorded a request of the same id.
        match app.store.open_logins(u32::MAX).await {
            Ok(found) => open = found,
            Err(_) => return,
        }
    }
    for next in due {
        let id = &next.id;
        if next.intended || open.contains(id) {
            match app.store.record_outcome(id, &next.completion).await {
                Ok(()) => info!(login = %id, "an outcome was recorded later"),
                Err(StoreError::Inconsistent(why)) => {
                    error!(login = %id, why, "an outcome cannot be recorded any more");
                }
                // The others would fail, too, each after its time.
                Err(_) => return,
            }
        }
        app.unrecorded.settled(&next);
    }
}
