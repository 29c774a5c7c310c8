//! What is in use now: the configuration with all that was made of it. A reload puts another in its place as a whole.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::Router;
use tokio_rustls::TlsAcceptor;

use crate::{app::App, listener::Rules, router, tls::Tls};

/// What new connections and requests are served with.
pub(crate) struct Current {
    in_use: RwLock<Arc<InUse>>,
    /// What the health page says of the configuration file, if there is anything to say.
    note: Mutex<Option<String>>,
    /// Whether the files of certificates and API keys cannot be looked at.
    unwatched: AtomicBool,
    /// Whether nobody looks after the certificate any more.
    unkept: AtomicBool,
}

/// A configuration with all that was made of it.
pub(crate) struct InUse {
    pub(crate) app: Arc<App>,
    pub(crate) tls: Option<Tls>,
    router: Router,
}

impl InUse {
    pub(crate) fn new(app: Arc<App>, tls: Option<Tls>) -> Arc<Self> {
        let router = router::api(app.clone());
        Arc::new(Self { app, tls, router })
    }
}

impl Current {
    pub(crate) fn new(first: Arc<InUse>) -> Self {
        Self {
            in_use: RwLock::new(first),
            note: Mutex::new(None),
            unwatched: AtomicBool::new(false),
            unkept: AtomicBool::new(false),
        }
    }

    pub(crate) fn get(&self) -> Arc<InUse> {
        self.in_use.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, next: Arc<InUse>) {
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// How it stands with the configuration file, for the health page.
    pub(crate) fn configuration(&self) -> String {
        if self.unwatched.load(Ordering::Relaxed) {
            return "a file of a certificate or an API key could not be looked at in time".to_owned();
        }
        let note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
        note.clone().unwrap_or_else(|| "ok".to_owned())
    }

    /// How it stands with the certificate, for the health page.
    pub(crate) fn certificate(&self) -> String {
        let in_use = self.get();
        let Some(tls) = &in_use.tls else {
            return "off".to_owned();
        };
        let status = tls.status(in_use.app.clock.now());
        if self.unkept.load(Ordering::Relaxed) {
            format!(
                "not renewed any more, by a mistake of the relay; restart it, and tell the makers what the log says: {status}"
            )
        } else {
            status
        }
    }

    pub(crate) fn set_unkept(&self) {
        self.unkept.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_unwatched(&self, unwatched: bool) {
        self.unwatched.store(unwatched, Ordering::Relaxed);
    }

    pub(crate) fn set_note(&self, note: Option<String>) {
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = note;
    }
}

impl Rules for Current {
    fn router(&self) -> Router {
        self.get().router.clone()
    }

    fn tls(&self) -> Option<TlsAcceptor> {
        self.get().tls.as_ref().map(Tls::acceptor)
    }

    fn admits(&self, peer: IpAddr) -> bool {
        self.get().app.config.listen.admits(peer)
    }

    fn share(&self, peer: IpAddr) -> Option<usize> {
        self.get().app.config.listen.share(peer)
    }
}
