//! A profile that the relay does not know any more, or whose key is gone: the options page says so and takes a new code.

use super::*;
use fake::{RELAY, http};
use stagedoor_protocol::ErrorCode;

fn open_popup(worker: &Worker) -> Value {
    ask(worker, json!({"type": "popup/open", "tabId": 5}))
}

fn open_options(worker: &Worker) -> Value {
    ask(worker, json!({"type": "options/open"}))
}

fn enrol(worker: &Worker) -> Value {
    let code = "01234-56789-abcde-fghjz";
    ask(
        worker,
        json!({"type": "options/enrol", "relay": RELAY, "code": code}),
    )
}

/// The options page offers to connect again, and says why.
fn assert_lapsed(view: &Value, code: &str) {
    assert_eq!(
        (&view["enrolled"], &view["lapsed"], &view["relay"]),
        (&json!(false), &json!(true), &json!(RELAY)),
        "{code}"
    );
    assert_eq!(view["error"]["code"], code);
}

fn assert_connected(view: &Value) {
    assert_eq!(
        (&view["enrolled"], &view["lapsed"], &view["error"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
}

#[test]
fn what_the_relay_said_of_the_profile_is_remembered_until_it_says_otherwise() {
    for (path, message) in [
        ("/v1/session", json!({"type": "popup/open", "tabId": 5})),
        ("/v1/session", json!({"type": "options/test"})),
        ("/v1/logins", login_message(5)),
        ("/v1/approvals", json!({"type": "approvals/open"})),
    ] {
        for code in [ErrorCode::ProfileUnknown, ErrorCode::StaffDisabled] {
            let (fake, worker) = enrolled();
            open_popup(&worker);
            fake.refuse(path, code, "No more.");
            ask(&worker, message.clone());
            drop(worker);
            let worker = Core::new(Rc::clone(&fake));
            fake.take_requests();
            assert_lapsed(&open_options(&worker), code.as_str());
            assert!(fake.requests.borrow().is_empty());
            assert_eq!(open_popup(&worker)["screen"], "confirm");
            assert_connected(&open_options(&worker));
            assert_eq!(fake.local.borrow()["lapsed"], Value::Null);
        }
    }
}

#[test]
fn other_refusals_leave_the_profile_as_it_is() {
    let (fake, worker) = enrolled();
    for code in [
        ErrorCode::SignatureInvalid,
        ErrorCode::SignatureStale,
        ErrorCode::NotPermitted,
        ErrorCode::StoreUnavailable,
    ] {
        fake.refuse("/v1/session", code, "Not now.");
        open_popup(&worker);
        assert_connected(&open_options(&worker));
    }
}

#[test]
fn a_key_that_is_gone_is_noticed_without_the_relay() {
    let (fake, worker) = enrolled();
    fake.keys.borrow_mut().clear();
    assert_lapsed(&open_options(&worker), "key_gone");
    assert!(fake.requests.borrow().is_empty());
    assert_connected(&enrol(&worker));
    assert_eq!(open_popup(&worker)["screen"], "confirm");
}

#[test]
fn a_new_code_connects_again_and_the_same_person_keeps_their_reasons() {
    let (fake, worker) = enrolled();
    let before = fake.local.borrow()["keyId"].clone();
    for (name, value) in [
        ("reasons", json!(["Call of 14:05"])),
        ("signedInUntil", json!(1)),
        ("mayApprove", json!(true)),
    ] {
        fake.local.borrow_mut().insert(name.into(), value);
    }
    fake.refuse("/v1/session", ErrorCode::ProfileUnknown, "Revoked.");
    open_popup(&worker);
    fake.refuse("/v1/enrolments", ErrorCode::EnrolmentCodeRefused, "Used.");
    assert_lapsed(&enrol(&worker), "enrolment_code_refused");

    let view = enrol(&worker);
    assert_connected(&view);
    assert_ne!(view["keyId"], before);
    assert_eq!(
        (&view["signedInUntil"], &view["mayApprove"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        fake.local.borrow().keys().collect::<Vec<_>>(),
        [
            "keyId",
            "lapsed",
            "mayApprove",
            "reasons",
            "relay",
            "signedInUntil",
            "staff"
        ]
    );
    assert_eq!(fake.keys.borrow().keys().collect::<Vec<_>>(), ["enrolled"]);
    assert_eq!(open_popup(&worker)["screen"], "confirm");
}

/// Enrols somebody else.
fn enrol_other(fake: &Fake, worker: &Worker) -> Value {
    let other = json!({"email": "noor@broker.example", "name": "Noor Haddad"});
    // The key that the fake makes has this id.
    let key_id = enrol(&Core::new(Fake::fresh()))["keyId"].clone();
    let answer = json!({"keyId": key_id, "staff": other}).to_string();
    fake.answer("/v1/enrolments", Ok(http(201, "application/json", &answer)));
    enrol(worker)
}

/// A browser in which somebody has opened the popup, and gave a reason before.
fn used() -> (Rc<Fake>, Worker) {
    let (fake, worker) = enrolled();
    open_popup(&worker);
    fake.local
        .borrow_mut()
        .insert("reasons".into(), json!(["Call of 14:05"]));
    *fake.badge.borrow_mut() = "!2".into();
    (fake, worker)
}

fn assert_nothing_left(fake: &Fake) {
    let traces = fake.traces();
    assert!(
        !traces.contains("Call of 14:05") && fake.session.borrow().is_empty(),
        "{traces}"
    );
    assert_eq!((fake.shown(), fake.watching.get()), (String::new(), false));
}

#[test]
fn somebody_else_finds_nothing_of_whom_it_was_before() {
    let (fake, worker) = used();
    fake.keys.borrow_mut().clear();
    let view = enrol_other(&fake, &worker);
    assert_connected(&view);
    assert_eq!(view["staff"]["email"], "noor@broker.example");
    assert_nothing_left(&fake);
    assert_eq!(*worker.headings.borrow(), None);
    // An address at another relay is another person's.
    let (fake, worker) = used();
    fake.local
        .borrow_mut()
        .insert("relay".into(), json!("https://before.example"));
    assert_connected(&enrol(&worker));
    assert_nothing_left(&fake);
}

/// The relay takes a report from whoever logged in alone.
#[test]
fn somebody_else_reports_nothing_of_whom_it_was_before() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    fake.keys.borrow_mut().clear();
    enrol_other(&fake, &worker);
    assert!(!fake.traces().contains("window:"), "{}", fake.traces());
    fake.take_requests();
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    finish(worker.window_removed(40));
    assert!(fake.requests.borrow().is_empty());
}

/// Whatever fails when a key was accepted, the browser looks connected only if it is.
#[test]
fn a_store_that_fails_leaves_nobody_connected_with_another_key() {
    for failing in ["save", "enrolled"] {
        let (fake, worker) = enrolled();
        fake.failing.set(failing);
        let view = enrol(&worker);
        assert_eq!(view["error"]["code"], "key_store_failed", "{failing}");
        fake.failing.set("");
        assert_lapsed(&open_options(&worker), "key_gone");
    }
}

#[test]
fn what_somebody_had_begun_before_another_came_leaves_nothing() {
    for (mut message, held) in [
        (json!({"type": "popup/open", "tabId": 5}), "/v1/session"),
        (login_message(5), "/v1/logins"),
    ] {
        let (fake, worker) = used();
        fake.held.set(Some(held));
        message["reason"] = json!("Call of 14:05");
        let message = read(&message);
        let mut late = pin!(worker.handle(&message));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..100 {
            assert!(late.as_mut().poll(&mut context).is_pending());
        }
        enrol_other(&fake, &worker);
        fake.held.set(None);
        fake.pushed.take();
        finish(late);
        fake.pushed.take();
        assert_nothing_left(&fake);
        assert_eq!(fake.opened.borrow().len(), 0);
    }
}

#[test]
fn nobody_is_connected_where_what_was_before_cannot_be_cleared_away() {
    let (fake, worker) = used();
    fake.failing.set("clear");
    let view = enrol_other(&fake, &worker);
    assert_lapsed(&view, "key_store_failed");
    fake.failing.set("");
    assert_lapsed(&open_options(&worker), "key_gone");
    assert_connected(&enrol_other(&fake, &worker));
    assert_nothing_left(&fake);
}

#[test]
fn signing_in_makes_a_new_key_then() {
    for gone in [true, false] {
        let (fake, worker) = enrolled();
        if gone {
            fake.keys.borrow_mut().clear();
        } else {
            fake.refuse("/v1/session", ErrorCode::ProfileUnknown, "Revoked.");
            open_popup(&worker);
        }
        let view = ask(&worker, json!({"type": "options/signIn", "relay": RELAY}));
        assert!(view["authorization"].is_string(), "{view}");
        assert!(fake.keys.borrow().contains_key("pending"));
    }
}

/// An answer about the key before comes when there is a new one already.
#[test]
fn a_late_answer_says_nothing_of_the_new_key() {
    for code in [ErrorCode::ProfileUnknown, ErrorCode::SessionExpired] {
        let (fake, worker) = enrolled();
        fake.held.set(Some("/v1/session"));
        let message = read(&json!({"type": "options/test"}));
        let mut late = pin!(worker.handle(&message));
        let mut context = Context::from_waker(Waker::noop());
        assert!(late.as_mut().poll(&mut context).is_pending());
        assert_connected(&enrol(&worker));
        fake.refuse("/v1/session", code, "Revoked.");
        fake.held.set(None);
        finish(late);
        let view = open_options(&worker);
        assert_connected(&view);
        assert_eq!(view["signedInUntil"], Value::Null, "{code}");
    }
}
