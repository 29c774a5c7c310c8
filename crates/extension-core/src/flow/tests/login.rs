//! A login from the click to the window, and the second click.

use super::*;
use fake::{http, page_with};
use stagedoor_protocol::ErrorCode;

fn login(worker: &Worker) -> Value {
    ask(worker, login_message(5))
}

fn opened_page(worker: &Worker) {
    ask(worker, json!({"type": "popup/open", "tabId": 5}));
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
    let (rules, pushed) = pushed.split_first().unwrap();
    assert_eq!(rules["view"]["step"], "rules");
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

/// Before a login is noted its page is read once more, which takes a while. By a popup that showed the page as if there were none,
/// one press of the toolbar button could open the customer a second time.
#[test]
fn a_popup_that_is_opened_before_the_login_is_noted_shows_the_login() {
    // Read anew before the click, or opened after it.
    for (kind, first) in [("popup/rescan", true), ("popup/open", false)] {
        let (fake, worker) = enrolled();
        opened_page(&worker);
        fake.held.set(Some(fake::PAGE));
        let messages = [json!({"type": kind, "tabId": 5}), login_message(5)];
        let [shown, click] = messages.map(|message| read(&message));
        let mut popup = pin!(worker.handle(&shown));
        let mut running = pin!(worker.handle(&click));
        let mut context = Context::from_waker(Waker::noop());
        if first {
            assert!(popup.as_mut().poll(&mut context).is_pending());
        }
        assert!(running.as_mut().poll(&mut context).is_pending());
        assert!(popup.as_mut().poll(&mut context).is_pending());
        fake.held.set(Some("/v1/logins"));
        assert!(running.as_mut().poll(&mut context).is_pending());
        let view: Value = serde_json::from_str(&finish(popup).to_json()).unwrap();
        let step = (&view["screen"], &view["step"]);
        assert_eq!(step, (&json!("working"), &json!("asking")), "{kind}");
        fake.held.set(None);
        finish(running);
        assert_eq!(fake.logins_asked(), 1, "{kind}");
    }
}

#[test]
fn the_note_of_a_login_is_waited_for_but_not_for_ever() {
    let (fake, worker) = enrolled();
    worker.running.set(Some(5));
    let mut before = fake.now.get();
    let mut waited = |tab: i32| {
        let view = ask(&worker, json!({"type": "popup/open", "tabId": tab}));
        assert_eq!(view["screen"], "confirm");
        let now = fake.now.get();
        now - std::mem::replace(&mut before, now)
    };
    assert_eq!(waited(5), 25_000);
    assert_eq!(waited(6), 0, "another tab waits for nothing");
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
