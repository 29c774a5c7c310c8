//! Who may decide, and that the first decision stands.

use serde_json::json;
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::{clock::Clock, store::Store};

use super::{LEAD, STAFF, Scene, request, unchanged};
use crate::support::http::problem;

#[tokio::test]
async fn only_a_colleague_with_the_role_decides() {
    let scene = Scene::new().await;
    let id = scene.ask().await;
    let approve = json!({"decision": "approve"});
    let refused = problem(403, "not_permitted");
    assert_eq!(scene.decide(&scene.desk, &id, &approve).await.outcome(), refused);
    assert_eq!(scene.get(&scene.desk, "/v1/approvals").await.outcome(), refused);
    // Not by the role alone: it is a person's own request on another of their profiles, too.
    scene.give(STAFF, &["support", "team-lead"]).await;
    let elsewhere = scene.enrolled(STAFF).await;
    for own in [&scene.desk, &elsewhere] {
        assert!(scene.waiting(own).await.is_empty());
        assert_eq!(scene.decide(own, &id, &approve).await.outcome(), refused);
    }
    // Whoever had the role when the page was loaded, and has it no more.
    assert_eq!(scene.waiting(&scene.lead).await, [id.as_str()]);
    scene.give(LEAD, &["support"]).await;
    assert_eq!(scene.decide(&scene.lead, &id, &approve).await.outcome(), refused);
    let lead = CustomerEmail::parse(LEAD).unwrap();
    scene.store.disable_staff(&lead, scene.clock.now()).await.unwrap();
    assert_eq!(
        scene.decide(&scene.lead, &id, &approve).await.outcome(),
        problem(403, "staff_disabled")
    );
    assert_eq!(scene.state(&id).await["state"], "waiting");
    assert_eq!(scene.decide(&scene.other_lead, &id, &approve).await.status, 200);
}

/// A broker that compares without accents takes the two for one.
#[tokio::test]
async fn nobody_approves_or_opens_an_address_that_is_their_own_but_for_accents() {
    let scene = Scene::new().await;
    let mut body = request();
    body["customerEmail"] = json!("jürgen@vip.example");
    let answer = scene.post(&scene.desk, "/v1/approvals", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let both = scene.enrolled("jurgen@vip.example").await;
    scene.give("jurgen@vip.example", &["support", "team-lead"]).await;
    assert!(scene.waiting(&both).await.is_empty());
    let approve = json!({"decision": "approve"});
    assert_eq!(
        scene.decide(&both, &id, &approve).await.outcome(),
        problem(403, "not_permitted")
    );
    assert_eq!(scene.waiting(&scene.lead).await, [id.as_str()]);
    // Nor do others open it now, or ask for it.
    for (who, rule) in [(&both, "staff.own_address"), (&scene.desk, "staff.enrolled")] {
        let answer = scene.post(who, "/v1/approvals", &body).await;
        assert_eq!(answer.outcome(), problem(403, "customer_not_allowed"));
        assert_eq!(answer.json()["rule"], rule);
    }
}

/// An address that became an approver's after it was asked for as a customer's.
#[tokio::test]
async fn nobody_approves_that_they_are_opened_themselves() {
    let scene = Scene::new().await;
    let mut body = request();
    body["customerEmail"] = json!("Both@vip.example");
    let answer = scene.post(&scene.desk, "/v1/approvals", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let both = scene.enrolled("both@vip.example").await;
    scene.give("both@vip.example", &["team-lead"]).await;
    assert!(scene.waiting(&both).await.is_empty());
    assert_eq!(
        scene
            .decide(&both, &id, &json!({"decision": "approve"}))
            .await
            .outcome(),
        problem(403, "not_permitted")
    );
    assert_eq!(scene.waiting(&scene.lead).await, [id.as_str()]);
}

#[tokio::test]
async fn whoever_declines_says_why_and_the_requester_reads_it() {
    let scene = Scene::new().await;
    let id = scene.ask().await;
    for body in [
        json!({"decision": "decline"}),
        json!({"decision": "decline", "word": " \n "}),
        json!({"decision": "decline", "word": "\u{ad}"}),
    ] {
        assert_eq!(
            scene.decide(&scene.lead, &id, &body).await.outcome(),
            problem(422, "word_required")
        );
    }
    let decline = json!({"decision": "decline", "word": "Call me first – line 12"});
    assert_eq!(scene.decide(&scene.lead, &id, &decline).await.status, 200);
    let told = json!({
        "id": id,
        "state": "declined",
        "remainingSeconds": 0,
        "decidedBy": "Support desk",
        "word": "Call me first – line 12",
    });
    assert_eq!(scene.state(&id).await, told);
    let (login, login_id) = scene.login_by(&id, unchanged).await;
    assert_eq!(login.outcome(), problem(403, "approval_missing"));
    assert!(login.body.contains("has declined"), "{}", login.body);
    assert_eq!((scene.records.login(&login_id).await, scene.mints()), (None, 0));
}

#[tokio::test]
async fn the_first_decision_stands() {
    let scene = Scene::new().await;
    let id = scene.ask().await;
    let approve = json!({"decision": "approve"});
    let decline = json!({"decision": "decline", "word": "no"});
    assert_eq!(scene.decide(&scene.lead, &id, &decline).await.status, 200);
    // The answer was lost, and it is sent again.
    let again = scene.decide(&scene.lead, &id, &decline).await;
    assert_eq!(
        (again.status, again.json()["state"].clone()),
        (200, json!("declined"))
    );
    for (who, body) in [
        (&scene.other_lead, &approve),
        (&scene.other_lead, &decline),
        (&scene.lead, &approve),
    ] {
        let late = scene.decide(who, &id, body).await;
        assert_eq!(late.outcome(), problem(409, "approval_decided"));
        assert!(late.body.contains("Support desk has declined"), "{}", late.body);
    }
    assert_eq!(scene.state(&id).await["state"], "declined");
    // Nor does a decision come after the use.
    let id = scene.approved().await;
    assert_eq!(scene.login_by(&id, unchanged).await.0.status, 201);
    let late = scene.decide(&scene.other_lead, &id, &decline).await;
    assert_eq!(late.outcome(), problem(409, "approval_decided"));
    assert!(late.body.contains("has approved"), "{}", late.body);
}

#[tokio::test]
async fn requests_are_listed_in_their_order_and_never_to_who_made_them() {
    let scene = Scene::new().await;
    let first = scene.ask().await;
    scene.clock.advance(1);
    let answer = scene.post(&scene.other_lead, "/v1/approvals", &request()).await;
    let second = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.waiting(&scene.lead).await, [first.clone(), second]);
    assert_eq!(scene.waiting(&scene.other_lead).await, [first.as_str()]);
    let own = scene.get(&scene.lead, &format!("/v1/approvals/{first}")).await;
    assert_eq!(own.outcome(), problem(404, "approval_unknown"));
}
