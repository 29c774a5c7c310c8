//! What ends a request or an approval besides its use: time, and whoever asked.

use serde_json::json;
use stagedoor_relay::{clock::Clock, store::Store};

use super::{Scene, unchanged};
use crate::support::http::problem;

#[tokio::test]
async fn a_request_waits_so_long_and_an_approval_lasts_so_long() {
    let scene = Scene::new().await;
    let id = scene.ask().await;
    scene.clock.advance(599);
    assert_eq!(scene.state(&id).await["remainingSeconds"], 1);
    scene.clock.advance(1);
    assert_eq!(
        scene.state(&id).await,
        json!({"id": id, "state": "expired", "remainingSeconds": 0})
    );
    assert!(scene.waiting(&scene.lead).await.is_empty());
    let late = scene
        .decide(&scene.lead, &id, &json!({"decision": "approve"}))
        .await;
    assert_eq!(late.outcome(), problem(409, "approval_decided"));
    assert!(late.body.contains("time is over"), "{}", late.body);
    let (login, _) = scene.login_by(&id, unchanged).await;
    assert_eq!(login.outcome(), problem(409, "approval_ended"));

    // Decided in the last second, it lasts as long as any other.
    let id = scene.ask().await;
    scene.clock.advance(599);
    assert_eq!(
        scene
            .decide(&scene.lead, &id, &json!({"decision": "approve"}))
            .await
            .status,
        200
    );
    scene.clock.advance(299);
    assert_eq!(scene.state(&id).await["remainingSeconds"], 1);
    scene.clock.advance(1);
    assert_eq!(scene.state(&id).await["state"], "expired");
    let (login, _) = scene.login_by(&id, unchanged).await;
    assert_eq!(login.outcome(), problem(409, "approval_ended"));
    assert_eq!(scene.mints(), 0);

    let id = scene.approved().await;
    scene.clock.advance(299);
    assert_eq!(scene.login_by(&id, unchanged).await.0.status, 201);
}

#[tokio::test]
async fn whoever_asked_takes_it_back() {
    let scene = Scene::new().await;
    let unknown = problem(404, "approval_unknown");
    let id = scene.ask().await;
    assert_eq!(scene.withdraw(&scene.lead, &id).await.outcome(), unknown);
    let withdrawn = scene.withdraw(&scene.desk, &id).await;
    assert_eq!((withdrawn.status, withdrawn.body.as_str()), (204, ""));
    assert_eq!(scene.state(&id).await["code"], "approval_unknown");
    assert!(scene.waiting(&scene.lead).await.is_empty());
    let decided = scene
        .decide(&scene.lead, &id, &json!({"decision": "approve"}))
        .await;
    assert_eq!(decided.outcome(), unknown);
    assert_eq!(scene.withdraw(&scene.desk, &id).await.outcome(), unknown);
    // An approval goes with it.
    let id = scene.approved().await;
    assert_eq!(scene.withdraw(&scene.desk, &id).await.status, 204);
    assert_eq!(scene.login_by(&id, unchanged).await.0.outcome(), unknown);
    // What was used cannot be taken back.
    let id = scene.approved().await;
    assert_eq!(scene.login_by(&id, unchanged).await.0.status, 201);
    assert_eq!(
        scene.withdraw(&scene.desk, &id).await.outcome(),
        problem(409, "approval_ended")
    );
}

/// Asking anew makes the earlier approval void: what opens is what was asked for last.
#[tokio::test]
async fn asking_again_takes_an_earlier_approval_away() {
    let scene = Scene::new().await;
    let first = scene.approved().await;
    let second = scene.ask().await;
    assert_eq!(
        scene.login_by(&first, unchanged).await.0.outcome(),
        problem(404, "approval_unknown")
    );
    assert_eq!(
        scene.login_by(&second, unchanged).await.0.outcome(),
        problem(403, "approval_missing")
    );
}

#[tokio::test]
async fn nothing_of_a_request_is_kept_for_long() {
    let scene = Scene::new().await;
    let id = scene.ask().await;
    let secret = scene.stored_bytes().await;
    assert!(contains(&secret, b"withdrawal form"));
    scene.clock.advance(10 * 60 + 9 * 60);
    scene.store.forget_stale(scene.clock.now()).await.unwrap();
    assert_eq!(scene.state(&id).await["state"], "expired");
    scene.clock.advance(61);
    scene.store.forget_stale(scene.clock.now()).await.unwrap();
    assert_eq!(scene.records.count("approvals").await, 0);
    assert_eq!(scene.state(&id).await["code"], "approval_unknown");
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
