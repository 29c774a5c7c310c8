//! An ACME server and a DNS server of a test's own: Pebble, which Let's Encrypt's makers test clients with, and its companion.

mod gullible;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    process::{self, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::Certificate;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::{Value, json};
use stagedoor_relay::{
    app::Limits,
    broker::Brokers,
    clock::{Clock, SystemClock},
    config::{Config, Keys},
    relay::Relay,
    store,
};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::sync::CancellationToken;

use super::server::Server;
use crate::support::{eventually, installation::Installation, log};
use gullible::Gullible;

/// The name that certificates are for.
pub(super) const DOMAIN: &str = "relay.broker.example";
/// A second one.
pub(super) const OTHER: &str = "desk.broker.example";

/// Where the relay listens, and where Pebble looks for proofs.
pub(super) const PORT: u16 = 5001;

/// The servers, on a loopback address that no other test has: so their ports need not be looked for.
pub(super) struct Lab {
    pub(super) ip: Ipv4Addr,
    pub(super) installation: Installation,
    folder: TempDir,
    client: reqwest::Client,
    _dns: Child,
    pebble: Option<Child>,
}

/// A relay in this process, with the machine's clock.
pub(super) struct Running {
    health: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Lab {
    /// With the DNS server, which says of each name that it is here; without the ACME server.
    pub(super) async fn new() -> Self {
        log::capture();
        static NEXT: AtomicU8 = AtomicU8::new(0);
        let [.., high, low] = process::id().to_be_bytes();
        let ip = Ipv4Addr::new(127, 64 + NEXT.fetch_add(1, Ordering::Relaxed) % 128, high, low);
        let (folder, installation) = (tempfile::tempdir().unwrap(), Installation::new().await);
        let (authority, client) = authority(ip);
        for (name, text) in authority {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let dns = program("pebble-challtestsrv")
            .args([
                "-dns01",
                &format!("{ip}:8053"),
                "-management",
                &format!("{ip}:8055"),
            ])
            .args([
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
                "-defaultIPv6",
                "",
            ])
            .args(["-defaultIPv4", &ip.to_string()])
            .spawn()
            .expect("pebble is installed: `cargo xtask doctor`");
        let lab = Self {
            ip,
            installation,
            folder,
            client,
            _dns: dns,
            pebble: None,
        };
        lab.write_config();
        lab
    }

    /// The relay's configuration with `[listen.acme]`.
    fn write_config(&self) {
        let root = self.root_file();
        let cache = self.cache();
        self.installation.change_config(
            "name that in trusted_proxies.\naddress = \"127.0.0.1:0\"",
            &format!("name that in trusted_proxies.\naddress = \"{}:{PORT}\"", self.ip),
        );
        self.installation.change_config(
            "authorities = [\"127.0.0.1:0\"]",
            &format!("authorities = [\"{DOMAIN}:{PORT}\", \"{OTHER}:{PORT}\"]"),
        );
        self.installation.change_config(
            "[health]",
            &format!(
                "[listen.acme]\ndirectory = \"https://{}:14000/dir\"\ncache_directory = {cache:?}\n\
                 root_certificate_file = {root:?}\ncontact = [\"operations@broker.example\"]\n\
                 terms_of_service_agreed = true\n[health]",
                self.ip
            ),
        );
    }

    /// The file with the root that the relay trusts for the ACME server.
    pub(super) fn root_file(&self) -> std::path::PathBuf {
        self.folder.path().join("root.pem")
    }

    pub(super) fn cache(&self) -> std::path::PathBuf {
        self.installation.folder.path().join("acme")
    }

    /// Another address that no test has.
    pub(super) fn elsewhere(&self) -> Ipv4Addr {
        let [a, b, c, d] = self.ip.octets();
        Ipv4Addr::new(a, b ^ 0x80, c, d)
    }

    /// Starts the ACME server; one that was stopped has forgotten everything, accounts too.
    pub(super) async fn start_pebble(&mut self) {
        self.start_pebble_with(json!({})).await;
    }

    /// The same with more of a configuration.
    pub(super) async fn start_pebble_with(&mut self, more: Value) {
        let path = |name: &str| self.folder.path().join(name);
        let mut config = json!({"pebble": {
            "listenAddress": format!("{}:14000", self.ip),
            "managementListenAddress": format!("{}:15000", self.ip),
            "certificate": path("certificate.pem"),
            "privateKey": path("key.pem"),
            "httpPort": 5002,
            "tlsPort": PORT,
        }});
        for (key, value) in more.as_object().unwrap() {
            config["pebble"][key] = value.clone();
        }
        fs::write(path("pebble.json"), config.to_string()).unwrap();
        let pebble = program("pebble")
            .arg("-config")
            .arg(path("pebble.json"))
            .args(["-strict", "-dnsserver", &format!("{}:8053", self.ip)])
            // No pauses, and each name proven anew. That it refuses a good nonce now and then stays.
            .envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_AUTHZREUSE", "0")])
            .spawn()
            .expect("pebble is installed: `cargo xtask doctor`");
        self.pebble = Some(pebble);
        // It begins to listen at one after the other.
        for url in [format!("https://{}:14000/dir", self.ip), self.root_url()] {
            eventually("pebble answers", async || {
                self.client.get(&url).send().await.is_ok()
            })
            .await;
        }
    }

    pub(super) async fn stop_pebble(&mut self) {
        self.pebble.take().unwrap().kill().await.unwrap();
    }

    /// Where the names lead from now on.
    pub(super) async fn point_names(&self, ip: Ipv4Addr) {
        let url = format!("http://{}:8055/set-default-ipv4", self.ip);
        let sent = async || {
            self.client
                .post(&url)
                .body(json!({"ip": ip}).to_string())
                .send()
                .await
        };
        eventually("the DNS server answers", async || sent().await.is_ok()).await;
    }

    /// The root of what Pebble issues. It has another one after each start.
    pub(super) async fn root(&self) -> CertificateDer<'static> {
        let pem = self
            .client
            .get(self.root_url())
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        CertificateDer::from_pem_slice(&pem).unwrap()
    }

    fn root_url(&self) -> String {
        format!("https://{}:15000/roots/0", self.ip)
    }

    /// Starts an ACME server of the tests' own in Pebble's place.
    pub(super) async fn start_server(&self) -> Server {
        Server::start(self.ip, self.folder.path()).await
    }

    /// A relay in this process. It looks often, is soon ready for another attempt, and takes over what changes in its
    /// configuration.
    pub(super) async fn relay(&self) -> Running {
        self.relay_by(Arc::new(SystemClock::new())).await
    }

    /// The same by another clock.
    pub(super) async fn relay_by(&self, clock: Arc<dyn Clock>) -> Running {
        let config = Config::load(&self.installation.config(), Keys::Check).unwrap();
        let limits = Limits {
            // Connections stay open while a certificate is got.
            head: Duration::from_secs(600),
            watch: Duration::from_millis(20),
            acme_pause: Duration::from_millis(100),
            ..Limits::default()
        };
        let brokers = Brokers::connect(&config, limits.broker).unwrap();
        let store = store::open(&config.store).await.unwrap();
        let relay = Relay::bind(config, brokers, store, clock, limits)
            .await
            .unwrap()
            .reloading(self.installation.config(), signal(SignalKind::hangup()).unwrap());
        let stop = CancellationToken::new();
        Running {
            health: relay.health_address(),
            task: tokio::spawn(relay.run(stop.clone())),
            stop,
        }
    }

    /// Opens TLS as a browser does; the certificate must lead to this root.
    pub(super) async fn open(
        &self,
        domain: &'static str,
        root: &CertificateDer<'static>,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let socket = TcpStream::connect((self.ip, PORT)).await?;
        let name = ServerName::try_from(domain).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }

    /// What is shown to somebody who believes anything.
    pub(super) async fn shown_to_anybody(
        &self,
        domain: &'static str,
        protocols: &[&str],
    ) -> Option<CertificateDer<'static>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Gullible(provider)))
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let socket = TcpStream::connect((self.ip, PORT)).await.unwrap();
        let name = ServerName::try_from(domain).unwrap();
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, socket)
            .await
            .ok()?;
        Some(
            stream
                .get_ref()
                .1
                .peer_certificates()?
                .first()?
                .clone()
                .into_owned(),
        )
    }

    /// The certificate that is shown to those who trust this root.
    pub(super) async fn shown(&self, root: &CertificateDer<'static>) -> Option<CertificateDer<'static>> {
        let stream = self.open(DOMAIN, root, &["http/1.1"]).await.ok()?;
        let shown = stream.get_ref().1.peer_certificates()?.first()?;
        Some(shown.clone().into_owned())
    }
}

impl Running {
    /// What `/readyz` says of the certificate. It is green: the server that validates comes through the same load balancer
    /// as everybody.
    pub(super) async fn certificate(&self) -> String {
        let answer = reqwest::get(format!("http://{}/readyz", self.health))
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.unwrap();
        body["certificate"].as_str().unwrap().to_owned()
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The files that the ACME server's own TLS needs, with the root that clients are to trust; and a client that does.
fn authority(ip: Ipv4Addr) -> ([(&'static str, String); 3], reqwest::Client) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([ip.to_string()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([Certificate::from_der(root.der()).unwrap()])
        .no_proxy()
        .build()
        .unwrap();
    let files = [
        ("root.pem", root.pem()),
        ("certificate.pem", leaf.pem()),
        ("key.pem", key.serialize_pem()),
    ];
    (files, client)
}
