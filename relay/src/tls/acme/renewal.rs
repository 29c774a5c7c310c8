//! When to ask for a certificate, and what comes of it.

use std::{
    future::Future,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::{Acme, failure::Failure, order};
use crate::{clock::Clock, tls::identity::Identity};

/// For all of an attempt.
const ATTEMPT: Duration = Duration::from_secs(5 * 60);
/// Longest pause after a failure that the relay chooses itself.
const MAX_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);

const OLD: &str = "a third of its life or less was left when it was issued; look at this machine's clock, and at how long the ACME \
                   server's own certificate is valid";

/// For the next attempt.
#[derive(Default)]
pub(super) struct Waiting {
    failures: u32,
    /// On the clock that never goes backwards.
    until: Duration,
}

impl Acme {
    /// Whether a certificate is to be asked for now.
    pub(super) fn is_due(&self, clock: &dyn Clock) -> bool {
        if clock.elapsed() < self.waiting().until {
            return false;
        }
        let state = self.shown.lock();
        let identity = state.identity.as_ref();
        state.stands_in || identity.is_none_or(|identity| identity.is_old(clock.now()))
    }

    /// Asks for a certificate. The log says what came of it. The next is due after this pause at the earliest, which doubles
    /// with each failure after another. One that is old when it comes is used up to the middle of what is left: the next may
    /// be no better.
    pub(super) async fn renew(self: &Arc<Self>, clock: &Arc<dyn Clock>, pause: Duration) {
        let (acme, of) = (self.clone(), clock.clone());
        let outcome = apart(async move {
            let attempt = timeout(ATTEMPT, acme.attempt(&*of)).await;
            attempt.unwrap_or(Err(Failure::TooSlow))
        });
        let outcome = outcome.await;
        let asked = self.http.take_pause();
        let mut waiting = self.waiting();
        match outcome {
            Ok(identity) => {
                let now = clock.now();
                let left = identity.not_after.duration_since(now).unsigned_abs();
                let old = identity.is_old(now).then_some(left / 2);
                let pause = pause.max(asked).max(old.unwrap_or_default());
                *waiting = Waiting {
                    failures: 0,
                    until: clock.elapsed() + pause,
                };
                if old.is_some() {
                    warn!(
                        server = self.server(),
                        problem = OLD,
                        again_in_seconds = pause.as_secs(),
                        "the certificate that was issued is old already"
                    );
                    self.shown.lock().trouble.get_or_insert(OLD.to_owned());
                }
            }
            Err(failure) => {
                let pause = longer(pause, waiting.failures).max(asked);
                waiting.failures += 1;
                waiting.until = clock.elapsed() + pause;
                let cause = failure.to_string();
                warn!(
                    server = self.server(),
                    cause,
                    again_in_seconds = pause.as_secs(),
                    "no certificate was issued"
                );
                self.shown.lock().trouble = Some(cause);
            }
        }
    }

    async fn attempt(&self, clock: &dyn Clock) -> Result<Identity, Failure> {
        let pem = order::certificate(&self.settings, &self.http, &self.cache, &self.shown).await?;
        let identity = Identity::parse(pem.as_bytes(), clock.now()).map_err(Failure::Unusable)?;
        let missing = identity.missing(&self.settings.domains);
        if !missing.is_empty() {
            return Err(Failure::OtherNames(missing.join(", ")));
        }
        // One that cannot be kept serves until the next start.
        let trouble = self.cache.write(&self.cache.certificate, pem.as_bytes()).err();
        let trouble = trouble.map(|problem| Failure::Cache(problem).to_string());
        {
            let mut state = self.shown.lock();
            state.identity = Some(identity.clone());
            state.stands_in = false;
            state.trouble.clone_from(&trouble);
        }
        let not_after = identity.not_after;
        info!(server = self.server(), %not_after, "a certificate was issued and is in use");
        if let Some(problem) = trouble {
            warn!(
                problem,
                "the certificate is not kept, so the next start has to ask for another one"
            );
        }
        Ok(identity)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes an attempt in a task of its own, so that a panic ends the attempt and nothing else. It ends when nobody waits for it.
async fn apart(
    attempt: impl Future<Output = Result<Identity, Failure>> + Send + 'static,
) -> Result<Identity, Failure> {
    let attempt = AbortOnDropHandle::new(tokio::spawn(attempt));
    // A panic has been logged.
    attempt.await.unwrap_or(Err(Failure::Broken))
}

/// The pause after so many failures before.
fn longer(pause: Duration, failures: u32) -> Duration {
    pause.saturating_mul(1 << failures.min(16)).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use crate::app::Limits;

    use super::*;

    /// Let's Encrypt allows five failed validations of a name in an hour, and then none.
    #[test]
    fn an_hour_of_failures_stays_within_what_servers_allow() {
        let first = Limits::default().acme_pause;
        let pauses = (0..).map(|failures| longer(first, failures));
        let hour = pauses.scan(Duration::ZERO, |time, pause| {
            *time += pause;
            (*time < Duration::from_secs(3600)).then_some(*time)
        });
        assert_eq!(1 + hour.count(), 5);
        assert_eq!(longer(first, 40), MAX_PAUSE);
    }

    #[tokio::test]
    async fn an_attempt_that_panics_has_failed() {
        let broken = apart(async { panic!("as a library may") }).await;
        assert!(matches!(broken, Err(Failure::Broken)));
    }
}
