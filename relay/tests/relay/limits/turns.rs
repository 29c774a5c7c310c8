//! What becomes of logins when the broker has had as many as it may.

use super::*;
use crate::support::{Draft, log};

#[tokio::test]
async fn a_login_whose_turn_is_far_is_refused_with_the_time() {
    let app = TestApp::start_with(|config, limits| {
        config.limits = rules(|rules| rules.broker_per_minute = 10);
        patient(limits);
        // The turn is 7 seconds away, by the tests' clock.
        limits.takeover = Limits::default().takeover;
    })
    .await;
    let (desk, colleague) = (app.enrolled(STAFF).await, app.enrolled(COLLEAGUE).await);
    assert_eq!(login(&app, &desk, CUSTOMER).await.status, 201);
    let refused = login(&app, &colleague, "joe@customers.example").await;
    assert_eq!(refused.outcome(), problem(429, "too_many_requests"));
    assert_eq!(refused.json()["rule"], "limits.broker_per_minute");
    // 9 a minute after the first.
    assert_eq!(refused.header("retry-after"), "7");
    assert_eq!(app.mints(), 1);
    app.clock.advance(7);
    assert_eq!(
        login(&app, &colleague, "joe@customers.example").await.code(),
        "customer_unknown"
    );
}

#[tokio::test]
async fn a_login_whose_turn_is_near_waits_for_it() {
    let app = TestApp::start_with(|config, limits| {
        // 8 at once, and then one in about 0.9 seconds.
        config.limits = rules(|rules| rules.broker_per_minute = 75);
        patient(limits);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    assert_eq!(passed(&app, &desk, 8, "").await, 8);
    let (draft, id) = desk.at(&app).login();
    let (client, address) = (app.client.clone(), app.address);
    let waiting = tokio::spawn(async move { draft.send(&client, address).await });
    eventually("it asks for its turn", async || app.store.told_of_the_turn() > 0).await;
    assert!(!waiting.is_finished());
    assert_eq!(app.mints(), 8);
    // The relay's clock stands still, so the turn does not come until it is moved.
    app.clock.advance(1);
    let answer = waiting.await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(app.mints(), 9);
    let lines = log::lines_about(&id);
    assert!(
        lines.iter().any(|line| line.contains("waited for its turn")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_wait_that_does_not_fit_ends_in_a_refusal() {
    let app = TestApp::start_with(|config, limits| {
        config.limits = rules(|rules| rules.broker_per_minute = 75);
        patient(limits);
        limits.takeover = Duration::from_millis(900);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    assert_eq!(passed(&app, &desk, 8, "").await, 8);
    let (draft, id) = desk.at(&app).login();
    let refused = app.send(&draft).await;
    assert_eq!(refused.json()["rule"], "limits.broker_per_minute");
    assert_eq!(refused.header("retry-after"), "1");
    assert!(app.records.login(&id).await.is_none());
    assert_eq!(app.send(&draft).await.code(), "signature_replayed");
    app.clock.advance(60);
    assert_eq!(passed(&app, &desk, 8, "").await, 8);
}

/// The line was full when it came, so it gave up waiting for a turn; but then it waited for the login in its way.
#[tokio::test]
async fn a_line_that_was_full_is_no_reason_to_refuse_when_there_is_room() {
    let (app, gate) = TestApp::start_gated(|config, limits| {
        config.limits = rules(|rules| rules.broker_per_minute = 75);
        patient(limits);
        limits.broker = LONG;
    })
    .await;
    let (desk, colleague) = (app.enrolled(STAFF).await, app.enrolled(COLLEAGUE).await);
    assert_eq!(passed(&app, &desk, 7, "").await, 7);
    gate.close();
    let send = |draft: Draft| {
        let (client, address) = (app.client.clone(), app.address);
        tokio::spawn(async move { draft.send(&client, address).await })
    };
    let (draft, earlier) = desk.at(&app).login();
    let theirs = send(draft);
    eventually("the mint reaches the broker", async || app.mints() == 8).await;

    // One asks for the turn, and 8 more of one person may wait.
    let waiting: Vec<_> = (0..12)
        .map(|number| {
            let mut body = login_body(&new_id());
            body["customerEmail"] = format!("c{number}@customers.example").into();
            send(colleague.at(&app).post("/v1/logins", &body))
        })
        .collect();
    let refused = async || waiting.iter().filter(|answer| answer.is_finished()).count();
    eventually("the line is full", async || refused().await == 3).await;
    let before = app.store.told_to_wait();
    let mut body = login_body(&new_id());
    body["overrides"] = earlier.as_str().into();
    let mine = send(colleague.at(&app).post("/v1/logins", &body));
    eventually("it waits for the other one", async || {
        app.store.told_to_wait() > before
    })
    .await;

    // The line's turns come.
    eventually("all who waited are at the broker", async || {
        app.clock.advance(1);
        app.mints() == 8 + 9
    })
    .await;
    app.clock.advance(60);
    gate.open();
    assert_eq!(theirs.await.unwrap().status, 201);
    let mine = mine.await.unwrap();
    assert_eq!(mine.status, 201, "{}", mine.body);
}
