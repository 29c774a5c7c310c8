//! Approval of a login: asked for, waited for, used by a click.

use std::pin::Pin;

use super::*;
use fake::http;
use stagedoor_protocol::{ApprovalId, ErrorCode, Problem};

pub(super) const REQUEST: &str = "/v1/approvals";

pub(super) fn id() -> String {
    ApprovalId::from_parts(1_700_000_000_000, &[3; 10])
        .as_str()
        .to_owned()
}

pub(super) fn at(what: &str) -> &'static str {
    // The fake's script wants a path that lives as long as it does.
    Box::leak(format!("{REQUEST}/{}{what}", id()).into_boxed_str())
}

pub(super) fn answer(fake: &Fake, path: &'static str, body: &Value) {
    fake.answer(path, Ok(http(200, "application/json", &body.to_string())));
}

pub(super) fn approval(state: &str, seconds: u32) -> Value {
    json!({"id": id(), "state": state, "remainingSeconds": seconds})
}

/// The next login is told that a second person must approve.
fn require(fake: &Fake) {
    let mut problem = Problem::new(ErrorCode::ApprovalRequired, "Words that say the same.");
    problem.approver_roles = vec!["team-lead".into(), "compliance".into()];
    let problem = serde_json::to_string(&problem).unwrap();
    fake.answer("/v1/logins", Ok(http(403, "application/problem+json", &problem)));
}

fn popup(worker: &Worker, kind: &str) -> Value {
    ask(worker, json!({"type": format!("popup/{kind}"), "tabId": 5}))
}

fn asking() -> Value {
    let mut message = login_message(5);
    message["type"] = json!("popup/askApproval");
    message
}

/// A worker that has asked, and whose request waits for 600 seconds.
fn waiting() -> (Rc<Fake>, Worker) {
    let (fake, worker) = enrolled();
    popup(&worker, "open");
    require(&fake);
    ask(&worker, login_message(5));
    answer(&fake, REQUEST, &approval("waiting", 600));
    assert_eq!(ask(&worker, asking())["state"], "waiting");
    (fake, worker)
}

pub(super) fn approved() -> (Rc<Fake>, Worker) {
    let (fake, worker) = waiting();
    let mut body = approval("approved", 300);
    body["decidedBy"] = json!("Tea\u{202e}m lead");
    answer(&fake, at(""), &body);
    let view = popup(&worker, "approval");
    assert_eq!(
        (&view["state"], &view["decidedBy"]),
        (&json!("approved"), &json!("Team lead"))
    );
    (fake, worker)
}

pub(super) fn last(fake: &Fake, line: &str) -> Value {
    let requests = fake.requests.borrow();
    let found = requests.iter().rev().find(|(other, _)| other == line);
    found.unwrap_or_else(|| panic!("no {line}")).1.clone()
}

#[test]
fn who_may_approve_is_said_and_asking_is_offered() {
    let (fake, worker) = enrolled();
    popup(&worker, "open");
    require(&fake);
    let view = ask(&worker, login_message(5));
    assert_eq!(
        (&view["code"], &view["retry"], view.get("detail")),
        (&json!("approval_required"), &json!("ask"), None)
    );
    assert_eq!(
        view["cure"],
        json!({"key": "approval_required_roles", "args": ["team-lead, compliance"]})
    );
    assert_eq!(
        (&view["email"], &view["reason"]),
        (&json!("anna@example.com"), &json!("customer asked on the phone"))
    );
    // Nothing is asked for by itself.
    assert_eq!(fake.take_requests(), ["GET /v1/session", "POST /v1/logins"]);
}

#[test]
fn what_was_typed_is_asked_for_and_shown_while_it_waits() {
    let (fake, worker) = enrolled();
    popup(&worker, "open");
    require(&fake);
    ask(&worker, login_message(5));
    answer(&fake, REQUEST, &approval("waiting", 600));
    let mut message = asking();
    message["ticket"] = json!(" T-17 ");
    let view = ask(&worker, message);
    assert_eq!(
        last(&fake, "POST /v1/approvals"),
        json!({
            "platform": "main", "customerEmail": "anna@example.com", "reason": "customer asked on the phone",
            "ticket": "T-17", "page": {"origin": "https://crm.example"},
        })
    );
    assert_eq!(
        view,
        json!({
            "screen": "approval", "state": "waiting", "email": "anna@example.com", "platform": "main",
            "platformName": "Main", "reason": "customer asked on the phone", "ticket": "T-17",
            "approvers": {"key": "approval_by_roles", "args": ["team-lead, compliance"]}, "remainingSeconds": 600,
        })
    );
    assert_eq!(fake.logins_asked(), 1);
}

#[test]
fn who_decides_is_said_also_when_it_is_asked_for_again() {
    let (fake, worker) = waiting();
    answer(&fake, at(""), &approval("expired", 0));
    assert_eq!(popup(&worker, "approval")["state"], "expired");
    answer(&fake, REQUEST, &approval("waiting", 600));
    let view = ask(&worker, asking());
    assert_eq!(
        view["approvers"],
        json!({"key": "approval_by_roles", "args": ["team-lead, compliance"]})
    );
}

#[test]
fn a_request_outlives_popup_and_worker_and_counts_down() {
    let (fake, worker) = waiting();
    drop(worker);
    fake.now.set(fake.now.get() + 61_000);
    let worker = Core::new(Rc::clone(&fake));
    fake.answer(at(""), Err(crate::environment::HttpFailure::Unreachable));
    let view = popup(&worker, "open");
    // Without the relay, what was known stands.
    assert_eq!(
        (&view["state"], &view["remainingSeconds"]),
        (&json!("waiting"), &json!(539))
    );
    answer(&fake, at(""), &approval("waiting", 530));
    assert_eq!(popup(&worker, "open")["remainingSeconds"], 530);
    fake.now.set(fake.now.get() + 530_000);
    fake.answer(at(""), Err(crate::environment::HttpFailure::Timeout));
    assert_eq!(popup(&worker, "approval")["state"], "expired");
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (1, 0));
}

#[test]
fn an_approval_opens_nothing_by_itself_and_a_click_uses_it_once() {
    let (fake, worker) = approved();
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (1, 0));
    let view = ask(&worker, login_message(5));
    assert_eq!(view["screen"], "opened");
    assert_eq!(last(&fake, "POST /v1/logins")["approval"], id());
    // It is over with it.
    assert_eq!(fake.session.borrow()["tab:5"].get("approval"), None);
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    ask(&worker, login_message(5));
    assert_eq!(last(&fake, "POST /v1/logins").get("approval"), None);
}

#[test]
fn an_approval_is_used_for_exactly_what_was_asked() {
    let changes: [(&str, Value); 4] = [
        ("email", json!("bert@example.com")),
        ("platform", json!("practice")),
        ("reason", json!("customer asked on the phone!")),
        ("ticket", json!("T-17")),
    ];
    for (member, value) in changes {
        let (fake, worker) = approved();
        let mut message = login_message(5);
        message[member] = value;
        ask(&worker, message);
        assert_eq!(last(&fake, "POST /v1/logins").get("approval"), None, "{member}");
    }
    // Nor in another tab, nor before it is given, nor after its time.
    let (fake, worker) = approved();
    ask(&worker, login_message(6));
    assert_eq!(last(&fake, "POST /v1/logins").get("approval"), None);
    let (fake, worker) = waiting();
    ask(&worker, login_message(5));
    assert_eq!(last(&fake, "POST /v1/logins").get("approval"), None);
    let (fake, worker) = approved();
    fake.now.set(fake.now.get() + 300_000);
    ask(&worker, login_message(5));
    assert_eq!(last(&fake, "POST /v1/logins").get("approval"), None);
}

#[test]
fn an_approval_is_kept_for_a_click_that_overrides_and_spent_ones_are_asked_for_anew() {
    let (fake, worker) = approved();
    fake.claim(1, 12, 18);
    assert_eq!(ask(&worker, login_message(5))["retry"], "override");
    let mut overriding = login_message(5);
    overriding["overrides"] = json!(fake::claimed_by(1).as_str());
    fake.refuse("/v1/logins", ErrorCode::BrokerFailed, "The broker failed.");
    ask(&worker, overriding);
    let sent = last(&fake, "POST /v1/logins");
    assert_eq!(
        (&sent["approval"], &sent["overrides"]),
        (&json!(id()), &json!(fake::claimed_by(1).as_str()))
    );
    fake.refuse("/v1/logins", ErrorCode::ApprovalEnded, "It was used.");
    let view = ask(&worker, login_message(5));
    assert_eq!(
        (&view["code"], &view["retry"]),
        (&json!("approval_ended"), &json!("ask"))
    );
    answer(&fake, REQUEST, &approval("waiting", 600));
    assert_eq!(ask(&worker, asking())["state"], "waiting");
}

#[test]
fn a_refusal_is_shown_with_its_word_until_it_is_dismissed() {
    let (fake, worker) = waiting();
    let mut body = approval("declined", 0);
    body["decidedBy"] = json!("Team lead");
    body["word"] = json!("Call me \u{200b}first");
    for _ in 0..2 {
        answer(&fake, at(""), &body);
        let view = popup(&worker, "open");
        assert_eq!(
            (&view["state"], &view["word"]),
            (&json!("declined"), &json!("Call me first"))
        );
    }
    assert_eq!(popup(&worker, "dismiss")["screen"], "confirm");
    assert_eq!(popup(&worker, "open")["screen"], "confirm");
}

#[test]
fn what_the_relay_has_forgotten_is_over() {
    let (fake, worker) = waiting();
    fake.refuse(at(""), ErrorCode::ApprovalUnknown, "There is none.");
    assert_eq!(popup(&worker, "approval")["state"], "expired");
    // An answer about another request is none about this.
    let (fake, worker) = waiting();
    let mut other = approval("approved", 300);
    other["id"] = json!(ApprovalId::from_parts(1, &[9; 10]).as_str());
    answer(&fake, at(""), &other);
    assert_eq!(popup(&worker, "approval")["state"], "waiting");
}

#[test]
fn a_request_is_taken_back_at_the_relay() {
    let (fake, worker) = waiting();
    fake.take_requests();
    assert_eq!(popup(&worker, "withdraw")["screen"], "confirm");
    assert_eq!(fake.take_requests()[0], format!("POST {}", at("/withdrawal")));
    assert_eq!(popup(&worker, "open")["screen"], "confirm");
    // Where the relay cannot be reached it still stands.
    let (fake, worker) = waiting();
    fake.answer(
        at("/withdrawal"),
        Err(crate::environment::HttpFailure::Unreachable),
    );
    assert_eq!(popup(&worker, "withdraw")["code"], "relay_unreachable");
    answer(&fake, at(""), &approval("waiting", 500));
    assert_eq!(popup(&worker, "open")["state"], "waiting");
}

/// The relay takes an approval for no other page than the one that it was asked for from.
#[test]
fn an_approved_login_and_another_request_come_from_the_page_that_was_asked_from() {
    let (fake, worker) = approved();
    let mut page: Value = serde_json::from_str(&fake::page_with(&["bert@example.com"])).unwrap();
    page[0]["result"]["url"] = json!("https://other.example/contacts/8");
    *fake.page.borrow_mut() = Ok(page.to_string());
    popup(&worker, "rescan");
    fake.refuse("/v1/logins", ErrorCode::ApprovalEnded, "It was used.");
    ask(&worker, login_message(5));
    let anna = json!({"origin": "https://crm.example"});
    assert_eq!(last(&fake, "POST /v1/logins")["page"], anna);
    answer(&fake, REQUEST, &approval("waiting", 600));
    ask(&worker, asking());
    assert_eq!(last(&fake, "POST /v1/approvals")["page"], anna);

    // From another page of the same customer it is asked for from that one.
    let mut page: Value = serde_json::from_str(&fake::page_with(&["anna@example.com"])).unwrap();
    page[0]["result"]["url"] = json!("https://other.example/contacts/7");
    *fake.page.borrow_mut() = Ok(page.to_string());
    popup(&worker, "rescan");
    answer(&fake, REQUEST, &approval("waiting", 600));
    ask(&worker, asking());
    let other = json!({"origin": "https://other.example"});
    assert_eq!(last(&fake, "POST /v1/approvals")["page"], other);
}

/// Somebody typed the address there, and their login was refused there.
#[test]
fn what_is_asked_for_after_a_new_refusal_comes_from_the_page_of_that() {
    let (fake, worker) = waiting();
    answer(&fake, at(""), &approval("declined", 0));
    popup(&worker, "approval");
    let mut page: Value = serde_json::from_str(&fake::page_with(&[])).unwrap();
    page[0]["result"]["url"] = json!("https://other.example/contacts/8");
    *fake.page.borrow_mut() = Ok(page.to_string());
    popup(&worker, "rescan");
    require(&fake);
    ask(&worker, login_message(5));
    answer(&fake, REQUEST, &approval("waiting", 600));
    ask(&worker, asking());
    let other = json!({"origin": "https://other.example"});
    assert_eq!(last(&fake, "POST /v1/approvals")["page"], other);
}

/// Drives it as far as it goes until something is held.
fn stops<T>(future: &mut Pin<Box<impl Future<Output = T>>>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    (0..10).all(|_| future.as_mut().poll(&mut context).is_pending())
}

#[test]
fn a_login_and_a_request_for_approval_leave_each_others_notes() {
    let of_bert = |kind: &str| {
        let mut message = login_message(5);
        (message["type"], message["email"]) = (json!(kind), json!("bert@example.com"));
        read(&message)
    };
    let started = || {
        let (fake, worker) = enrolled();
        popup(&worker, "open");
        answer(&fake, REQUEST, &approval("waiting", 600));
        (fake, worker)
    };
    let both_are_kept = |fake: &Fake, order: &str| {
        let kept = fake.session.borrow()["tab:5"].clone();
        assert_eq!(kept["login"]["step"], "opened", "{order}");
        assert_eq!(kept["approval"]["email"], "bert@example.com", "{order}");
    };
    let (login, asking) = (read(&login_message(5)), of_bert("popup/askApproval"));

    let (fake, worker) = started();
    fake.held.set(Some("/v1/logins"));
    let mut running = Box::pin(worker.handle(&login));
    assert!(stops(&mut running));
    finish(worker.handle(&asking));
    assert_eq!(fake.session.borrow()["tab:5"]["login"]["step"], "asking");
    fake.held.set(None);
    finish(running);
    both_are_kept(&fake, "the login ends last");

    let (fake, worker) = started();
    fake.held.set(Some(REQUEST));
    let mut running = Box::pin(worker.handle(&asking));
    assert!(stops(&mut running));
    finish(worker.handle(&login));
    fake.held.set(None);
    finish(running);
    both_are_kept(&fake, "the request ends last");
}

#[test]
fn another_customers_page_can_be_read_meanwhile() {
    let (fake, worker) = waiting();
    *fake.page.borrow_mut() = Ok(fake::page_with(&["bert@example.com"]));
    let view = popup(&worker, "rescan");
    assert_eq!(view["customer"]["email"], "bert@example.com");
    answer(&fake, at(""), &approval("waiting", 500));
    assert_eq!(popup(&worker, "open")["email"], "anna@example.com");
}
