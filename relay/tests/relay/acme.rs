//! Certificates by ACME, from a real ACME server: the first one, its renewal, and what stands in the way of either.

mod cache;
mod directory;
mod former;
mod hostile;
mod lab;
mod proof;
mod roots;
mod server;

use std::{
    fs,
    net::Ipv4Addr,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::{ToSpan, tz::TimeZone};
use rcgen::SanType;
use rustix::process::Signal;
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use crate::support::{
    certificate::{Pair, files_in, set_mode, write_secret},
    eventually,
    installation::now,
    log,
};
use lab::{DOMAIN, Lab, OTHER, PORT};

const LONG: Duration = Duration::from_secs(60);
const REQUEST: &[u8] = b"GET /v1/session HTTP/1.1\r\nhost: relay.broker.example:5001\r\n\r\n";

/// The files in the cache of this kind.
fn kept(lab: &Lab, kind: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(lab.cache())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(kind))
        .collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[tokio::test]
async fn the_first_certificate_comes_when_the_server_does_and_outlives_a_restart() {
    let mut lab = Lab::new().await;
    let relay = lab.relay().await;
    let nobody = Pair::new().certificate;
    assert!(lab.shown(&nobody).await.is_none(), "no certificate, no handshake");
    eventually("the server cannot be asked", async || {
        relay.certificate().await.contains("cannot be asked")
    })
    .await;
    let status = relay.certificate().await;
    assert!(
        status.starts_with(&format!("waiting for one from https://{}:14000/dir: ", lab.ip)),
        "{status}"
    );
    assert!(log::mine().contains("no certificate was issued"));

    lab.start_pebble().await;
    let root = lab.root().await;
    eventually("a certificate is shown", async || {
        lab.shown(&root).await.is_some()
    })
    .await;
    let first = lab.shown(&root).await.unwrap();
    for domain in [DOMAIN, OTHER] {
        let mut stream = lab.open(domain, &root, &["h2", "http/1.1"]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        stream.write_all(REQUEST).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 401");
    }
    assert_eq!(relay.certificate().await, "ok");
    assert_eq!(mode(&lab.cache()), 0o700);
    for kind in ["account-", "certificate-"] {
        let files = kept(&lab, kind);
        assert_eq!((files.len(), mode(&files[0])), (1, 0o600), "{kind}");
    }
    assert!(!log::text().contains("PRIVATE KEY"));
    relay.stop().await;

    lab.stop_pebble().await;
    let relay = lab.relay().await;
    assert_eq!(
        lab.shown(&root).await.unwrap(),
        first,
        "at once, and without a server"
    );
    assert_eq!(relay.certificate().await, "ok");
    relay.stop().await;
}

fn both_names() -> Vec<SanType> {
    [DOMAIN, OTHER]
        .map(|name| SanType::DnsName(name.try_into().unwrap()))
        .to_vec()
}

/// Nine tenths of the life of a certificate of this kind are over.
fn old_pair() -> Pair {
    let date = |days: i64| {
        let day = TimeZone::UTC
            .to_datetime(now())
            .date()
            .checked_add(days.days())
            .unwrap();
        let month = u8::try_from(day.month()).unwrap();
        rcgen::date_time_ymd(day.year().into(), month, u8::try_from(day.day()).unwrap())
    };
    Pair::with(|params| {
        params.subject_alt_names = both_names();
        (params.not_before, params.not_after) = (date(-81), date(9));
    })
}

#[tokio::test]
async fn an_old_certificate_is_renewed_while_connections_are_served() {
    let mut lab = Lab::new().await;
    lab.start_pebble().await;
    let relay = lab.relay().await;
    let root = lab.root().await;
    eventually("a certificate is shown", async || {
        lab.shown(&root).await.is_some()
    })
    .await;
    relay.stop().await;
    lab.stop_pebble().await;
    let (old, file) = (old_pair(), kept(&lab, "certificate-").remove(0));
    write_secret(&file, &format!("{}{}", old.key_pem, old.certificate_pem));

    let relay = lab.relay().await;
    let mut open = lab.open(DOMAIN, &old.certificate, &["http/1.1"]).await.unwrap();
    eventually("the server cannot be asked", async || {
        relay.certificate().await.contains("cannot be asked")
    })
    .await;
    let status = relay.certificate().await;
    assert!(status.starts_with("in use until "), "{status}");
    // It does not know the account, and has another root.
    lab.start_pebble().await;
    let root = lab.root().await;
    eventually("the new one is shown", async || lab.shown(&root).await.is_some()).await;
    assert!(lab.shown(&old.certificate).await.is_none());
    eventually("the trouble is over", async || relay.certificate().await == "ok").await;
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains(&old.certificate_pem), "the new one is kept");
    assert_eq!(mode(&file), 0o600);
    open.write_all(REQUEST).await.unwrap();
    let mut answer = [0; 12];
    open.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401", "the connection from before goes on");
    relay.stop().await;
}

/// A TLS server that accepts who validates, and has no proof.
async fn without_proof(ip: Ipv4Addr) -> JoinHandle<()> {
    let pair = old_pair();
    let key = PrivateKeyDer::from_pem_slice(pair.key_pem.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pair.certificate], key)
        .unwrap();
    config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((ip, PORT)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    })
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_gets_no_certificate() {
    let mut lab = Lab::new().await;
    lab.point_names(lab.elsewhere()).await;
    lab.start_pebble().await;
    let root = lab.root().await;
    let relay = lab.relay().await;
    let refused = async |cause: &str| {
        eventually(cause, async || relay.certificate().await.contains(cause)).await;
        let status = relay.certificate().await;
        for part in [
            "could not validate ",
            "in the DNS, and port 443 of it to listen.address",
        ] {
            assert!(status.contains(part), "{part}: {status}");
        }
        assert!(log::mine().contains(cause));
        assert!(lab.shown(&root).await.is_none());
    };
    refused("Failed to connect").await;
    let impostor = without_proof(lab.elsewhere()).await;
    refused("Incorrect validation certificate").await;
    lab.point_names(lab.ip).await;
    eventually("a certificate is shown", async || {
        lab.shown(&root).await.is_some()
    })
    .await;
    relay.stop().await;
    impostor.abort();
}

/// A pair in files, and the configuration that names it in place of the ACME server.
fn with_files(lab: &Lab) -> (Pair, String) {
    let folder = lab.installation.folder.path();
    let files = Pair::with(|params| params.subject_alt_names = both_names());
    files.write(folder);
    let paths = files_in(folder);
    let config = fs::read_to_string(lab.installation.config()).unwrap();
    let (start, end) = (
        config.find("\n[listen.acme]\n").unwrap(),
        config.find("[health]").unwrap(),
    );
    let text = format!("{}{}", config.get(..start).unwrap(), config.get(end..).unwrap());
    let named = format!(
        "[listen]\ntls_certificate_file = {:?}\ntls_key_file = {:?}\n",
        paths.certificate, paths.key
    );
    (files, text.replace("[listen]\n", &named))
}

#[tokio::test]
async fn a_reload_changes_between_files_and_acme() {
    let mut lab = Lab::new().await;
    lab.start_pebble().await;
    let root = lab.root().await;
    let (files, with_files) = with_files(&lab);
    let with_acme = fs::read_to_string(lab.installation.config()).unwrap();
    fs::write(lab.installation.config(), &with_files).unwrap();
    let mut serving = lab.installation.serve().await;
    assert!(lab.shown(&files.certificate).await.is_some());

    fs::write(lab.installation.config(), &with_acme).unwrap();
    serving.signal(Signal::HUP);
    timeout(LONG, serving.logs("a certificate was issued and is in use"))
        .await
        .unwrap();
    let issued = lab.shown(&root).await.unwrap();
    assert!(lab.shown(&files.certificate).await.is_none());
    // The same again: what was issued stays in use.
    serving.signal(Signal::HUP);
    timeout(LONG, serving.logs("the configuration was read again"))
        .await
        .unwrap();
    assert_eq!(lab.shown(&root).await.unwrap(), issued);

    fs::write(lab.installation.config(), &with_files).unwrap();
    serving.signal(Signal::HUP);
    timeout(LONG, serving.logs("the configuration was read again"))
        .await
        .unwrap();
    assert!(lab.shown(&files.certificate).await.is_some());
    assert_eq!(serving.ready("certificate").await, "ok");
}
