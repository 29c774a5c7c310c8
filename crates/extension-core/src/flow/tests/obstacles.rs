//! What may stand in the way of a login, before and after there is a token.

use super::*;
use crate::environment::{Broken, HttpFailure, OpenedWindow};
use fake::http;
use stagedoor_protocol::{ErrorCode, Problem};

fn login(worker: &Worker) -> Value {
    ask(worker, login_message(5))
}

fn opened_page(worker: &Worker) {
    ask(worker, json!({"type": "popup/open", "tabId": 5}));
}

fn private(id: i32) -> OpenedWindow {
    OpenedWindow { id, incognito: true }
}

/// Changes one rule of the relay.
fn rule(fake: &Fake, name: &str, value: Value) {
    fake.rules.borrow_mut()["policy"][name] = value;
}

fn problem(code: ErrorCode) -> crate::environment::HttpAnswer {
    let problem = serde_json::to_string(&Problem::new(code, "")).unwrap();
    http(code.status(), "application/problem+json", &problem)
}

/// Expects that a login failed before a token was asked for.
fn refused(fake: &Fake, view: &Value, code: &str) {
    assert_eq!((&view["screen"], &view["code"]), (&json!("error"), &json!(code)));
    assert_eq!(
        (fake.logins_asked(), fake.opened.borrow().len()),
        (0, 0),
        "{code}"
    );
}

#[test]
fn what_was_typed_is_checked_before_anything_is_sent() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    for (field, value, screen, error) in [
        ("email", "nobody", "confirm", "error_email_invalid_cure"),
        ("reason", "short", "confirm", "error_reason_too_short_cure"),
    ] {
        let mut message = login_message(5);
        message[field] = json!(value);
        let view = ask(&worker, message);
        assert_eq!(
            (&view["screen"], &view["inputError"]["key"]),
            (&json!(screen), &json!(error))
        );
    }
    let mut message = login_message(5);
    message["platform"] = json!("elsewhere");
    let view = ask(&worker, message);
    refused(&fake, &view, "platform_unknown");
    assert_eq!(
        (&view["email"], &view["reason"]),
        (&json!("anna@example.com"), &json!("customer asked on the phone"))
    );
    // None of it blocks the next click.
    assert_eq!(login(&worker)["screen"], "opened");
}

#[test]
fn the_rules_of_the_platform_that_was_picked_are_kept() {
    let (fake, worker) = enrolled();
    let rules =
        json!({"reason": "optional", "reasonMinLength": 4, "isolation": "off", "validitySeconds": 20});
    fake.rules.borrow_mut()["platforms"][0]["rules"] = rules;
    opened_page(&worker);
    let mut message = login_message(5);
    message["reason"] = json!("short");
    message["platform"] = json!("practice");
    assert_eq!(
        ask(&worker, message.clone())["inputError"]["key"],
        "error_reason_too_short_cure"
    );
    message["platform"] = json!("main");
    let view = ask(&worker, message);
    assert_eq!(
        (&view["screen"], &view["isolated"]),
        (&json!("opened"), &json!(false)),
        "{view}"
    );
}

#[test]
fn without_an_enrolment_there_is_no_login() {
    let fake = Fake::fresh();
    let view = login(&Core::new(Rc::clone(&fake)));
    refused(&fake, &view, "not_enrolled");
    assert_eq!(view["retry"], "options");
}

#[test]
fn a_platform_that_must_not_be_opened_costs_no_token() {
    let (fake, worker) = enrolled();
    for url in [
        "http://platform.example",
        "javascript:alert(1)",
        "https://u:p@platform.example",
        "",
    ] {
        fake.rules.borrow_mut()["platforms"][0]["url"] = json!(url);
        ask(&worker, json!({"type": "popup/rescan", "tabId": 5}));
        let view = login(&worker);
        refused(&fake, &view, "platform_url_refused");
    }
}

#[test]
fn isolation_that_cannot_be_had_stops_the_login() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.allowed.set(false);
    let view = login(&worker);
    refused(&fake, &view, "isolation_not_allowed");
    assert_eq!(
        (&view["retry"], &view["platform"]),
        (&json!("options"), &json!("main"))
    );

    fake.allowed.set(true);
    fake.windows.borrow_mut().push(private(7));
    let view = login(&worker);
    refused(&fake, &view, "isolation_busy");
    assert_eq!(view["retry"], "replaceWindows");
}

#[test]
fn private_windows_are_closed_only_on_request() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.windows.borrow_mut().extend([private(7), private(8)]);
    let mut message = login_message(5);
    message["replaces"] = json!([7, 8]);
    fake.closable.set(false);
    let view = ask(&worker, message.clone());
    refused(&fake, &view, "isolation_busy");
    assert_eq!(view["cure"]["key"], "session_left_text");
    fake.closable.set(true);
    assert_eq!(ask(&worker, message)["screen"], "opened");
    let windows: Vec<i32> = fake.windows.borrow().iter().map(|window| window.id).collect();
    assert_eq!(windows, [1, 40], "the ordinary window stays");
}

#[test]
fn private_windows_are_closed_only_if_the_person_was_told_of_all_of_them() {
    for (open, told, screen) in [
        (&[7][..], &[7][..], "opened"),
        (&[7], &[7, 8], "opened"),
        (&[8], &[7], "error"),
        (&[7, 8], &[7], "error"),
        (&[7, 8], &[], "error"),
    ] {
        let (fake, worker) = enrolled();
        opened_page(&worker);
        fake.windows
            .borrow_mut()
            .extend(open.iter().map(|id| private(*id)));
        let mut message = login_message(5);
        message["replaces"] = json!(told);
        let view = ask(&worker, message);
        assert_eq!(view["screen"], screen, "{open:?} {told:?}");
        if screen == "error" {
            refused(&fake, &view, "isolation_busy");
            assert_eq!(fake.windows.borrow().len(), 1 + open.len(), "{open:?} {told:?}");
        }
    }
}

/// Firefox does not answer for one whose page asks before it is left.
#[test]
fn a_window_that_does_not_say_whether_it_closed_is_waited_for_a_second() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.windows.borrow_mut().push(private(7));
    fake.held.set(Some("closed"));
    let before = fake.now.get();
    let mut message = login_message(5);
    message["replaces"] = json!([7]);
    assert_eq!(ask(&worker, message)["screen"], "opened");
    assert_eq!(fake.now.get() - before, 1_000);
}

#[test]
fn a_private_window_that_appears_meanwhile_stops_the_login() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.intruder.set(true);
    let view = login(&worker);
    assert_eq!(
        (&view["code"], fake.opened.borrow().len()),
        (&json!("isolation_busy"), 0)
    );
    assert_eq!(
        fake.outcomes(),
        [("failed".into(), Some("isolation_lost".into()))]
    );
}

#[test]
fn the_policy_may_do_without_isolation() {
    for (isolation, allowed, private) in [
        ("off", true, false),
        ("preferred", true, true),
        ("preferred", false, false),
    ] {
        let (fake, worker) = enrolled();
        rule(&fake, "isolation", json!(isolation));
        fake.allowed.set(allowed);
        let view = login(&worker);
        assert_eq!(
            (&view["screen"], &view["isolated"]),
            (&json!("opened"), &json!(private))
        );
        assert_eq!(fake.windows.borrow()[1].incognito, private);
    }
}

#[test]
fn a_window_that_is_not_as_it_must_be_fails_the_login() {
    for (window, cause, left) in [
        (Err(Broken), "window_failed", 1),
        (Ok(None), "window_not_confirmed", 1),
        (Ok(Some(false)), "window_not_isolated", 1),
    ] {
        let (fake, worker) = enrolled();
        fake.next_window.set(Some(window));
        let view = login(&worker);
        assert_eq!(
            (&view["code"], &view["retry"]),
            (&json!("window_failed"), &json!("login"))
        );
        assert_eq!(fake.outcomes(), [("failed".into(), Some(cause.into()))]);
        assert_eq!(fake.windows.borrow().len(), left, "{cause}");
        assert!(!fake.traces().contains(TOKEN));
    }
}

#[test]
fn another_platform_address_than_the_one_shown_is_not_opened() {
    for url in [
        "https://evil.example",
        "https://demo.platform.example",
        "http://platform.example",
    ] {
        let (fake, worker) = enrolled();
        opened_page(&worker);
        fake.held.set(Some(""));
        let message = read(&login_message(5));
        let mut running = pin!(worker.handle(&message));
        assert!(
            running
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        let id = fake.requests.borrow().last().unwrap().1["requestId"].clone();
        let answer =
            json!({"requestId": id, "oneTimeToken": TOKEN, "platformUrl": url, "validitySeconds": 30});
        fake.answer(
            "/v1/logins",
            Ok(http(201, "application/json", &answer.to_string())),
        );
        fake.held.set(None);
        let view: Value = serde_json::from_str(&finish(running).to_json()).unwrap();
        assert_eq!(
            (&view["code"], &view["requestId"]),
            (&json!("platform_url_refused"), &id)
        );
        assert_eq!(
            fake.outcomes(),
            [("failed".into(), Some("platform_url_refused".into()))]
        );
        assert!(fake.opened.borrow().is_empty());
    }
}

#[test]
fn faults_of_the_relay_keep_what_was_typed_and_are_not_repeated() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.refuse(
        "/v1/logins",
        ErrorCode::OutcomeUnknown,
        "The broker did not answer.",
    );
    let view = login(&worker);
    let id = fake.requests.borrow().last().unwrap().1["requestId"].clone();
    assert_eq!(
        view,
        json!({
            "screen": "error", "code": "outcome_unknown", "retry": "login", "requestId": id,
            "title": {"key": "error_outcome_unknown_title", "args": []},
            "cure": {"key": "error_outcome_unknown_cure", "args": []},
            "detail": "The broker did not answer.",
            "email": "anna@example.com", "platform": "main", "platformName": "Main",
            "reason": "customer asked on the phone",
        })
    );
    assert_eq!((fake.logins_asked(), fake.outcomes().len()), (1, 0));

    for (answer, code) in [
        (Err(HttpFailure::Timeout), "relay_timeout"),
        (Err(HttpFailure::Unreachable), "relay_lost"),
        (Ok(http(502, "text/html", "<p>")), "relay_lost"),
        (Ok(problem(ErrorCode::SignatureReplayed)), "signature_replayed"),
        (Ok(http(201, "application/json", "{}")), "relay_answer_unusable"),
        (
            Ok(http(
                201,
                "application/json",
                r#"{"oneTimeToken":"has blanks in it"}"#,
            )),
            "relay_answer_unusable",
        ),
    ] {
        fake.answer("/v1/logins", answer);
        let view = login(&worker);
        assert_eq!((&view["code"], &view["retry"]), (&json!(code), &json!("login")));
    }
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (7, 0));
    // There may be a token behind an answer that was lost or cannot be read: nobody has it, and the record says so.
    let told = fake.outcomes();
    let told: Vec<_> = told
        .iter()
        .map(|(outcome, cause)| (outcome.as_str(), cause.as_deref().unwrap()))
        .collect();
    let [lost, unusable] = [("failed", "answer_lost"), ("failed", "answer_unusable")];
    assert_eq!(told, [lost, lost, lost, lost, unusable, unusable]);
}

#[test]
fn how_long_to_wait_is_passed_on() {
    let (fake, worker) = enrolled();
    let mut answer = http(429, "text/plain", "");
    answer.retry_after = Some("30".into());
    opened_page(&worker);
    fake.answer("/v1/logins", Ok(answer));
    let view = login(&worker);
    assert_eq!(
        (&view["code"], &view["retryAfterSeconds"]),
        (&json!("too_many_requests"), &json!(30))
    );
}

#[test]
fn a_report_that_fails_changes_nothing_for_the_person() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.held.set(Some(""));
    let message = read(&login_message(5));
    let mut running = pin!(worker.handle(&message));
    assert!(
        running
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    let id = fake.requests.borrow().last().unwrap().1["requestId"]
        .as_str()
        .unwrap()
        .to_owned();
    let path: &'static str = Box::leak(format!("/v1/logins/{id}/outcome").into_boxed_str());
    fake.answer(path, Err(HttpFailure::Timeout));
    fake.held.set(None);
    assert!(finish(running).to_json().contains("\"screen\":\"opened\""));
}
