//! What is shown before the relay has answered: whom the page is about, by what the relay said last, and nothing to be done with it.

use core::pin::Pin;

use super::{
    fake::{HUNG, PAGE, page_with},
    *,
};

/// A popup that is opened while something is held.
struct Opening<'a> {
    fake: &'a Fake,
    answer: Pin<Box<dyn Future<Output = crate::view::View> + 'a>>,
}

impl<'a> Opening<'a> {
    fn begin(fake: &'a Fake, worker: &'a Worker, kind: &str, held: &'static str) -> Self {
        fake.pushed.take();
        fake.requests.take();
        fake.held.set(Some(held));
        let message = read(&json!({"type": kind, "tabId": 5}));
        let answer = Box::pin(async move { worker.handle(&message).await });
        let mut opening = Self { fake, answer };
        opening.wait();
        opening
    }

    fn wait(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..100 {
            assert!(self.answer.as_mut().poll(&mut context).is_pending());
        }
    }

    /// What was shown so far.
    fn shown(&self) -> Vec<Value> {
        self.fake.pushed.borrow().clone()
    }

    fn end(self) -> Value {
        self.fake.held.set(None);
        serde_json::from_str(&finish(self.answer).to_json()).unwrap()
    }
}

const RELAY: &str = "/v1/session";
const OPEN: &str = "popup/open";

/// What is shown while the relay alone is waited for.
fn waits() -> Value {
    json!({"type": "view", "tabId": 5, "view": {"screen": "working", "step": "rules"}})
}

/// The relay has answered once.
fn known() -> (Rc<Fake>, Worker) {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": OPEN, "tabId": 5}));
    (fake, worker)
}

#[test]
fn the_customer_is_shown_before_the_relay_has_answered() {
    let (fake, worker) = known();
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    let shown = opening.shown();
    let view = opening.end();
    assert_eq!(view["customer"]["email"], "anna@example.com");
    assert_eq!(
        shown,
        [json!({"type": "view", "tabId": 5, "provisional": true, "view": view})]
    );
    assert_eq!(
        fake.pushed.borrow().len(),
        1,
        "the last word is the answer itself"
    );
    // A worker that was started anew knows it, too.
    let later = Core::new(Rc::clone(&fake));
    let opening = Opening::begin(&fake, &later, OPEN, RELAY);
    assert_eq!(opening.shown(), shown);
}

#[test]
fn what_the_relay_says_now_is_what_holds() {
    let (fake, worker) = known();
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    fake.rules.borrow_mut()["policy"]["staffDomains"] = json!(["example.com"]);
    fake.rules.borrow_mut()["platforms"]
        .as_array_mut()
        .unwrap()
        .remove(0);
    assert_eq!(opening.shown()[0]["view"]["platform"], "main");
    assert_eq!(opening.end(), json!({"screen": "none", "cut": false}));
    // And it is what is known the next time.
    *fake.page.borrow_mut() = Ok(page_with(&["carla@other.example"]));
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    assert_eq!(opening.shown()[0]["view"]["platform"], "practice");

    fake.refuse(
        RELAY,
        stagedoor_protocol::ErrorCode::StaffDisabled,
        "Ask your administrator.",
    );
    let refused = opening.end();
    assert_eq!(refused["code"], "staff_disabled", "{refused}");
}

#[test]
fn nothing_is_done_on_the_strength_of_it() {
    let (fake, worker) = known();
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    for kind in ["popup/login", "popup/askApproval", "popup/preview"] {
        let mut message = login_message(5);
        message["type"] = json!(kind);
        let view = ask(&worker, message);
        assert_eq!(
            (&view["screen"], &view["code"]),
            (&json!("error"), &json!("page_changed")),
            "{kind}"
        );
    }
    assert_eq!(
        fake.requests.borrow().len(),
        1,
        "the relay was asked nothing but what is held"
    );
    // Elsewhere nothing waits for it.
    fake.held.set(None);
    assert_eq!(ask(&worker, login_message(6))["screen"], "opened");
    assert_eq!(opening.end()["screen"], "confirm");
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
}

#[test]
fn each_opening_waits_for_its_own_answer() {
    let (fake, worker) = known();
    let login = |tab| ask(&worker, login_message(tab))["code"].clone();
    // Closed and opened again, while the relay is slow.
    let closed = Opening::begin(&fake, &worker, OPEN, RELAY);
    let again = Opening::begin(&fake, &worker, OPEN, RELAY);
    closed.end();
    assert_eq!(login(5), "page_changed");
    again.end();
    // What ends in one tab ends nothing in another.
    let hung = Opening::begin(&fake, &worker, OPEN, PAGE);
    let other = read(&json!({"type": OPEN, "tabId": 6}));
    fake.held.set(Some(RELAY));
    let mut other = Box::pin(worker.handle(&other));
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100 {
        assert!(other.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(
        (login(5), login(6)),
        (json!("page_changed"), json!("page_changed"))
    );
    hung.end();
    assert_eq!(login(6), "page_changed");
    finish(other);
    assert_eq!(ask(&worker, login_message(6))["screen"], "opened");
}

#[test]
fn what_was_typed_in_a_popup_that_is_closed_ends_no_later_one() {
    let (fake, worker) = known();
    let closed = Opening::begin(&fake, &worker, OPEN, PAGE);
    fake.held.set(Some(RELAY));
    let typed = read(&json!({"type": "popup/select", "tabId": 5, "email": "carla@example.com"}));
    let mut typed = Box::pin(worker.handle(&typed));
    let mut context = Context::from_waker(Waker::noop());
    assert!(typed.as_mut().poll(&mut context).is_pending());
    let again = Opening::begin(&fake, &worker, OPEN, PAGE);
    finish(typed);
    assert_eq!(ask(&worker, login_message(5))["code"], "page_changed");
    drop(closed);
    again.end();
    assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
    let login = super::approval::last(&fake, "POST /v1/logins");
    assert_eq!(login["page"]["origin"], "https://crm.example");
}

#[test]
fn only_a_popup_that_was_just_opened_is_shown_it() {
    let (fake, worker) = known();
    for kind in ["popup/rescan", "popup/dismiss"] {
        let opening = Opening::begin(&fake, &worker, kind, RELAY);
        assert_eq!(opening.shown(), [waits()], "{kind}");
        opening.end();
    }
}

#[test]
fn where_the_relay_has_not_said_what_may_be_opened_it_is_waited_for() {
    let (fake, worker) = enrolled();
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    assert_eq!(opening.shown(), [waits()]);
    assert_eq!(opening.end()["screen"], "confirm");

    let (fake, worker) = enrolled();
    fake.rules.borrow_mut()["platforms"] = json!([]);
    ask(&worker, json!({"type": OPEN, "tabId": 5}));
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    assert_eq!(opening.shown(), [waits()]);
    drop(opening);

    // What it said to another profile says nothing to this one.
    let (fake, worker) = known();
    fake.session.borrow_mut().get_mut("session").unwrap()["keyId"] = json!("A".repeat(43));
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    assert_eq!(opening.shown(), [waits()]);
}

#[test]
fn a_page_that_cannot_be_read_shows_nobody_before_either() {
    let (fake, worker) = known();
    *fake.page.borrow_mut() = Err(crate::environment::Broken);
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    assert_eq!(opening.shown(), [waits()]);
    assert_eq!(opening.end()["code"], "page_not_readable");
}

#[test]
fn a_selected_text_goes_first_there_too() {
    let (fake, worker) = known();
    finish(worker.selected(5, "ask carla@example.com"));
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    assert_eq!(
        opening.shown()[0]["view"]["customer"]["email"],
        "carla@example.com"
    );
    let shown = opening.shown()[0]["view"].clone();
    assert_eq!(opening.end(), shown);
    finish(worker.selected(5, "nobody"));
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    assert_eq!(opening.shown(), [waits()]);
    assert_eq!(opening.end()["code"], "selection_unusable");
}

#[test]
fn what_is_selected_while_an_earlier_popup_waits_is_not_forgotten() {
    let (fake, worker) = known();
    finish(worker.selected(5, "carla@example.com and dana@example.com"));
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    finish(worker.selected(5, "ask bert@example.com"));
    opening.end();
    let view = ask(&worker, json!({"type": OPEN, "tabId": 5}));
    assert_eq!(view["customer"]["email"], "bert@example.com");
}

#[test]
fn who_signs_out_meanwhile_leaves_nothing_of_it() {
    let (fake, worker) = enrolled();
    let opening = Opening::begin(&fake, &worker, OPEN, RELAY);
    ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!(opening.end(), json!({"screen": "setup"}));
    assert!(fake.session.borrow().is_empty());
}

#[test]
fn a_page_that_does_not_answer_is_in_nobodys_way() {
    let (fake, worker) = known();
    let opening = Opening::begin(&fake, &worker, OPEN, PAGE);
    assert_eq!(opening.shown(), [json!(null); 0]);
    let typed = json!({"type": "popup/select", "tabId": 5, "email": "carla@example.com"});
    let view = ask(&worker, typed);
    assert_eq!(
        view["customer"]["evidence"][0]["key"], "evidence_manual",
        "{view}"
    );
    let mut login = login_message(5);
    login["email"] = json!("carla@example.com");
    assert_eq!(ask(&worker, login)["screen"], "opened");
    let requests = fake.requests.borrow();
    let (_, asked) = requests
        .iter()
        .find(|(line, _)| line == "POST /v1/logins")
        .unwrap();
    assert_eq!(
        (&asked["customerEmail"], &asked["page"]),
        (&json!("carla@example.com"), &Value::Null)
    );
    drop(requests);
    // The page answers after all, and takes nothing from what was typed and opened.
    let late = opening.end();
    assert_eq!(late["customer"]["email"], "anna@example.com");
    let view = ask(&worker, json!({"type": "popup/status", "tabId": 5}));
    assert_eq!(
        (&view["screen"], &view["email"]),
        (&json!("opened"), &json!("carla@example.com"))
    );
}

#[test]
fn what_was_typed_without_the_page_is_opened_without_it_whenever_that_answers() {
    let (fake, worker) = known();
    finish(worker.selected(5, "ask bert@example.com"));
    let opening = Opening::begin(&fake, &worker, OPEN, PAGE);
    let typed = json!({"type": "popup/select", "tabId": 5, "email": "carla@example.com"});
    ask(&worker, typed);
    opening.end();
    let mut login = login_message(5);
    login["email"] = json!("carla@example.com");
    assert_eq!(ask(&worker, login)["screen"], "opened");
    let (_, asked) = fake.requests.borrow().last().cloned().unwrap();
    assert_eq!(asked["outcome"], "opened");
    let asked = super::approval::last(&fake, "POST /v1/logins");
    assert_eq!(
        (&asked["page"], asked.get("customerEmail")),
        (&Value::Null, Some(&json!("carla@example.com")))
    );
    // The text that was selected for that press is not shown at the next one.
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    finish(worker.window_removed(40));
    let view = ask(&worker, json!({"type": OPEN, "tabId": 5}));
    assert_eq!(view["customer"]["email"], "anna@example.com");
}

#[test]
fn a_page_that_never_answers_is_given_up_and_leaves_typing() {
    let (fake, worker) = known();
    fake.held.set(Some(HUNG));
    let before = fake.now.get();
    let view = ask(&worker, json!({"type": OPEN, "tabId": 5}));
    assert_eq!(view, json!({"screen": "none", "cut": true}));
    assert_eq!(fake.now.get() - before, 30_000);
    let mut login = login_message(5);
    login["email"] = json!("carla@example.com");
    assert_eq!(ask(&worker, login)["screen"], "opened");
    assert_eq!(
        super::approval::last(&fake, "POST /v1/logins")["page"],
        Value::Null
    );
}

#[test]
fn of_an_approval_that_was_asked_for_the_relays_word_is_waited_for() {
    let (fake, worker) = super::approval::approved();
    let opening = Opening::begin(&fake, &worker, OPEN, "/v1/approvals");
    assert_eq!(opening.shown(), [waits()]);
    let view = ask(&worker, login_message(5));
    assert_eq!(view["screen"], "error", "{view}");
    assert_eq!(
        (fake.logins_asked(), opening.end()["screen"].clone()),
        (0, json!("approval"))
    );
}

#[test]
fn a_relay_that_is_too_slow_while_the_page_is_read_is_not_said_to_have_made_a_link() {
    let (fake, worker) = enrolled();
    fake.answer(RELAY, Err(crate::environment::HttpFailure::Timeout));
    let view = ask(&worker, json!({"type": OPEN, "tabId": 5}));
    assert_eq!(view["code"], "relay_timeout");
    assert_eq!(view["cure"]["key"], "error_relay_timeout_cure");
    // Of a login nobody knows.
    ask(&worker, json!({"type": OPEN, "tabId": 5}));
    fake.answer("/v1/logins", Err(crate::environment::HttpFailure::Timeout));
    let view = ask(&worker, login_message(5));
    assert_eq!(
        (&view["cure"]["key"], &view["retryAfterSeconds"]),
        (&json!("login_unknown_cure"), &json!(30))
    );
    // Nor does a later worker.
    let later = Core::new(Rc::clone(&fake));
    let view = ask(&later, json!({"type": "popup/status", "tabId": 5}));
    assert_eq!(view["cure"]["key"], "login_unknown_cure");
}

#[test]
fn an_answer_that_comes_before_the_page_is_shown_once() {
    let (fake, worker) = known();
    let opening = Opening::begin(&fake, &worker, OPEN, PAGE);
    let view = opening.end();
    assert_eq!(
        (&view["screen"], fake.pushed.borrow().len()),
        (&json!("confirm"), 0)
    );
}
