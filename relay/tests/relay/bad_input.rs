//! Every endpoint against everything that may arrive there: the right status and code, nothing minted, nothing lost, and the
//! relay goes on.

mod addresses;
mod around;
mod bodies;
mod signatures;
mod values;

use serde_json::json;
use stagedoor_protocol::ErrorCode;

use crate::support::{Draft, Profile, STAFF, TestApp, http::problem};

/// What is tested everywhere: an endpoint's name and a request to it that would be accepted.
pub(crate) async fn endpoints(app: &TestApp, desk: &Profile, login: &str) -> Vec<(&'static str, Draft)> {
    let code = app.invite("new@broker.example").await;
    vec![
        ("enrolments", app.profile().enrol(&code)),
        ("session", desk.get("/v1/session")),
        ("logins", desk.login().0),
        (
            "outcome",
            desk.post(
                &format!("/v1/logins/{login}/outcome"),
                &json!({"outcome": "opened"}),
            ),
        ),
    ]
}

/// A relay with one login done, so that there is something to lose.
pub(crate) async fn relay() -> (TestApp, Profile, String) {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let (draft, login) = desk.login();
    assert_eq!(app.send(&draft).await.status, 201);
    app.sim.take_journal();
    (app, desk, login)
}

/// Nothing was minted or recorded or lost, and each endpoint still does its work.
pub(crate) async fn unharmed(app: &TestApp, desk: &Profile, login: &str) {
    assert_eq!(app.mints(), 0);
    assert_eq!(app.records.kinds("intent").await, 1);
    assert_eq!(app.records.kinds("report").await, 0);
    assert_eq!(app.records.count("profiles").await, 1);
    // Guesses made on the way do not stand in the way of the last, good enrolment.
    app.clock.advance(60);
    for (name, draft) in endpoints(app, &desk.at(app), login).await {
        let answer = app.send(&draft).await;
        assert!((200..300).contains(&answer.status), "{name}: {}", answer.body);
    }
}

pub(crate) fn expected(code: &str) -> (u16, String) {
    problem(ErrorCode::parse(code).unwrap().status(), code)
}
