//! A certificate with those that lead to its root, as a PEM file holds them.

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, pem, pem::PemObject};
use x509_cert::{Certificate, der::Decode};

/// The order of a chain (RFC 8446, section 4.4.2).
pub(super) const ORDER: &str = "put the relay's own certificate first, then its issuer's, and so on";

/// A chain that was checked, the own certificate first.
pub(super) struct Chain {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// From when to when the first one is valid.
    pub(super) validity: (Timestamp, Timestamp),
    /// What is not right about the order, and what to do.
    pub(super) disorder: Option<String>,
}

/// What is wrong, and what whoever put the files there is to do about it. Of a certificate that a server issued only the first
/// is told.
#[derive(Debug, thiserror::Error)]
#[error("{cause}; {cure}")]
pub(super) struct Fault {
    pub(super) cause: String,
    pub(super) cure: &'static str,
}

impl Fault {
    pub(super) fn new(cause: impl Into<String>, cure: &'static str) -> Self {
        Self {
            cause: cause.into(),
            cure,
        }
    }
}

/// Why it cannot be used.
#[derive(Debug)]
pub(super) enum ChainFault {
    /// It will be good.
    NotYet(Timestamp),
    /// It has been good.
    Expired(Timestamp),
    /// It never is.
    Unusable(Fault),
}

impl From<ChainFault> for Fault {
    fn from(fault: ChainFault) -> Self {
        match fault {
            ChainFault::NotYet(from) => Self::new(
                format!("the certificate is not valid before {from:.0}"),
                "wait, or set this machine's clock",
            ),
            ChainFault::Expired(end) => Self::new(format!("the certificate expired at {end:.0}"), "renew it"),
            ChainFault::Unusable(fault) => fault,
        }
    }
}

/// Reads every certificate of a PEM text; other things in it are left out.
pub(super) fn parse(bytes: &[u8], now: Timestamp) -> Result<Chain, ChainFault> {
    let mut certificates = Vec::new();
    let mut parsed = Vec::new();
    for (index, der) in CertificateDer::pem_slice_iter(bytes).enumerate() {
        let place = index + 1;
        let der = der.map_err(|error| ChainFault::Unusable(damaged(place, &error)))?;
        let certificate = Certificate::from_der(&der).map_err(|_| {
            ChainFault::Unusable(Fault::new(
                format!("the block of certificate {place} holds something else"),
                ORDER,
            ))
        })?;
        certificates.push(der);
        parsed.push(certificate.tbs_certificate);
    }
    let Some(first) = parsed.first() else {
        return Err(ChainFault::Unusable(Fault::new(
            "holds no certificate in PEM form",
            "name a file that begins with -----BEGIN CERTIFICATE----- and holds the whole chain",
        )));
    };
    let second = |time: x509_cert::time::Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    };
    let (not_before, not_after) = (
        second(first.validity.not_before),
        second(first.validity.not_after),
    );
    if not_after <= now {
        return Err(ChainFault::Expired(not_after));
    }
    if not_before > now {
        return Err(ChainFault::NotYet(not_before));
    }
    let mut links = parsed.iter().zip(parsed.iter().skip(1));
    let break_at = links.position(|(one, issuer)| one.issuer != issuer.subject);
    let disorder = break_at.map(|index| {
        format!(
            "certificate {} is not that of the issuer of certificate {}, so some clients do not find the way to the root; {ORDER}",
            index + 2,
            index + 1
        )
    });
    Ok(Chain {
        certificates,
        validity: (not_before, not_after),
        disorder,
    })
}

fn damaged(place: usize, error: &pem::Error) -> Fault {
    let flaw = flaw(error);
    Fault::new(format!("the block of certificate {place} {flaw}"), COPY_AGAIN)
}

/// What to do about a damaged file.
pub(super) const COPY_AGAIN: &str = "copy the file again, as a whole";

/// What is wrong with a block. The library's own text may repeat what it read.
pub(super) fn flaw(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "has no end",
        pem::Error::IllegalSectionStart { .. } => "begins with a line that is no beginning",
        pem::Error::Base64Decode(_) => "is not base64",
        _ => "is damaged",
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn pem() -> String {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["relay.example".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn every_block_is_looked_at() {
        let (good, now) = (pem(), "2026-01-01T00:00:00Z".parse().unwrap());
        let chain = parse(good.as_bytes(), now).unwrap();
        assert_eq!((chain.certificates.len(), chain.disorder), (1, None));
        let block = |content: &str| {
            format!("{good}-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
        };
        for (text, expected) in [
            (block("AAAA"), "certificate 2 holds something else"),
            (block("*"), "certificate 2 is not base64"),
            (
                format!("{good}-----BEGIN CERTIFICATE-----\nAAAA\n"),
                "certificate 2 has no end",
            ),
            (String::new(), "holds no certificate"),
        ] {
            let problem = Fault::from(parse(text.as_bytes(), now).err().unwrap()).to_string();
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn a_certificate_that_leads_nowhere_is_noticed() {
        let mut other = CertificateParams::new(vec!["other.example".to_owned()]).unwrap();
        other.distinguished_name.push(rcgen::DnType::CommonName, "Other");
        let key = KeyPair::generate().unwrap();
        let text = pem() + &other.self_signed(&key).unwrap().pem();
        let chain = parse(text.as_bytes(), "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
        let disorder = chain.disorder.unwrap();
        assert!(
            disorder.contains("certificate 2 is not that of the issuer of certificate 1"),
            "{disorder}"
        );
    }
}
