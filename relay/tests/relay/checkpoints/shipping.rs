//! Where checkpoints go besides the store.

use std::time::Duration;

use super::*;
use crate::support::{STAFF, log};

#[tokio::test]
async fn each_one_becomes_a_whole_file_with_a_name_that_sorts() {
    let prepared = Prepared::new();
    let directory = prepared.directory();
    let app = TestApp::start_with(prepared.signing(move |ledger| {
        ledger.every_records = 2;
        ledger.directory = Some(directory.clone());
    }))
    .await;
    let desk = app.enrolled(STAFF).await;
    for size in [0, 2, 4] {
        if size > 0 {
            log_in(&app, &desk).await;
        }
        // Each look reads every file that is visible at that moment, and finds it whole.
        eventually("it is the latest", async || {
            let latest = files(&prepared.directory()).into_iter().next();
            latest.is_some_and(|(name, note)| name == "latest.checkpoint" && verified(&note).size == size)
        })
        .await;
    }
    let files = files(&prepared.directory());
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "latest.checkpoint",
            "relay.example_ledger-000000000000-20231114T221320000Z.checkpoint",
            "relay.example_ledger-000000000002-20231114T221320000Z.checkpoint",
            "relay.example_ledger-000000000004-20231114T221320000Z.checkpoint",
        ]
    );
    assert_eq!(files[0].1, files[3].1);
    assert_eq!(files[3].1, stored(&app).await[2].note);
    for entry in fs::read_dir(prepared.directory()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o644);
        assert!(
            entry.file_name().to_string_lossy().ends_with(".checkpoint"),
            "nothing is left over"
        );
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_stops_nothing_and_gets_the_newest_when_it_is_back() {
    let prepared = Prepared::new();
    let directory = prepared.directory();
    let app = TestApp::start_with(prepared.signing(move |ledger| {
        ledger.every_records = 2;
        ledger.directory = Some(directory.clone());
    }))
    .await;
    let desk = app.enrolled(STAFF).await;
    eventually("the first is there", async || {
        files(&prepared.directory()).len() == 2
    })
    .await;
    fs::rename(prepared.directory(), prepared.path("away")).unwrap();
    log_in(&app, &desk).await;
    eventually("it is noticed", async || {
        ready(&app).await.2.starts_with("failing since 2023")
    })
    .await;
    assert_eq!(ready(&app).await.0, 200);
    log_in(&app, &desk).await;
    has_signed(&app, 3).await;
    fs::rename(prepared.path("away"), prepared.directory()).unwrap();
    eventually("it recovers", async || ready(&app).await == all_is_well()).await;
    let latest = fs::read_to_string(prepared.directory().join("latest.checkpoint")).unwrap();
    assert_eq!(verified(&latest).size, 4);
}

#[tokio::test]
async fn a_receiver_that_fails_first_gets_the_newest_one_later() {
    let prepared = Prepared::new();
    let auditor = Auditor::start(Mood::Refuses).await;
    let mark = log::mark();
    let app = TestApp::start_with(posting(&prepared, &auditor)).await;
    let desk = app.enrolled(STAFF).await;
    eventually("it is tried", async || auditor.attempts() > 0).await;
    eventually("it is noticed", async || {
        ready(&app).await.2.starts_with("failing since 2023")
    })
    .await;
    log_in(&app, &desk).await;
    has_signed(&app, 2).await;
    assert!(log::since(mark).contains("127.0.0.1: it answers 500; it must answer 200 to 299"));

    auditor.is_now(Mood::Takes);
    eventually("it recovers", async || ready(&app).await == all_is_well()).await;
    let taken = auditor.taken();
    assert_eq!(taken.len(), 1, "the older one is not sent any more");
    assert_eq!(verified(&taken[0]).root, root_of(&app.records.rows().await));
    let requests = auditor.state.requests.lock().unwrap();
    let (authorization, content_type, ..) = requests.last().unwrap();
    assert_eq!(authorization, &format!("Bearer {TOKEN}"));
    assert_eq!(content_type, "text/plain; charset=utf-8");
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_no_login_up() {
    let prepared = Prepared::new();
    let auditor = Auditor::start(Mood::Hangs).await;
    let change = posting(&prepared, &auditor);
    let app = TestApp::start_with(move |config, limits| {
        change(config, limits);
        limits.receiver = Duration::from_secs(600);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    eventually("it hangs", async || auditor.attempts() == 1).await;
    log_in(&app, &desk).await;
    has_signed(&app, 2).await;
    assert_eq!(
        auditor.attempts(),
        1,
        "all of that while the first request was under way"
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let prepared = Prepared::new();
    let auditor = Auditor::start(Mood::Redirects).await;
    let mark = log::mark();
    let app = TestApp::start_with(posting(&prepared, &auditor)).await;
    eventually("it is noticed", async || {
        ready(&app).await.2.starts_with("failing")
    })
    .await;
    assert_eq!(auditor.attempts(), 1);
    assert!(log::since(mark).contains("127.0.0.1: it answers 307, a redirect, which is not followed"));
}

#[tokio::test]
async fn the_last_one_is_shipped_before_the_end() {
    let prepared = Prepared::new();
    let auditor = Auditor::start(Mood::Takes).await;
    let mut app = TestApp::start_with(posting(&prepared, &auditor)).await;
    let desk = app.enrolled(STAFF).await;
    log_in(&app, &desk).await;
    app.stop().await;
    let taken = auditor.taken();
    assert_eq!(taken.last(), stored(&app).await.last().map(|last| &last.note));
    assert_eq!(verified(taken.last().unwrap()).size, 2);
}

#[tokio::test]
async fn neither_key_nor_token_is_left_behind() {
    let prepared = Prepared::new();
    let auditor = Auditor::start(Mood::Refuses).await;
    let (change, directory) = (posting(&prepared, &auditor), prepared.path("nowhere"));
    let mut app = TestApp::start_with(move |config, limits| {
        change(config, limits);
        config.ledger.directory = Some(directory.clone());
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    eventually("it fails", async || auditor.attempts() > 0).await;
    let health = app.get_health("/readyz").await.body;
    fs::create_dir(prepared.path("nowhere")).unwrap();
    log_in(&app, &desk).await;
    app.stop().await;

    let mut everything = app.stored_bytes().await;
    for (_, note) in files(&prepared.path("nowhere")) {
        everything.extend(note.into_bytes());
    }
    everything.extend(health.into_bytes());
    everything.extend(log::text().into_bytes());
    let everything = String::from_utf8_lossy(&everything);
    assert!(
        everything.contains(&key().verifying_key().to_text()),
        "the log names the verifying key"
    );
    assert!(everything.contains(ORIGIN), "notes were searched");
    let text = key().expose_text();
    let secret = text.rsplit('+').next().unwrap();
    for secret in [secret, std::str::from_utf8(SEED).unwrap(), TOKEN, "PRIVATE+KEY"] {
        assert!(!everything.contains(secret), "{secret}");
    }
}

/// A relay that signs after each login and posts to this auditor.
fn posting(
    prepared: &Prepared,
    auditor: &Auditor,
) -> impl Fn(&mut Config, &mut Limits) + Send + Sync + 'static {
    let receiver = stagedoor_relay::config::Receiver {
        url: auditor.url.parse().unwrap(),
        token_file: Some(prepared.path("token")),
    };
    prepared.signing(move |ledger| {
        ledger.every_records = 2;
        ledger.receiver = Some(receiver.clone());
    })
}
