//! TLS: an untrusted broker is told nothing; a private certificate authority can be trusted.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use stagedoor_broker_client::{BrokerClient, BrokerError, ConfigError, Dialect};
use tokio::{io::AsyncWriteExt, net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

use crate::support::{EMAIL, RawServer, Script, VALIDITY, answer, client, config, ok, read_request};

#[tokio::test]
async fn a_self_signed_broker_is_told_nothing() {
    let server = TlsServer::start("127.0.0.1").await;
    let error = client(&server.url()).mint(EMAIL, VALIDITY).await.unwrap_err();
    assert!(matches!(error, BrokerError::TlsFailed), "{error:?}");
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_configured_root_is_trusted_for_its_own_name_only() {
    let server = TlsServer::start("127.0.0.1").await;
    let trusting = server.trusting_client();
    assert_eq!(trusting.mint(EMAIL, VALIDITY).await.unwrap().expose(), "t");
    assert_eq!(trusting.mint(EMAIL, VALIDITY).await.unwrap().expose(), "t");
    assert_eq!(server.requests(), 2);

    let other = TlsServer::start("other.example").await;
    let error = other.trusting_client().mint(EMAIL, VALIDITY).await.unwrap_err();
    assert!(matches!(error, BrokerError::TlsFailed), "{error:?}");
    assert_eq!(other.requests(), 0);
}

#[tokio::test]
async fn servers_that_do_not_speak_tls() {
    let plain = answer(
        "400 Bad Request",
        "",
        "The plain HTTP request was sent to HTTPS port",
    );
    for first_words in [plain, Vec::new()] {
        let server = RawServer::start(Script::Blurt(first_words)).await;
        let error = client(&format!("https://{}/", server.address))
            .mint(EMAIL, VALIDITY)
            .await
            .unwrap_err();
        assert!(matches!(error, BrokerError::TlsFailed), "{error:?}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn bundles_without_a_certificate_are_refused() {
    for bundle in [
        "",
        "not PEM",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let mut config = config("https://127.0.0.1:9/", Dialect::V1);
        config.extra_root_certificates = vec![bundle.into()];
        assert_eq!(
            BrokerClient::new(config).err(),
            Some(ConfigError::RootCertificates),
            "{bundle:?}"
        );
    }
}

/// A broker with a certificate of its own making.
struct TlsServer {
    address: SocketAddr,
    certificate: String,
    requests: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl TlsServer {
    async fn start(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(serve(
            listener,
            TlsAcceptor::from(Arc::new(tls)),
            Arc::clone(&requests),
        ));
        Self {
            address,
            certificate: made.cert.pem(),
            requests,
            task,
        }
    }

    fn url(&self) -> String {
        format!("https://{}/", self.address)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn trusting_client(&self) -> BrokerClient {
        let mut config = config(&self.url(), Dialect::V1);
        config.extra_root_certificates = vec![self.certificate.clone().into_bytes()];
        BrokerClient::new(config).unwrap()
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, requests: Arc<AtomicUsize>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = acceptor.accept(stream).await else {
            continue;
        };
        if read_request(&mut stream).await.is_some() {
            requests.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(&ok(r#"{"oneTimeToken":"t"}"#)).await;
            let _ = stream.shutdown().await;
        }
    }
}
