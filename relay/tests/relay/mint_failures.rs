//! Everything that can go wrong at the broker: what the extension is told, what is recorded, and that nothing is tried twice.

use std::time::Duration;

use stagedoor_broker_sim::{AnswerShape, BodyKind, Endpoint, Fault};

use crate::support::{
    CUSTOMER, Profile, STAFF, TestApp,
    app::{login_body, new_id},
    http::problem,
    port::ClosedPort,
    records::ended,
};

/// Longer than any broker that answers takes, however busy the machine is.
const LONG: Duration = Duration::from_secs(60);
/// For a broker that hangs: the tests wait for so long.
const SHORT: Duration = Duration::from_secs(2);

/// A relay that waits so long for the broker, and somebody who logs in there.
async fn with_patience(patience: Duration) -> (TestApp, Profile) {
    let app = TestApp::start_with(move |_, limits| {
        limits.broker = patience;
        (limits.login, limits.answer) = (2 * LONG, 2 * LONG);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    (app, desk)
}

#[tokio::test]
async fn every_failure_has_its_code_and_its_record_and_is_not_repeated() {
    let (patient, hasty) = (with_patience(LONG).await, with_patience(SHORT).await);
    let status = |status| Fault::Status(status, BodyKind::Problem);
    for (fault, code, outcome) in [
        (status(401), "broker_key_refused", "failed"),
        (status(403), "broker_access_denied", "failed"),
        (status(422), "broker_request_refused", "failed"),
        (status(400), "broker_request_refused", "failed"),
        (
            Fault::RateLimited(Some("12".into())),
            "broker_rate_limited",
            "failed",
        ),
        (Fault::RateLimited(None), "broker_rate_limited", "failed"),
        (status(500), "broker_failed", "unknown"),
        (Fault::Status(502, BodyKind::Html), "broker_failed", "unknown"),
        (Fault::Html, "broker_answer_unusable", "unknown"),
        (Fault::TruncatedJson, "broker_answer_unusable", "unknown"),
        (Fault::HugeBody, "broker_answer_unusable", "unknown"),
        (
            Fault::Redirect("http://127.0.0.1:9/".into()),
            "broker_answer_unusable",
            "failed",
        ),
        (Fault::Reset, "outcome_unknown", "unknown"),
        (Fault::ResetInBody, "outcome_unknown", "unknown"),
        (Fault::ClosedInBody, "outcome_unknown", "unknown"),
        (Fault::HangBeforeHeaders, "outcome_unknown", "unknown"),
        (Fault::HangAfterHeaders, "outcome_unknown", "unknown"),
        (Fault::Drip(Duration::from_secs(1)), "outcome_unknown", "unknown"),
    ] {
        let name = format!("{fault:?}");
        let (app, desk) = match fault {
            Fault::HangBeforeHeaders | Fault::HangAfterHeaders | Fault::Drip(_) => &hasty,
            _ => &patient,
        };
        app.sim.take_journal();
        app.sim.script(fault.on(Endpoint::Mint));
        let (draft, id) = desk.login();
        let answer = app.send(&draft).await;
        let expected = stagedoor_protocol::ErrorCode::parse(code).unwrap();
        assert_eq!(answer.outcome(), problem(expected.status(), code), "{name}");
        assert_eq!(answer.json()["requestId"], id, "{name}");
        assert_eq!(app.records.login(&id).await, ended(outcome, Some(code)), "{name}");
        assert_eq!(app.mints(), 1, "{name}");
        for secret in [CUSTOMER, "SENTINEL", "Bearer", "<html"] {
            assert!(!answer.body.contains(secret), "{name}: {}", answer.body);
        }
    }
    for (app, desk) in [patient, hasty] {
        let answer = app.send(&desk.login().0).await;
        assert_eq!(answer.status, 201, "the relay goes on");
    }
}

#[tokio::test]
async fn a_wait_is_passed_on() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    for (asked, told) in [(Some("12"), 12), (None, 60)] {
        app.sim
            .script(Fault::RateLimited(asked.map(str::to_owned)).on(Endpoint::Mint));
        let answer = app.send(&desk.login().0).await;
        assert_eq!(answer.header("retry-after"), told.to_string());
        assert_eq!(answer.json()["retryAfterSeconds"], told);
    }
}

#[tokio::test]
async fn denied_access_names_both_gates_and_the_address_to_whitelist() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    app.sim.forbid_ip([127, 0, 0, 1]);
    let answer = app.send(&desk.login().0).await;
    assert_eq!(answer.outcome(), problem(502, "broker_access_denied"));
    let detail = answer.json()["detail"].to_string();
    assert!(
        detail.contains("203.0.113.7") && detail.contains("Create One Time Token for Login"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_customer_whom_the_broker_does_not_know_is_named_as_such() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let id = new_id();
    let mut body = login_body(&id);
    body["customerEmail"] = "nobody@customers.example".into();
    let answer = app.send(&desk.post("/v1/logins", &body)).await;
    assert_eq!(answer.outcome(), problem(404, "customer_unknown"));
    assert_eq!(
        app.records.login(&id).await,
        ended("failed", Some("customer_unknown"))
    );
}

#[tokio::test]
async fn a_broker_that_is_down_was_not_asked() {
    let nobody = ClosedPort::new();
    let address = nobody.address;
    let app = TestApp::start_with(move |config, _| {
        config.platforms[0].base_url = format!("http://{address}/").parse().unwrap();
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let (draft, id) = desk.login();
    assert_eq!(
        app.send(&draft).await.outcome(),
        problem(502, "broker_unreachable")
    );
    assert_eq!(
        app.records.login(&id).await,
        ended("failed", Some("broker_unreachable"))
    );
}

#[tokio::test]
async fn every_likely_shape_of_the_answer_is_understood_and_others_are_not_guessed_at() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    for shape in [
        AnswerShape::OneTimeToken,
        AnswerShape::Token,
        AnswerShape::BareString,
        AnswerShape::Text,
    ] {
        app.sim.set_answer_shape(shape);
        app.sim.take_journal();
        let answer = app.send(&desk.login().0).await;
        assert_eq!(Some(answer.token()), app.sim.journal()[0].token, "{shape:?}");
    }
    app.sim.set_answer_shape(AnswerShape::Unusable);
    let answer = app.send(&desk.login().0).await;
    assert_eq!(answer.outcome(), problem(502, "broker_answer_unusable"));
    assert!(!answer.body.contains("SENTINEL"), "{}", answer.body);
}
