//! Approvers are held to the networks and hours of the policy, as whoever asks.

use serde_json::json;

use super::{POLICY, Scene};
use crate::support::{Profile, http::problem};

/// The approvers' own grant, which holds elsewhere or at another time.
fn narrowed(rule: &str) -> String {
    let grant = format!("[[policy.grant]]\nroles = [\"team-lead\"]\nplatforms = \"*\"\nvip = true\n{rule}\n");
    format!("{POLICY}\n{grant}")
}

async fn refused_by(scene: &Scene, who: &Profile, id: &str) -> [String; 2] {
    let decided = scene.decide(who, id, &json!({"decision": "approve"})).await;
    let listed = scene.get(who, "/v1/approvals").await;
    [decided, listed].map(|answer| {
        assert_eq!(answer.outcome(), problem(403, "not_permitted"), "{}", answer.body);
        answer.json()["rule"].as_str().unwrap().to_owned()
    })
}

#[tokio::test]
async fn nobody_approves_from_a_network_in_which_their_grants_do_not_hold() {
    let scene = Scene::under(narrowed("networks = [\"192.0.2.0/24\"]")).await;
    let id = scene.ask().await;
    assert_eq!(
        refused_by(&scene, &scene.lead, &id).await,
        ["policy.grant[1].networks"; 2]
    );
    assert_eq!(scene.state(&id).await["state"], "waiting");
    // One grant is enough: a lead who is support, too, may from everywhere.
    assert_eq!(scene.waiting(&scene.other_lead).await, [id.as_str()]);
    let decided = scene
        .decide(&scene.other_lead, &id, &json!({"decision": "approve"}))
        .await;
    assert_eq!(decided.status, 200, "{}", decided.body);
}

#[tokio::test]
async fn nobody_approves_at_a_time_when_their_grants_do_not_hold() {
    // The clock of the tests begins on a Tuesday at 22:13 UTC.
    let hours = "hours = { days = [\"tue\", \"wed\"], from = \"08:00\", to = \"18:00\", zone = \"UTC\" }";
    let scene = Scene::under(narrowed(hours)).await;
    let id = scene.ask().await;
    assert_eq!(
        refused_by(&scene, &scene.lead, &id).await,
        ["policy.grant[1].hours"; 2]
    );
    scene.clock.advance(10 * 3600);
    let id = scene.ask().await;
    assert_eq!(scene.waiting(&scene.lead).await, [id.as_str()]);
    let decided = scene
        .decide(&scene.lead, &id, &json!({"decision": "approve"}))
        .await;
    assert_eq!(decided.status, 200, "{}", decided.body);
}

#[tokio::test]
async fn whoever_approves_and_opens_nobody_is_held_to_what_holds_for_those_who_open() {
    let hours = "hours = { days = [\"wed\"], from = \"08:00\", to = \"18:00\", zone = \"UTC\" }";
    let scene = Scene::under(POLICY.replace("reason = \"required\"", hours)).await;
    // Wednesday, 17:55.
    scene.clock.advance(70_900);
    let id = scene.ask().await;
    assert_eq!(scene.waiting(&scene.lead).await, [id.as_str()]);
    scene.clock.advance(6 * 60);
    assert_eq!(scene.state(&id).await["state"], "waiting");
    assert_eq!(
        refused_by(&scene, &scene.lead, &id).await,
        ["policy.grant[0].hours"; 2]
    );
}
