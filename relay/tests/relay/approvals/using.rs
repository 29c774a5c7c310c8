//! What an approval opens: that one login, once, while everything still holds.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use stagedoor_broker_sim::{BodyKind, Endpoint, Fault};
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::{
    clock::Clock,
    store::{RoleChange, Store},
};

use super::{LEAD, POLICY, STAFF, Scene, unchanged};
use crate::support::{
    CUSTOMER,
    app::{login_body, new_id},
    http::problem,
};

#[tokio::test]
async fn an_approval_opens_one_login() {
    let scene = Scene::new().await;
    let id = scene.approved().await;
    assert_eq!(scene.login_by(&id, unchanged).await.0.status, 201);
    scene.clock.advance(60);
    let (again, login) = scene.login_by(&id, unchanged).await;
    assert_eq!(again.outcome(), problem(409, "approval_ended"));
    assert!(
        again.body.contains("was used for a login before"),
        "{}",
        again.body
    );
    assert_eq!((scene.records.login(&login).await, scene.mints()), (None, 1));
}

/// Where approvals are not known any more nobody can ask for another one, and a login without one goes through.
#[tokio::test]
async fn an_approval_from_before_the_policy_forgot_them_is_in_nobodys_way() {
    let policy = Arc::new(Mutex::new(POLICY.to_owned()));
    let mut scene = Scene::changing(policy.clone()).await;
    let id = scene.approved().await;
    scene.app.stop().await;
    POLICY
        .split("[policy.approval]")
        .next()
        .unwrap()
        .clone_into(&mut policy.lock().unwrap());
    scene.app = scene.app.start_again().await;
    let (answer, login) = scene.login_by(&id, unchanged).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(scene.records.intent(&login).await["record"].get("approval"), None);
}

#[tokio::test]
async fn an_approval_is_bound_to_everything_that_was_asked() {
    let scene = Scene::new().await;
    let id = scene.approved().await;
    let changes: [fn(&mut Value); 10] = [
        |body| body["customerEmail"] = json!("other@vip.example"),
        |body| body["platform"] = json!("practice"),
        |body| body["reason"] = json!("Cannot find the withdrawal form."),
        |body| body["reason"] = json!(" Cannot find the withdrawal form"),
        |body| body["ticket"] = json!("SUP-1043"),
        |body| {
            body.as_object_mut().unwrap().remove("ticket");
        },
        |body| body["customerEmail"] = json!("plain@customers.example"),
        |body| body["page"]["recordId"] = json!("c-1002"),
        |body| body["page"]["origin"] = json!("https://other.example"),
        |body| {
            body.as_object_mut().unwrap().remove("page");
        },
    ];
    for change in changes {
        let (answer, login) = scene.login_by(&id, change).await;
        assert_eq!(
            answer.outcome(),
            problem(409, "approval_mismatch"),
            "{}",
            answer.body
        );
        assert_eq!(answer.json()["rule"], "policy.approval");
        assert_eq!(scene.records.login(&login).await, None);
    }
    // Nor is it anybody else's.
    let mut body = login_body(&new_id());
    body["approval"] = json!(id);
    let theirs = scene.post(&scene.other_lead, "/v1/logins", &body).await;
    assert_eq!(theirs.outcome(), problem(404, "approval_unknown"));
    let (unknown, _) = scene.login_by(&new_id(), unchanged).await;
    assert_eq!(unknown.outcome(), problem(404, "approval_unknown"));
    assert_eq!(scene.mints(), 0);
    // Another spelling of the customer's address is the same customer.
    let (answer, _) = scene
        .login_by(&id, |body| {
            body["customerEmail"] = json!(CUSTOMER.replace("jane", "Jane"));
        })
        .await;
    assert_ne!(answer.code(), "approval_mismatch");
    assert_eq!(scene.state(&id).await["state"], "used");
}

#[tokio::test]
async fn whoever_approved_must_still_be_allowed_to_when_it_is_opened() {
    let scene = Scene::new().await;
    let lead = CustomerEmail::parse(LEAD).unwrap();
    let id = scene.approved().await;
    let state = async || scene.state(&id).await["state"].clone();
    assert_eq!(state().await, "approved");
    scene.give(LEAD, &["support"]).await;
    // Whoever waits is told before they try.
    let told = scene.state(&id).await;
    assert_eq!(
        (&told["state"], &told["remainingSeconds"]),
        (&json!("expired"), &json!(0))
    );
    let (lost, _) = scene.login_by(&id, unchanged).await;
    assert_eq!(lost.outcome(), problem(409, "approval_ended"));
    assert!(lost.body.contains("may not approve any more"), "{}", lost.body);
    scene.give(LEAD, &["team-lead"]).await;
    assert_eq!(state().await, "expired", "what a lost role has voided stays void");
    scene.store.disable_staff(&lead, scene.clock.now()).await.unwrap();
    assert_eq!(state().await, "expired");
    assert_eq!(
        scene.login_by(&id, unchanged).await.0.outcome(),
        problem(409, "approval_ended")
    );
    // Enabled again, they decide with another profile: what the old one approved is void.
    scene.store.enable_staff(&lead).await.unwrap();
    let (revoked, _) = scene.login_by(&id, unchanged).await;
    assert_eq!(revoked.outcome(), problem(409, "approval_ended"));
    assert!(
        revoked.body.contains("not with the browser profile"),
        "{}",
        revoked.body
    );
    assert_eq!(scene.mints(), 0);
    assert_eq!(state().await, "expired");
    // It was not used up by that: the same profile, never revoked, would do. What was used cannot be taken back.
    assert_eq!(scene.withdraw(&scene.desk, &id).await.status, 204);
}

#[tokio::test]
async fn the_policy_is_asked_again_when_it_is_opened() {
    let scene = Scene::new().await;
    let id = scene.approved().await;
    let desk = CustomerEmail::parse(STAFF).unwrap();
    let none = RoleChange::Set(Default::default());
    scene.store.change_roles(&desk, &none).await.unwrap();
    let (refused, _) = scene.login_by(&id, unchanged).await;
    assert_eq!(refused.outcome(), problem(403, "not_permitted"));
    scene.give(STAFF, &["support"]).await;
    assert_eq!(scene.login_by(&id, unchanged).await.0.status, 201);
}

#[tokio::test]
async fn an_approval_is_spent_by_a_mint_that_fails() {
    let scene = Scene::new().await;
    let id = scene.approved().await;
    scene
        .sim
        .script(Fault::Status(403, BodyKind::Problem).on(Endpoint::Mint));
    let (failed, login) = scene.login_by(&id, unchanged).await;
    assert_eq!(failed.outcome(), problem(502, "broker_access_denied"));
    assert_eq!(
        scene.records.intent(&login).await["record"]["approval"],
        id.as_str()
    );
    let (again, _) = scene.login_by(&id, unchanged).await;
    assert_eq!(again.outcome(), problem(409, "approval_ended"));
    assert!(
        again.body.contains("whatever came of that. Ask for approval"),
        "{}",
        again.body
    );
}

/// A login that is refused for another reason leaves the approval as it was.
#[tokio::test]
async fn an_approval_is_kept_when_a_colleague_holds_the_customer() {
    let scene = Scene::new().await;
    let id = scene.approved().await;
    // The colleague opens the same customer with an approval of their own.
    let mut body = super::request();
    let asked = scene.post(&scene.other_lead, "/v1/approvals", &body).await.json();
    let theirs = asked["id"].as_str().unwrap();
    let approve = json!({"decision": "approve"});
    assert_eq!(scene.decide(&scene.lead, theirs, &approve).await.status, 200);
    body = login_body(&new_id());
    body["approval"] = json!(theirs);
    assert_eq!(
        scene.post(&scene.other_lead, "/v1/logins", &body).await.status,
        201
    );
    let (claimed, _) = scene.login_by(&id, unchanged).await;
    assert_eq!(claimed.outcome(), problem(409, "customer_claimed"));
    assert_eq!(scene.state(&id).await["state"], "approved");
    let holder = claimed.json()["claim"]["requestId"].clone();
    let (overriding, _) = scene.login_by(&id, |body| body["overrides"] = holder).await;
    assert_eq!(overriding.status, 201, "{}", overriding.body);
    assert_eq!(scene.state(&id).await["state"], "used");
}
