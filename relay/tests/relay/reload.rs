//! What a running relay takes over, when files change and at SIGHUP; and what it does not take.

mod blocked;
mod held_back;
mod recipes;
mod watched;

use std::{fs, os::unix::fs::symlink, sync::Arc, time::Duration};

use rustix::process::Signal;
use rustls::version::TLS13;
use serde_json::Value;
use stagedoor_broker_sim::{BodyKind, Endpoint, Fault};
use tokio::time::timeout;

use crate::support::{
    API_KEY, STAFF, Signer, TestApp,
    app::{login_body, new_id},
    certificate::{Pair, files_in, open, write_secret},
    eventually,
    installation::{Installation, Serving},
    log,
};

const LONG: Duration = Duration::from_secs(60);

/// A relay with an enrolled profile.
async fn desk() -> (Installation, Serving, Arc<Signer>) {
    let installation = Installation::new().await;
    let serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;
    (installation, serving, signer)
}

async fn login(serving: &Serving, signer: &Arc<Signer>) -> u16 {
    let body = login_body(&new_id()).to_string();
    serving
        .send(&serving.draft(signer, "POST", "/v1/logins", &body))
        .await
        .status
}

async fn session(serving: &Serving, signer: &Arc<Signer>) -> Value {
    serving
        .send(&serving.draft(signer, "GET", "/v1/session", ""))
        .await
        .json()
}

async fn logs(serving: &mut Serving, message: &str) -> String {
    timeout(LONG, serving.logs(message))
        .await
        .unwrap_or_else(|_| panic!("it is not said: {message}"))
}

#[tokio::test]
async fn keys_are_rotated_at_a_signal_and_a_bad_one_is_not_taken() {
    let (installation, mut serving, signer) = desk().await;
    for (key, mode) in [
        ("SENTINEL-WRONG-KEY", 0o600),
        (API_KEY, 0o644),
        ("", 0o600),
        ("two keys", 0o600),
    ] {
        installation.write_key(key, mode);
        serving.signal(Signal::HUP);
        let line = logs(&mut serving, "the old API key stays in use").await;
        assert!(
            line.contains(r#""platform":"main""#) && !line.contains("SENTINEL"),
            "{line}"
        );
        eventually("readiness says so", async || {
            serving.ready("api_keys").await
                == "what is on disk cannot be used, and the old one is in use: main"
        })
        .await;
        assert_eq!(login(&serving, &signer).await, 201, "{key}");
    }
    installation.write_key(API_KEY, 0o600);
    serving.signal(Signal::HUP);
    logs(
        &mut serving,
        "the API key that is in use stands in its source again",
    )
    .await;
    installation.sim.add_key("SENTINEL-NEW-KEY", true);
    installation.write_key("SENTINEL-NEW-KEY", 0o600);
    serving.signal(Signal::HUP);
    logs(&mut serving, "the API key was read again and is in use").await;
    installation.sim.remove_key(API_KEY);
    assert_eq!(login(&serving, &signer).await, 201);
    assert_eq!(serving.ready("api_keys").await, "ok");
}

/// Without a signal: the file is a link through `..data`, which is exchanged, as Kubernetes does.
#[tokio::test]
async fn keys_are_rotated_when_their_file_changes() {
    let installation = Installation::new().await;
    let path = |name: &str| installation.folder.path().join(name);
    for (folder, key) in [
        ("..1", API_KEY),
        ("..2", "SENTINEL-WRONG"),
        ("..3", "SENTINEL-NEW-KEY"),
    ] {
        fs::create_dir(path(folder)).unwrap();
        write_secret(&path(folder).join("api-key"), key);
    }
    let exchange = |folder: &str| {
        symlink(folder, path("..data_tmp")).unwrap();
        fs::rename(path("..data_tmp"), path("..data")).unwrap();
    };
    fs::remove_file(path("api-key")).unwrap();
    symlink("..data/api-key", path("api-key")).unwrap();
    exchange("..1");
    let mut serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;

    exchange("..2");
    let line = logs(&mut serving, "the old API key stays in use").await;
    assert!(
        line.contains("refused the API key") && !line.contains("SENTINEL"),
        "{line}"
    );
    assert_eq!(login(&serving, &signer).await, 201);
    eventually("readiness says so", async || {
        serving
            .ready("api_keys")
            .await
            .ends_with("the old one is in use: main")
    })
    .await;

    installation.sim.add_key("SENTINEL-NEW-KEY", true);
    exchange("..3");
    logs(&mut serving, "the API key was read again and is in use").await;
    installation.sim.remove_key(API_KEY);
    assert_eq!(login(&serving, &signer).await, 201);
}

#[tokio::test]
async fn a_key_that_the_broker_cannot_be_asked_about_is_tried_again() {
    let app = TestApp::start_with(|_, limits| {
        limits.watch = Duration::from_millis(20);
        limits.ask_again = Duration::from_millis(100);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    app.sim.add_key("SENTINEL-NEW-KEY", true);
    let down = Fault::Status(503, BodyKind::Empty).on(Endpoint::ConnectionTest);
    app.sim.script(down.times(2));
    app.write_key("SENTINEL-NEW-KEY");
    eventually("the key is in use", async || {
        log::mine().contains("the API key was read again")
    })
    .await;
    assert!(log::mine().contains("the new one is tried again"));
    // Counted at this test's own broker: other tests write to the log, too.
    let unanswered = app
        .sim
        .journal()
        .iter()
        .filter(|entry| entry.status == Some(503))
        .count();
    assert_eq!(unanswered, 2);
    app.sim.remove_key(API_KEY);
    assert_eq!(app.send(&desk.login().0).await.status, 201);
}

/// Name and validity change together, so whoever asks sees both old or both new.
#[tokio::test]
async fn no_request_sees_half_a_reload() {
    let (installation, mut serving, signer) = desk().await;
    let pairs = [("Main platform", 30), ("Other platform", 29)];
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..6 {
        let ((old, old_seconds), (new, seconds)) = (pairs[round % 2], pairs[(round + 1) % 2]);
        installation.change_config(old, new);
        let line = |seconds| format!("validity_seconds = {seconds}");
        installation.change_config(&line(old_seconds), &line(seconds));
        serving.signal(Signal::HUP);
        let mut last = (String::new(), 0);
        while last != (new.to_owned(), seconds) {
            let answer = timeout(LONG, session(&serving, &signer)).await.unwrap();
            let name = answer["platforms"][0]["name"].as_str().unwrap().to_owned();
            last = (name, answer["policy"]["validitySeconds"].as_u64().unwrap());
            seen.insert(last.clone());
        }
        logs(&mut serving, "the configuration was read again").await;
    }
    assert_eq!(
        seen,
        pairs.map(|(name, seconds)| (name.to_owned(), seconds)).into()
    );
}

#[tokio::test]
async fn the_whole_configuration_is_taken_over_or_nothing_of_it() {
    let (installation, mut serving, signer) = desk().await;
    assert_eq!(serving.ready("configuration").await, "ok");
    installation.change_config("Main platform", "Other platform");
    installation.change_config("validity_seconds = 30", "validity_seconds = 900");
    installation.change_config("api = \"v1\"", "api = \"v9\"");
    serving.signal(Signal::HUP);
    let faults = [
        logs(&mut serving, "stays in use").await,
        logs(&mut serving, "stays in use").await,
    ];
    for (fault, key) in faults.iter().zip(["login.validity_seconds", "platform[0].api"]) {
        assert!(fault.contains(key), "{fault}");
    }
    let note = serving.ready("configuration").await;
    assert!(
        note.starts_with("the file has faults since ")
            && note.ends_with(": login.validity_seconds, platform[0].api"),
        "{note}"
    );
    let before = session(&serving, &signer).await;
    assert_eq!(before["platforms"][0]["name"], "Main platform");

    installation.change_config("validity_seconds = 900", "validity_seconds = 20");
    installation.change_config("api = \"v9\"", "api = \"v1\"");
    serving.signal(Signal::HUP);
    logs(&mut serving, "the configuration was read again").await;
    eventually("the note goes", async || {
        serving.ready("configuration").await == "ok"
    })
    .await;
    assert_eq!(
        session(&serving, &signer).await["platforms"][0]["name"],
        "Other platform"
    );
    let body = login_body(&new_id()).to_string();
    let answer = serving
        .send(&serving.draft(&signer, "POST", "/v1/logins", &body))
        .await;
    assert_eq!(answer.json()["validitySeconds"], 20);

    fs::write(installation.config(), "not = TOML = SENTINEL").unwrap();
    serving.signal(Signal::HUP);
    let line = logs(&mut serving, "stays in use").await;
    assert!(line.contains("not TOML") && !line.contains("SENTINEL"), "{line}");
    fs::remove_file(installation.config()).unwrap();
    serving.signal(Signal::HUP);
    logs(&mut serving, "cannot be read").await;
    assert_eq!(login(&serving, &signer).await, 201);
}

#[tokio::test]
async fn what_needs_a_restart_is_named_and_stays() {
    let (installation, mut serving, signer) = desk().await;
    installation.change_config("Main platform", "Other platform");
    installation.change_config("/stagedoor.db", "/other.db");
    installation.change_config("level = \"info\"", "level = \"debug\"");
    installation.change_config("checkpoint_every_minutes = 10", "checkpoint_every_minutes = 11");
    serving.signal(Signal::HUP);
    let said = "needs a restart: store, ledger, log";
    logs(&mut serving, said).await;
    eventually("it is shown", async || {
        serving.ready("configuration").await == said
    })
    .await;
    assert_eq!(login(&serving, &signer).await, 201);
    assert_eq!(
        session(&serving, &signer).await["platforms"][0]["name"],
        "Other platform"
    );
    assert!(!installation.folder.path().join("other.db").exists());
}

#[tokio::test]
async fn tls_is_turned_on_by_a_reload() {
    let (installation, mut serving, signer) = desk().await;
    let (pair, other) = (Pair::new(), Pair::new());
    let files = files_in(installation.folder.path());
    pair.write(installation.folder.path());
    write_secret(&files.key, &other.key_pem);
    let lines = format!(
        "[listen]\ntls_certificate_file = {:?}\ntls_key_file = {:?}",
        files.certificate, files.key
    );
    installation.change_config("[listen]", &lines);
    serving.signal(Signal::HUP);
    let line = logs(&mut serving, "stays in use").await;
    assert!(
        line.contains("listen.tls_key_file") && line.contains("is not the key of the certificate"),
        "{line}"
    );
    assert_eq!(login(&serving, &signer).await, 201, "in plain http as before");

    pair.write(installation.folder.path());
    serving.signal(Signal::HUP);
    logs(&mut serving, "the configuration was read again").await;
    let draft = serving.draft(&signer, "GET", "/v1/session", "");
    let answer = draft
        .send_to(&pair.client(), &format!("https://{}", serving.api))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(serving.ready("certificate").await, "ok");
    let plain = reqwest::get(format!("http://{}/v1/session", serving.api)).await;
    assert!(plain.is_err());
}

#[tokio::test]
async fn secrets_may_be_systemd_credentials() {
    let installation = Installation::new().await;
    let credentials = installation.folder.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let pair = Pair::new();
    pair.write(installation.folder.path());
    let files = files_in(installation.folder.path());
    fs::rename(&files.key, credentials.join("tls-key")).unwrap();
    fs::rename(
        installation.folder.path().join("api-key"),
        credentials.join("broker-key"),
    )
    .unwrap();
    let key = format!("\"{}\"", installation.folder.path().join("api-key").display());
    installation.change_config(&key, "\"broker-key\"");
    let lines = format!(
        "[listen]\ntls_certificate_file = {:?}\ntls_key_file = \"tls-key\"",
        files.certificate
    );
    installation.change_config("[listen]", &lines);
    let without = installation.run(&["config", "check"]).await;
    assert_eq!(without.status.code(), Some(78), "there are no credentials");
    let mut command = installation.command(&["serve"]);
    command.env("CREDENTIALS_DIRECTORY", &credentials);
    let serving = Installation::serve_by(command).await;
    let address = serving.api.parse().unwrap();
    open(address, &pair, &TLS13, &[]).await.unwrap();
}
