//! `stagedoor ledger` and `stagedoor store` as an operator and an auditor use them: the real binary on the engine under test,
//! and on a SQLite file where somebody tampers with it.

mod erasing;
mod exporting;
mod hostile;
mod keys;
mod pipes;
mod proving;
mod reading;
mod signing;
mod state;
mod stores;
mod tampering;
mod unread_key;
mod verifying;

use std::{fs, path::PathBuf, process::Output, sync::Arc};

use rusqlite::Connection;
use serde_json::Value;
use stagedoor_ledger::{
    Frontier, Hash,
    checkpoint::{Checkpoint, SigningKey, sign},
};
use stagedoor_protocol::{Outcome, OutcomeReport, RequestId};
use stagedoor_relay::store::{self, Completion, Intent, IntentAnswer, MintOutcome, Store, StoredCheckpoint};

use crate::{
    store::{FAILED, MINTED, at, completion, enrol, intent},
    support::{
        database::{Database, without_triggers},
        installation::Installation,
    },
};

const JANE: &str = "jane@customers.example";
const JOE: &str = "joe@customers.example";
const ORIGIN: &str = "relay.broker.example/stagedoor";

/// An installation whose ledger has six records: a login of Maria for Jane that was minted (0, 1) and reported as failed
/// (2), one of Tom for Joe that failed (3, 4), and one of Tom for Jane that is open (5).
struct Books {
    installation: Installation,
    /// The request ids of the three.
    logins: Vec<String>,
    store: Arc<dyn Store>,
    database: Database,
}

impl Books {
    /// On the engine under test.
    async fn new() -> Self {
        let installation = Installation::new().await;
        let database = Database::new(installation.folder.path()).await;
        Self::on(installation, database).await
    }

    /// In a SQLite file.
    async fn in_a_file() -> Self {
        let installation = Installation::new().await;
        let path = installation.folder.path().join("stagedoor.db");
        Self::on(installation, Database::Sqlite(path)).await
    }

    async fn on(installation: Installation, database: Database) -> Self {
        let text = fs::read_to_string(installation.config()).unwrap();
        let (before, rest) = text.split_once("[store]\n").unwrap();
        let (_, after) = rest.split_once("\n[").unwrap();
        let section = database.config();
        fs::write(
            installation.config(),
            format!("{before}[store]\n{section}\n[{after}"),
        )
        .unwrap();
        let store = store::open(&database.url()).await.unwrap();
        let maria = enrol(&*store, "maria@broker.example", "Maria").await;
        let tom = enrol(&*store, "tom@broker.example", "Tom").await;
        let logins = [
            intent(&maria, JANE, 0),
            intent(&tom, JOE, 100),
            intent(&tom, JANE, 200),
        ];
        let [first, second, third] = &logins;
        record(&*store, first, Some((MINTED, 1))).await;
        let report = OutcomeReport {
            outcome: Outcome::Failed,
            duration_milliseconds: Some(1_250),
            cause: Some("=SENTINEL-CAUSE".to_owned()),
        };
        let reported = store
            .report_outcome(maria.id, &first.request_id, &report, at(2))
            .await;
        assert!(reported.unwrap());
        record(&*store, second, Some((FAILED, 101))).await;
        record(&*store, third, None).await;
        Self {
            logins: logins
                .iter()
                .map(|login| login.request_id.as_str().to_owned())
                .collect(),
            installation,
            store,
            database,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.installation.folder.path().join(name)
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        self.installation.run(arguments).await
    }

    /// Ends the login that is open: its outcome is record 6.
    async fn end_the_last(&self) {
        let id = RequestId::parse(&self.logins[2]).unwrap();
        let ended = completion(MINTED, 201);
        self.store.record_outcome(&id, &ended).await.unwrap();
    }

    /// Runs a command that must succeed; its standard output.
    async fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert_eq!(output.status.code(), Some(0), "{arguments:?} {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail with this code; its standard error.
    async fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs a verification; its exit code and what it says as JSON.
    async fn verify(&self, arguments: &[&str]) -> (i32, Value) {
        let mut all = vec!["ledger", "verify", "--json"];
        all.extend(arguments);
        let output = self.run(&all).await;
        let said = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        (output.status.code().unwrap(), said)
    }

    /// The codes of what a verification finds, each with its sequence.
    async fn findings(&self, arguments: &[&str]) -> Vec<(String, Option<u64>)> {
        let (code, said) = self.verify(arguments).await;
        let findings = said["findings"].as_array().unwrap();
        assert_eq!(code, i32::from(!findings.is_empty()), "{said}");
        findings
            .iter()
            .map(|finding| {
                (
                    finding["code"].as_str().unwrap().to_owned(),
                    finding["sequence"].as_u64(),
                )
            })
            .collect()
    }

    /// Makes a key with the command, names it in the configuration, and returns it with its verifying key's text.
    async fn key(&self) -> (SigningKey, String) {
        let file = self.path("ledger-key");
        let public = self
            .ok(&[
                "ledger",
                "keygen",
                "--name",
                ORIGIN,
                "--output",
                file.to_str().unwrap(),
            ])
            .await;
        let text = fs::read_to_string(self.installation.config()).unwrap();
        let line = format!("[ledger]\nkey_file = \"{}\"", file.display());
        fs::write(self.installation.config(), text.replace("[ledger]", &line)).unwrap();
        let secret = fs::read_to_string(&file).unwrap();
        (
            SigningKey::parse(secret.trim_end()).unwrap(),
            public.trim_end().to_owned(),
        )
    }

    /// Signs the ledger as it is, and keeps the checkpoint in the store; its text.
    async fn sign(&self, key: &SigningKey) -> String {
        let rows = self.store.rows_from(0, u32::MAX).await.unwrap();
        let mut tree = Frontier::empty();
        for row in &rows {
            tree.append(Hash::of_leaf(&row.record));
        }
        let checkpoint = Checkpoint {
            origin: key.name().to_owned(),
            size: tree.size(),
            root: tree.root(),
            time: at(1000),
        };
        let note = sign(&checkpoint, key).unwrap();
        let stored = StoredCheckpoint {
            size: tree.size(),
            note: note.clone(),
        };
        self.store.add_checkpoint(&stored).await.unwrap();
        note
    }

    /// Changes the file behind the store's back, and leaves its triggers as they were.
    fn tamper(&self, statements: &str) {
        let connection = Connection::open(self.path("stagedoor.db")).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        without_triggers(&connection, || connection.execute_batch(statements).unwrap());
    }
}

/// An intent and, at some second, its outcome.
async fn record(store: &dyn Store, intent: &Intent, outcome: Option<(MintOutcome, i64)>) {
    assert_eq!(store.record_intent(intent).await.unwrap(), IntentAnswer::Recorded);
    if let Some((outcome, second)) = outcome {
        let completion = Completion {
            outcome,
            duration_ms: Some(120),
            at: at(second),
            claimed_until: at(second),
        };
        store
            .record_outcome(&intent.request_id, &completion)
            .await
            .unwrap();
    }
}
