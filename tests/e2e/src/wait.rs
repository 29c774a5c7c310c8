//! Waiting for something to become true: bounded, and with an error that says what never happened.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::time::{Instant, sleep};

/// How long anything that a browser or the relay does may take, on a slow and busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How often a condition is looked at. Short against what a person notices, long against the cost of looking.
const INTERVAL: Duration = Duration::from_millis(20);

/// Looks again and again until `probe` has found something, for at most `limit`.
///
/// A probe that fails ends the wait at once; `what` completes the sentence "waited for ...".
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut probe: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = probe()
            .await
            .with_context(|| format!("while waiting for {what}"))?
        {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            bail!("waited {} s for {what}", limit.as_secs());
        }
        sleep(INTERVAL).await;
    }
}
