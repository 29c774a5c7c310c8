//! Looks at accounts, of which one person can make any number.

use super::*;

#[tokio::test]
async fn a_limit_that_goes_on_refusing_looks_is_told_once() {
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let webhook = receiver.webhook(folder.path(), "soc", &[EventKind::AccountPreviewed]);
    let app = TestApp::start_with(move |config, limits| {
        config.webhooks = vec![webhook.clone()];
        config.platforms[0].preview = true;
        config.limits.staff_previews_per_hour = 3;
        limits.deliver = Duration::from_millis(10);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let body = serde_json::json!({"platform": "main", "customerEmail": CUSTOMER});
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let draft = desk.at(&app).post("/v1/previews", &body);
        statuses.push(app.send(&draft).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429]);
    eventually("all were delivered", async || {
        app.records.count("outbox").await == 0
    })
    .await;
    let received = receiver.received();
    let codes: Vec<_> = received
        .iter()
        .map(|message| message.data()["code"].clone())
        .collect();
    assert_eq!(codes.iter().filter(|code| code.is_null()).count(), 3);
    assert_eq!(
        codes.iter().filter(|code| *code == "too_many_requests").count(),
        1
    );
}

/// That a look comes at the wrong moment is counted nowhere, so nobody is told of it any number of times.
#[tokio::test]
async fn a_look_while_logins_wait_is_in_the_log_only() {
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let webhook = receiver.webhook(folder.path(), "soc", &[EventKind::AccountPreviewed]);
    let app = TestApp::start_with(move |config, limits| {
        config.webhooks = vec![webhook.clone()];
        config.platforms[0].preview = true;
        // 8 logins at once.
        config.limits.broker_per_minute = 75;
        config.limits.staff_per_minute = 1000;
        limits.deliver = Duration::from_millis(10);
        limits.takeover = Duration::from_secs(60);
        limits.login = Duration::from_secs(60);
        limits.answer = Duration::from_secs(60);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    for _ in 0..8 {
        assert_eq!(app.send(&desk.at(&app).login().0).await.status, 201);
    }
    let draft = desk.at(&app).login().0;
    let (client, address) = (app.client.clone(), app.address);
    let waiting = tokio::spawn(async move { draft.send(&client, address).await });
    eventually("it asks for its turn", async || app.store.told_of_the_turn() > 0).await;
    let body = serde_json::json!({"platform": "main", "customerEmail": CUSTOMER});
    let look = async || app.send(&desk.at(&app).post("/v1/previews", &body)).await.status;
    assert_eq!([look().await, look().await], [429, 429]);
    app.clock.advance(1);
    assert_eq!(waiting.await.unwrap().status, 201);
    assert_eq!(look().await, 200);
    let received = messages(&app, &receiver, 1).await;
    assert_eq!(received[0].data()["code"], Value::Null);
    let lines = log::lines_about(desk.key_id().as_str());
    let refused = lines
        .iter()
        .filter(|line| line.contains("account.previewed") && line.contains("too_many_requests"));
    assert_eq!(refused.count(), 2);
}
