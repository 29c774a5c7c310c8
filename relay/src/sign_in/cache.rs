//! A value of the provider's that is kept for a while. However many ask, one of them fetches it; and while it cannot be had,
//! it is not tried at each request.

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;

use super::Fault;

/// Between two attempts to get what could not be had.
const PAUSE: Duration = Duration::from_secs(5);
/// How long an old value is used while no newer one can be had.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// The value, if there is one.
#[derive(Debug)]
pub(super) struct Cache<T>(Mutex<Kept<T>>);

#[derive(Debug)]
struct Kept<T> {
    value: Option<(Duration, Arc<T>)>,
    failed: Option<(Duration, Fault)>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::new(Kept {
            value: None,
            failed: None,
        }))
    }
}

impl<T> Cache<T> {
    /// The value, fetched anew unless it is `fresh`.
    pub(super) async fn get<F: Future<Output = Result<T, Fault>>>(
        &self,
        fresh: Duration,
        now: Duration,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, Fault> {
        let mut kept = self.0.lock().await;
        let younger = |limit: Duration, kept: &Kept<T>| {
            let value = kept.value.as_ref();
            value
                .filter(|(at, _)| now.saturating_sub(*at) < limit)
                .map(|(_, value)| value.clone())
        };
        if let Some(value) = younger(fresh, &kept) {
            return Ok(value);
        }
        if let Some((at, fault)) = &kept.failed
            && now.saturating_sub(*at) < PAUSE
        {
            return younger(STALE, &kept).ok_or_else(|| fault.clone());
        }
        match fetch().await {
            Ok(value) => {
                let value = Arc::new(value);
                kept.value = Some((now, value.clone()));
                kept.failed = None;
                Ok(value)
            }
            Err(fault) => {
                kept.failed = Some((now, fault.clone()));
                younger(STALE, &kept).ok_or(fault)
            }
        }
    }
}
