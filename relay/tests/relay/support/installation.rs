//! The binary, installed in a folder of its own beside a simulated broker.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Output, Stdio},
    sync::Arc,
};

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use stagedoor_broker_sim::{ApiKey, Sim, SimConfig, TokenStyle};
use stagedoor_relay::store;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use super::{API_KEY, Answer, CUSTOMER, Draft, STAFF, Signer, database::Database, records::Records};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_stagedoor");

/// A folder with a configuration made from `config example`, and a simulated broker that it points to.
pub(crate) struct Installation {
    pub(crate) folder: TempDir,
    pub(crate) sim: Sim,
    database: Arc<Database>,
}

/// A running `stagedoor serve`.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) log: Lines<BufReader<ChildStdout>>,
    pub(crate) api: String,
    pub(crate) health: String,
}

impl Installation {
    /// On SQLite, where the example configuration puts it.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::sqlite(folder.path());
        Self::on(folder, database).await
    }

    /// On the engine that these tests run on.
    pub(crate) async fn on_engine() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(folder.path()).await;
        Self::on(folder, database).await
    }

    async fn on(folder: TempDir, database: Database) -> Self {
        let config = SimConfig {
            keys: vec![ApiKey::new(API_KEY, true)],
            token_style: TokenStyle::sentinel(),
            ..SimConfig::default()
        };
        let sim = Sim::start(config).await.unwrap();
        sim.add_account(CUSTOMER, "Jane Roe");
        // The test's own client needs it; a second call finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let installation = Self {
            folder,
            sim,
            database: Arc::new(database),
        };
        installation.write_key(API_KEY, 0o600);
        let example = Command::new(BINARY)
            .args(["config", "example"])
            .output()
            .await
            .unwrap();
        let here = installation.folder.path().display().to_string();
        let text = String::from_utf8(example.stdout)
            .unwrap()
            .replace("127.0.0.1:8080", "127.0.0.1:0")
            .replace("127.0.0.1:9090", "127.0.0.1:0")
            .replace("\"relay.broker.example\"", "\"127.0.0.1:0\"")
            .replace("/var/lib/stagedoor", &here)
            .replace("/etc/stagedoor", &here)
            .replace(
                &format!("url = \"sqlite://{here}/stagedoor.db\""),
                &installation.database.config(),
            )
            .replace(
                "https://broker-api.broker.example",
                &installation.sim.broker_url(),
            )
            .replace(
                "https://platform.broker.example",
                &installation.sim.platform_url(),
            );
        fs::write(installation.config(), text).unwrap();
        installation
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("stagedoor.toml")
    }

    /// Puts another text in the place of one that is in the configuration.
    pub(crate) fn change_config(&self, old: &str, new: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        assert!(text.contains(old), "{old} is not in {text}");
        fs::write(self.config(), text.replace(old, new)).unwrap();
    }

    pub(crate) fn write_key(&self, key: &str, mode: u32) {
        let path = self.folder.path().join("api-key");
        fs::write(&path, format!("{key}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .arg("--config")
            .arg(self.config())
            .args(arguments)
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().await.unwrap()
    }

    pub(crate) async fn serve(&self) -> Serving {
        Self::serve_by(self.command(&["serve"])).await
    }

    /// The same with an environment of its own.
    pub(crate) async fn serve_by(mut command: Command) -> Serving {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = loop {
            let line: Value = serde_json::from_str(&log.next_line().await.unwrap().unwrap()).unwrap();
            if line["message"] == "listening" {
                break line;
            }
        };
        Serving {
            child,
            log,
            api: line["api"].as_str().unwrap().to_owned(),
            health: line["health"].as_str().unwrap().to_owned(),
        }
    }

    /// Both together, for tests that change nothing.
    pub(crate) async fn serving(self) -> (Self, Serving) {
        let serving = self.serve().await;
        (self, serving)
    }

    pub(crate) async fn invite(&self) -> Value {
        let output = self
            .run(&["staff", "invite", STAFF, "--name", "Support desk", "--json"])
            .await;
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn records(&self) -> Records {
        let store = store::open(&self.database.url()).await.unwrap();
        Records::of(store, self.database.clone())
    }
}

impl Serving {
    pub(crate) fn draft(&self, signer: &Arc<Signer>, method: &'static str, path: &str, body: &str) -> Draft {
        let draft = Draft {
            method,
            authority: self.api.clone(),
            path: path.into(),
            body: body.into(),
            headers: Vec::new(),
            signer: signer.clone(),
            created: now().as_second(),
        };
        draft.header("content-type", "application/json").signed()
    }

    pub(crate) async fn send(&self, draft: &Draft) -> Answer {
        draft
            .send(&reqwest::Client::new(), self.api.parse().unwrap())
            .await
    }

    pub(crate) async fn enrol(&self, code: &Value) -> Arc<Signer> {
        let signer = Arc::new(Signer::p256());
        let body = json!({"code": code, "publicKey": signer.jwk(), "extensionVersion": "0.1.0"});
        let answer = self
            .send(&self.draft(&signer, "POST", "/v1/enrolments", &body.to_string()))
            .await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        signer
    }

    /// Reads the log up to a line that says so; the line.
    pub(crate) async fn logs(&mut self, message: &str) -> String {
        loop {
            let line = self.log.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("the log ends without {message}"));
            if line.contains(message) {
                return line;
            }
        }
    }

    /// What `/readyz` says under a name, while it is green.
    pub(crate) async fn ready(&self, name: &str) -> String {
        let answer = reqwest::get(format!("http://{}/readyz", self.health))
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.unwrap();
        body[name].as_str().unwrap().to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// The rest of the log, after the process has ended.
    pub(crate) async fn end(mut self) -> (Option<i32>, String) {
        // To its end, which is the process's, because a pipe does not hold all of a long log.
        let mut rest = String::new();
        while let Some(line) = self.log.next_line().await.unwrap() {
            rest += &line;
            rest.push('\n');
        }
        let status = self.child.wait().await.unwrap();
        (status.code(), rest)
    }
}

/// The machine's time.
#[expect(
    clippy::disallowed_methods,
    reason = "the binary under test has the machine's clock"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
