//! A certificate with its key: read from files, and checked before it is used.

use std::{fs, io::Read, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use rustls::{
    InconsistentKeys,
    client::verify_server_name,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem, pem::PemObject},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use tracing::warn;
use x509_cert::{Certificate, der::Decode};
use zeroize::Zeroizing;

use crate::config::{ConfigFaults, TlsFiles};

/// Longest file that is read, in bytes: a long chain has a few kilobytes.
const MAX_BYTES: u64 = 256 * 1024;
/// From when on the end of a certificate is spoken of, unless that is more than a sixth of its life. The usual tools renew
/// earlier.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) const CERTIFICATE: &str = "listen.tls_certificate_file";
const KEY: &str = "listen.tls_key_file";

/// A pair that was checked.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) pair: Arc<CertifiedKey>,
    not_before: Timestamp,
    pub(super) not_after: Timestamp,
    /// What is not right and yet no reason to refuse it, but for its end.
    pub(super) warnings: Vec<String>,
}

impl Identity {
    /// Reads and checks both files, and reports the faults of both. No error shows what was read.
    pub(super) fn read(
        files: &TlsFiles,
        authorities: &[String],
        now: Timestamp,
    ) -> Result<Self, ConfigFaults> {
        let mut warnings = Vec::new();
        let chain = read_chain(&files.certificate, now);
        let key = read_key(&files.key, &mut warnings);
        let ((chain, (not_before, not_after)), key) = match (chain, key) {
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
        Ok(Self {
            pair: Arc::new(pair),
            not_before,
            not_after,
            warnings,
        })
    }

    /// Checks a key and a chain in PEM form, one after the other. The error never shows either.
    pub(super) fn parse(bytes: &[u8], now: Timestamp) -> Result<Self, String> {
        let (chain, (not_before, not_after)) = parse_chain(bytes, now)?;
        let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|_| "holds no private key".to_owned())?;
        let pair = CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|error| format!("cannot be used ({error})"))?;
        Ok(Self {
            pair: Arc::new(pair),
            not_before,
            not_after,
            warnings: Vec::new(),
        })
    }

    /// Whether a third of its life or less is left.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        self.not_after.duration_since(now) <= self.life() / 3
    }

    /// Whether its end is near.
    pub(super) fn is_ending(&self, now: Timestamp) -> bool {
        self.not_after.duration_since(now) < SOON.min(self.life() / 6)
    }

    /// What there is to say of its end, and what to do.
    pub(super) fn ending(&self, key: &str, cure: &str, now: Timestamp) -> Option<String> {
        let verb = if self.not_after <= now {
            "expired"
        } else {
            "expires"
        };
        let end = self.not_after;
        self.is_ending(now)
            .then(|| format!("{key}: the certificate {verb} at {end:.0}; {cure}"))
    }

    fn life(&self) -> SignedDuration {
        self.not_after.duration_since(self.not_before)
    }

    /// Logs the warnings.
    pub(super) fn tell(&self) {
        for warning in &self.warnings {
            warn!("{warning}");
        }
    }
}

type Chain = Vec<CertificateDer<'static>>;
/// From when to when a certificate is valid.
type Validity = (Timestamp, Timestamp);

fn read_chain(path: &Path, now: Timestamp) -> Result<(Chain, Validity), String> {
    let at = |problem: String| format!("{}: {problem}", path.display());
    let (bytes, _) = read_file(path).map_err(at)?;
    parse_chain(&bytes, now).map_err(at)
}

fn parse_chain(bytes: &[u8], now: Timestamp) -> Result<(Chain, Validity), String> {
    let chain = CertificateDer::pem_slice_iter(bytes).collect::<Result<Chain, pem::Error>>();
    let chain = chain.unwrap_or_default();
    let first = chain.first().and_then(|der| Certificate::from_der(der).ok());
    let Some(first) = first else {
        let cure = "holds no certificate in PEM form; name a file that begins with -----BEGIN CERTIFICATE----- and holds \
                    the whole chain";
        return Err(cure.to_owned());
    };
    let validity = first.tbs_certificate.validity;
    let second = |time: x509_cert::time::Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    };
    let (not_before, not_after) = (second(validity.not_before), second(validity.not_after));
    if not_after <= now {
        return Err(format!("the certificate expired at {not_after:.0}; renew it"));
    }
    if not_before > now {
        return Err(format!(
            "the certificate is not valid before {not_before:.0}; wait, or set this machine's clock"
        ));
    }
    Ok((chain, (not_before, not_after)))
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
