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

use super::identity::{CERTIFICATE, Identity};
use crate::config::{ConfigFaults, TlsFiles};

/// The files, and what of them is in use.
pub(super) struct Files {
    files: TlsFiles,
    shown: Arc<Shown>,
}

struct Shown(Mutex<State>);

struct State {
    identity: Identity,
    /// Why the files' present content is not in use.
    refused: Option<String>,
}

impl Files {
    pub(super) fn open(
        files: &TlsFiles,
        authorities: &[String],
        now: Timestamp,
    ) -> Result<Self, ConfigFaults> {
        let identity = Identity::read(files, authorities, now)?;
        identity.tell();
        let shown = Arc::new(Shown(Mutex::new(State {
            identity,
            refused: None,
        })));
        Ok(Self {
            files: files.clone(),
            shown,
        })
    }

    pub(super) fn files(&self) -> &TlsFiles {
        &self.files
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        self.shown.clone()
    }

    /// Reads the pair again. The log says what came of it, if anything did.
    pub(super) fn renew(&self, authorities: &[String], now: Timestamp) {
        let read = Identity::read(&self.files, authorities, now);
        let mut state = self.shown.lock();
        match read {
            Ok(identity) if identity.pair.cert == state.identity.pair.cert => state.refused = None,
            Ok(identity) => {
                info!(not_after = %identity.not_after, "the certificate was read again and is in use");
                identity.tell();
                *state = State {
                    identity,
                    refused: None,
                };
            }
            Err(faults) => {
                for fault in faults.faults() {
                    warn!(
                        key = fault.key,
                        problem = fault.problem,
                        "the old certificate stays in use"
                    );
                }
                state.refused = faults.faults().first().map(|fault| fault.key.clone());
            }
        }
    }

    pub(super) fn status(&self, now: Timestamp) -> String {
        let state = self.shown.lock();
        let not_after = state.identity.not_after;
        if not_after <= now {
            format!("expired at {not_after:.0}")
        } else if let Some(key) = &state.refused {
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
