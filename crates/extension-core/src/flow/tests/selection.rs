//! Text that a person selected: who is named in it is shown, and opened only after that.

use super::{fake::page_with, *};

/// What the popup shows after this text was selected on the page.
fn select(page: &[&str], text: &str) -> (Rc<Fake>, Worker, Value) {
    let (fake, worker) = enrolled();
    *fake.page.borrow_mut() = Ok(page_with(page));
    finish(worker.selected(5, text));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(
        (fake.logins_asked(), fake.opened.borrow().len()),
        (0, 0),
        "{text}"
    );
    (fake, worker, view)
}

fn evidence(customer: &Value) -> Vec<&str> {
    let pieces = customer["evidence"].as_array().unwrap();
    pieces
        .iter()
        .map(|piece| piece["key"].as_str().unwrap())
        .collect()
}

/// What was read for an earlier popup is about to be kept when somebody selects a text.
#[test]
fn a_text_that_is_selected_while_a_reading_is_kept_is_not_forgotten() {
    let (fake, worker) = enrolled();
    fake.held.set(Some(fake::PAGE));
    let open = read(&json!({"type": "popup/open", "tabId": 5}));
    let mut earlier = pin!(worker.handle(&open));
    let mut context = Context::from_waker(Waker::noop());
    assert!(earlier.as_mut().poll(&mut context).is_pending());
    fake.held.set(Some("loaded"));
    for _ in 0..20 {
        assert!(earlier.as_mut().poll(&mut context).is_pending());
    }
    fake.held.set(None);
    finish(worker.selected(5, "bert@example.com"));
    finish(earlier);
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["customer"]["email"], "bert@example.com");
}

/// Each is read before it is changed, and both were read before either was.
#[test]
fn two_tabs_that_are_changed_at_once_are_both_kept() {
    let (fake, worker) = enrolled();
    fake.held.set(Some("loaded"));
    let mut first = pin!(worker.selected(5, "anna@example.com"));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    fake.held.set(None);
    finish(worker.selected(6, "bert@example.com"));
    finish(first);
    assert_eq!(fake.session.borrow()["tabs"], json!([6, 5]));
}

#[test]
fn whoever_was_selected_is_shown_and_opened_by_a_click() {
    let (fake, worker, view) = select(&["anna@example.com"], " <bert@example.com>, ");
    assert_eq!(view["screen"], "confirm");
    assert_eq!(view["customer"]["email"], "bert@example.com");
    assert_eq!(evidence(&view["customer"]), ["evidence_selection"]);
    assert_eq!(view["others"], 1);
    let mut click = login_message(5);
    click["email"] = json!("bert@example.com");
    assert_eq!(ask(&worker, click)["screen"], "opened");
    let requests = fake.requests.borrow();
    let (_, login) = requests
        .iter()
        .find(|(line, _)| line == "POST /v1/logins")
        .unwrap();
    assert_eq!(login["customerEmail"], "bert@example.com");
}

#[test]
fn a_selection_counts_once() {
    let (_, worker, view) = select(&["anna@example.com"], "bert@example.com");
    assert_eq!(view["customer"]["email"], "bert@example.com");
    let view = ask(&worker, json!({"type": "popup/status", "tabId": 5}));
    assert_eq!(view["customer"]["email"], "bert@example.com");
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["customer"]["email"], "anna@example.com");
}

#[test]
fn what_the_page_has_of_it_is_said_too() {
    let (_, _, view) = select(&["anna@example.com"], "Anna@Example.com");
    assert_eq!(view["customer"]["email"], "Anna@Example.com");
    assert_eq!(
        evidence(&view["customer"]),
        ["evidence_selection", "evidence_labelled"]
    );
    assert_eq!(view["others"], 0);
}

#[test]
fn several_are_a_choice() {
    let (_, worker, view) = select(
        &["anna@example.com"],
        "bert@example.com; carla@example.com, BERT@example.com",
    );
    assert_eq!(view["screen"], "choose");
    let candidates = view["candidates"].as_array().unwrap();
    let emails: Vec<&Value> = candidates.iter().map(|one| &one["email"]).collect();
    assert_eq!(emails, ["bert@example.com", "carla@example.com"]);
    let view = ask(
        &worker,
        json!({"type": "popup/select", "tabId": 5, "email": "carla@example.com"}),
    );
    assert_eq!(view["screen"], "confirm");
    assert_eq!(evidence(&view["customer"]), ["evidence_selection"]);
    // Both that were selected and what else the page has are there to be picked instead, counted and each once.
    let rest = view["rest"].as_array().unwrap();
    let emails: Vec<&Value> = rest.iter().map(|one| &one["email"]).collect();
    assert_eq!(emails, ["bert@example.com", "anna@example.com"]);
    assert_eq!(evidence(&rest[0]), ["evidence_selection"]);
    assert_eq!(view["others"], 2);
}

/// Whoever drags from the second letter on means the whole address, or does not: nobody decides that for them.
#[test]
fn a_part_of_an_address_on_the_page_is_not_taken_for_another() {
    for part in ["nna@example.com", "anna@example.co"] {
        let (_, _, view) = select(&["anna@example.com"], part);
        assert_eq!(view["screen"], "choose");
        let candidates = view["candidates"].as_array().unwrap();
        let emails: Vec<&Value> = candidates.iter().map(|one| &one["email"]).collect();
        assert_eq!(emails, [part, "anna@example.com"]);
    }
}

#[test]
fn a_hostile_text_opens_and_proposes_nobody() {
    let long = format!("{} bert@example.com", "x".repeat(4_000));
    let crowd: String = (0..9).map(|number| format!("c{number}@example.com ")).collect();
    for text in [
        "",
        "Bert Ito",
        "bert\u{200b}@example.com",
        "\u{202e}moc.elpmaxe@treb",
        "bert@example.com\u{2069}",
        "be\u{ad}rt@example.com",
        "bert@@example.com",
        "https://user:bert@example.com/",
        "logo@2x.png",
        &long,
        &crowd,
    ] {
        let (_, worker, view) = select(&["anna@example.com"], text);
        assert_eq!(
            (&view["code"], &view["retry"]),
            (&json!("selection_unusable"), &json!("rescan")),
            "{text:?}"
        );
        let view = ask(&worker, json!({"type": "popup/rescan", "tabId": 5}));
        assert_eq!(view["customer"]["email"], "anna@example.com");
    }
}

#[test]
fn it_waits_for_a_relay_that_is_away_and_not_for_a_login_under_way() {
    let (fake, worker) = enrolled();
    finish(worker.selected(5, "bert@example.com"));
    fake.answer("/v1/session", Err(crate::environment::HttpFailure::Unreachable));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["code"], "relay_unreachable");
    let view = ask(&worker, json!({"type": "popup/rescan", "tabId": 5}));
    assert_eq!(view["customer"]["email"], "bert@example.com");

    // News of an earlier login do not hide it.
    fake.listening.set(false);
    fake.answer("/v1/logins", Err(crate::environment::HttpFailure::Timeout));
    ask(&worker, login_message(5));
    finish(worker.selected(5, "carla@example.com"));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["customer"]["email"], "carla@example.com");
}
