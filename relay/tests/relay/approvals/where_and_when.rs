//! Approvers are held to the networks and hours of the policy, as whoever asks.

use serde_json::json;
use stagedoor_protocol::{ApprovalId, PlatformId};
use stagedoor_relay::{
    clock::Clock,
    store::{ApprovalAnswer, Approvals, NewApproval, StaffId, Store},
};

use super::{POLICY, Scene};
use crate::support::{Profile, app::new_id, http::problem};

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

/// More than a list has, all of them older, where the lead may not decide.
#[tokio::test]
async fn a_crowd_of_requests_that_one_may_not_decide_on_hides_none_that_one_may() {
    let grant = "[[policy.grant]]\nroles = [\"team-lead\"]\nplatforms = [\"main\"]\nvip = true\n\
                 networks = [\"192.0.2.0/24\"]\n";
    let scene = Scene::under(format!("{POLICY}\n{grant}")).await;
    for person in 0..11 {
        scene.enrolled(&format!("desk{person}@broker.example")).await;
    }
    let everybody = scene.store.list_staff().await.unwrap();
    let mut askers = everybody
        .into_iter()
        .filter(|row| row.member.email.as_str().starts_with("desk"))
        .map(|row| row.member.id);
    let asking = async |staff: StaffId, platform: &str, number: usize| {
        let new = NewApproval {
            id: ApprovalId::parse(&new_id()).unwrap(),
            staff,
            platform: PlatformId::parse(platform).unwrap(),
            customer: format!("c{number}@vip.example").parse().unwrap(),
            reason: Some("Cannot find the withdrawal form".to_owned()),
            ticket: None,
            page: None,
            requested_at: scene.clock.now(),
            ends_at: scene.clock.now() + jiff::SignedDuration::from_mins(10),
        };
        let answer = scene.store.ask_approval(&new).await.unwrap();
        assert_eq!(answer, ApprovalAnswer::Waits);
        new.id.as_str().to_owned()
    };
    let last = askers.next().unwrap();
    let mut main = 0;
    for staff in askers.take(11) {
        for _ in 0..10 {
            asking(staff, "main", main).await;
            main += 1;
        }
    }
    assert!(main > 100, "{main}");
    let listed = scene.get(&scene.lead, "/v1/approvals").await;
    assert_eq!(listed.outcome(), problem(403, "not_permitted"), "{}", listed.body);
    scene.clock.advance(1);
    let id = asking(last, "practice", 0).await;
    assert_eq!(scene.waiting(&scene.lead).await, [id.as_str()]);
    // Who may decide on all of them is shown as many as a list has.
    assert_eq!(scene.waiting(&scene.other_lead).await.len(), 100);
}
