//! The certificate that browsers are shown, with its key: read from files, checked before it is used, and read again when
//! the files change. A bad new pair leaves the old one in use.

use std::{
    fmt, fs,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use rustls::{
    InconsistentKeys, ServerConfig,
    client::verify_server_name,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem, pem::PemObject},
    server::{ClientHello, ParsedCertificate, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};
use x509_cert::{Certificate, der::Decode};
use zeroize::Zeroizing;

use crate::config::{ConfigFaults, Listen, TlsFiles};

/// Longest file that is read, in bytes: a long chain has a few kilobytes.
const MAX_BYTES: u64 = 256 * 1024;
/// From when on an old certificate is spoken of. The usual tools renew earlier.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

const CERTIFICATE: &str = "listen.tls_certificate_file";
const KEY: &str = "listen.tls_key_file";

/// A pair that was checked.
#[derive(Clone)]
pub(crate) struct Identity {
    pair: Arc<CertifiedKey>,
    not_after: Timestamp,
    /// What is not right and yet no reason to refuse it.
    pub(crate) warnings: Vec<String>,
}

/// TLS as the listener speaks it.
pub(crate) struct Tls {
    files: TlsFiles,
    config: Arc<ServerConfig>,
    shown: Arc<Shown>,
}

struct Shown(Mutex<State>);

struct State {
    identity: Identity,
    /// Why the files' present content is not in use.
    refused: Option<String>,
}

impl Tls {
    /// TLS, if the configuration asks for it.
    pub(crate) fn configured(listen: &Listen, now: Timestamp) -> Result<Option<Self>, ConfigFaults> {
        let open = |files| Self::open(files, &listen.authorities, now);
        listen.tls.as_ref().map(open).transpose()
    }

    fn open(files: &TlsFiles, authorities: &[String], now: Timestamp) -> Result<Self, ConfigFaults> {
        let identity = Identity::read(files, authorities, now)?;
        identity.tell();
        let shown = Arc::new(Shown(Mutex::new(State {
            identity,
            refused: None,
        })));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| ConfigFaults::one(CERTIFICATE, format!("TLS cannot be set up: {error}")))?;
        let mut config = config.with_no_client_auth().with_cert_resolver(shown.clone());
        // A browser's few requests need nothing of HTTP/2, which would give a stranger more to play with.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            files: files.clone(),
            config: Arc::new(config),
            shown,
        })
    }

    pub(crate) fn files(&self) -> &TlsFiles {
        &self.files
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.config.clone().into()
    }

    /// Reads the pair again. The log says what came of it, if anything did.
    pub(crate) fn renew(&self, authorities: &[String], now: Timestamp) {
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

    /// How it stands, for the health page.
    pub(crate) fn status(&self, now: Timestamp) -> String {
        let state = self.shown.lock();
        let not_after = state.identity.not_after;
        if not_after <= now {
            format!("expired at {not_after:.0}")
        } else if let Some(key) = &state.refused {
            format!("the old certificate is in use, until {not_after:.0}: {key} cannot be used")
        } else if not_after.duration_since(now) < SOON {
            format!("expires at {not_after:.0}")
        } else {
            "ok".to_owned()
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

impl Identity {
    /// Reads and checks both files, and reports the faults of both. No error shows what was read.
    pub(crate) fn read(
        files: &TlsFiles,
        authorities: &[String],
        now: Timestamp,
    ) -> Result<Self, ConfigFaults> {
        let mut warnings = Vec::new();
        let chain = read_chain(&files.certificate, now);
        let key = read_key(&files.key, &mut warnings);
        let ((chain, not_after), key) = match (chain, key) {
            (Ok(chain), Ok(key)) => (chain, key),
            (chain, key) => {
                let found = [(CERTIFICATE, chain.err()), (KEY, key.err())];
                let faults = found.into_iter().filter_map(|(key, problem)| {
                    let problem = problem?;
                    Some(ConfigFaults::one(key, problem))
                });
                return Err(ConfigFaults::all(faults));
            }
        };
        let pair = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| {
            let problem = match error {
                rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    "is not the key of the certificate in listen.tls_certificate_file; name the two that were made together"
                        .to_owned()
                }
                error => format!("cannot be used ({error}); make an ECDSA P-256, RSA or Ed25519 key"),
            };
            ConfigFaults::one(KEY, format!("{}: {problem}", files.key.display()))
        })?;
        warnings.extend(names_missing(&pair, authorities));
        if not_after.duration_since(now) < SOON {
            warnings.push(format!(
                "{CERTIFICATE}: the certificate expires at {not_after:.0}; renew it"
            ));
        }
        Ok(Self {
            pair: Arc::new(pair),
            not_after,
            warnings,
        })
    }

    fn tell(&self) {
        for warning in &self.warnings {
            warn!("{warning}");
        }
    }
}

type Chain = Vec<CertificateDer<'static>>;

fn read_chain(path: &Path, now: Timestamp) -> Result<(Chain, Timestamp), String> {
    let at = |problem: String| format!("{}: {problem}", path.display());
    let (bytes, _) = read_file(path).map_err(at)?;
    let chain = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Chain, pem::Error>>();
    let chain = chain.unwrap_or_default();
    let first = chain.first().and_then(|der| Certificate::from_der(der).ok());
    let Some(first) = first else {
        let cure = "holds no certificate in PEM form; name a file that begins with -----BEGIN CERTIFICATE----- and holds \
                    the whole chain";
        return Err(at(cure.to_owned()));
    };
    let validity = first.tbs_certificate.validity;
    let second = |time: x509_cert::time::Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    };
    let (not_before, not_after) = (second(validity.not_before), second(validity.not_after));
    if not_after <= now {
        return Err(at(format!("the certificate expired at {not_after:.0}; renew it")));
    }
    if not_before > now {
        return Err(at(format!(
            "the certificate is not valid before {not_before:.0}; wait, or set this machine's clock"
        )));
    }
    Ok((chain, not_after))
}

fn read_key(path: &Path, warnings: &mut Vec<String>) -> Result<PrivateKeyDer<'static>, String> {
    let at = |problem: String| format!("{}: {problem}", path.display());
    let (bytes, mode) = read_file(path).map_err(at)?;
    if mode & 0o007 != 0 {
        warnings.push(format!(
            "{KEY}: {}: can be read or written by every user of this machine; take that right away with `chmod o=`",
            path.display()
        ));
    }
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
        at("holds no private key in PEM form; name a file with a key that is not encrypted, such as certbot's privkey.pem"
            .to_owned())
    })
}

/// A file's bytes and its mode.
fn read_file(path: &Path) -> Result<(Zeroizing<Vec<u8>>, u32), String> {
    let cannot = |error| format!("cannot be read ({error}); put it there, readable by the relay's user");
    // Before it is opened: a pipe would be waited on.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err("is not a file; name a PEM file".to_owned());
    }
    let mut file = fs::File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if metadata.len() > MAX_BYTES {
        return Err(format!("is larger than {MAX_BYTES} bytes; name a PEM file"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize));
    file.by_ref()
        .take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    Ok((bytes, metadata.permissions().mode()))
}

/// A warning about host names that the certificate is not for.
fn names_missing(pair: &CertifiedKey, authorities: &[String]) -> Option<String> {
    let certificate = ParsedCertificate::try_from(pair.cert.first()?).ok()?;
    let covers = |authority: &str| {
        let host = authority.parse::<http::uri::Authority>().ok()?;
        let host = host.host().trim_matches(['[', ']']);
        let name = ServerName::try_from(host).ok()?;
        verify_server_name(&certificate, &name).ok()
    };
    let missing = authorities
        .iter()
        .filter(|authority| covers(authority).is_none())
        .map(String::as_str)
        .collect::<Vec<_>>();
    (!missing.is_empty()).then(|| {
        format!(
            "{CERTIFICATE}: the certificate is not for {}, which listen.authorities names, so browsers refuse it there; get \
             one for every name",
            missing.join(", ")
        )
    })
}
