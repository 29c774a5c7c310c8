//! Requests that are not of the form that is documented.

use serde_json::{Value, json};

use super::{Scene, request};
use crate::support::{app::new_id, http::problem};

#[tokio::test]
async fn requests_of_another_form_are_refused() {
    let scene = Scene::new().await;
    let malformed = problem(400, "malformed_request");
    let cases: [(&str, Value, (u16, String)); 12] = [
        ("extra", json!(1), malformed.clone()),
        ("requestId", json!(new_id()), malformed.clone()),
        ("approval", json!(new_id()), malformed.clone()),
        ("platform", json!("NOT ONE"), problem(422, "platform_unknown")),
        (
            "customerEmail",
            json!("nobody"),
            problem(422, "customer_email_invalid"),
        ),
        ("customerEmail", json!(["a@b.example"]), malformed.clone()),
        ("reason", json!("x".repeat(501)), malformed.clone()),
        ("reason", json!("x\u{202e}y, and more"), malformed.clone()),
        ("ticket", json!("x".repeat(101)), malformed.clone()),
        ("ticket", json!(7), malformed.clone()),
        (
            "page",
            json!({"origin": "https://crm.example/path"}),
            malformed.clone(),
        ),
        (
            "page",
            json!({"origin": "https://crm.example", "url": "x"}),
            malformed.clone(),
        ),
    ];
    for (key, value, expected) in cases {
        let mut body = request();
        body[key] = value.clone();
        let answer = scene.post(&scene.desk, "/v1/approvals", &body).await;
        assert_eq!(answer.outcome(), expected, "{key}: {value}");
    }
    assert_eq!(scene.records.count("approvals").await, 0);
}

#[tokio::test]
async fn decisions_of_another_form_are_refused() {
    let scene = Scene::new().await;
    let id = scene.ask().await;
    for body in [
        json!({}),
        json!([]),
        json!({"decision": "APPROVE"}),
        json!({"decision": "used"}),
        json!({"decision": "approve", "word": 1}),
        json!({"decision": "approve", "id": id}),
        json!({"decision": "decline", "word": "x".repeat(201)}),
        json!({"decision": "decline", "word": "\u{202e}no"}),
        json!({"decision": "decline", "word": "\u{0}"}),
    ] {
        let answer = scene.decide(&scene.lead, &id, &body).await;
        assert_eq!(answer.outcome(), problem(400, "malformed_request"), "{body}");
    }
    assert_eq!(scene.state(&id).await["state"], "waiting");
    // The longest word there may be, in characters that take more than one byte.
    let word = "ż".repeat(200);
    let answer = scene
        .decide(&scene.lead, &id, &json!({"decision": "decline", "word": word}))
        .await;
    assert_eq!(
        (answer.status, answer.json()["word"].as_str()),
        (200, Some(word.as_str()))
    );
}

#[tokio::test]
async fn ids_of_another_form_are_unknown_ones() {
    let scene = Scene::new().await;
    let approve = json!({"decision": "approve"});
    for id in [
        "x",
        "018BCFE5-6800-7FFF-BFFF-FFFFFFFFFFFF",
        "%00",
        "..%2f..%2fsession",
        "*",
    ] {
        let path = format!("/v1/approvals/{id}");
        let unknown = problem(404, "approval_unknown");
        assert_eq!(scene.get(&scene.desk, &path).await.outcome(), unknown, "{id}");
        assert_eq!(
            scene.decide(&scene.lead, id, &approve).await.outcome(),
            unknown,
            "{id}"
        );
        assert_eq!(scene.withdraw(&scene.desk, id).await.outcome(), unknown, "{id}");
        let (answer, _) = scene.login_by(id, |_| ()).await;
        assert_eq!(answer.outcome(), problem(400, "malformed_request"), "{id}");
    }
}

#[tokio::test]
async fn what_has_no_body_takes_none_and_what_is_not_signed_is_refused() {
    let scene = Scene::new().await;
    let id = scene.ask().await;
    let withdrawal = format!("/v1/approvals/{id}/withdrawal");
    let answer = scene.post(&scene.desk, &withdrawal, &json!({})).await;
    assert_eq!(answer.outcome(), problem(400, "malformed_request"));
    let paths = ["/v1/approvals".to_owned(), format!("/v1/approvals/{id}")];
    for path in &paths {
        let unsigned = scene.desk.get(path).without("signature");
        assert_eq!(
            scene.send(&unsigned).await.outcome(),
            problem(401, "signature_missing")
        );
        let stranger = scene.profile();
        assert_eq!(
            scene.send(&stranger.get(path)).await.outcome(),
            problem(401, "profile_unknown")
        );
    }
    // A signature for one request is none for another.
    let mut draft = scene.lead.post(
        &format!("/v1/approvals/{id}/decision"),
        &json!({"decision": "approve"}),
    );
    draft.body = json!({"decision": "decline", "word": "x"})
        .to_string()
        .into_bytes();
    assert_eq!(
        scene.send(&draft).await.outcome(),
        problem(401, "signature_invalid")
    );
    let replayed = scene.lead.post(
        &format!("/v1/approvals/{id}/decision"),
        &json!({"decision": "approve"}),
    );
    assert_eq!(scene.send(&replayed).await.status, 200);
    assert_eq!(
        scene.send(&replayed).await.outcome(),
        problem(401, "signature_replayed")
    );
}
