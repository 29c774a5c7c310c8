//! Enrolment, connection test, sign-out.

use super::*;
use crate::environment::HttpFailure;
use fake::{RELAY, http};
use stagedoor_protocol::ErrorCode;

const CODE: &str = "01234-56789-abcde-fghjz";

fn enrol(worker: &Worker, relay: &str, code: &str) -> Value {
    ask(
        worker,
        json!({"type": "options/enrol", "relay": relay, "code": code}),
    )
}

#[test]
fn a_fresh_profile_is_not_enrolled() {
    let fake = Fake::fresh();
    let view = ask(&Core::new(Rc::clone(&fake)), json!({"type": "options/open"}));
    assert_eq!(
        view,
        json!({
            "screen": "options", "version": "0.1.0", "browser": "chromium", "enrolled": false,
            "managed": false, "codes": true, "signIn": false, "incognitoAllowed": true, "shortcut": "Alt+Shift+S",
        })
    );
    fake.base_url.set("moz-extension://abc/");
    fake.allowed.set(false);
    let view = ask(&Core::new(fake), json!({"type": "options/open"}));
    assert_eq!(
        (&view["browser"], &view["incognitoAllowed"]),
        (&json!("firefox"), &json!(false))
    );
}

#[test]
fn enrolling_proves_the_key_and_keeps_it() {
    let fake = Fake::fresh();
    let worker = Core::new(Rc::clone(&fake));
    let view = enrol(&worker, " https://Relay.example/ ", CODE);
    assert_eq!((&view["enrolled"], &view["relay"]), (&json!(true), &json!(RELAY)));
    assert_eq!(
        view["staff"],
        json!({"email": "desk@broker.example", "name": "Support desk"})
    );
    assert_eq!(view["error"], Value::Null);
    let requests = fake.requests.borrow();
    assert_eq!(requests[0].0, "POST /v1/enrolments");
    assert_eq!(requests[0].1["code"], "0123456789ABCDEFGHJZ");
    assert_eq!(requests[0].1["extensionVersion"], "0.1.0");
    assert_eq!(fake.keys.borrow().keys().collect::<Vec<_>>(), ["enrolled"]);
    let local = fake.local.borrow();
    assert_eq!(
        local.keys().collect::<Vec<_>>(),
        ["keyId", "lapsed", "mayApprove", "relay", "signedInUntil", "staff"]
    );
    assert_eq!(local["keyId"], view["keyId"]);
    assert!(
        !fake.traces().contains("0123456789ABCDEFGHJZ"),
        "the code is kept"
    );
}

#[test]
fn what_cannot_work_is_not_sent() {
    let fake = Fake::fresh();
    let worker = Core::new(Rc::clone(&fake));
    for (relay, code, expected) in [
        ("http://relay.example", CODE, "relay_address_invalid"),
        (CODE, CODE, "relay_address_invalid"),
        ("relay.example/path", CODE, "relay_address_invalid"),
        ("https://relay.example/path", CODE, "relay_address_invalid"),
        (RELAY, "12345", "enrolment_code_malformed"),
    ] {
        let view = enrol(&worker, relay, code);
        assert_eq!(view["error"]["code"], expected);
        assert_eq!(view["error"]["title"]["key"], format!("error_{expected}_title"));
        assert_eq!(view["enrolled"], false);
    }
    fake.writable.set(false);
    assert_eq!(enrol(&worker, RELAY, CODE)["error"]["code"], "key_store_failed");
    assert!(
        fake.requests.borrow().is_empty(),
        "the code was spent for nothing"
    );
}

#[test]
fn a_host_alone_is_put_in_full_and_nobody_is_asked_for_that() {
    let fake = Fake::fresh();
    let worker = Core::new(Rc::clone(&fake));
    for (typed, full) in [
        ("relay.example", json!(RELAY)),
        (" Relay.example:443/ ", json!(RELAY)),
        ("127.0.0.1:8080", json!("http://127.0.0.1:8080")),
        ("http://relay.example", Value::Null),
    ] {
        let view = ask(&worker, json!({"type": "options/address", "relay": typed}));
        assert_eq!(
            (&view["relay"], &view["enrolled"]),
            (&full, &json!(false)),
            "{typed}"
        );
    }
    assert!(fake.requests.borrow().is_empty());
    assert_eq!(enrol(&worker, "relay.example", CODE)["relay"], RELAY);
}

#[test]
fn a_refused_code_leaves_an_earlier_enrolment_alone() {
    let (fake, worker) = enrolled();
    let before = (
        fake.local.borrow().clone(),
        fake.keys.borrow()["enrolled"].clone(),
    );
    fake.refuse(
        "/v1/enrolments",
        ErrorCode::EnrolmentCodeRefused,
        "Ask for a new one.",
    );
    let view = enrol(&worker, RELAY, CODE);
    assert_eq!(view["error"]["code"], "enrolment_code_refused");
    assert_eq!(view["error"]["detail"], "Ask for a new one.");
    assert_eq!(view["enrolled"], true);
    assert_eq!(
        (
            fake.local.borrow().clone(),
            fake.keys.borrow()["enrolled"].clone()
        ),
        before
    );
}

#[test]
fn of_a_code_that_nobody_answered_to_it_is_said_that_it_may_be_spent() {
    let worker = Core::new(Fake::fresh());
    for (answer, code, cure) in [
        (
            Err(HttpFailure::Timeout),
            "relay_timeout",
            "enrolment_unknown_cure",
        ),
        (
            Ok(http(502, "text/html", "")),
            "relay_lost",
            "enrolment_unknown_cure",
        ),
        (
            Err(HttpFailure::Unreachable),
            "relay_unreachable",
            "error_relay_unreachable_cure",
        ),
    ] {
        worker.environment.answer("/v1/enrolments", answer);
        let view = enrol(&worker, RELAY, CODE);
        assert_eq!(
            (&view["error"]["code"], &view["error"]["cure"]["key"]),
            (&json!(code), &json!(cure))
        );
    }
}

#[test]
fn a_relay_that_names_another_key_is_not_trusted() {
    let fake = Fake::fresh();
    let answer = json!({"keyId": "k".repeat(43), "staff": {"email": "a@b.example", "name": "A"}});
    fake.answer(
        "/v1/enrolments",
        Ok(http(201, "application/json", &answer.to_string())),
    );
    let view = enrol(&Core::new(Rc::clone(&fake)), RELAY, CODE);
    assert_eq!(
        (&view["error"]["code"], &view["enrolled"]),
        (&json!("relay_answer_unusable"), &json!(false))
    );
    assert!(fake.local.borrow().is_empty());
}

#[test]
fn the_connection_test_says_who_the_relay_thinks_this_is() {
    let (fake, worker) = enrolled();
    let test = ask(&worker, json!({"type": "options/test"}))["test"].clone();
    assert_eq!(
        (&test["ok"], &test["title"]["key"]),
        (&json!(true), &json!("test_ok_title"))
    );
    assert_eq!(test["staff"]["email"], "desk@broker.example");
    assert_eq!(
        test["platforms"][1],
        json!({"id": "practice", "name": "Practice", "environment": "demo"})
    );

    fake.answer("/v1/session", Err(HttpFailure::Unreachable));
    let test = ask(&worker, json!({"type": "options/test"}))["test"].clone();
    assert_eq!(
        (&test["ok"], &test["cure"]["key"]),
        (&Value::Null, &json!("error_relay_unreachable_cure"))
    );
    assert_eq!(test["code"], "relay_unreachable");

    let mut busy = http(503, "text/html", "<p>");
    busy.retry_after = Some("20".into());
    fake.answer("/v1/session", Ok(busy));
    let test = ask(&worker, json!({"type": "options/test"}))["test"].clone();
    assert_eq!(
        (&test["code"], &test["retryAfterSeconds"]),
        (&json!("relay_lost"), &json!(20))
    );
    assert_eq!(
        test["cure"]["key"], "error_relay_lost_cure",
        "no link was asked for"
    );

    fake.refuse("/v1/session", ErrorCode::ProfileUnknown, "Enrol again.");
    let test = ask(&worker, json!({"type": "options/test"}))["test"].clone();
    assert_eq!(
        (&test["title"]["key"], &test["detail"]),
        (&json!("error_profile_unknown_title"), &json!("Enrol again."))
    );

    let test = ask(&Core::new(Fake::fresh()), json!({"type": "options/test"}))["test"].clone();
    assert_eq!(test["title"]["key"], "error_not_enrolled_title");
}
