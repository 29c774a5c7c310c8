//! What takes too long: nobody waits for it for ever.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::*;

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let (mut app, gate) = TestApp::start_gated(|_, limits| limits.drain = Duration::from_millis(50)).await;
    let desk = app.enrolled(STAFF).await;
    gate.close();
    let (id, under_way) = begin(&app, &desk).await;
    // The client leaves too, so that only the login itself holds the relay up.
    under_way.abort();
    app.stop().await;
    assert_eq!(app.records.login(&id).await, open());
}

#[tokio::test]
async fn an_answer_that_comes_too_late_for_the_extension_is_recorded_all_the_same() {
    // Long enough for the broker to be asked.
    let (app, gate) = TestApp::start_gated(|_, limits| limits.login = Duration::from_secs(3)).await;
    let desk = app.enrolled(STAFF).await;
    gate.close();
    let (id, answer) = begin(&app, &desk).await;
    assert_eq!(answer.await.unwrap().outcome(), problem(504, "outcome_unknown"));
    assert_eq!(app.records.login(&id).await, open());
    gate.open();
    eventually("the outcome is recorded", async || {
        app.records.login(&id).await == ended("minted", Some("outcome_unknown"))
    })
    .await;
}

#[tokio::test]
async fn nobody_is_asked_for_a_token_that_nobody_waits_for_any_more() {
    let app = TestApp::start_with(|_, limits| limits.login = Duration::from_millis(50)).await;
    let desk = app.enrolled(STAFF).await;
    app.store.fail(Some((At::Intent, How::Hang)));
    let (draft, id) = desk.login();
    let answer = app.send(&draft).await;
    assert_eq!(answer.outcome(), problem(503, "store_unavailable"));
    app.store.fail(None);
    eventually("the end is recorded", async || {
        app.records.login(&id).await == ended("failed", Some("store_unavailable"))
    })
    .await;
    assert_eq!(app.mints(), 0);
    let lines = log::lines_about(&id).concat();
    assert!(lines.contains("did not record the login in time"), "{lines}");
}

#[tokio::test]
async fn a_store_that_hangs_does_not_hold_the_client() {
    let hasty = Arc::new(AtomicBool::new(false));
    let is_hasty = hasty.clone();
    let mut patient = TestApp::start_with(move |_, limits| {
        if is_hasty.load(Ordering::SeqCst) {
            limits.answer = Duration::from_millis(300);
        }
    })
    .await;
    let desk = patient.enrolled(STAFF).await;
    patient.stop().await;
    hasty.store(true, Ordering::SeqCst);
    let app = patient.start_again().await;
    app.store.fail(Some((At::Profile, How::Hang)));
    assert_eq!(
        app.send(&desk.at(&app).login().0).await.outcome(),
        problem(503, "overloaded")
    );
    assert_eq!(app.mints(), 0);
}
