//! Checkpoints of the ledger: when they are signed, where they go, and what happens when the ledger is rewritten.

mod rewritten;
mod shipping;
mod signing;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, response::IntoResponse, routing::post};
use jiff::Timestamp;
use stagedoor_ledger::{
    Frontier, Hash, Row,
    checkpoint::{Checkpoint, SignedCheckpoint, SigningKey, sign},
};
use stagedoor_relay::{
    app::Limits,
    clock::Clock,
    config::{Config, Ledger},
    store::{self, Store, StoredCheckpoint},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};

use crate::support::{Profile, TestApp, eventually};

const ORIGIN: &str = "relay.example/ledger";
/// Searched for wherever it must not be: in itself, and in base64.
const SEED: &[u8; 32] = b"SENTINEL-SEED-OF-THE-SIGNING-KEY";
const TOKEN: &str = "SENTINEL-RECEIVER-TOKEN";

/// The key that the relay under test signs with.
fn key() -> SigningKey {
    SigningKey::generate(ORIGIN, *SEED).unwrap()
}

/// What an operator prepares: a key, a token, and a folder for checkpoints.
struct Prepared(TempDir);

impl Prepared {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("key", &**key().expose_text()), ("token", TOKEN)] {
            let path = folder.path().join(name);
            fs::write(&path, format!("{content}\n")).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::create_dir(folder.path().join("checkpoints")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn directory(&self) -> PathBuf {
        self.path("checkpoints")
    }

    /// The change of a test's configuration that makes the relay sign.
    fn signing(
        &self,
        change: impl Fn(&mut Ledger) + Send + Sync + 'static,
    ) -> impl Fn(&mut Config, &mut Limits) + Send + Sync + 'static {
        let key_file = self.path("key");
        move |config: &mut Config, _: &mut Limits| {
            config.ledger.key_file = Some(key_file.clone());
            change(&mut config.ledger);
        }
    }
}

/// The store's checkpoints in the order in which they were signed, each of which this relay's key must have signed.
async fn signed(app: &TestApp) -> Vec<Checkpoint> {
    let mut checkpoints: Vec<Checkpoint> = stored(app).await.iter().map(|it| verified(&it.note)).collect();
    checkpoints.sort_by_key(|checkpoint| checkpoint.time);
    checkpoints
}

async fn stored(app: &TestApp) -> Vec<StoredCheckpoint> {
    app.store.checkpoints_from(0, u32::MAX).await.unwrap()
}

async fn sizes(app: &TestApp) -> Vec<u64> {
    signed(app)
        .await
        .iter()
        .map(|checkpoint| checkpoint.size)
        .collect()
}

fn verified(note: &str) -> Checkpoint {
    SignedCheckpoint::parse(note)
        .and_then(|note| note.verify(&key().verifying_key()))
        .unwrap()
}

/// The root over records, made from nothing but the records.
fn root_of(rows: &[Row]) -> Hash {
    let mut frontier = Frontier::empty();
    for row in rows {
        frontier.append(Hash::of_leaf(&row.record));
    }
    frontier.root()
}

/// Waits until the store has so many checkpoints.
async fn has_signed(app: &TestApp, count: usize) {
    eventually("checkpoints are signed", async || {
        stored(app).await.len() == count
    })
    .await;
    // What the store has taken, the relay has still to take note of: its clock must not be moved before that.
    has_looked(app).await;
}

/// Waits until the relay has looked around once more, from beginning to end.
async fn has_looked(app: &TestApp) {
    let before = app.store.looks();
    // One look may be under way.
    eventually("the relay looks", async || app.store.looks() >= before + 2).await;
}

async fn log_in(app: &TestApp, desk: &Profile) {
    let answer = app.send(&desk.at(app).login().0).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// Two fields of the readiness page, and its status.
async fn ready(app: &TestApp) -> (u16, String, String) {
    let answer = app.get_health("/readyz").await;
    let body = answer.json();
    let word = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    (answer.status, word("ledger"), word("checkpoints"))
}

fn all_is_well() -> (u16, String, String) {
    (200, "ok".to_owned(), "ok".to_owned())
}

/// A checkpoint as another relay would add it.
async fn add_checkpoint(app: &TestApp, key: &SigningKey, size: u64, root: Hash, time: Timestamp) -> String {
    let checkpoint = Checkpoint {
        origin: key.name().to_owned(),
        size,
        root,
        time,
    };
    let note = sign(&checkpoint, key).unwrap();
    let stored = StoredCheckpoint {
        size,
        note: note.clone(),
    };
    // The relay itself would not, over records that were cut off.
    let other = store::open(&app.database().url()).await.unwrap();
    other.add_checkpoint(&stored).await.unwrap();
    note
}

/// The files of a folder by name, each of which must be a whole checkpoint.
fn files(directory: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".checkpoint") {
            let note = fs::read_to_string(&path).unwrap();
            verified(&note);
            files.push((name, note));
        }
    }
    files.sort();
    files
}

/// A web server that takes checkpoints, or does not.
struct Auditor {
    url: String,
    state: Arc<AuditorState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    Refuses,
    Redirects,
    Hangs,
}

struct AuditorState {
    mood: watch::Sender<Mood>,
    /// Authorization, content type, and body of each request, and whether it was taken.
    requests: Mutex<Vec<(String, String, String, bool)>>,
}

impl Auditor {
    async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let state = Arc::new(AuditorState {
            mood: watch::Sender::new(mood),
            requests: Mutex::default(),
        });
        let routes = Router::new()
            .route("/in", post(receive))
            .route("/elsewhere", post(receive))
            .with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, state }
    }

    fn is_now(&self, mood: Mood) {
        self.state.mood.send_replace(mood);
    }

    fn attempts(&self) -> usize {
        self.state.requests.lock().unwrap().len()
    }

    /// The notes that it has taken.
    fn taken(&self) -> Vec<String> {
        let requests = self.state.requests.lock().unwrap();
        let taken = requests.iter().filter(|(.., taken)| *taken);
        taken.map(|(_, _, note, _)| note.clone()).collect()
    }
}

async fn receive(
    State(state): State<Arc<AuditorState>>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let text = |name: &str| headers.get(name).map_or("", |it| it.to_str().unwrap()).to_owned();
    let mut mood = state.mood.subscribe();
    let now = *mood.borrow();
    let body = String::from_utf8(body.to_vec()).unwrap();
    state.requests.lock().unwrap().push((
        text("authorization"),
        text("content-type"),
        body,
        now == Mood::Takes,
    ));
    if now == Mood::Hangs {
        let _ = mood.wait_for(|mood| *mood != Mood::Hangs).await;
    }
    match now {
        Mood::Takes => (axum::http::StatusCode::NO_CONTENT, [("location", "")]),
        Mood::Redirects => (
            axum::http::StatusCode::TEMPORARY_REDIRECT,
            [("location", "/elsewhere")],
        ),
        Mood::Refuses | Mood::Hangs => (axum::http::StatusCode::INTERNAL_SERVER_ERROR, [("location", "")]),
    }
}
