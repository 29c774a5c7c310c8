//! When checkpoints are signed, and over what.

use super::*;
use crate::support::{
    STAFF,
    faulty_store::{At, How},
    installation::Installation,
    log,
};

#[tokio::test]
async fn after_so_many_records_their_root_is_signed() {
    let prepared = Prepared::new();
    let app = TestApp::start_with(prepared.signing(|ledger| ledger.every_records = 4)).await;
    let desk = app.enrolled(STAFF).await;
    has_signed(&app, 1).await;
    log_in(&app, &desk).await;
    has_looked(&app).await;
    log_in(&app, &desk).await;
    has_signed(&app, 2).await;

    assert_eq!(sizes(&app).await, [0, 4], "a login has two records");
    let rows = app.records.rows().await;
    let [first, second] = &signed(&app).await[..] else {
        panic!("two checkpoints")
    };
    assert_eq!((first.root, second.root), (Hash::of_nothing(), root_of(&rows)));
    assert_eq!(second.time, app.clock.now());
    assert_eq!(ready(&app).await, all_is_well());
}

#[tokio::test]
async fn after_some_time_one_is_signed_though_nothing_happened() {
    let prepared = Prepared::new();
    let app = TestApp::start_with(prepared.signing(|_| ())).await;
    has_signed(&app, 1).await;
    app.clock.advance(599);
    has_looked(&app).await;
    app.clock.advance(1);
    has_signed(&app, 2).await;
    let signed = signed(&app).await;
    assert_eq!((signed[0].size, signed[1].size), (0, 0));
    assert_eq!(signed[1].time.duration_since(signed[0].time).as_secs(), 600);
}

#[tokio::test]
async fn one_is_signed_at_the_end_and_at_a_start_only_when_the_last_is_old() {
    let prepared = Prepared::new();
    let mut app = TestApp::start_with(prepared.signing(|_| ())).await;
    let desk = app.enrolled(STAFF).await;
    log_in(&app, &desk).await;
    has_signed(&app, 1).await;
    app.clock.advance(1);
    app.stop().await;
    let signed_then = signed(&app).await;
    assert_eq!(signed_then.len(), 2);
    assert_eq!(
        (signed_then[1].size, signed_then[1].root),
        (2, root_of(&app.records.rows().await))
    );

    app.clock.advance(598);
    let mut app = app.start_again().await;
    has_looked(&app).await;
    assert_eq!(signed(&app).await.len(), 2, "599 seconds are not ten minutes");
    app.clock.advance(1);
    app.stop().await;
    app.clock.advance(601);
    let mut app = app.start_again().await;
    has_signed(&app, 4).await;
    assert_eq!(signed(&app).await[3].time, app.clock.now());
    app.stop().await;
    assert_eq!(sizes(&app).await, [0, 2, 2, 2, 2]);
}

#[tokio::test]
async fn of_several_relays_one_signs_and_all_ship() {
    let prepared = Prepared::new();
    let directory = prepared.directory();
    let other = SigningKey::generate("other.example/ledger", [2; 32]).unwrap();
    let trusted = other.verifying_key();
    let app = TestApp::start_with(prepared.signing(move |ledger| {
        ledger.directory = Some(directory.clone());
        ledger.verifying_keys = vec![trusted.clone()];
    }))
    .await;
    has_signed(&app, 1).await;
    app.clock.advance(300);
    let note = add_checkpoint(&app, &other, 0, Hash::of_nothing(), app.clock.now()).await;
    let latest = prepared.directory().join("latest.checkpoint");
    eventually("the other relay's checkpoint is shipped here too", async || {
        fs::read_to_string(&latest).is_ok_and(|found| found == note)
    })
    .await;
    app.clock.advance(300);
    has_looked(&app).await;
    assert_eq!(
        stored(&app).await.len(),
        2,
        "the other one signed five minutes ago"
    );
    app.clock.advance(300);
    has_signed(&app, 3).await;
    assert_eq!(ready(&app).await, all_is_well());
}

#[tokio::test]
async fn nothing_is_signed_on_top_of_a_strangers_checkpoint_and_logins_go_on() {
    let prepared = Prepared::new();
    let app = TestApp::start_with(prepared.signing(|_| ())).await;
    let desk = app.enrolled(STAFF).await;
    has_signed(&app, 1).await;
    let stranger = SigningKey::generate("stranger.example/ledger", [2; 32]).unwrap();
    add_checkpoint(&app, &stranger, 0, Hash::of_nothing(), app.clock.now()).await;
    // A look that began before that would sign, and rightly: it has not seen the stranger's.
    has_looked(&app).await;
    app.clock.advance(600);
    eventually("it is noticed", async || ready(&app).await != all_is_well()).await;
    let (status, ledger, checkpoints) = ready(&app).await;
    assert_eq!((status, ledger.as_str()), (200, "ok"));
    assert!(
        checkpoints.starts_with("failing since 2023-11-14T22:"),
        "{checkpoints}"
    );
    log_in(&app, &desk).await;
    has_looked(&app).await;
    assert_eq!(stored(&app).await.len(), 2);
    assert!(log::mine().contains("a key named stranger.example/ledger that is not known here"));
}

#[tokio::test]
async fn a_store_that_does_not_take_a_checkpoint_holds_no_login_up_and_gets_it_later() {
    let prepared = Prepared::new();
    let app = TestApp::start_with(prepared.signing(|_| ())).await;
    let desk = app.enrolled(STAFF).await;
    has_signed(&app, 1).await;
    for how in [How::Fail, How::Panic] {
        app.store.fail(Some((At::Checkpoint, how)));
        app.clock.advance(600);
        eventually("it is noticed", async || {
            ready(&app).await.2.starts_with("failing")
        })
        .await;
        assert_eq!(ready(&app).await.0, 200);
        log_in(&app, &desk).await;
        app.store.fail(None);
        eventually("it is signed later", async || ready(&app).await == all_is_well()).await;
    }
    assert_eq!(signed(&app).await.len(), 3);
}

#[tokio::test]
async fn without_a_key_nothing_is_signed_and_that_is_said() {
    let mut app = TestApp::start().await;
    assert_eq!(ready(&app).await, (200, "ok".to_owned(), "off".to_owned()));
    app.stop().await;
    assert!(stored(&app).await.is_empty());
    assert!(
        log::mine()
            .contains("no checkpoints are signed: whoever can write to the store can change or delete")
    );
}

#[tokio::test]
async fn a_key_that_others_can_read_is_refused_at_the_start() {
    let installation = Installation::new().await;
    let path = installation.folder.path().join("ledger-key");
    fs::write(&path, &*key().expose_text()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let config = fs::read_to_string(installation.config()).unwrap();
    fs::write(installation.config(), config.replace("# key_file", "key_file")).unwrap();
    let output = installation.run(&["serve"]).await;
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{error}");
    let expected = "ledger-key: can be read or written by every user of this machine; take that right away with `chmod o=`";
    assert!(
        error.contains("ledger.key_file: ") && error.contains(expected),
        "{error}"
    );
    assert!(!error.contains("PRIVATE"), "{error}");
}
