//! A canary that nobody opens without a colleague's approval: asking for it is told as what it is.

use std::time::Duration;

use stagedoor_relay::{
    config::{Config, EXAMPLE, Keys},
    events::EventKind,
};

use super::{CANARY, messages};
use crate::support::{STAFF, TestApp, receiver::Receiver};

#[tokio::test]
async fn asking_for_approval_opens_nothing_and_is_not_told_as_if_it_did() {
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let webhook = receiver.webhook(folder.path(), "soc", &[EventKind::CanaryRequested]);
    let lists = format!(
        "[policy.canary]\naddresses = [\"{CANARY}\"]\n[policy.approval]\nroles = [\"lead\"]\naddresses = [\"{CANARY}\"]"
    );
    let app = TestApp::start_with(move |config, limits| {
        let text = format!("{EXAMPLE}\n{lists}");
        config.policy = Config::parse(&text, Keys::Lists).unwrap().policy;
        config.webhooks = vec![webhook.clone()];
        limits.deliver = Duration::from_millis(10);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let asked = serde_json::json!({"platform": "main", "customerEmail": CANARY});
    let answer = app.send(&desk.post("/v1/approvals", &asked)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let received = messages(&app, &receiver, 1).await;
    let data = received[0].data();
    assert_eq!(data["decision"], "approval_asked", "{data}");
    assert_eq!(data.get("code"), None, "{data}");
}
