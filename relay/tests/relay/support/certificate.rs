//! Certificates of the tests' own making, and a client that looks at them.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    pki_types::{CertificateDer, ServerName},
};
use stagedoor_relay::config::TlsFiles;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A certificate for `relay.example` and loopback, which signs itself, with its key.
pub(crate) struct Pair {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// With other properties than usual. The usual validity is from 1975 on, for some thousand years.
    pub(crate) fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let names = ["relay.example", "localhost", "127.0.0.1"].map(str::to_owned);
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        Self {
            certificate: made.der().clone(),
            certificate_pem: made.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    /// Writes both files into a folder.
    pub(crate) fn write(&self, folder: &Path) -> TlsFiles {
        let files = files_in(folder);
        fs::write(&files.certificate, &self.certificate_pem).unwrap();
        write_secret(&files.key, &self.key_pem);
        files
    }

    /// A client that trusts this certificate and no other.
    pub(crate) fn client(&self) -> reqwest::Client {
        let root = reqwest::Certificate::from_der(&self.certificate).unwrap();
        reqwest::Client::builder()
            .tls_certs_only([root])
            .no_proxy()
            .build()
            .unwrap()
    }
}

/// Where a folder's certificate and key are.
pub(crate) fn files_in(folder: &Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join("tls-certificate.pem"),
        key: folder.join("tls-key.pem"),
    }
}

pub(crate) fn write_secret(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    set_mode(path, 0o600);
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Opens TLS with exactly this version and these application protocols, trusting this certificate.
pub(crate) async fn open(
    address: SocketAddr,
    trusted: &Pair,
    version: &'static SupportedProtocolVersion,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let socket = TcpStream::connect(address).await?;
    let name = ServerName::try_from("relay.example").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}
