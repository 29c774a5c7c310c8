//! A login from the click to the window, and what may stand in its way.

use super::*;
use crate::environment::{Broken, HttpFailure, OpenedWindow};
use fake::{http, page_with};
use stagedoor_protocol::ErrorCode;

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
fn a_click_opens_the_platform() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.now.set(1_700_000_001_000);
    let view = login(&worker);

    let requests = fake.requests.borrow().clone();
    let id = requests[1].1["requestId"].as_str().unwrap();
    assert_eq!(
        view,
        json!({
            "screen": "opened", "email": "anna@example.com", "platformName": "Main", "environment": "live",
            "isolated": true, "requestId": id,
        })
    );
    let lines: Vec<&str> = requests.iter().map(|(line, _)| line.as_str()).collect();
    let outcome = format!("POST /v1/logins/{id}/outcome");
    assert_eq!(lines, ["GET /v1/session", "POST /v1/logins", &outcome]);
    assert_eq!(
        requests[1].1,
        json!({
            "requestId": id, "platform": "main", "customerEmail": "anna@example.com",
            "reason": "customer asked on the phone", "page": {"origin": "https://crm.example"},
            "extensionVersion": "0.1.0",
        })
    );
    assert_eq!(
        requests[2].1,
        json!({"outcome": "opened", "durationMilliseconds": 0})
    );
    assert_eq!(
        *fake.opened.borrow(),
        [format!("https://platform.example/?auth={TOKEN}")]
    );
    assert!(!fake.traces().contains(TOKEN));
    assert!(
        !fake.traces().contains("secret"),
        "more of the page's address than its origin was kept"
    );

    let pushed = fake.pushed.borrow();
    let steps: Vec<_> = pushed
        .iter()
        .map(|push| (&push["tabId"], &push["view"]["screen"], &push["view"]["step"]))
        .collect();
    assert_eq!(
        steps,
        [
            (&json!(5), &json!("working"), &json!("asking")),
            (&json!(5), &json!("working"), &json!("opening")),
            (&json!(5), &json!("opened"), &Value::Null),
        ]
    );
    assert_eq!(
        (&pushed[0]["type"], &pushed[0]["view"]["email"]),
        (&json!("view"), &json!("anna@example.com"))
    );
}

#[test]
fn a_ticket_and_the_chosen_platform_go_along() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.rules.borrow_mut()["platforms"][1]["url"] = json!("https://demo.platform.example/");
    ask(&worker, json!({"type": "popup/rescan", "tabId": 5}));
    let mut message = login_message(5);
    message["platform"] = json!("practice");
    message["ticket"] = json!(" T-17 ");
    let answer = |id: &Value| json!({"requestId": id, "oneTimeToken": "t", "platformUrl": "https://demo.platform.example", "validitySeconds": 30});
    // The answer must name the request, so it is learned from a first try that is refused.
    fake.refuse("/v1/logins", ErrorCode::Overloaded, "");
    ask(&worker, message.clone());
    let sent = fake.requests.borrow().last().unwrap().1.clone();
    assert_eq!(
        (&sent["platform"], &sent["ticket"]),
        (&json!("practice"), &json!("T-17"))
    );
    fake.answer(
        "/v1/logins",
        Ok(http(
            201,
            "application/json",
            &answer(&sent["requestId"]).to_string(),
        )),
    );
    let view = ask(&worker, message);
    assert_eq!(
        view["code"], "relay_answer_unusable",
        "an answer to another request is not used"
    );
    assert_eq!(
        fake.outcomes(),
        [("failed".into(), Some("answer_to_another_request".into()))]
    );
    assert!(fake.opened.borrow().is_empty());
}

#[test]
fn without_a_scan_the_page_is_read_first() {
    let (fake, worker) = enrolled();
    assert_eq!(login(&worker)["screen"], "opened");
    assert_eq!(fake.take_requests()[0], "GET /v1/session");
}

#[test]
fn the_closing_of_the_window_is_reported_once() {
    let (fake, worker) = enrolled();
    login(&worker);
    fake.take_requests();
    fake.now.set(fake.now.get() + 90_000);
    let later = Core::new(Rc::clone(&fake));
    for window in [1, 40, 40] {
        finish(later.window_removed(window));
    }
    let requests = fake.requests.borrow();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].1,
        json!({"outcome": "closed", "durationMilliseconds": 90_000})
    );
}

#[test]
fn a_double_click_asks_once() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.held.set(Some(""));
    let message = read(&login_message(5));
    let mut first = pin!(worker.handle(&message));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());

    let second = login(&worker);
    assert_eq!(
        second,
        json!({"screen": "working", "step": "asking", "email": "anna@example.com", "platformName": "Main"})
    );
    assert_eq!(ask(&worker, json!({"type": "popup/open", "tabId": 5})), second);
    assert_eq!(ask(&worker, json!({"type": "popup/rescan", "tabId": 5})), second);

    let other = ask(&worker, login_message(6));
    assert_eq!(
        (&other["code"], &other["email"]),
        (&json!("login_in_progress"), &json!("anna@example.com"))
    );
    assert_eq!(fake.logins_asked(), 1);

    fake.held.set(None);
    assert!(finish(first).to_json().contains("\"screen\":\"opened\""));
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (1, 1));
}

#[test]
fn a_double_click_asks_once_even_before_the_first_is_noted() {
    let (fake, worker) = enrolled();
    fake.held.set(Some(""));
    let message = read(&login_message(5));
    // It waits for the session, since the page was never read.
    let mut first = pin!(worker.handle(&message));
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    let second = login(&worker);
    assert_eq!(
        (&second["screen"], &second["step"]),
        (&json!("working"), &json!("asking"))
    );
    fake.held.set(None);
    finish(first);
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (1, 1));
}

#[test]
fn after_a_login_the_next_click_makes_a_new_token() {
    let (fake, worker) = enrolled();
    let first = login(&worker);
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    let second = login(&worker);
    assert_eq!(
        (&first["screen"], &second["screen"]),
        (&json!("opened"), &json!("opened"))
    );
    assert_ne!(first["requestId"], second["requestId"]);
    assert_eq!(fake.logins_asked(), 2);
}

#[test]
fn after_a_login_the_popup_reads_the_page_anew() {
    let (fake, worker) = enrolled();
    login(&worker);
    *fake.page.borrow_mut() = Ok(page_with(&["bert@example.com"]));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(
        (&view["screen"], &view["customer"]["email"]),
        (&json!("confirm"), &json!("bert@example.com"))
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
fn private_windows_are_closed_only_on_request_and_all_of_them() {
    let (fake, worker) = enrolled();
    opened_page(&worker);
    fake.windows.borrow_mut().extend([private(7), private(8)]);
    let mut message = login_message(5);
    message["replaceWindows"] = json!(true);
    fake.closable.set(false);
    let view = ask(&worker, message.clone());
    refused(&fake, &view, "isolation_busy");
    fake.closable.set(true);
    assert_eq!(ask(&worker, message)["screen"], "opened");
    let windows: Vec<i32> = fake.windows.borrow().iter().map(|window| window.id).collect();
    assert_eq!(windows, [1, 40], "the ordinary window stays");
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
            "email": "anna@example.com", "platform": "main", "reason": "customer asked on the phone",
        })
    );
    assert_eq!((fake.logins_asked(), fake.outcomes().len()), (1, 0));

    for (answer, code) in [
        (Err(HttpFailure::Timeout), "relay_timeout"),
        (Err(HttpFailure::Unreachable), "relay_unreachable"),
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
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (5, 0));
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
