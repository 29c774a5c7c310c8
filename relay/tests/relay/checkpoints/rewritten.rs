//! A ledger that was changed behind the relay's back.

use super::*;
use crate::support::{STAFF, http::problem, log};

/// Other records with a tree that fits them.
fn forged(rows: &[Row]) -> Vec<Row> {
    let mut frontier = Frontier::empty();
    let rewrite = |row: &Row| {
        let record = String::from_utf8(row.record.clone())
            .unwrap()
            .replace("main", "fake");
        let hashes = frontier.append(Hash::of_leaf(record.as_bytes()));
        Row {
            sequence: row.sequence,
            record: record.into_bytes(),
            hashes: hashes.iter().flat_map(|hash| hash.0).collect(),
            customer: None,
            staff: None,
        }
    };
    rows.iter().map(rewrite).collect()
}

/// A relay that has signed over two logins.
async fn two_logins(prepared: &Prepared) -> (TestApp, Profile) {
    let directory = prepared.directory();
    let app = TestApp::start_with(prepared.signing(move |ledger| {
        ledger.every_records = 4;
        ledger.verifying_keys = vec![key().verifying_key()];
        ledger.directory = Some(directory.clone());
    }))
    .await;
    let desk = app.enrolled(STAFF).await;
    log_in(&app, &desk).await;
    log_in(&app, &desk).await;
    eventually("it is signed", async || sizes(&app).await.contains(&4)).await;
    eventually("it is shipped", async || {
        files(&prepared.directory())
            .iter()
            .any(|(name, _)| name.contains("-000000000004-"))
    })
    .await;
    (app, desk)
}

/// Not ready, no logins, nothing signed.
async fn is_refused(app: &TestApp, desk: &Profile) {
    let (status, ledger, checkpoints) = ready(app).await;
    assert_eq!((status, ledger.as_str()), (503, "rewritten"));
    assert!(checkpoints.starts_with("failing since "), "{checkpoints}");
    // The store itself may be of the same opinion.
    let told = app.get_health("/readyz").await.json()["failing"].clone();
    assert_eq!(told.as_array().unwrap().last().unwrap(), "ledger", "{told}");
    let is_told = |line: &str| line.contains("not ready") && line.contains(r#""ledger":"rewritten""#);
    assert!(log::mine().lines().any(is_told), "{}", log::mine());
    let answer = app.send(&desk.at(app).login().0).await;
    assert_eq!(answer.outcome(), problem(503, "store_unavailable"));
    assert!(
        answer
            .body
            .contains("its ledger no longer contains what was signed before"),
        "{}",
        answer.body
    );
}

async fn is_noticed(app: &TestApp) {
    eventually("it is noticed", async || ready(app).await.1 == "rewritten").await;
}

#[tokio::test]
async fn another_ledger_is_not_signed_until_the_real_one_is_back() {
    let prepared = Prepared::new();
    let (mut app, desk) = two_logins(&prepared).await;
    let (real, count) = (app.records.rows().await, stored(&app).await.len());
    app.database().rewrite(&forged(&real)).await;
    app.clock.advance(600);
    is_noticed(&app).await;
    is_refused(&app, &desk).await;
    let log = log::mine();
    assert!(
        log.contains("the ledger was rewritten, or lost records: logins are refused and nothing is signed"),
        "{log}"
    );
    assert!(
        log.contains("the first 4 records are not what they were at 2023-11-14T22:13:20.000Z"),
        "{log}"
    );

    // A new process remembers nothing, but finds what was signed; and refuses the first login already.
    app.stop().await;
    let mut app = app.start_again().await;
    is_refused(&app, &desk).await;
    has_looked(&app).await;
    assert_eq!(
        stored(&app).await.len(),
        count,
        "nothing was signed, not at the end either"
    );

    // To that process the real one is another ledger than it has seen.
    app.stop().await;
    app.database().rewrite(&real).await;
    let app = app.start_again().await;
    eventually("it recovers", async || ready(&app).await == all_is_well()).await;
    log_in(&app, &desk).await;
    has_signed(&app, count + 1).await;
}

#[tokio::test]
async fn a_ledger_that_was_cut_short_is_noticed_at_once() {
    let prepared = Prepared::new();
    let (app, desk) = two_logins(&prepared).await;
    let real = app.records.rows().await;
    app.database().rewrite(&real[..3]).await;
    is_noticed(&app).await;
    is_refused(&app, &desk).await;
    assert!(log::mine().contains("the ledger has 3 records; at 2023-11-14T22:13:20.000Z it had 4"));
}

#[tokio::test]
async fn a_record_that_was_changed_before_it_was_signed_is_not_signed() {
    let prepared = Prepared::new();
    let (app, desk) = two_logins(&prepared).await;
    log_in(&app, &desk).await;
    let mut rows = app.records.rows().await;
    rows[5].record = forged(&rows)[5].record.clone();
    let changed = String::from_utf8_lossy(&rows[5].record).replace("minted", "failed");
    rows[5].record = changed.into_bytes();
    app.database().rewrite(&rows).await;
    app.clock.advance(600);
    is_noticed(&app).await;
    is_refused(&app, &desk).await;
    assert!(log::mine().contains("the records 4 to 5 do not fit the hashes that are stored with them"));
}

#[tokio::test]
async fn whoever_deletes_the_checkpoints_too_is_found_out_by_the_folder() {
    let prepared = Prepared::new();
    let (mut app, desk) = two_logins(&prepared).await;
    app.stop().await;
    let real = app.records.rows().await;
    app.database().rewrite(&forged(&real)).await;
    app.database().forget_checkpoints().await;
    let app = app.start_again().await;
    is_refused(&app, &desk).await;
    has_looked(&app).await;
    assert!(stored(&app).await.is_empty());
}

/// What the store has lost can be seen nowhere at the start, and another history begins; it may even become the longer one.
#[tokio::test]
async fn a_folder_that_was_away_at_the_start_is_the_proof_when_it_is_back() {
    for logins in [1, 3] {
        let prepared = Prepared::new();
        let (mut app, desk) = two_logins(&prepared).await;
        app.stop().await;
        let real = app.records.rows().await;
        app.database().rewrite(&real[..2]).await;
        let lost = "DELETE FROM claims; DELETE FROM openings WHERE seq >= 2; DELETE FROM logins WHERE intent_seq >= 2";
        app.database().tamper(lost).await;
        app.database().forget_checkpoints().await;
        let before = files(&prepared.directory());
        fs::rename(prepared.directory(), prepared.path("away")).unwrap();

        let app = app.start_again().await;
        for _ in 0..logins {
            log_in(&app, &desk).await;
        }
        eventually("it is missed", async || {
            ready(&app).await.2.starts_with("failing")
        })
        .await;
        assert_eq!(ready(&app).await.1, "ok");
        fs::rename(prepared.path("away"), prepared.directory()).unwrap();
        is_noticed(&app).await;
        is_refused(&app, &desk).await;
        assert_eq!(files(&prepared.directory()), before, "nothing of another history");
    }
}

#[tokio::test]
async fn a_forged_checkpoint_in_the_store_is_a_rewritten_ledger() {
    let prepared = Prepared::new();
    let (app, desk) = two_logins(&prepared).await;
    let last = stored(&app).await.pop().unwrap();
    let forged = StoredCheckpoint {
        size: 4,
        note: last.note.replacen("\n4\n", "\n3\n", 1),
    };
    app.store.add_checkpoint(&forged).await.unwrap();
    is_noticed(&app).await;
    is_refused(&app, &desk).await;
    assert!(log::mine().contains("the last checkpoint in the store is not one: its signature by the key"));
}

#[tokio::test]
async fn after_a_loss_the_relay_goes_on_with_a_new_key_as_its_log_says() {
    let prepared = Prepared::new();
    let (mut app, desk) = two_logins(&prepared).await;
    app.stop().await;
    // As an old backup has it.
    let real = app.records.rows().await;
    app.database().rewrite(&real[..2]).await;
    app.database()
        .tamper("DELETE FROM claims; DELETE FROM openings WHERE seq >= 2; DELETE FROM logins WHERE intent_seq >= 2")
        .await;
    app.database().forget_checkpoints().await;
    add_checkpoint(&app, &key(), 2, root_of(&real[..2]), app.clock.now()).await;
    for _ in 0..2 {
        app = app.start_again().await;
        is_refused(&app, &desk).await;
        app.stop().await;
    }
    let latest = fs::read_to_string(prepared.directory().join("latest.checkpoint")).unwrap();
    assert_eq!(verified(&latest).size, 4, "nothing older takes the proof's place");

    fs::rename(prepared.directory(), prepared.path("evidence")).unwrap();
    fs::create_dir(prepared.directory()).unwrap();
    let new = SigningKey::generate("relay.example/ledger-2", [3; 32]).unwrap();
    fs::write(prepared.path("key"), &*new.expose_text()).unwrap();
    let app = app.start_again().await;
    assert_eq!(ready(&app).await.1, "ok");
    app.clock.advance(600);
    has_signed(&app, 2).await;
    let note = SignedCheckpoint::parse(&stored(&app).await[1].note).unwrap();
    let checkpoint = note.verify(&new.verifying_key()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (2, root_of(&real[..2])));
}
