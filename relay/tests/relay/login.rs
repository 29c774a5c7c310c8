//! Logins that go well, and those that the policy forbids.

use futures_util::future::join_all;
use serde_json::json;
use stagedoor_broker_sim::{BodyKind, Endpoint, Fault};
use stagedoor_protocol::Isolation;

use crate::support::{
    CUSTOMER, Profile, STAFF, TestApp,
    app::{login_body, new_id},
    http::problem,
    records::ended,
};

#[tokio::test]
async fn one_login_is_one_request_of_fixed_shape_and_one_record() {
    let app = TestApp::start().await;
    let profile = app.enrolled(STAFF).await;
    let (draft, id) = profile.login();

    let answer = app.send(&draft).await;

    let journal = app.sim.journal();
    assert_eq!(journal.len(), 1);
    let mint = &journal[0];
    assert_eq!(
        (mint.method.as_str(), mint.path.as_str()),
        ("POST", "/v1/one-time-token")
    );
    assert_eq!(
        mint.body,
        format!(r#"{{"email":"{CUSTOMER}","validityTime":30}}"#)
    );
    assert_eq!(mint.header("authorization"), Some(crate::support::API_KEY));
    assert_eq!(mint.header("cookie"), None);

    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(
        answer.json(),
        json!({
            "requestId": id,
            "oneTimeToken": mint.token.clone().unwrap(),
            "platformUrl": app.sim.platform_url(),
            "validitySeconds": 30,
        })
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("set-cookie"), "");

    assert_eq!(app.records.login(&id).await, ended("minted", None));
    let intent = app.records.intent(&id).await;
    for (part, key, expected) in [
        ("record", "platform", json!("main")),
        ("customer", "email", json!(CUSTOMER)),
        ("customer", "reason", json!("Cannot find the withdrawal form")),
        ("customer", "ticket", json!("SUP-1042")),
        ("record", "origin", json!("https://crm.example")),
        ("customer", "recordId", json!("c-1001")),
        ("record", "validity", json!(30)),
        ("staff", "address", json!("127.0.0.1")),
        ("record", "extension", json!("0.1.0")),
        ("record", "time", json!("2023-11-14T22:13:20.000Z")),
        ("staff", "key", json!(profile.key_id().as_str())),
        ("staff", "email", json!(STAFF)),
        ("record", "method", json!("profile_signature")),
        ("record", "grants", json!("*")),
    ] {
        assert_eq!(intent[part][key], expected, "{part} {key}");
    }
}

#[tokio::test]
async fn the_session_says_who_where_and_by_which_rules() {
    let app = TestApp::start_with(|config, _| {
        config.login.isolation = Isolation::Preferred;
        config.login.reason_min_length = 7;
    })
    .await;
    let profile = app.enrolled(STAFF).await;
    let answer = app.send(&profile.get("/v1/session")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "staff": {"email": STAFF, "name": "Support desk"},
            "keyId": profile.key_id().as_str(),
            "platforms": [
                {"id": "main", "name": "Main", "url": app.sim.platform_url(), "environment": "live"},
            ],
            "policy": {
                "reason": "optional",
                "reasonMinLength": 7,
                "isolation": "preferred",
                "staffDomains": ["broker.example"],
                "validitySeconds": 30,
            },
            "relayVersion": env!("CARGO_PKG_VERSION"),
        })
    );
}

#[tokio::test]
async fn what_became_of_a_token_is_added_to_its_record() {
    let app = TestApp::start().await;
    let (desk, other) = (
        app.enrolled(STAFF).await,
        app.enrolled("ops@broker.example").await,
    );
    let (draft, id) = desk.login();
    assert_eq!(app.send(&draft).await.status, 201);
    let report = |profile: &Profile, id: &str, body| profile.post(&format!("/v1/logins/{id}/outcome"), &body);

    let opened = json!({"outcome": "opened", "durationMilliseconds": 310});
    let failed = json!({"outcome": "failed", "cause": "window_failed"});
    assert_eq!(app.send(&report(&desk, &id, opened.clone())).await.status, 204);
    assert_eq!(
        app.send(&report(&desk, &id, opened.clone())).await.status,
        204,
        "a repetition is harmless"
    );
    assert_eq!(app.send(&report(&desk, &id, failed)).await.status, 204);
    for (profile, id) in [
        (&other, id.as_str()),
        (&desk, &new_id()),
        (&desk, "not-an-id"),
        (&desk, "not%20an%20id"),
    ] {
        let answer = app.send(&report(profile, id, opened.clone())).await;
        assert_eq!(answer.outcome(), problem(404, "login_unknown"), "{id}");
    }
    assert_eq!(
        app.records.reports(&id).await,
        ["failed:window_failed", "opened:"]
    );
    assert_eq!(
        app.records.login(&id).await,
        ended("minted", None),
        "the mint's own outcome stands"
    );
}

#[tokio::test]
async fn nothing_can_have_become_of_a_token_that_was_not_made() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    for (fault, outcome) in [
        (Fault::Status(403, BodyKind::Problem), "failed"),
        (Fault::Reset, "unknown"),
    ] {
        app.sim.script(fault.on(Endpoint::Mint));
        let (draft, id) = desk.login();
        assert_ne!(app.send(&draft).await.status, 201);
        assert_eq!(
            app.records.login(&id).await.unwrap().outcome.as_deref(),
            Some(outcome)
        );
        for said in ["opened", "failed", "closed"] {
            let report = desk.post(&format!("/v1/logins/{id}/outcome"), &json!({"outcome": said}));
            assert_eq!(
                app.send(&report).await.outcome(),
                problem(404, "login_unknown"),
                "{outcome} {said}"
            );
        }
    }
    assert_eq!(app.records.kinds("report").await, 0);
}

#[tokio::test]
async fn the_policy_refuses_staff_and_unknown_platforms() {
    let app = TestApp::start().await;
    let desk = app.enrolled("desk@freemail.example").await;
    app.invite("Ops@freemail.example").await;
    for (field, value, status, code) in [
        (
            "customerEmail",
            "desk@freemail.example",
            403,
            "customer_not_allowed",
        ),
        (
            "customerEmail",
            "DESK@FreeMail.example",
            403,
            "customer_not_allowed",
        ),
        (
            "customerEmail",
            "ops@freemail.example",
            403,
            "customer_not_allowed",
        ),
        (
            "customerEmail",
            "anyone@broker.example",
            403,
            "customer_not_allowed",
        ),
        (
            "customerEmail",
            "anyone@vip.Broker.Example",
            403,
            "customer_not_allowed",
        ),
        (
            "customerEmail",
            "anyone@ｂroker.example",
            403,
            "customer_not_allowed",
        ),
        ("platform", "other", 422, "platform_unknown"),
        ("platform", "https://evil.example", 422, "platform_unknown"),
        ("platform", "Main", 422, "platform_unknown"),
        ("platform", "", 422, "platform_unknown"),
    ] {
        let id = new_id();
        let mut body = login_body(&id);
        body[field] = value.into();
        let answer = app.send(&desk.post("/v1/logins", &body)).await;
        assert_eq!(answer.outcome(), problem(status, code), "{value}");
        assert!(
            !answer.body.contains(CUSTOMER) && !answer.body.contains("freemail"),
            "{}",
            answer.body
        );
        assert_eq!(app.records.login(&id).await, None, "{value}");
    }
    assert_eq!(app.mints(), 0);
}

#[tokio::test]
async fn a_required_reason_is_required() {
    let app = TestApp::start_with(|config, _| {
        config.login.reason = stagedoor_protocol::ReasonMode::Required;
        config.login.reason_min_length = 10;
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    for (reason, expected) in [
        (json!(null), problem(422, "reason_required")),
        (json!("too short"), problem(422, "reason_required")),
        (json!("          "), problem(422, "reason_required")),
        (json!("long enough"), problem(201, "")),
    ] {
        let mut body = login_body(&new_id());
        body["reason"] = reason.clone();
        let answer = app.send(&desk.post("/v1/logins", &body)).await;
        assert_eq!(answer.outcome(), expected, "{reason}");
        assert_eq!(
            answer.json()["requestId"],
            body["requestId"],
            "a refusal names its login too"
        );
    }
    assert_eq!(app.mints(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_id_mints_once_however_often_and_at_once_it_is_sent() {
    let app = TestApp::start().await;
    let (desk, other) = (
        app.enrolled(STAFF).await,
        app.enrolled("ops@broker.example").await,
    );
    let id = new_id();
    // Each has a nonce of its own, so only the request id stands between them.
    let drafts = [&desk, &other]
        .repeat(8)
        .into_iter()
        .map(|p| p.post("/v1/logins", &login_body(&id)));
    let drafts = drafts.collect::<Vec<_>>();

    let answers = join_all(drafts.iter().map(|draft| app.send(draft))).await;

    let mut outcomes = answers.iter().map(|answer| answer.outcome()).collect::<Vec<_>>();
    outcomes.sort();
    assert_eq!(outcomes[0], problem(201, ""));
    assert_eq!(outcomes[1..], vec![problem(409, "request_repeated"); 15]);
    assert_eq!(app.mints(), 1);
    assert_eq!(app.records.kinds("intent").await, 1);
}

#[tokio::test]
async fn the_clients_address_comes_from_trusted_proxies_only() {
    let behind_proxy = TestApp::start_with(|config, _| {
        config.listen.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    for (app, expected) in [
        (behind_proxy, "198.51.100.7"),
        (TestApp::start().await, "127.0.0.1"),
    ] {
        let desk = app.enrolled(STAFF).await;
        let (draft, id) = desk.login();
        let draft = draft.header("x-forwarded-for", "6.6.6.6, 198.51.100.7");
        assert_eq!(app.send(&draft).await.status, 201);
        assert_eq!(app.records.intent(&id).await["staff"]["address"], expected);
    }
}

#[tokio::test]
async fn a_reason_may_be_written_in_any_language() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    for reason in [
        "نمی\u{200C}تواند وارد شود",
        "ක්\u{200D}රමය",
        "two\nlines\tand\r\nmore",
    ] {
        let mut body = login_body(&new_id());
        body["reason"] = json!(reason);
        let answer = app.send(&desk.post("/v1/logins", &body)).await;
        assert_eq!(answer.status, 201, "{reason}: {}", answer.body);
    }
}
