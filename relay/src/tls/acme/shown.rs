//! What a handshake shows: the certificate, or to a server that validates a challenge, the proof.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::PROTOCOL;
use crate::tls::identity::Identity;

/// The certificate and the proofs.
#[derive(Default)]
pub(super) struct Shown(Mutex<State>);

#[derive(Default)]
pub(super) struct State {
    /// Until there is one, every handshake fails.
    pub(super) identity: Option<Identity>,
    /// Whether it is another than was asked for, which serves until that is issued.
    pub(super) stands_in: bool,
    /// What went wrong since.
    pub(super) trouble: Option<String>,
    /// What is wrong with the ACME server's root on the disk, however renewals end by the former one.
    pub(super) root_trouble: Option<String>,
    proofs: HashMap<String, Arc<CertifiedKey>>,
}

impl Shown {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn prove(&self, domain: &str, proof: Arc<CertifiedKey>) {
        self.lock().proofs.insert(domain.to_owned(), proof);
    }

    pub(super) fn prove_nothing(&self) {
        self.lock().proofs.clear();
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let state = self.lock();
        // Exactly this one protocol is offered by who validates (RFC 8737, section 3).
        let validates = hello
            .alpn()
            .is_some_and(|mut offered| offered.next() == Some(PROTOCOL) && offered.next().is_none());
        if validates {
            let name = hello.server_name()?.to_ascii_lowercase();
            return state.proofs.get(&name).cloned();
        }
        state.identity.as_ref().map(|identity| identity.pair.clone())
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}
