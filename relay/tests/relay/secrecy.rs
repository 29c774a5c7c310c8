//! Planted secrets are searched for everywhere that a relay leaves something behind.

use std::time::Duration;

use stagedoor_broker_sim::{AnswerShape, BodyKind, Endpoint, Fault, SENTINEL_TOKEN_PREFIX};

use crate::support::{
    API_KEY, CUSTOMER, STAFF, TestApp,
    faulty_store::{At, How},
    log,
};

#[tokio::test]
async fn neither_keys_nor_tokens_nor_addresses_are_left_behind() {
    let mut app = TestApp::start_with(|_, limits| limits.broker = Duration::from_secs(5)).await;
    let code = app.invite(STAFF).await;
    let desk = app.profile();
    app.send(&desk.enrol(&code)).await;
    let mut answers = String::new();

    // What goes well, what goes wrong at the broker after a token was made, and what goes wrong here.
    let (draft, id) = desk.login();
    let token = app.send(&draft).await.token();
    assert!(
        token.starts_with(SENTINEL_TOKEN_PREFIX),
        "the sentinel is planted: {token}"
    );
    for fault in [
        Fault::TruncatedJson,
        Fault::ResetInBody,
        Fault::HangAfterHeaders,
        Fault::WrongContentType,
        Fault::Redirect(format!("http://127.0.0.1:9/{SENTINEL_TOKEN_PREFIX}")),
        Fault::Status(500, BodyKind::Html),
        Fault::Status(401, BodyKind::Text),
    ] {
        app.sim.script(fault.clone().on(Endpoint::Mint));
        let answer = app.send(&desk.login().0).await;
        if fault != Fault::WrongContentType {
            answers += &answer.body;
        }
    }
    app.sim.set_answer_shape(AnswerShape::Unusable);
    answers += &app.send(&desk.login().0).await.body;
    app.sim.set_answer_shape(AnswerShape::OneTimeToken);
    for (at, how) in [
        (At::Outcome, How::Fail),
        (At::Outcome, How::Panic),
        (At::Intent, How::Panic),
    ] {
        app.store.fail(Some((at, how)));
        answers += &app.send(&desk.login().0).await.body;
    }
    app.store.fail(None);
    let tokens = app.sim.tokens();
    assert!(tokens.len() > 5, "the broker did make tokens: {}", tokens.len());
    app.stop().await;

    let stored = app.stored_bytes().await;
    let stored = String::from_utf8_lossy(&stored);
    let log = log::text();
    assert!(
        stored.contains(CUSTOMER) && stored.contains(&id),
        "the store is what was searched"
    );
    assert!(log.contains(&id), "the log is what was searched");
    for secret in [API_KEY, SENTINEL_TOKEN_PREFIX] {
        assert!(!stored.contains(secret), "{secret} in the store");
        assert!(!log.contains(secret), "{secret} in the log");
        assert!(!answers.contains(secret), "{secret} in a problem document");
    }
    for secret in [code.as_str(), &code.replace('-', "")] {
        assert!(
            !stored.contains(secret) && !log.contains(secret),
            "the enrolment code"
        );
    }
    for address in [CUSTOMER, STAFF, "customers.example", "withdrawal form"] {
        assert!(!log.contains(address), "{address} in the log");
    }
}

#[tokio::test]
async fn the_log_says_who_what_and_how_long() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let (draft, id) = desk.login();
    app.send(&draft).await;
    let lines = log::lines_about(&id);
    let lines = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect::<Vec<serde_json::Value>>();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let (login, request) = (&lines[0], &lines[1]);
    assert_eq!(
        (&login["message"], &login["outcome"]),
        (&"login".into(), &"minted".into())
    );
    assert_eq!(
        (&request["route"], &request["status"]),
        (&"/v1/logins".into(), &201.into())
    );
    for line in [login, request] {
        assert!(line["duration_ms"].is_u64(), "{line}");
        assert_eq!(line["span"]["staff"], "1", "{line}");
        assert_eq!(line["span"]["client"], "127.0.0.1", "{line}");
        assert_eq!(line["span"]["request"], login["span"]["request"], "{line}");
    }
}
