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
