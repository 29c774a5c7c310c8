//! Signing out, and what is left of it.

use super::*;
use crate::environment::HttpFailure;
use fake::http;

#[test]
fn signing_out_leaves_nothing() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    ask(&worker, json!({"type": "options/signIn"}));
    assert_eq!(
        fake.session.borrow().keys().collect::<Vec<_>>(),
        ["session", "signIn", "tab:5"]
    );
    let pending = fake.keys.borrow()["enrolled"].clone();
    fake.keys.borrow_mut().insert("pending".into(), pending);
    fake.answer("/v1/sign-out", Ok(http(204, "", "")));
    let view = ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!((&view["enrolled"], &view["error"]), (&json!(false), &Value::Null));
    assert_eq!(fake.requests.borrow().last().unwrap().0, "POST /v1/sign-out");
    assert!(
        fake.keys.borrow().is_empty() && fake.local.borrow().is_empty() && fake.session.borrow().is_empty()
    );
    assert!(!fake.noisy.get(), "an alarm or a badge is left");
    assert_eq!(
        ask(&worker, json!({"type": "popup/open", "tabId": 5})),
        json!({"screen": "setup"})
    );
}

#[test]
fn a_store_that_fails_at_signing_out_is_said() {
    let (fake, worker) = enrolled();
    fake.writable.set(false);
    let view = ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!(
        (&view["enrolled"], &view["error"]["code"]),
        (&json!(true), &json!("key_store_failed"))
    );
}

/// What is under way when somebody signs out notes nothing afterwards.
#[test]
fn what_ends_after_signing_out_leaves_nothing_either() {
    for (message, held) in [
        (json!({"type": "popup/open", "tabId": 5}), "/v1/session"),
        (login_message(5), "/v1/logins"),
    ] {
        let (fake, worker) = enrolled();
        fake.held.set(Some(held));
        let message = read(&message);
        let mut late = pin!(worker.handle(&message));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..100 {
            assert!(late.as_mut().poll(&mut context).is_pending());
        }
        ask(&worker, json!({"type": "options/signOut"}));
        fake.held.set(None);
        let view: Value = serde_json::from_str(&finish(late).to_json()).unwrap();
        assert_eq!(view, json!({"screen": "setup"}));
        assert!(fake.session.borrow().is_empty() && fake.local.borrow().is_empty());
        assert!(fake.keys.borrow().is_empty());
    }
}

#[test]
fn nobody_stays_signed_in_because_the_relay_is_away() {
    for failure in [HttpFailure::Timeout, HttpFailure::Unreachable] {
        let (fake, worker) = enrolled();
        fake.answer("/v1/sign-out", Err(failure));
        let view = ask(&worker, json!({"type": "options/signOut"}));
        assert_eq!((&view["enrolled"], &view["error"]), (&json!(false), &Value::Null));
        assert!(fake.keys.borrow().is_empty() && fake.local.borrow().is_empty());
    }
}

/// It answers as if it were done, and is deleted with all else.
#[test]
fn what_is_begun_while_the_relay_is_told_of_a_sign_out_is_not_kept() {
    let (fake, worker) = enrolled();
    fake.held.set(Some("/v1/sign-out"));
    let message = read(&json!({"type": "options/signOut"}));
    let mut leaving = pin!(worker.handle(&message));
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100 {
        assert!(leaving.as_mut().poll(&mut context).is_pending());
    }
    let opened = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(opened["screen"], "confirm");
    assert!(!fake.session.borrow().is_empty());
    fake.held.set(None);
    finish(leaving);
    assert!(fake.keys.borrow().is_empty());
    assert!(fake.session.borrow().is_empty() && fake.local.borrow().is_empty());
}
