//! A certificate with its key: read from files, and checked before it is used.

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use rustls::{
    InconsistentKeys, SignatureAlgorithm,
    client::verify_server_name,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer, ServerName,
        pem::{self, PemObject},
    },
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use tracing::warn;
use x509_cert::der::{Decode, asn1::AnyRef};
use zeroize::Zeroizing;

use super::chain::{self, Chain, ChainFault, Fault};
use crate::{
    config::{ConfigFaults, TlsFiles},
    files::{self, Unreadable},
};

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
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    /// Whether each certificate of the chain is the issuer's of the one before.
    in_order: bool,
    /// What is not right and yet no reason to refuse it, but for its end.
    pub(super) warnings: Vec<String>,
}

/// Why files are not used.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) faults: ConfigFaults,
    /// Whether the same files may be good later: the certificate is not valid yet.
    pub(super) may_pass: bool,
}

impl Refused {
    pub(super) fn of(key: &str, problem: impl Into<String>) -> Self {
        Self {
            faults: ConfigFaults::one(key, problem),
            may_pass: false,
        }
    }

    /// The key of the first fault.
    pub(super) fn key(&self) -> &str {
        self.faults
            .faults()
            .first()
            .map_or(CERTIFICATE, |fault| &fault.key)
    }
}

impl Identity {
    /// Reads and checks both files, and reports the faults of both. No error shows what was read.
    pub(super) fn read(files: &TlsFiles, authorities: &[String], now: Timestamp) -> Result<Self, Refused> {
        let mut warnings = Vec::new();
        let chain = read_chain(&files.certificate, now);
        let key = read_key(&files.key, &mut warnings);
        let (chain, key) = match (chain, key) {
            (Ok(chain), Ok(key)) => (chain, key),
            (chain, key) => {
                let may_pass = key.is_ok() && matches!(chain, Err(ChainFault::NotYet(_)));
                let chain = chain
                    .err()
                    .map(|fault| files::at(&files.certificate, &Fault::from(fault).to_string()));
                let found = [(CERTIFICATE, chain), (KEY, key.err())];
                let faults = found.into_iter().filter_map(|(key, problem)| {
                    let problem = problem?;
                    Some(ConfigFaults::one(key, problem))
                });
                return Err(Refused {
                    faults: ConfigFaults::all(faults),
                    may_pass,
                });
            }
        };
        let pair = pair_of(&chain, key).map_err(|fault| match fault {
            PairFault::Key(fault) => Refused::of(KEY, files::at(&files.key, &fault.to_string())),
            PairFault::Order(fault) => {
                Refused::of(CERTIFICATE, files::at(&files.certificate, &fault.to_string()))
            }
        })?;
        if let Some(shortcoming) = &chain.disorder {
            warnings.push(format!("{CERTIFICATE}: {shortcoming}"));
        }
        let mut identity = Self {
            pair,
            not_before: chain.validity.0,
            not_after: chain.validity.1,
            in_order: chain.disorder.is_none(),
            warnings,
        };
        let is_not = format!("{CERTIFICATE}: the certificate is not");
        let missing = names_missing(&is_not, &identity.missing(authorities), "get one for every name");
        identity.warnings.extend(missing);
        Ok(identity)
    }

    /// Why it should not take the place of a good one, although it is a pair: browsers would take it less well.
    pub(super) fn is_worse_than(&self, old: &Self, authorities: &[String], now: Timestamp) -> Option<String> {
        if old.not_after <= now {
            return None;
        }
        let had = old.missing(authorities);
        let lost = self
            .missing(authorities)
            .into_iter()
            .filter(|name| !had.contains(name))
            .collect::<Vec<_>>();
        if !lost.is_empty() {
            return Some(format!(
                "the new certificate is not for {}, which the one in use is for; get one for every name of listen.authorities",
                lost.join(", ")
            ));
        }
        (old.in_order && !self.in_order).then(|| {
            "its chain does not lead from one certificate to the next, as that of the one in use does; put the relay's own first, \
             then that of its issuer, and so on"
                .to_owned()
        })
    }

    /// Checks a key and a chain in PEM form, one after the other, which nobody put there by hand. The error is the cause, and
    /// never shows either.
    pub(super) fn parse(bytes: &[u8], now: Timestamp) -> Result<Self, String> {
        let chain = chain::parse(bytes, now).map_err(|fault| Fault::from(fault).cause)?;
        let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|_| "holds no private key".to_owned())?;
        Ok(Self {
            pair: pair_of(&chain, key).map_err(|fault| match fault {
                PairFault::Key(fault) => format!("the key {}", fault.cause),
                PairFault::Order(fault) => fault.cause,
            })?,
            not_before: chain.validity.0,
            not_after: chain.validity.1,
            in_order: chain.disorder.is_none(),
            warnings: Vec::new(),
        })
    }

    /// The host names that it is not for.
    pub(super) fn missing<'a>(&self, authorities: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
        let certificate = self.pair.cert.first();
        let certificate = certificate.and_then(|first| ParsedCertificate::try_from(first).ok());
        let covers = |authority: &str| {
            let host = authority.parse::<http::uri::Authority>().ok()?;
            let host = host.host().trim_matches(['[', ']']);
            let name = ServerName::try_from(host).ok()?;
            verify_server_name(certificate.as_ref()?, &name).ok()
        };
        let names = authorities.into_iter().map(String::as_str);
        names.filter(|authority| covers(authority).is_none()).collect()
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

fn read_chain(path: &Path, now: Timestamp) -> Result<Chain, ChainFault> {
    let (bytes, _) = read_file(path).map_err(ChainFault::Unusable)?;
    chain::parse(&bytes, now)
}

/// Why a key and a chain are no pair.
enum PairFault {
    /// The key is none for it.
    Key(Fault),
    /// The key's certificate stands further down.
    Order(Fault),
}

/// A key with the chain of its certificate, if browsers take such keys.
fn pair_of(chain: &Chain, key: PrivateKeyDer<'static>) -> Result<Arc<CertifiedKey>, PairFault> {
    const CURE: &str = "make an ECDSA P-256 key, or RSA with 2048 bits or more";
    let provider = ring::default_provider();
    let pair_with = |certificates: &[CertificateDer<'static>]| {
        CertifiedKey::from_der(certificates.to_vec(), key.clone_key(), &provider)
    };
    let pair = pair_with(&chain.certificates).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            let mut alone = chain.certificates.chunks(1);
            match alone.position(|certificate| pair_with(certificate).is_ok()) {
                Some(index) => PairFault::Order(Fault::new(
                    format!(
                        "the chain is in the wrong order: the key is that of certificate {}",
                        index + 1
                    ),
                    chain::ORDER,
                )),
                None => PairFault::Key(Fault::new(
                    "is not the key of the certificate",
                    "name the one that was made with what listen.tls_certificate_file names",
                )),
            }
        }
        error => PairFault::Key(Fault::new(
            format!("is of a kind or a length that is not used for TLS ({error})"),
            CURE,
        )),
    })?;
    if pair.key.algorithm() == SignatureAlgorithm::ED25519 {
        return Err(PairFault::Key(Fault::new(
            "is an Ed25519 key, and browsers take no certificate with one",
            CURE,
        )));
    }
    Ok(Arc::new(pair))
}

fn read_key(path: &Path, warnings: &mut Vec<String>) -> Result<PrivateKeyDer<'static>, String> {
    let at = |problem: String| files::at(path, &problem);
    let (bytes, mode) = read_file(path).map_err(|fault| at(fault.to_string()))?;
    if mode & 0o007 != 0 {
        warnings.push(format!(
            "{KEY}: {}: can be read or written by every user of this machine; take that right away with `chmod o=`",
            path.display()
        ));
    }
    parse_key(&bytes).map_err(|fault| at(fault.to_string()))
}

fn parse_key(bytes: &[u8]) -> Result<PrivateKeyDer<'static>, Fault> {
    let damaged = |flaw: &str| Fault::new(format!("the block of the key {flaw}"), chain::COPY_AGAIN);
    let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|error| match error {
        pem::Error::NoItemsFound => Fault::new(
            "holds no private key in PEM form",
            "name a file with a key that is not encrypted, such as certbot's privkey.pem",
        ),
        error => damaged(chain::flaw(&error)),
    })?;
    // Whatever kind of key it is, it is one value that says how long it is.
    match AnyRef::from_der(key.secret_der()) {
        Ok(_) => Ok(key),
        Err(_) => Err(damaged("is cut off, or is no key")),
    }
}

/// A file's bytes and its mode.
fn read_file(path: &Path) -> Result<(Zeroizing<Vec<u8>>, u32), Fault> {
    let content = files::read(path, MAX_BYTES).map_err(|error| match error {
        Unreadable::System(_) => Fault::new(error.to_string(), "put it there, readable by the relay's user"),
        Unreadable::NotAFile => Fault::new(error.to_string(), "name a PEM file"),
        Unreadable::TooLarge => Fault::new(format!("is larger than {MAX_BYTES} bytes"), "name a PEM file"),
    })?;
    Ok((content.bytes, content.metadata.permissions().mode()))
}

/// A warning about names that a certificate is not for.
pub(super) fn names_missing(is_not: &str, missing: &[&str], cure: &str) -> Option<String> {
    (!missing.is_empty()).then(|| {
        format!(
            "{is_not} for {}, which listen.authorities names, so browsers refuse it there; {cure}",
            missing.join(", ")
        )
    })
}
