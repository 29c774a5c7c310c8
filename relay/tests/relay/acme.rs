//! Certificates by ACME, from a real ACME server: the first one, its renewal, and what stands in the way of either.

mod lab;

use std::{
    fs,
    net::Ipv4Addr,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::{ToSpan, tz::TimeZone};
use rustix::process::Signal;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
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

const LONG: Duration = Duration::from_secs(20);
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
    assert!(log::text().contains("no certificate was issued"));

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
        params.subject_alt_names = vec![rcgen::SanType::DnsName(DOMAIN.try_into().unwrap())];
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
        assert!(log::text().contains(cause));
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

/// Whether a connection with these protocols comes about, and whether HTTP is spoken on it then.
async fn speaks(
    lab: &Lab,
    root: &CertificateDer<'static>,
    domain: &'static str,
    protocols: &[&str],
) -> (bool, bool) {
    let Ok(mut stream) = lab.open(domain, root, protocols).await else {
        return (false, false);
    };
    // It may be closed already.
    let _ = stream.write_all(REQUEST).await;
    let mut answer = [0; 12];
    let read = timeout(LONG, stream.read_exact(&mut answer)).await.unwrap();
    (true, read.is_ok() && &answer == b"HTTP/1.1 401")
}

#[tokio::test]
async fn nobody_but_who_validates_is_shown_a_proof() {
    let mut lab = Lab::new().await;
    lab.start_pebble().await;
    let root = lab.root().await;
    let relay = lab.relay().await;
    eventually("a certificate is shown", async || {
        lab.shown(&root).await.is_some()
    })
    .await;
    for (domain, protocols, expected) in [
        (DOMAIN, &["http/1.1"][..], (true, true)),
        (DOMAIN, &[], (true, true)),
        (DOMAIN, &["acme-tls/1"], (false, false)),
        (OTHER, &["acme-tls/1"], (false, false)),
        (DOMAIN, &["acme-tls/1", "http/1.1"], (true, true)),
        (DOMAIN, &["h2", "acme-tls/1"], (true, false)),
        (DOMAIN, &["h2"], (false, false)),
    ] {
        assert_eq!(
            speaks(&lab, &root, domain, protocols).await,
            expected,
            "{domain} {protocols:?}"
        );
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_reload_changes_between_files_and_acme() {
    let mut lab = Lab::new().await;
    lab.start_pebble().await;
    let root = lab.root().await;
    let folder = lab.installation.folder.path();
    let files = Pair::with(|params| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName(DOMAIN.try_into().unwrap())];
    });
    files.write(folder);
    let paths = files_in(folder);
    let config = fs::read_to_string(lab.installation.config()).unwrap();
    let (start, end) = (
        config.find("\n[listen.acme]\n").unwrap(),
        config.find("[health]").unwrap(),
    );
    let with_acme = config.clone();
    let with_files = format!("{}{}", config.get(..start).unwrap(), config.get(end..).unwrap()).replace(
        "[listen]\n",
        &format!(
            "[listen]\ntls_certificate_file = {:?}\ntls_key_file = {:?}\n",
            paths.certificate, paths.key
        ),
    );
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

async fn run(lab: &Lab, command: &[&str]) -> (Option<i32>, String) {
    let output = lab.installation.run(command).await;
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

async fn refused(lab: &Lab, says: &str) {
    for command in [&["config", "check"][..], &["serve"]] {
        let (code, said) = run(lab, command).await;
        assert_eq!(code, Some(78), "{said}");
        assert!(
            said.contains("listen.acme.cache_directory: ") && said.contains(says),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_cache_that_others_can_read_is_refused() {
    let mut lab = Lab::new().await;
    let folder = lab.cache();
    assert_eq!(run(&lab, &["config", "check"]).await, (Some(0), String::new()));
    assert!(!folder.exists(), "a check makes nothing");

    fs::create_dir(&folder).unwrap();
    for bad in [0o755, 0o701, 0o750] {
        set_mode(&folder, bad);
        refused(&lab, "other users of this machine").await;
    }
    fs::remove_dir(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    refused(&lab, "is not a folder").await;
    fs::remove_file(&folder).unwrap();

    // What is kept, too.
    lab.start_pebble().await;
    let root = lab.root().await;
    let relay = lab.relay().await;
    eventually("a certificate is shown", async || {
        lab.shown(&root).await.is_some()
    })
    .await;
    relay.stop().await;
    for kind in ["account-", "certificate-"] {
        let file = kept(&lab, kind).remove(0);
        set_mode(&file, 0o640);
        refused(&lab, "other users of this machine").await;
        set_mode(&file, 0o600);
    }
    let root = lab.installation.folder.path().join("no-root.pem");
    lab.installation.change_config(
        "root_certificate_file = ",
        &format!("root_certificate_file = {root:?} # "),
    );
    let (code, said) = run(&lab, &["config", "check"]).await;
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.contains("listen.acme.root_certificate_file: ") && said.contains("cannot be read"),
        "{said}"
    );
}
