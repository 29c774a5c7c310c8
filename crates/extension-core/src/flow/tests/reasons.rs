//! The last reasons: kept when they opened a platform, offered again, and gone when somebody wants them gone.

use super::*;

fn open_with(fake: &Fake, worker: &Worker, reason: &str) {
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    let mut click = login_message(5);
    click["reason"] = json!(reason);
    assert_eq!(ask(worker, click)["screen"], "opened");
}

fn list(worker: &Worker) -> Value {
    ask(worker, json!({"type": "reasons/list"}))["reasons"].clone()
}

#[test]
fn the_last_ten_are_offered_newest_first() {
    let (fake, worker) = enrolled();
    assert_eq!(list(&worker), json!([]));
    for number in 10..22 {
        open_with(&fake, &worker, &format!("the reason {number}"));
    }
    open_with(&fake, &worker, "the reason 15");
    let next = Core::new(Rc::clone(&fake));
    let expected: Vec<String> = [15, 21, 20, 19, 18, 17, 16, 14, 13, 12]
        .map(|number| format!("the reason {number}"))
        .into();
    assert_eq!(list(&next), json!(expected));
}

#[test]
fn what_opened_nothing_or_names_the_customer_is_not_kept() {
    let (fake, worker) = enrolled();
    fake.answer("/v1/logins", Err(crate::environment::HttpFailure::Timeout));
    ask(&worker, login_message(5));
    open_with(&fake, &worker, "anna asked for it");
    assert_eq!(list(&worker), json!([]));
    assert!(!fake.local.borrow().contains_key("reasons"));
}

#[test]
fn each_can_be_forgotten_and_all() {
    let (fake, worker) = enrolled();
    for reason in ["reason one", "reason two", "reason three"] {
        open_with(&fake, &worker, reason);
    }
    let left = ask(&worker, json!({"type": "reasons/forget", "reason": "reason two"}));
    assert_eq!(
        left,
        json!({"screen": "reasons", "reasons": ["reason three", "reason one"]})
    );
    assert_eq!(list(&worker), json!(["reason three", "reason one"]));
    ask(&worker, json!({"type": "reasons/forget"}));
    assert_eq!(list(&worker), json!([]));
}

#[test]
fn an_administrator_can_switch_them_off() {
    let (fake, worker) = enrolled();
    open_with(&fake, &worker, "reason one");
    *fake.managed.borrow_mut() = Some(json!({"rememberReasons": false}));
    assert_eq!(list(&worker), json!([]));
    assert!(
        !fake.local.borrow().contains_key("reasons"),
        "those of earlier are gone"
    );
    open_with(&fake, &worker, "reason two");
    assert!(!fake.local.borrow().contains_key("reasons"));
    *fake.managed.borrow_mut() = Some(json!({"rememberReasons": true}));
    open_with(&fake, &worker, "reason three");
    assert_eq!(list(&worker), json!(["reason three"]));
}

#[test]
fn signing_out_forgets_them() {
    let (fake, worker) = enrolled();
    open_with(&fake, &worker, "reason one");
    ask(&worker, json!({"type": "options/signOut"}));
    assert!(fake.local.borrow().is_empty());
}
