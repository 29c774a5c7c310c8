//! The page of those who approve, and the number on the toolbar button.

use super::approval::{REQUEST, answer, approval, at, id, last};
use super::*;
use stagedoor_protocol::ErrorCode;

fn approver() -> (Rc<Fake>, Worker) {
    let (fake, worker) = enrolled();
    fake.rules.borrow_mut()["mayApprove"] = json!(true);
    (fake, worker)
}

fn waiting_requests() -> Value {
    crate::testing::fixture("approvals-waiting")
}

#[test]
fn only_whoever_may_approve_is_watched_for() {
    let (fake, worker) = enrolled();
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!((view.get("mayApprove"), fake.watching.get()), (None, false));
    let (fake, worker) = approver();
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!((&view["mayApprove"], fake.watching.get()), (&json!(true), true));
    assert_eq!(ask(&worker, json!({"type": "options/open"}))["mayApprove"], true);
    // The role was taken away.
    fake.rules.borrow_mut()["mayApprove"] = json!(false);
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert!(!fake.watching.get());
    assert_eq!(
        ask(&worker, json!({"type": "options/open"})).get("mayApprove"),
        None
    );
}

#[test]
fn the_minute_refreshes_the_number_and_ends_with_the_right() {
    let (fake, worker) = approver();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.take_requests();
    answer(&fake, REQUEST, &waiting_requests());
    finish(worker.minute());
    assert_eq!(
        (fake.take_requests(), fake.shown()),
        (vec!["GET /v1/approvals".to_owned()], "2".to_owned())
    );
    // A relay that is away says nothing of the right.
    fake.answer(REQUEST, Err(crate::environment::HttpFailure::Unreachable));
    finish(worker.minute());
    assert!(fake.watching.get());
    for code in [
        ErrorCode::NotPermitted,
        ErrorCode::SessionExpired,
        ErrorCode::ProfileUnknown,
        ErrorCode::StaffDisabled,
    ] {
        fake.watching.set(true);
        fake.refuse(REQUEST, code, "No more.");
        finish(worker.minute());
        assert_eq!(
            (fake.watching.get(), fake.shown()),
            (false, String::new()),
            "{code}"
        );
        // Until a session says so again.
        ask(&worker, json!({"type": "popup/open", "tabId": 5}));
        assert!(fake.watching.get(), "{code}");
    }
    fake.refuse(REQUEST, ErrorCode::NotPermitted, "No more.");
    let view = ask(&worker, json!({"type": "approvals/open"}));
    assert!(!fake.watching.get(), "the page learnt it");
    assert_eq!(
        (&view["barred"], &view["unlisted"]),
        (&json!(true), &Value::Null),
        "and does not go on asking"
    );
    fake.answer(REQUEST, Err(crate::environment::HttpFailure::Unreachable));
    let view = ask(&worker, json!({"type": "approvals/open"}));
    assert_eq!(
        (&view["barred"], &view["unlisted"], &view["error"]["cure"]["key"]),
        (&Value::Null, &json!(true), &json!("error_relay_unreachable_cure"))
    );
    ask(&worker, json!({"type": "options/signOut"}));
    fake.watching.set(true);
    finish(worker.minute());
    assert!(!fake.watching.get());
}

#[test]
fn at_the_browsers_start_the_session_says_whether_to_watch() {
    let (fake, worker) = enrolled();
    finish(worker.started());
    assert_eq!(
        (fake.take_requests(), fake.watching.get()),
        (vec!["GET /v1/session".to_owned()], false)
    );
    let (fake, worker) = approver();
    answer(&fake, REQUEST, &waiting_requests());
    finish(worker.started());
    assert_eq!((fake.watching.get(), fake.shown()), (true, "2".to_owned()));
    let fresh = Fake::fresh();
    let worker = Core::new(Rc::clone(&fresh));
    finish(worker.started());
    assert!(fresh.take_requests().is_empty());
}

#[test]
fn requests_are_listed_with_what_others_wrote_made_harmless() {
    let (fake, worker) = approver();
    let mut body = waiting_requests();
    body["requests"][0]["reason"] = json!("a\u{202e}b\nc");
    answer(&fake, REQUEST, &body);
    let view = ask(&worker, json!({"type": "approvals/open"}));
    assert_eq!(
        (&view["screen"], fake.shown()),
        (&json!("approvals"), "2".to_owned())
    );
    let first = &view["requests"][0];
    assert_eq!(
        (&first["reason"], &first["requestedBy"], &first["platformName"]),
        (&json!("ab c"), &json!("Support desk"), &json!("Main"))
    );
    fake.refuse(REQUEST, ErrorCode::NotPermitted, "Not you.");
    let view = ask(&worker, json!({"type": "approvals/open"}));
    assert_eq!(
        (&view["error"]["code"], &view["requests"]),
        (&json!("not_permitted"), &json!([]))
    );
}

#[test]
fn a_decision_is_sent_once_and_the_list_is_shown_anew() {
    let (fake, worker) = approver();
    answer(&fake, at("/decision"), &approval("declined", 0));
    answer(&fake, REQUEST, &json!({"requests": []}));
    let view = ask(
        &worker,
        json!({"type": "approvals/decide", "id": id(), "decision": "decline", "word": " Call me first "}),
    );
    assert_eq!(
        last(&fake, &format!("POST {}", at("/decision"))),
        json!({"decision": "decline", "word": "Call me first"})
    );
    assert_eq!(
        (&view["done"]["key"], fake.take_requests().len()),
        (&json!("approvals_done_declined"), 2)
    );
    // Somebody was faster.
    fake.refuse(
        at("/decision"),
        ErrorCode::ApprovalDecided,
        "Lee has approved this request.",
    );
    answer(&fake, REQUEST, &json!({"requests": []}));
    let view = ask(
        &worker,
        json!({"type": "approvals/decide", "id": id(), "decision": "approve"}),
    );
    assert_eq!(
        (&view["error"]["code"], &view["error"]["detail"]),
        (
            &json!("approval_decided"),
            &json!("Lee has approved this request.")
        )
    );
    fake.take_requests();
    for (id, decision) in [("../x", "approve"), (id().as_str(), "used"), ("", "")] {
        answer(&fake, REQUEST, &json!({"requests": []}));
        let view = ask(
            &worker,
            json!({"type": "approvals/decide", "id": id, "decision": decision}),
        );
        assert_eq!(view["error"]["code"], "internal", "{id} {decision}");
    }
    assert!(
        fake.take_requests()
            .iter()
            .all(|line| line == "GET /v1/approvals")
    );
}
