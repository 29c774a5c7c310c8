//! An older backup in the place of the database: no login may be added to it as if nothing were missing.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::Value;
use tokio::time::timeout;

use crate::support::{
    Signer,
    app::{login_body, new_id},
    http::problem,
    installation::{Installation, Serving},
};

const LONG: Duration = Duration::from_secs(60);

/// A relay after two logins, with a backup from between them.
struct Restored {
    installation: Installation,
    serving: Serving,
    signer: Arc<Signer>,
}

impl Restored {
    async fn new(installation: Installation) -> Self {
        let serving = installation.serve().await;
        let invite = installation.invite().await;
        let signer = serving.enrol(&invite["code"]).await;
        let restored = Self {
            installation,
            serving,
            signer,
        };
        assert_eq!(restored.log_in().await.0, 201);
        back_up(&restored.path("stagedoor.db"), &restored.path("copy.db"));
        assert_eq!(restored.log_in().await.0, 201);
        restored
    }

    async fn log_in(&self) -> (u16, String) {
        let body = login_body(&new_id()).to_string();
        let draft = self.serving.draft(&self.signer, "POST", "/v1/logins", &body);
        let answer = self.serving.send(&draft).await;
        match answer.status {
            201 => (201, String::new()),
            _ => answer.outcome(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.installation.folder.path().join(name)
    }

    /// Puts the backup where the database was.
    fn restore(&self) {
        self.remove_log();
        self.replace();
    }

    fn remove_log(&self) {
        for log in ["stagedoor.db-wal", "stagedoor.db-shm"] {
            let _ = fs::remove_file(self.path(log));
        }
    }

    /// The same, without a thought of what lies beside it.
    fn replace(&self) {
        fs::rename(self.path("copy.db"), self.path("stagedoor.db")).unwrap();
    }

    async fn ready(&self) -> u16 {
        let url = format!("http://{}/readyz", self.serving.health);
        reqwest::get(url).await.unwrap().status().as_u16()
    }
}

/// As SQLite's own tools make it, while the relay runs.
fn back_up(from: &Path, to: &Path) {
    Connection::open(from)
        .unwrap()
        .execute("VACUUM INTO ?", [to.to_str().unwrap()])
        .unwrap();
}

/// With a ledger key, and a folder for checkpoints; and the key to verify them with.
async fn signing() -> (Installation, String) {
    let installation = Installation::new().await;
    let folder = installation.folder.path().to_owned();
    let (key, checkpoints) = (folder.join("ledger-key"), folder.join("checkpoints"));
    fs::create_dir(&checkpoints).unwrap();
    let name = ["--name", "relay.broker.example/ledger", "--output"];
    let keygen = [&["ledger", "keygen"], &name[..], &[key.to_str().unwrap()]].concat();
    let public = installation.run(&keygen).await;
    let public = String::from_utf8(public.stdout).unwrap();
    let config = fs::read_to_string(installation.config()).unwrap();
    let section = format!(
        "[ledger]\nkey_file = \"{}\"\ncheckpoint_directory = \"{}\"\n",
        key.display(),
        checkpoints.display()
    );
    fs::write(installation.config(), config.replace("[ledger]\n", &section)).unwrap();
    (installation, public)
}

/// No key is configured, so no checkpoint tells: the relay knows which file it opened.
#[tokio::test]
async fn a_relay_that_runs_adds_nothing_to_an_older_backup() {
    let relay = Restored::new(Installation::new().await).await;
    assert_eq!(relay.ready().await, 200);
    relay.restore();
    let asked = relay.installation.sim.journal().len();
    for _ in 0..3 {
        assert_eq!(relay.log_in().await, problem(503, "store_unavailable"));
    }
    assert_eq!(relay.ready().await, 503);
    assert_eq!(
        relay.installation.sim.journal().len(),
        asked,
        "the broker was asked for nothing"
    );
    let status = relay.installation.run(&["store", "status"]).await;
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("records     2\n"), "nothing was added: {status}");

    relay.serving.signal(Signal::TERM);
    let (_, log) = relay.serving.end().await;
    assert!(log.contains("its file was replaced by another one"), "{log}");
}

/// The relay leaves the former file's log when it ends, because the place is another file's by then.
#[tokio::test]
async fn a_log_that_the_former_file_left_does_not_spoil_the_backup() {
    let mut relay = Restored::new(Installation::new().await).await;
    relay.replace();
    let backup = fs::read(relay.path("stagedoor.db")).unwrap();
    assert_eq!(relay.log_in().await, problem(503, "store_unavailable"));
    relay.serving.signal(Signal::TERM);
    let status = relay.serving.child.wait().await.unwrap();
    assert!(status.success(), "{status:?}");
    let log = relay.path("stagedoor.db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);

    for command in [&["serve"][..], &["store", "status"], &["staff", "list"]] {
        let refused = timeout(LONG, relay.installation.run(command)).await;
        let refused = refused.expect("it does not run");
        let said = String::from_utf8_lossy(&[refused.stdout, refused.stderr].concat()).into_owned();
        assert!(
            !refused.status.success()
                && said.contains("remove the files of the same name with -wal and -shm"),
            "{command:?}: {said}"
        );
    }
    assert!(
        fs::read(relay.path("stagedoor.db")).unwrap() == backup,
        "no byte of the backup was changed"
    );

    // As the cure says.
    relay.remove_log();
    relay.serving = relay.installation.serve().await;
    assert_eq!(relay.log_in().await.0, 201);
    let verified = relay.installation.run(&["ledger", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
}

/// Whoever moves an installation copies all of its files, and the copies have other inodes.
#[tokio::test]
async fn a_copy_of_the_file_and_its_log_is_whole() {
    let mut relay = Restored::new(Installation::new().await).await;
    relay.serving.signal(Signal::KILL);
    relay.serving.child.wait().await.unwrap();
    for name in ["stagedoor.db", "stagedoor.db-wal"] {
        let (path, copy) = (relay.path(name), relay.path("moved"));
        fs::copy(&path, &copy).unwrap();
        fs::rename(&copy, &path).unwrap();
    }
    relay.serving = relay.installation.serve().await;
    let status = relay.installation.run(&["store", "status"]).await;
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("records     4\n"), "nothing is missing: {status}");
}

#[tokio::test]
async fn a_relay_that_starts_on_an_older_backup_and_the_verification_find_what_is_missing() {
    let (installation, public) = signing().await;
    let mut relay = Restored::new(installation).await;
    relay.serving.signal(Signal::TERM);
    relay.serving.child.wait().await.unwrap();
    relay.restore();

    let latest = relay.path("checkpoints/latest.checkpoint");
    let given = ["--checkpoint", latest.to_str().unwrap(), "--key", public.trim()];
    // The folder of the configuration is looked at without being named, too.
    for given in [&given[..], &[]] {
        let verify = [&["ledger", "verify", "--json"], given].concat();
        let verified = relay.installation.run(&verify).await;
        let said: Value = serde_json::from_slice(&verified.stdout).unwrap();
        assert_eq!(
            (verified.status.code(), &said["findings"][0]["code"]),
            (Some(1), &Value::from("records_cut_off")),
            "{given:?}: {said}"
        );
    }

    // A folder that is not mounted is no reason to call the store sound.
    let (checkpoints, elsewhere) = (relay.path("checkpoints"), relay.path("unmounted"));
    fs::rename(&checkpoints, &elsewhere).unwrap();
    for empty in [false, true] {
        if empty {
            fs::create_dir(&checkpoints).unwrap();
        }
        let verified = relay.installation.run(&["ledger", "verify"]).await;
        let said = String::from_utf8_lossy(&verified.stderr);
        assert_eq!(verified.status.code(), Some(2), "{said}");
        assert!(said.contains("is the folder mounted?"), "{said}");
    }
    fs::remove_dir(&checkpoints).unwrap();
    fs::rename(&elsewhere, &checkpoints).unwrap();

    relay.serving = relay.installation.serve().await;
    assert_eq!(relay.log_in().await, problem(503, "store_unavailable"));
    assert_eq!(relay.ready().await, 503);
}

#[tokio::test]
async fn no_checkpoint_is_signed_over_records_that_were_cut_off() {
    let restored = Restored::new(signing().await.0).await;
    let database = Connection::open(restored.path("stagedoor.db")).unwrap();
    let triggers =
        "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'";
    let unprotect: String = database.query_one(triggers, [], |row| row.get(0)).unwrap();
    database.execute_batch(&unprotect).unwrap();
    database
        .execute_batch(
            "PRAGMA foreign_keys = off; DELETE FROM records WHERE seq >= 2; DELETE FROM openings WHERE seq >= 2; \
             DELETE FROM logins WHERE intent_seq >= 2; DELETE FROM claims",
        )
        .unwrap();
    drop(database);
    assert_eq!(restored.log_in().await, problem(503, "store_unavailable"));
    let checkpoints = restored.path("checkpoints");
    let signed = || fs::read_dir(&checkpoints).unwrap().count();
    let before = signed();
    restored.serving.signal(Signal::TERM);
    // The folder must outlive the relay.
    let _installation = restored.installation;
    let (_, log) = restored.serving.end().await;
    assert_eq!(signed(), before, "{log}");
    assert!(log.contains("no longer holds the records"), "{log}");
}
