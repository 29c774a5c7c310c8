//! A relay in this process, with everything around it.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Value, json};
use stagedoor_broker_sim::{ApiKey, Sim, SimConfig, TokenStyle};
use stagedoor_protocol::{CustomerEmail, EnrolmentCode, KeyId, RequestId};
use stagedoor_relay::{
    app::Limits,
    broker::Brokers,
    clock::Clock,
    config::{Config, Keys},
    relay::Relay,
    store::{self, NewInvite, Store},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Draft, Signer,
    clock::ManualClock,
    database::Database,
    faulty_store::FaultyStore,
    gate::Gate,
    log,
    records::Records,
    signer::{random, sha256},
};

/// Searched for wherever it must not be.
pub(crate) const API_KEY: &str = "SENTINEL-API-KEY-7c41f0";
pub(crate) const CUSTOMER: &str = "jane.roe+fx@customers.example";
pub(crate) const STAFF: &str = "desk@broker.example";

/// A running relay.
pub(crate) struct TestApp {
    pub(crate) address: SocketAddr,
    pub(crate) health: SocketAddr,
    pub(crate) sim: Arc<Sim>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) records: Records,
    pub(crate) client: reqwest::Client,
    /// Where a customer of the first platform has one token at a time.
    pub(crate) token_scope: String,
    around: Around,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

/// What outlives a relay's process.
#[derive(Clone)]
struct Around {
    sim: Arc<Sim>,
    gate: Option<Arc<Gate>>,
    clock: Arc<ManualClock>,
    database: Arc<Database>,
    folder: Arc<TempDir>,
    change: Change,
}

/// What a test changes before the start.
type Change = Arc<dyn Fn(&mut Config, &mut Limits) + Send + Sync>;

/// A browser profile with a key, which may or may not be enrolled.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) signer: Arc<Signer>,
    authority: String,
    created: i64,
}

impl TestApp {
    /// A relay as an operator would set it up.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_, _| ()).await
    }

    /// A relay whose configuration and limits a test changes first.
    pub(crate) async fn start_with(
        change: impl Fn(&mut Config, &mut Limits) + Send + Sync + 'static,
    ) -> Self {
        Self::run(Around::new(Arc::new(change)).await).await
    }

    /// The same, with a gate before the broker.
    pub(crate) async fn start_gated(
        change: impl Fn(&mut Config, &mut Limits) + Send + Sync + 'static,
    ) -> (Self, Arc<Gate>) {
        let mut around = Around::new(Arc::new(change)).await;
        let gate = Arc::new(Gate::before(around.sim.broker_address()).await);
        around.gate = Some(gate.clone());
        (Self::run(around).await, gate)
    }

    /// The same relay in a new process: everything but the store, the clock and the broker is gone. The old one must have
    /// been stopped.
    pub(crate) async fn start_again(&self) -> Self {
        Self::run(self.around.clone()).await
    }

    async fn run(around: Around) -> Self {
        log::capture();
        let text = config_text(&around.sim, &around.folder, &around.database);
        let mut config = Config::parse(&text, Keys::Check).unwrap();
        if let Some(gate) = &around.gate {
            config.platforms[0].base_url = format!("http://{}", gate.address).parse().unwrap();
        }
        let mut limits = Limits {
            // What the relay closes at once it closes for another reason than that nothing comes.
            head: Duration::from_secs(600),
            checkpoint_pause: Duration::from_millis(20),
            ..Limits::default()
        };
        (around.change)(&mut config, &mut limits);
        let token_scope = config.platforms[0].token_scope().to_owned();
        let brokers = Brokers::connect(&config, limits.broker).unwrap();
        let opened = store::open(&config.store).await.unwrap();
        let store = Arc::new(FaultyStore::new(opened));
        let clock = around.clock.clone();
        let relay = Relay::bind(config, brokers, store.clone(), clock.clone(), limits)
            .await
            .unwrap();
        let (address, health) = (relay.api_address(), relay.health_address());
        let stop = CancellationToken::new();
        Self {
            address,
            health,
            sim: around.sim.clone(),
            clock,
            store: store.clone(),
            records: Records::of(store.clone(), around.database.clone()),
            client: reqwest::Client::new(),
            token_scope,
            around,
            running: tokio::spawn(relay.run(stop.clone())),
            stop,
        }
    }

    /// Begins to shut down, as at SIGTERM.
    pub(crate) fn begin_shutdown(&self) {
        self.stop.cancel();
    }

    /// Shuts down and waits for the end.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        (&mut self.running).await.unwrap();
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Makes a code as `stagedoor staff invite` does.
    pub(crate) async fn invite(&self, email: &str) -> String {
        let code = EnrolmentCode::from_random(&random());
        let invite = NewInvite {
            email: CustomerEmail::parse(email).unwrap(),
            name: Some("Support desk".to_owned()),
            roles: None,
            code_sha256: sha256(code.expose().as_bytes()),
            expires_at: self.clock.now() + Duration::from_secs(900),
        };
        let invited = self.store.invite(&invite, self.clock.now()).await.unwrap();
        assert!(invited.is_ok(), "{invited:?}");
        code.expose_grouped()
    }

    /// A profile with a new P-256 key, not enrolled.
    pub(crate) fn profile(&self) -> Profile {
        self.profile_with(Signer::p256())
    }

    pub(crate) fn profile_with(&self, signer: Signer) -> Profile {
        Profile {
            signer: Arc::new(signer),
            authority: self.authority(),
            created: self.clock.seconds(),
        }
    }

    /// A profile of this person, enrolled over HTTP.
    pub(crate) async fn enrolled(&self, email: &str) -> Profile {
        let profile = self.profile();
        let code = self.invite(email).await;
        let answer = self.send(&profile.enrol(&code)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        profile
    }

    pub(crate) async fn send(&self, draft: &Draft) -> Answer {
        draft.send(&self.client, self.address).await
    }

    pub(crate) async fn get_health(&self, path: &str) -> Answer {
        let response = self
            .client
            .get(format!("http://{}{path}", self.health))
            .send()
            .await
            .unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    /// How many mints the broker has received.
    pub(crate) fn mints(&self) -> usize {
        self.sim
            .journal()
            .iter()
            .filter(|entry| entry.path == "/v1/one-time-token")
            .count()
    }

    /// Puts another API key into the key file.
    pub(crate) fn write_key(&self, key: &str) {
        fs::write(self.around.folder.path().join("api-key"), key).unwrap();
    }

    /// What is behind the store.
    pub(crate) fn database(&self) -> &Database {
        &self.around.database
    }

    /// Every byte of the folder, the store with its WAL among them, but for the key file; and what a database server keeps.
    pub(crate) async fn stored_bytes(&self) -> Vec<u8> {
        let served = self.around.database.served_bytes().await;
        let files = fs::read_dir(self.around.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let store_files = files
            .filter(|path| !path.ends_with("api-key") && !path.ends_with("database-password"))
            .collect::<Vec<PathBuf>>();
        assert!(!(store_files.is_empty() && served.is_empty()));
        let files = store_files.iter().flat_map(|path| fs::read(path).unwrap());
        files.chain(served).collect()
    }
}

impl Around {
    async fn new(change: Change) -> Self {
        let config = SimConfig {
            keys: vec![ApiKey::new(API_KEY, true)],
            token_style: TokenStyle::sentinel(),
            ..SimConfig::default()
        };
        let sim = Sim::start(config).await.unwrap();
        sim.add_account(CUSTOMER, "Jane Roe");
        let folder = tempfile::tempdir().unwrap();
        Self {
            sim: Arc::new(sim),
            gate: None,
            clock: Arc::new(ManualClock::new()),
            database: Arc::new(Database::new(folder.path()).await),
            folder: Arc::new(folder),
            change,
        }
    }
}

impl Profile {
    pub(crate) fn key_id(&self) -> KeyId {
        self.signer.key_id()
    }

    /// At another time of the signer's clock.
    pub(crate) fn at(&self, app: &TestApp) -> Self {
        Self {
            created: app.clock.seconds(),
            authority: app.authority(),
            signer: self.signer.clone(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Draft {
        self.draft("GET", path, Vec::new()).signed()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Draft {
        let draft = self.draft("POST", path, body.to_string().into_bytes());
        draft.header("content-type", "application/json").signed()
    }

    pub(crate) fn enrol(&self, code: &str) -> Draft {
        let body = json!({"code": code, "publicKey": self.signer.jwk(), "extensionVersion": "0.1.0"});
        self.post("/v1/enrolments", &body)
    }

    /// A login of the usual customer under a new request id, and the id.
    pub(crate) fn login(&self) -> (Draft, String) {
        let id = new_id();
        (self.post("/v1/logins", &login_body(&id)), id)
    }

    fn draft(&self, method: &'static str, path: &str, body: Vec<u8>) -> Draft {
        Draft {
            method,
            authority: self.authority.clone(),
            path: path.to_owned(),
            body,
            headers: Vec::new(),
            signer: self.signer.clone(),
            created: self.created,
        }
    }
}

/// A new request id.
pub(crate) fn new_id() -> String {
    RequestId::from_parts(1_700_000_000_000, &random()).to_string()
}

/// A login that is right in every respect.
pub(crate) fn login_body(id: &str) -> Value {
    json!({
        "requestId": id,
        "platform": "main",
        "customerEmail": CUSTOMER,
        "reason": "Cannot find the withdrawal form",
        "ticket": "SUP-1042",
        "page": {"origin": "https://crm.example", "recordId": "c-1001"},
        "extensionVersion": "0.1.0",
    })
}

fn config_text(sim: &Sim, folder: &TempDir, database: &Database) -> String {
    let key = folder.path().join("api-key");
    fs::write(&key, API_KEY).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let (base_url, platform_url) = (sim.broker_url(), sim.platform_url());
    let (key, store) = (key.display(), database.config());
    format!(
        r#"
        [listen]
        address = "127.0.0.1:0"
        authorities = ["127.0.0.1:0", "relay.example"]
        [health]
        address = "127.0.0.1:0"
        [store]
        {store}
        [extension]
        origins = ["chrome-extension://jomfnokbjcodmeceeekpoggolchicolf"]
        firefox = true
        [staff]
        domains = ["broker.example"]
        [[platform]]
        id = "main"
        name = "Main"
        environment = "live"
        api = "v1"
        base_url = "{base_url}/"
        platform_url = "{platform_url}/"
        api_key_file = "{key}"
        egress_address = "203.0.113.7"
        "#
    )
}
