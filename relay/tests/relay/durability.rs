//! No token without a record: vanished clients, shutdowns, failing stores, panics and restarts at every step.

mod late;

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use serde_json::json;
use stagedoor_relay::{clock::Clock, store::Store};

use crate::support::{
    Answer, CUSTOMER, Profile, STAFF, TestApp, eventually,
    faulty_store::{At, How},
    http::problem,
    log,
    records::{ended, open},
};

const COLLEAGUE: &str = "colleague@broker.example";

/// Sends a login and returns when the broker has it, with its id and the answer to come.
async fn begin(app: &TestApp, desk: &Profile) -> (String, JoinHandle<Answer>) {
    let (draft, id) = desk.login();
    let (client, address) = (app.client.clone(), app.address);
    let answer = tokio::spawn(async move { draft.send(&client, address).await });
    eventually("the mint reaches the broker", async || app.mints() == 1).await;
    (id, answer)
}

#[tokio::test]
async fn a_client_that_goes_away_during_the_mint_leaves_a_complete_record() {
    let (app, gate) = TestApp::start_gated(|_, _| ()).await;
    let desk = app.enrolled(STAFF).await;
    gate.close();
    let (draft, id) = desk.login();

    let mut socket = TcpStream::connect(app.address).await.unwrap();
    socket.write_all(&draft.to_bytes()).await.unwrap();
    eventually("the mint reaches the broker", async || app.mints() == 1).await;
    assert_eq!(
        app.records.login(&id).await,
        open(),
        "the intent is there before the answer"
    );
    socket.shutdown().await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty(), "the relay has dropped the request");
    drop(socket);
    assert_eq!(app.records.login(&id).await, open());

    gate.open();
    eventually("the outcome is recorded", async || {
        app.records.login(&id).await == ended("minted", None)
    })
    .await;
    assert_eq!(app.mints(), 1);
}

#[tokio::test]
async fn a_shutdown_waits_for_logins_under_way_and_takes_no_new_ones() {
    // At an address where no other test listens, also not after the end.
    let (mut app, gate) = TestApp::start_gated(|config, _| {
        config.listen.address = "127.0.4.1:0".parse().unwrap();
        config.listen.authorities = vec!["127.0.4.1:0".to_owned()];
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    gate.close();
    let (id, under_way) = begin(&app, &desk).await;

    app.begin_shutdown();
    eventually("the door closes", async || {
        app.get_health("/readyz").await.status == 503
    })
    .await;
    for draft in [desk.login().0, desk.get("/v1/session"), desk.get("/nowhere")] {
        let refused = app.send(&draft).await;
        assert_eq!(refused.outcome(), problem(503, "overloaded"), "{}", draft.path);
        assert_eq!(
            (refused.header("retry-after"), refused.header("connection")),
            ("5", "close")
        );
    }
    assert_eq!(app.get_health("/healthz").await.status, 200, "still alive");

    gate.open();
    let answer = under_way.await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    app.stop().await;
    assert_eq!(app.records.login(&id).await, ended("minted", None));
    assert_eq!(app.mints(), 1);
    assert!(
        TcpStream::connect(app.address).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn what_is_under_way_is_not_taken_for_left_behind_however_long_it_takes() {
    let (app, gate) = TestApp::start_gated(|_, limits| limits.sweep = Duration::from_millis(1)).await;
    let desk = app.enrolled(STAFF).await;
    gate.close();
    let (id, answer) = begin(&app, &desk).await;
    // The same id at the same time is refused, and its end is not the login's.
    let again = desk.post("/v1/logins", &crate::support::app::login_body(&id));
    assert_eq!(app.send(&again).await.outcome(), problem(409, "request_repeated"));
    app.clock.advance(3600);
    let looks = app.store.sweeps();
    eventually("it is looked at often", async || app.store.sweeps() > looks + 5).await;
    assert_eq!(app.records.login(&id).await, open());
    let colleague = app.enrolled(COLLEAGUE).await;
    let refused = app.send(&colleague.at(&app).login().0).await;
    assert_eq!(refused.outcome(), problem(409, "customer_claimed"));
    gate.open();
    assert_eq!(answer.await.unwrap().status, 201);
    assert_eq!(app.records.login(&id).await, ended("minted", None));
}

#[tokio::test]
async fn without_a_durable_intent_nothing_is_minted() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let mut last = String::new();
    for at in [At::Profile, At::Intent] {
        app.store.fail(Some((at, How::Fail)));
        let (draft, id) = desk.login();
        last = id;
        let answer = app.send(&draft).await;
        assert_eq!(answer.outcome(), problem(503, "store_unavailable"), "{at:?}");
        assert!(
            !answer.body.contains("disk full"),
            "the cause is for the log: {}",
            answer.body
        );
    }
    // A login's nonce is claimed with its intent; that of every other request by itself.
    app.store.fail(Some((At::Nonce, How::Fail)));
    let answer = app.send(&desk.get("/v1/session")).await;
    assert_eq!(answer.outcome(), problem(503, "store_unavailable"));
    app.store.fail(None);
    assert_eq!(app.mints(), 0);
    assert_eq!(app.send(&desk.login().0).await.status, 201);
    assert!(log::lines_about(&last).concat().contains("disk full"));
}

#[tokio::test]
async fn without_a_durable_outcome_no_token_leaves_and_the_next_start_says_unknown() {
    let mut app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    // It fails until the end of the process: the fault is the process's own.
    app.store.fail(Some((At::Outcome, How::Fail)));
    let (draft, id) = desk.login();
    let answer = app.send(&draft).await;
    assert_eq!(answer.outcome(), problem(503, "store_unavailable"));
    assert_eq!(answer.json()["requestId"], id);
    let token = app.sim.journal()[0].token.clone().unwrap();
    assert!(!answer.body.contains(&token));
    assert_eq!(app.records.login(&id).await, open());

    app.stop().await;
    let app = app.start_again().await;
    assert_eq!(
        app.records.login(&id).await,
        ended("unknown", Some("outcome_unknown"))
    );
    let desk = desk.at(&app);
    let repeated = app
        .send(&desk.post("/v1/logins", &crate::support::app::login_body(&id)))
        .await;
    assert_eq!(repeated.outcome(), problem(409, "request_repeated"));
    assert_eq!(app.mints(), 1);
}

#[tokio::test]
async fn an_outcome_that_another_relay_has_closed_is_not_overwritten_by_a_late_one() {
    let (app, gate) = TestApp::start_gated(|_, _| ()).await;
    let desk = app.enrolled(STAFF).await;
    gate.close();
    let (id, under_way) = begin(&app, &desk).await;
    // As if this relay had been taken for gone, and another had begun.
    app.store.unregister_relay().await.unwrap();
    app.store.register_relay().await.unwrap();
    // The relay's own housekeeping may be quicker.
    app.store.close_abandoned_intents(app.clock.now()).await.unwrap();
    assert_eq!(
        app.records.login(&id).await,
        ended("unknown", Some("outcome_unknown"))
    );
    gate.open();
    assert_eq!(
        under_way.await.unwrap().outcome(),
        problem(503, "store_unavailable")
    );
    assert_eq!(
        app.records.login(&id).await,
        ended("unknown", Some("outcome_unknown"))
    );
    assert_eq!(app.records.kinds("outcome").await, 1);
}

#[tokio::test]
async fn an_outcome_that_could_not_be_written_is_written_when_the_store_is_back() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    app.store.fail(Some((At::Outcome, How::Fail)));
    let (draft, id) = desk.login();
    assert_eq!(
        app.send(&draft).await.outcome(),
        problem(503, "store_unavailable")
    );
    assert_eq!(app.records.login(&id).await, open());
    app.store.fail(None);
    // The token was made, and nobody got it.
    eventually("the outcome is recorded", async || {
        app.records.login(&id).await == ended("minted", Some("store_unavailable"))
    })
    .await;
    assert_eq!(app.records.kinds("outcome").await, 1);
}

#[tokio::test]
async fn an_intent_whose_confirmation_was_lost_is_ended_by_the_same_relay() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    app.store.fail(Some((At::Intent, How::Fail)));
    let (draft, absent) = desk.login();
    assert_eq!(
        app.send(&draft).await.outcome(),
        problem(503, "store_unavailable")
    );
    app.store.fail(Some((At::Intent, How::LoseAnswer)));
    let (draft, id) = desk.login();
    assert_eq!(
        app.send(&draft).await.outcome(),
        problem(503, "store_unavailable")
    );
    eventually("the outcome is recorded", async || {
        app.records.login(&id).await == ended("failed", Some("store_unavailable"))
    })
    .await;
    assert_eq!(app.mints(), 0);
    assert_eq!(app.records.login(&absent).await, None);
    // The customer is free again.
    app.store.fail(None);
    let colleague = app.enrolled("colleague@broker.example").await;
    assert_eq!(app.send(&colleague.login().0).await.status, 201);
    assert_eq!(app.records.kinds("outcome").await, 2);
}

/// Nobody knows whether the first request stands, and the same id comes once more.
#[tokio::test]
async fn a_login_does_not_get_the_outcome_of_an_earlier_request_with_its_id() {
    let (app, gate) = TestApp::start_gated(|_, limits| limits.sweep = Duration::from_millis(20)).await;
    let (desk, colleague) = (app.enrolled(STAFF).await, app.enrolled(COLLEAGUE).await);
    gate.close();
    app.store.fail(Some((At::Intent, How::Fail)));
    let (draft, id) = desk.login();
    let failed = app.send(&draft).await;
    assert_eq!(failed.outcome(), problem(503, "store_unavailable"));
    // Until the next one is under way, no outcome of the first can be written.
    app.store.fail(Some((At::Outcome, How::Fail)));

    let body = crate::support::app::login_body(&id);
    let answer = tokio::spawn({
        let (client, address) = (app.client.clone(), app.address);
        async move {
            loop {
                let answer = desk.post("/v1/logins", &body).send(&client, address).await;
                if answer.outcome() != problem(503, "store_unavailable") {
                    break answer;
                }
                assert_eq!(answer.header("retry-after"), "1");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    eventually("the mint reaches the broker", async || app.mints() == 1).await;
    app.store.fail(None);
    // What is owed is tried again before each of them.
    let looks = app.store.sweeps();
    eventually("it is tried again", async || app.store.sweeps() > looks + 5).await;
    assert_eq!(app.records.login(&id).await, open());
    let refused = app.send(&colleague.login().0).await;
    assert_eq!(refused.outcome(), problem(409, "customer_claimed"));
    gate.open();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(app.records.login(&id).await, ended("minted", None));
}

#[tokio::test]
async fn a_panic_is_a_500_the_relay_lives_and_the_log_shows_no_data() {
    let app = TestApp::start_with(|_, limits| limits.sweep = Duration::from_millis(20)).await;
    let (desk, colleague) = (app.enrolled(STAFF).await, app.enrolled(COLLEAGUE).await);
    let mut last = String::new();
    for at in [At::Profile, At::Intent, At::Outcome] {
        app.store.fail(Some((at, How::Panic)));
        let (draft, id) = desk.login();
        last = id;
        let answer = app.send(&draft).await;
        assert_eq!(answer.outcome(), problem(500, "internal"), "{at:?}");
        assert!(!answer.body.contains(CUSTOMER), "{}", answer.body);
    }
    // What panicked last was a login whose intent stands. It holds the customer until the relay, still the same, ends it.
    let refused = app.send(&colleague.login().0).await;
    assert_eq!(refused.outcome(), problem(409, "customer_claimed"));
    app.store.fail(None);
    eventually("the login is closed", async || {
        app.records.login(&last).await == ended("unknown", Some("outcome_unknown"))
    })
    .await;
    app.clock.advance(1);
    assert_eq!(app.send(&colleague.at(&app).login().0).await.status, 201);
    assert_eq!(
        app.records.login(&last).await,
        ended("unknown", Some("outcome_unknown"))
    );
    let log = log::mine();
    assert!(
        log.contains("faulty_store.rs") && log.contains("a part of the relay panicked"),
        "where is said"
    );
    assert!(!log::text().contains(CUSTOMER), "what was in the message is not");
}

#[tokio::test]
async fn readiness_is_the_stores() {
    let app = TestApp::start().await;
    assert_eq!(app.get_health("/readyz").await.status, 200);
    app.store.fail(Some((At::Check, How::Fail)));
    let answer = app.get_health("/readyz").await;
    let body = answer.json();
    assert_eq!(
        (answer.status, &body["store"], &body["failing"]),
        (
            503,
            &json!("failing: the store of this test cannot be used: disk full; make room"),
            &json!(["store"])
        )
    );
    assert!(
        log::mine().contains(
            r#""message":"not ready","failing":"store","ledger":"ok","error":"the store of this test"#
        ),
        "{}",
        log::mine()
    );
    assert_eq!(app.get_health("/healthz").await.status, 200);
    assert_eq!(
        app.get_health("/v1/session").await.status,
        404,
        "nothing else is on this listener"
    );
}
