//! How many looks there may be, and that no login waits for one.

use std::time::Duration;

use futures_util::future::join_all;

use super::*;
use crate::support::eventually;

#[tokio::test]
async fn one_person_looks_so_often_in_an_hour_whatever_the_profile() {
    let app = TestApp::start_with(|config, _| {
        config.platforms[0].preview = true;
        config.limits.staff_previews_per_hour = 3;
    })
    .await;
    let (desk, second) = (app.enrolled(STAFF).await, app.enrolled(STAFF).await);
    let answers = join_all((0..5).map(|_| look(&app, &desk, CUSTOMER))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 3);
    let refused = look(&app, &second, CUSTOMER).await;
    assert_eq!(refused.outcome(), problem(429, "too_many_requests"));
    assert_eq!(refused.json()["rule"], "limits.staff_previews_per_hour");
    assert_eq!(refused.header("retry-after"), "1200");
    assert_eq!(look_ups(&app), 3);
    let lines = [&desk, &second].map(|profile| log::lines_about(profile.key_id().as_str()));
    let alerts = lines
        .iter()
        .flatten()
        .filter(|line| line.contains("limit.reached") && line.contains("staff_previews_per_hour"))
        .count();
    assert_eq!(alerts, 1, "it is told once");
    // Opening them is another matter.
    assert_eq!(app.send(&desk.login().0).await.status, 201);
    let colleague = app.enrolled("colleague@broker.example").await;
    assert_eq!(look(&app, &colleague, CUSTOMER).await.status, 200);
    app.clock.advance(1200);
    assert_eq!(look(&app, &second, CUSTOMER).await.status, 200);
}

#[tokio::test]
async fn looks_take_nothing_of_what_the_broker_has_for_logins() {
    let app = TestApp::start_with(|config, _| {
        config.platforms[0].preview = true;
        // One login at once, and two looks.
        config.limits.broker_per_minute = 10;
        config.limits.broker_previews_per_minute = 4;
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let statuses = join_all((0..3).map(|_| look(&app, &desk, CUSTOMER))).await;
    assert_eq!(statuses.iter().filter(|answer| answer.status == 200).count(), 2);
    let refused = look(&app, &desk, CUSTOMER).await;
    assert_eq!(refused.json()["rule"], "limits.broker_previews_per_minute");
    let told = log::lines_about(desk.key_id().as_str()).concat();
    assert!(
        !told.contains("limit.reached"),
        "it is no reason for an alarm: {told}"
    );
    assert_eq!(app.send(&desk.login().0).await.status, 201);
}

#[tokio::test]
async fn where_logins_wait_for_their_turn_nobody_looks() {
    let app = TestApp::start_with(|config, limits| {
        config.platforms[0].preview = true;
        config.limits.broker_per_minute = 75;
        config.limits.staff_per_minute = 1000;
        limits.takeover = Duration::from_secs(60);
        limits.login = Duration::from_secs(60);
        limits.answer = Duration::from_secs(60);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let logins = join_all((0..8).map(|_| async { app.send(&desk.login().0).await.status })).await;
    assert_eq!(logins, [201; 8]);
    let draft = desk.at(&app).login().0;
    let (client, address) = (app.client.clone(), app.address);
    let waiting = tokio::spawn(async move { draft.send(&client, address).await });
    eventually("it asks for its turn", async || app.store.told_of_the_turn() > 0).await;
    let refused = look(&app, &desk, CUSTOMER).await;
    assert_eq!(refused.outcome(), problem(429, "too_many_requests"));
    assert_eq!(refused.json()["rule"], "limits.broker_per_minute");
    assert_eq!(look_ups(&app), 0);
    app.clock.advance(1);
    assert_eq!(waiting.await.unwrap().status, 201);
    assert_eq!(look(&app, &desk, CUSTOMER).await.status, 200);
}

#[tokio::test]
async fn a_look_that_takes_long_holds_no_login() {
    let app = start("").await;
    let desk = app.enrolled(STAFF).await;
    app.sim.script(Fault::Hold.on(Endpoint::LookUp));
    let body = json!({"platform": "main", "customerEmail": CUSTOMER});
    let draft = desk.at(&app).post("/v1/previews", &body);
    let (client, address) = (app.client.clone(), app.address);
    let looking = tokio::spawn(async move { draft.send(&client, address).await });
    eventually("the broker is asked", async || look_ups(&app) == 1).await;
    assert_eq!(app.send(&desk.login().0).await.status, 201);
    assert!(!looking.is_finished());
    app.sim.release();
    assert_eq!(looking.await.unwrap().status, 200);
}
