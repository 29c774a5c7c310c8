//! An administrator's settings go before everything else, and bad ones let nothing through.

use super::*;
use fake::RELAY;

const CODE: &str = "01234-56789-abcde-fghjz";

fn fresh(managed: Value) -> (Rc<Fake>, Worker) {
    let fake = Fake::fresh();
    *fake.managed.borrow_mut() = Some(managed);
    let worker = Core::new(Rc::clone(&fake));
    (fake, worker)
}

fn enrol(worker: &Worker, relay: &str) -> Value {
    ask(
        worker,
        json!({"type": "options/enrol", "relay": relay, "code": CODE}),
    )
}

#[test]
fn a_relay_that_is_set_is_shown_and_used() {
    let (fake, worker) = fresh(json!({"relay": "https://Relay.example/"}));
    // It may be written as it may be typed.
    for relay in ["Relay.example", "https://Relay.example/"] {
        *fake.managed.borrow_mut() = Some(json!({"relay": relay}));
        let view = ask(&worker, json!({"type": "options/open"}));
        assert_eq!((&view["relay"], &view["managed"]), (&json!(RELAY), &json!(true)));
        assert_eq!((&view["enrolled"], &view["codes"]), (&json!(false), &json!(true)));
    }
    let view = enrol(&worker, "https://evil.example");
    assert_eq!((&view["enrolled"], &view["relay"]), (&json!(true), &json!(RELAY)));
    assert_eq!(fake.local.borrow()["relay"], RELAY);
}

#[test]
fn a_sign_in_goes_to_the_relay_that_is_set() {
    let (fake, worker) = fresh(json!({"relay": RELAY}));
    for kind in ["options/look", "options/signIn"] {
        let view = ask(&worker, json!({"type": kind, "relay": "https://evil.example"}));
        assert_eq!(view["error"], Value::Null);
    }
    assert_eq!(fake.take_requests(), ["GET /v1/sign-in"; 2]);
}

#[test]
fn codes_can_be_switched_off() {
    let (fake, worker) = fresh(json!({"enrolmentCodes": false}));
    let view = ask(&worker, json!({"type": "options/open"}));
    assert_eq!((&view["codes"], &view["managed"]), (&json!(false), &json!(false)));
    let view = enrol(&worker, RELAY);
    assert_eq!(view["error"]["code"], "enrolment_codes_not_offered");
    assert!(fake.requests.borrow().is_empty() && fake.keys.borrow().is_empty());
}

#[test]
fn an_enrolment_at_another_relay_is_not_used() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.take_requests();
    *fake.managed.borrow_mut() = Some(json!({"relay": "https://new.example"}));
    let view = ask(&worker, json!({"type": "options/open"}));
    assert_eq!(
        (&view["enrolled"], &view["relay"]),
        (&json!(false), &json!("https://new.example"))
    );
    assert_eq!(view["error"]["code"], "managed_relay_differs");
    for message in [
        json!({"type": "popup/open", "tabId": 5}),
        json!({"type": "popup/rescan", "tabId": 5}),
        login_message(5),
    ] {
        let view = ask(&worker, message);
        assert_eq!(
            (&view["code"], &view["retry"]),
            (&json!("managed_relay_differs"), &json!("options"))
        );
    }
    let test = ask(&worker, json!({"type": "options/test"}))["test"].clone();
    assert_eq!(test["title"]["key"], "error_managed_relay_differs_title");
    assert!(fake.requests.borrow().is_empty(), "the other relay heard of it");

    // The administrator's own relay is one that can be signed in at; with a key of its own.
    *fake.managed.borrow_mut() = Some(json!({"relay": RELAY}));
    fake.local
        .borrow_mut()
        .insert("relay".into(), "https://old.example".into());
    let view = ask(&worker, json!({"type": "options/signIn"}));
    assert_ne!(view["authorization"], Value::Null);
    assert_eq!(fake.keys.borrow().len(), 2);
}

#[test]
fn settings_that_cannot_be_used_let_nothing_through() {
    for (set, name) in [
        (json!({"relay": 7}), "relay"),
        (json!({"relay": ""}), "relay"),
        (json!({"relay": "http://relay.example"}), "relay"),
        (json!({"relay": "relay.example/path"}), "relay"),
        (json!({"relay": "stagedoor"}), "relay"),
        (json!({"relay": "https://relay.example/path"}), "relay"),
        (json!({"relay": ["https://relay.example"]}), "relay"),
        (json!({"relay": RELAY, "enrolmentCodes": "no"}), "enrolmentCodes"),
        (json!({"enrolmentCodes": 0}), "enrolmentCodes"),
        (json!({"rememberReasons": "never"}), "rememberReasons"),
    ] {
        let (fake, worker) = enrolled();
        *fake.managed.borrow_mut() = Some(set.clone());
        let view = ask(&worker, json!({"type": "options/open"}));
        assert_eq!(view["error"]["code"], "managed_settings_unusable", "{set}");
        assert_eq!(view["error"]["detail"], name, "{set}");
        assert_eq!(
            (&view["enrolled"], &view["managed"], &view["codes"]),
            (&json!(false), &json!(true), &json!(false))
        );
        for kind in ["options/enrol", "options/signIn"] {
            let view = ask(&worker, json!({"type": kind, "relay": RELAY, "code": CODE}));
            assert_eq!(view["error"]["code"], "managed_settings_unusable", "{set}");
            assert_eq!(view["authorization"], Value::Null);
        }
        let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
        assert_eq!(view["code"], "managed_settings_unusable", "{set}");
        assert_eq!(
            ask(&worker, login_message(5))["code"],
            "managed_settings_unusable"
        );
        assert!(fake.requests.borrow().is_empty(), "{set}");
    }
}

#[test]
fn nothing_set_changes_nothing() {
    for managed in [
        None,
        Some(json!({})),
        Some(json!({"other": 1})),
        Some(json!(null)),
    ] {
        let (fake, worker) = enrolled();
        *fake.managed.borrow_mut() = managed;
        let view = ask(&worker, json!({"type": "options/open"}));
        assert_eq!(
            (&view["enrolled"], &view["managed"], &view["codes"]),
            (&json!(true), &json!(false), &json!(true))
        );
        let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
        assert_eq!(view["screen"], "confirm");
    }
}

#[test]
fn the_relay_that_is_set_and_enrolled_at_is_used_as_ever() {
    let (fake, worker) = enrolled();
    *fake.managed.borrow_mut() = Some(json!({"relay": RELAY, "enrolmentCodes": false}));
    let view = ask(&worker, json!({"type": "options/open"}));
    assert_eq!((&view["enrolled"], &view["error"]), (&json!(true), &Value::Null));
    assert_eq!(
        ask(&worker, json!({"type": "popup/open", "tabId": 5}))["screen"],
        "confirm"
    );
}
