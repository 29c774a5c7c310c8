//! A certificate by ACME (RFC 8555), proven with tls-alpn-01 (RFC 8737) on the relay's own port, and renewed while it serves.

mod cache;
mod failure;
mod http;
mod keep;
mod order;
mod shown;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rustls::server::ResolvesServerCert;
use tokio::time::timeout;
use tracing::{info, warn};

pub(crate) use keep::keep;

use super::identity::Identity;
use crate::{
    clock::Clock,
    config::{self, ConfigFaults},
};
use cache::Cache;
use failure::Failure;
use http::Http;
use shown::Shown;

/// The application protocol of a server that validates.
pub(crate) const PROTOCOL: &[u8] = b"acme-tls/1";

/// For all of an attempt.
const ATTEMPT: Duration = Duration::from_secs(5 * 60);
/// Longest pause between two attempts that the relay chooses itself.
const MAX_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);

const CACHE: &str = "listen.acme.cache_directory";
const ROOT: &str = "listen.acme.root_certificate_file";

/// A certificate that the relay asks for itself.
pub(super) struct Acme {
    settings: config::Acme,
    http: Http,
    cache: Cache,
    shown: Arc<Shown>,
    waiting: Mutex<Waiting>,
}

/// For the next attempt.
#[derive(Default)]
struct Waiting {
    failures: u32,
    /// On the clock that never goes backwards.
    until: Duration,
}

/// What is wrong with a configuration, without making anything; or what is not right and yet no reason to refuse it.
pub(super) fn check(settings: &config::Acme, authorities: &[String]) -> Result<Vec<String>, ConfigFaults> {
    let found = faults([
        (CACHE, Cache::of(settings).check().err()),
        (ROOT, Http::new(settings.root_certificate_file.as_deref()).err()),
    ]);
    if found.faults().is_empty() {
        Ok(names_missing(settings, authorities).into_iter().collect())
    } else {
        Err(found)
    }
}

impl Acme {
    /// Takes what was kept into use at once; asks nobody.
    pub(super) fn open(
        settings: &config::Acme,
        authorities: &[String],
        now: Timestamp,
    ) -> Result<Self, ConfigFaults> {
        let cache = Cache::open(settings);
        let http = Http::new(settings.root_certificate_file.as_deref());
        let (cache, http) = match (cache, http) {
            (Ok(cache), Ok(http)) => (cache, http),
            (cache, http) => return Err(faults([(CACHE, cache.err()), (ROOT, http.err())])),
        };
        if let Some(warning) = names_missing(settings, authorities) {
            warn!("{warning}");
        }
        let kept = cache::read(&cache.certificate).map_err(|problem| ConfigFaults::one(CACHE, problem))?;
        let shown = Arc::new(Shown::default());
        match kept.map(|bytes| Identity::parse(&bytes, now)).transpose() {
            Ok(identity) => shown.lock().identity = identity,
            Err(problem) => warn!(
                file = %cache.certificate.display(),
                problem,
                "the certificate that was kept cannot be used; another one is asked for"
            ),
        }
        Ok(Self {
            settings: settings.clone(),
            http,
            cache,
            shown,
            waiting: Mutex::default(),
        })
    }

    /// Whether another configuration asks for the same.
    pub(super) fn is_for(&self, settings: &config::Acme) -> bool {
        self.settings == *settings
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        self.shown.clone()
    }

    pub(super) fn status(&self, now: Timestamp) -> String {
        let state = self.shown.lock();
        let because = |text: String| match &state.trouble {
            Some(trouble) => format!("{text}: {trouble}"),
            None => text,
        };
        let Some(identity) = &state.identity else {
            return because(format!("waiting for one from {}", self.server()));
        };
        let not_after = identity.not_after;
        if not_after <= now {
            because(format!("expired at {not_after:.0}"))
        } else if state.trouble.is_some() {
            because(format!("in use until {not_after:.0}"))
        } else if identity.is_ending(now) {
            format!("expires at {not_after:.0}")
        } else {
            "ok".to_owned()
        }
    }

    /// What there is to say of its end.
    pub(super) fn ending(&self, now: Timestamp) -> Option<String> {
        let state = self.shown.lock();
        let cure = "it is not renewed; the lines about that name the cause";
        state.identity.as_ref()?.ending("listen.acme", cure, now)
    }

    /// Whether a certificate is to be asked for now.
    fn is_due(&self, clock: &dyn Clock) -> bool {
        if clock.elapsed() < self.waiting().until {
            return false;
        }
        let state = self.shown.lock();
        state
            .identity
            .as_ref()
            .is_none_or(|identity| identity.is_old(clock.now()))
    }

    /// Asks for a certificate. The log says what came of it; after a failure, the next is due after a pause, which doubles
    /// from this one on.
    async fn renew(&self, clock: &dyn Clock, pause: Duration) {
        let attempt = timeout(ATTEMPT, self.attempt(clock)).await;
        let asked = self.http.take_pause();
        match attempt.unwrap_or(Err(Failure::TooSlow)) {
            Ok(()) => *self.waiting() = Waiting::default(),
            Err(failure) => {
                let mut waiting = self.waiting();
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

    async fn attempt(&self, clock: &dyn Clock) -> Result<(), Failure> {
        let pem = order::certificate(&self.settings, &self.http, &self.cache, &self.shown).await?;
        let identity = Identity::parse(pem.as_bytes(), clock.now()).map_err(Failure::Unusable)?;
        // One that cannot be kept serves until the next start.
        let trouble = self.cache.write(&self.cache.certificate, pem.as_bytes()).err();
        let trouble = trouble.map(|problem| Failure::Cache(problem).to_string());
        let not_after = identity.not_after;
        let problem = trouble.clone();
        {
            let mut state = self.shown.lock();
            state.identity = Some(identity);
            state.trouble = trouble;
        }
        info!(server = self.server(), %not_after, "a certificate was issued and is in use");
        if let Some(problem) = problem {
            warn!(
                problem,
                "the certificate is not kept, so the next start has to ask for another one"
            );
        }
        Ok(())
    }

    fn server(&self) -> &str {
        self.settings.directory.as_str()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pause after so many failures before.
fn longer(pause: Duration, failures: u32) -> Duration {
    pause.saturating_mul(1 << failures.min(16)).min(MAX_PAUSE)
}

fn faults<const N: usize>(found: [(&str, Option<String>); N]) -> ConfigFaults {
    let found = found.into_iter();
    ConfigFaults::all(found.filter_map(|(key, problem)| Some(ConfigFaults::one(key, problem?))))
}

/// A warning about host names that the certificate will not be for.
fn names_missing(settings: &config::Acme, authorities: &[String]) -> Option<String> {
    let host = |authority: &String| {
        let authority = authority.parse::<::http::uri::Authority>().ok()?;
        Some(authority.host().to_owned())
    };
    let missing = authorities
        .iter()
        .filter_map(host)
        .filter(|host| !settings.domains.contains(host))
        .collect::<Vec<_>>();
    (!missing.is_empty()).then(|| {
        format!(
            "listen.acme.domains: the certificate will not be for {}, which listen.authorities names, so browsers refuse it \
             there; list it, or take it away",
            missing.join(", ")
        )
    })
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
}
