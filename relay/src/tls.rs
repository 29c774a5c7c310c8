//! TLS as the listener speaks it, with a certificate from files or from an ACME server; `keep` looks after either.

mod acme;
mod chain;
mod files;
mod identity;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rustls::{ServerConfig, crypto::ring, server::ResolvesServerCert};
use tokio_rustls::TlsAcceptor;
use tracing::warn;

pub(crate) use acme::{PROTOCOL as ACME_PROTOCOL, keep};

use crate::config::{ConfigFaults, Listen, TlsFiles, TlsSource};

use acme::Acme;
use files::Files;
use identity::{CERTIFICATE, Identity};

/// Asks the ACME server, if there is one to ask, what it is: its address, or what is wrong with cause and cure. Nothing is made
/// there.
pub(crate) async fn ask_acme(listen: &Listen) -> Option<Result<String, String>> {
    match &listen.tls {
        Some(TlsSource::Acme(settings)) => Some(acme::ask(settings).await),
        Some(TlsSource::Files(_)) | None => None,
    }
}

/// Between two lines about a certificate that ends.
const REMIND: SignedDuration = SignedDuration::from_hours(24);

/// TLS with the certificate that is shown.
pub(crate) struct Tls {
    source: Source,
    config: Arc<ServerConfig>,
    /// When the log last told that the certificate ends.
    told: Mutex<Option<Timestamp>>,
}

enum Source {
    Files(Arc<Files>),
    Acme(Arc<Acme>),
}

impl Tls {
    /// TLS, if the configuration asks for it. What the former one has from the same ACME server for the same names stays in
    /// use, and so does its certificate, wherever it is from, until another ACME server, or the same for other names, has issued
    /// one; and its certificate from files where new files cannot be used.
    pub(crate) fn configured(
        listen: &Listen,
        former: Option<&Self>,
        now: Timestamp,
    ) -> Result<Option<Self>, ConfigFaults> {
        let Some(source) = &listen.tls else {
            return Ok(None);
        };
        let source = match source {
            TlsSource::Files(files) => {
                let former = former.and_then(Self::of_files);
                Source::Files(Arc::new(Files::open(files, &listen.authorities, former, now)?))
            }
            TlsSource::Acme(settings) => {
                let same = former
                    .and_then(Self::acme)
                    .filter(|acme| acme.is_for(settings) && acme.keeps_root());
                Source::Acme(match same {
                    Some(acme) => acme.clone(),
                    None => {
                        let former = former.and_then(|former| former.identity(now));
                        Arc::new(Acme::open(settings, &listen.authorities, former, now)?)
                    }
                })
            }
        };
        Self::new(source, now).map(Some)
    }

    /// The warnings about a configuration's certificate, or its faults. Nothing is made or asked for.
    pub(crate) fn check(
        source: Option<&TlsSource>,
        authorities: &[String],
        now: Timestamp,
    ) -> Result<Vec<String>, ConfigFaults> {
        match source {
            None => Ok(Vec::new()),
            Some(TlsSource::Files(files)) => {
                let identity = Identity::read(files, authorities, now).map_err(|refused| refused.faults)?;
                let ending = identity.ending(CERTIFICATE, "renew it", now);
                Ok(identity.warnings.into_iter().chain(ending).collect())
            }
            Some(TlsSource::Acme(settings)) => acme::check(settings, authorities),
        }
    }

    fn new(source: Source, now: Timestamp) -> Result<Self, ConfigFaults> {
        let (resolver, protocols): (Arc<dyn ResolvesServerCert>, &[&[u8]]) = match &source {
            Source::Files(files) => (files.resolver(), &[b"http/1.1"]),
            Source::Acme(acme) => (acme.resolver(), &[b"http/1.1", ACME_PROTOCOL]),
        };
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| ConfigFaults::one("listen", format!("TLS cannot be set up: {error}")))?;
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        // A browser's few requests need nothing of HTTP/2, which would give a stranger more to play with.
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let tls = Self {
            source,
            config: Arc::new(config),
            told: Mutex::new(None),
        };
        tls.remind(now);
        Ok(tls)
    }

    /// The files to watch, if it is from files.
    pub(crate) fn files(&self) -> Option<&TlsFiles> {
        match &self.source {
            Source::Files(files) => Some(files.files()),
            Source::Acme(_) => None,
        }
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.config.clone().into()
    }

    /// Reads the files again. The log says what came of it, if anything did; `false` if it should be tried again although no
    /// file changes.
    pub(crate) fn renew(&self, authorities: &[String], now: Timestamp) -> bool {
        match &self.source {
            Source::Files(files) => files.renew(authorities, now),
            Source::Acme(_) => true,
        }
    }

    /// How it stands, for the health page.
    pub(crate) fn status(&self, now: Timestamp) -> String {
        match &self.source {
            Source::Files(files) => files.status(now),
            Source::Acme(acme) => acme.status(now),
        }
    }

    /// Tells, once a day, that the certificate ends.
    pub(crate) fn remind(&self, now: Timestamp) {
        let ending = match &self.source {
            Source::Files(files) => files.ending(now),
            Source::Acme(acme) => acme.ending(now),
        };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ending) = ending else {
            *told = None;
            return;
        };
        if told.is_none_or(|told| now.duration_since(told) >= REMIND) {
            *told = Some(now);
            warn!("{ending}");
        }
    }

    /// The certificate in use, unless it has expired.
    fn identity(&self, now: Timestamp) -> Option<Identity> {
        match &self.source {
            Source::Files(files) => files.identity(now),
            Source::Acme(acme) => acme.identity(now),
        }
    }

    fn of_files(&self) -> Option<&Arc<Files>> {
        match &self.source {
            Source::Files(files) => Some(files),
            Source::Acme(_) => None,
        }
    }

    fn acme(&self) -> Option<&Arc<Acme>> {
        match &self.source {
            Source::Files(_) => None,
            Source::Acme(acme) => Some(acme),
        }
    }
}
