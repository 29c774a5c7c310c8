//! A certificate from files, read again when they change. A bad new pair leaves the old one in use.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tracing::{info, warn};

use super::identity::{CERTIFICATE, Identity, Refused};
use crate::config::{ConfigFaults, TlsFiles};

/// The files, and what of them is in use.
pub(super) struct Files {
    files: TlsFiles,
    shown: Arc<Shown>,
}

struct Shown(Mutex<State>);

#[derive(Clone)]
struct State {
    identity: Identity,
    /// Why the files' present content is not in use.
    refused: Option<Refused>,
}

impl Files {
    /// Reads the pair. If it cannot be used, that of a former configuration stays in use.
    pub(super) fn open(
        files: &TlsFiles,
        authorities: &[String],
        former: Option<&Arc<Self>>,
        now: Timestamp,
    ) -> Result<Self, ConfigFaults> {
        let former = former.map(|former| former.shown.lock().clone());
        let state = match (Identity::read(files, authorities, now), former) {
            (Ok(identity), None) => State::using(identity),
            (Err(refused), None) => return Err(refused.faults),
            (read, Some(state)) => state.succeeded_by(read, authorities, now),
        };
        Ok(Self {
            files: files.clone(),
            shown: Arc::new(Shown(Mutex::new(state))),
        })
    }

    pub(super) fn files(&self) -> &TlsFiles {
        &self.files
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        self.shown.clone()
    }

    /// Reads the pair again. The log says what came of it, if anything did; `false` if it should be tried again although no
    /// file changes.
    pub(super) fn renew(&self, authorities: &[String], now: Timestamp) -> bool {
        let read = Identity::read(&self.files, authorities, now);
        let mut state = self.shown.lock();
        let next = state.clone().succeeded_by(read, authorities, now);
        *state = next;
        state.refused.as_ref().is_none_or(|refused| !refused.may_pass)
    }

    /// The certificate in use, unless it has expired.
    pub(super) fn identity(&self, now: Timestamp) -> Option<Identity> {
        let identity = self.shown.lock().identity.clone();
        (identity.not_after > now).then_some(identity)
    }

    pub(super) fn status(&self, now: Timestamp) -> String {
        let state = self.shown.lock();
        let not_after = state.identity.not_after;
        if not_after <= now {
            format!("expired at {not_after:.0}")
        } else if let Some(refused) = &state.refused {
            let key = refused.key();
            format!("the old certificate is in use, until {not_after:.0}: {key} cannot be used")
        } else if state.identity.is_ending(now) {
            format!("expires at {not_after:.0}")
        } else {
            "ok".to_owned()
        }
    }

    /// What there is to say of its end.
    pub(super) fn ending(&self, now: Timestamp) -> Option<String> {
        let state = self.shown.lock();
        state.identity.ending(CERTIFICATE, "renew it", now)
    }
}

impl State {
    fn using(identity: Identity) -> Self {
        identity.tell();
        Self {
            identity,
            refused: None,
        }
    }

    /// With what the files hold now, or with what it has if that cannot be used, or is worse.
    fn succeeded_by(self, read: Result<Identity, Refused>, authorities: &[String], now: Timestamp) -> Self {
        let refused = match read {
            Ok(identity) if identity.pair.cert == self.identity.pair.cert => {
                return Self {
                    refused: None,
                    ..self
                };
            }
            Ok(identity) => match identity.is_worse_than(&self.identity, authorities, now) {
                None => {
                    info!(not_after = %identity.not_after, "the certificate was read again and is in use");
                    return Self::using(identity);
                }
                Some(problem) => Refused::of(CERTIFICATE, problem),
            },
            Err(refused) => refused,
        };
        for fault in refused.faults.faults() {
            warn!(
                key = fault.key,
                problem = fault.problem,
                "the old certificate stays in use"
            );
        }
        Self {
            refused: Some(refused),
            ..self
        }
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.lock().identity.pair.clone())
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}
