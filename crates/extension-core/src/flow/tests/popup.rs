//! Reading the page, proposing, choosing.

use super::*;
use crate::environment::{Broken, HttpFailure};
use fake::{http, page_with};
use stagedoor_protocol::ErrorCode;

fn open(worker: &Worker) -> Value {
    ask(worker, json!({"type": "popup/open", "tabId": 5}))
}

fn select(worker: &Worker, email: &str) -> Value {
    ask(
        worker,
        json!({"type": "popup/select", "tabId": 5, "email": email}),
    )
}

#[test]
fn without_an_enrolment_nothing_is_read_and_nothing_sent() {
    let fake = Fake::fresh();
    *fake.page.borrow_mut() = Err(Broken);
    let view = open(&Core::new(Rc::clone(&fake)));
    assert_eq!(view, json!({"screen": "setup"}));
    assert!(fake.requests.borrow().is_empty());
}

#[test]
fn one_customer_is_proposed_with_the_rules_of_the_relay() {
    let (fake, worker) = enrolled();
    assert_eq!(
        open(&worker),
        json!({
            "screen": "confirm",
            "customer": {
                "email": "anna@example.com",
                "evidence": [{"key": "evidence_labelled", "args": ["E-mail"]}],
            },
            "others": 0,
            "platforms": [
                {"id": "main", "name": "Main", "environment": "live"},
                {"id": "practice", "name": "Practice", "environment": "demo"},
            ],
            "platform": "main",
            "staff": {"email": "desk@broker.example", "name": "Support desk"},
            "reason": {"mode": "required", "minLength": 10, "maxLength": 500},
            "isolation": "required",
        })
    );
    assert_eq!(fake.take_requests(), ["GET /v1/session"]);
}

#[test]
fn a_platform_with_rules_of_its_own_is_asked_for_by_them() {
    let (fake, worker) = enrolled();
    let rules = json!({
        "reason": "optional", "reasonMinLength": 4, "isolation": "off", "validitySeconds": 20, "ticketRequired": true,
    });
    fake.rules.borrow_mut()["platforms"][1]["rules"] = rules;
    let view = open(&worker);
    assert_eq!(view["platforms"][0]["rules"], json!(null));
    assert_eq!(
        view["platforms"][1]["rules"],
        json!({
            "reason": {"mode": "optional", "minLength": 4, "maxLength": 500},
            "isolation": "off",
            "ticketRequired": true,
        })
    );
    assert_eq!(
        (
            &view["reason"]["mode"],
            &view["isolation"],
            &view["ticketRequired"]
        ),
        (&json!("required"), &json!("required"), &json!(null))
    );
}

#[test]
fn several_customers_are_left_to_the_person() {
    let (fake, worker) = enrolled();
    *fake.page.borrow_mut() = Ok(page_with(&[
        "bert@example.com",
        "anna@example.com",
        "desk@broker.example",
    ]));
    let view = open(&worker);
    assert_eq!((&view["screen"], &view["others"]), (&json!("choose"), &json!(0)));
    let emails: Vec<&Value> = view["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| &found["email"])
        .collect();
    assert_eq!(emails, ["anna@example.com", "bert@example.com"]);

    let view = select(&worker, "Bert@example.com");
    assert_eq!((&view["screen"], &view["others"]), (&json!("confirm"), &json!(1)));
    assert_eq!(
        view["customer"]["email"], "bert@example.com",
        "as the page spells it"
    );
    assert_eq!(view["customer"]["evidence"][0]["key"], "evidence_labelled");
    // The others are there to be picked instead, as they were found.
    let rest = view["rest"].as_array().unwrap();
    assert_eq!((rest.len(), &rest[0]["email"]), (1, &json!("anna@example.com")));
    assert_eq!(rest[0]["evidence"][0]["key"], "evidence_labelled");
    let view = select(&worker, "carla@example.com");
    assert_eq!(
        (&view["others"], view["rest"].as_array().unwrap().len()),
        (&json!(2), 2)
    );
}

#[test]
fn an_address_can_be_typed() {
    let (fake, worker) = enrolled();
    *fake.page.borrow_mut() = Ok(page_with(&[]));
    assert_eq!(open(&worker), json!({"screen": "none", "cut": false}));
    let view = select(&worker, " mailto:carla@example.com ");
    assert_eq!((&view["screen"], &view["others"]), (&json!("confirm"), &json!(0)));
    assert_eq!(view["customer"]["email"], "carla@example.com");
    assert_eq!(
        view["customer"]["evidence"],
        json!([{"key": "evidence_manual", "args": []}])
    );
    assert_eq!(
        fake.take_requests(),
        ["GET /v1/session"],
        "the page is not read again"
    );
}

#[test]
fn a_page_that_was_read_in_part_is_not_said_to_hold_no_address() {
    let (fake, worker) = enrolled();
    let mut page: Value = serde_json::from_str(&page_with(&[])).unwrap();
    // A frame that was read to its end does not make up for one that was not.
    let whole = json!({"frameId": 9, "result": page[0]["result"].clone()});
    page[0]["result"]["truncated"] = json!(true);
    page.as_array_mut().unwrap().push(whole);
    *fake.page.borrow_mut() = Ok(page.to_string());
    let view = json!({"screen": "none", "cut": true});
    assert_eq!(open(&worker), view);
    let later = Core::new(Rc::clone(&fake));
    assert_eq!(
        ask(&later, json!({"type": "popup/status", "tabId": 5})),
        view,
        "it is kept with the scan"
    );
}

#[test]
fn frames_say_nothing_where_the_page_itself_could_not_be_read() {
    let (fake, worker) = enrolled();
    let mut page: Value = serde_json::from_str(&page_with(&["anna@example.com"])).unwrap();
    page[0]["frameId"] = json!(9);
    let unread = json!({"frameId": 0, "result": null});
    page.as_array_mut().unwrap().push(unread);
    *fake.page.borrow_mut() = Ok(page.to_string());
    let view = open(&worker);
    assert_eq!(
        (&view["screen"], &view["code"]),
        (&json!("error"), &json!("page_not_readable")),
        "{view}"
    );
}

#[test]
fn a_wrong_address_is_said_where_it_was_typed() {
    let (fake, worker) = enrolled();
    let wrong = json!({"key": "error_email_invalid_cure", "args": []});
    for (page, screen) in [
        (page_with(&[]), "none"),
        (page_with(&["anna@example.com"]), "confirm"),
        (page_with(&["anna@example.com", "bert@example.com"]), "choose"),
    ] {
        *fake.page.borrow_mut() = Ok(page);
        ask(&worker, json!({"type": "popup/rescan", "tabId": 5}));
        let view = select(&worker, "carla at example.com");
        assert_eq!((&view["screen"], &view["inputError"]), (&json!(screen), &wrong));
    }
}

/// A Cyrillic letter looks like a plain one, wherever the address comes from.
#[test]
fn an_address_that_may_look_like_another_is_marked() {
    let (fake, worker) = enrolled();
    let (plain, other) = ("anna@example.com", "\u{430}nna@example.com");
    *fake.page.borrow_mut() = Ok(page_with(&[plain, other, "bert@example.com"]));
    let view = open(&worker);
    let candidates = view["candidates"].as_array().unwrap();
    let marked = |customer: &Value| {
        let first = &customer["evidence"][0]["key"];
        (customer["email"].clone(), *first == "evidence_disguised")
    };
    let found: Vec<_> = candidates.iter().map(marked).collect();
    assert_eq!(
        found,
        [
            (json!(plain), false),
            (json!("bert@example.com"), false),
            (json!(other), true)
        ]
    );
    for (email, is) in [
        (plain, false),
        (other, true),
        ("\u{441}arla@example.com", true),
        ("J\u{DC}rgen@example.com", false),
    ] {
        let view = select(&worker, email);
        assert_eq!(marked(&view["customer"]), (json!(email), is));
        // It says where it is from beside that.
        let evidence = view["customer"]["evidence"].as_array().unwrap();
        assert_eq!(evidence.len(), 1 + usize::from(is));
    }
}

#[test]
fn a_selection_after_the_notes_were_lost_reads_the_page_again() {
    let (fake, worker) = enrolled();
    let view = select(&worker, "anna@example.com");
    assert_eq!(view["customer"]["evidence"][0]["key"], "evidence_labelled");
    assert_eq!(fake.take_requests(), ["GET /v1/session"]);
}

#[test]
fn status_reads_nothing() {
    let (fake, worker) = enrolled();
    assert_eq!(
        ask(&worker, json!({"type": "popup/status", "tabId": 5}))["code"],
        "internal"
    );
    let view = open(&worker);
    fake.take_requests();
    assert_eq!(ask(&worker, json!({"type": "popup/status", "tabId": 5})), view);
    assert!(fake.requests.borrow().is_empty());
}

#[test]
fn tabs_do_not_see_each_others_notes() {
    let (fake, worker) = enrolled();
    let anna = open(&worker);
    *fake.page.borrow_mut() = Ok(page_with(&["bert@example.com"]));
    let bert = ask(&worker, json!({"type": "popup/open", "tabId": 69}));
    assert_eq!(bert["customer"]["email"], "bert@example.com");
    for (tab, view) in [(5, anna), (69, bert)] {
        assert_eq!(ask(&worker, json!({"type": "popup/status", "tabId": tab})), view);
    }
}

#[test]
fn of_too_many_tabs_those_used_last_are_kept() {
    let (fake, worker) = enrolled();
    let open = |tab: usize| ask(&worker, json!({"type": "popup/open", "tabId": tab}));
    for tab in 100..164 {
        open(tab);
    }
    open(100);
    open(7);
    let kept = fake.session.borrow();
    let kept: Vec<&str> = kept.keys().filter_map(|name| name.strip_prefix("tab:")).collect();
    assert_eq!(kept.len(), 64);
    assert!(
        kept.contains(&"100") && kept.contains(&"7") && !kept.contains(&"101"),
        "{kept:?}"
    );
}

#[test]
fn a_page_that_cannot_be_read_is_said() {
    let (fake, worker) = enrolled();
    *fake.page.borrow_mut() = Err(Broken);
    let view = open(&worker);
    assert_eq!(
        view,
        json!({
            "screen": "error", "code": "page_not_readable", "retry": "rescan",
            "title": {"key": "error_page_not_readable_title", "args": []},
            "cure": {"key": "error_page_not_readable_cure", "args": []},
        })
    );
}

#[test]
fn faults_of_the_relay_become_views() {
    let (fake, worker) = enrolled();
    for (answer, code, retry) in [
        (Err(HttpFailure::Unreachable), "relay_unreachable", "rescan"),
        (Err(HttpFailure::Timeout), "relay_timeout", "rescan"),
        (Err(HttpFailure::TooLarge), "relay_answer_unusable", "rescan"),
        (
            Ok(http(200, "text/html", "<p>Sign in")),
            "relay_answer_unusable",
            "rescan",
        ),
        (
            Ok(http(200, "application/json", "{")),
            "relay_answer_unusable",
            "rescan",
        ),
        (
            Ok(http(200, "application/json", "{}")),
            "relay_answer_unusable",
            "rescan",
        ),
        (Ok(http(204, "", "")), "relay_answer_unusable", "rescan"),
        (Ok(http(502, "text/html", "")), "relay_lost", "rescan"),
        (Ok(http(429, "", "")), "too_many_requests", "rescan"),
    ] {
        fake.answer("/v1/session", answer);
        let view = open(&worker);
        assert_eq!((&view["code"], &view["retry"]), (&json!(code), &json!(retry)));
    }
    fake.refuse("/v1/session", ErrorCode::StaffDisabled, "Ask your administrator.");
    let view = open(&worker);
    assert_eq!(
        (&view["code"], &view["retry"]),
        (&json!("staff_disabled"), &json!("options"))
    );
    assert_eq!(view["detail"], "Ask your administrator.");
}

#[test]
fn other_messages_are_faults_and_not_crashes() {
    let (_, worker) = enrolled();
    for message in [
        json!({}),
        json!([]),
        json!(null),
        json!("popup/open"),
        json!({"type": "popup/open"}),
        json!({"type": "popup/open", "tabId": "5"}),
        json!({"type": "popup/open", "tabId": 1e12}),
        json!({"type": "popup/login", "email": 7}),
        json!({"type": "no/such", "tabId": 5}),
    ] {
        let view = ask(&worker, message.clone());
        assert_eq!(
            (&view["screen"], &view["code"]),
            (&json!("error"), &json!("internal")),
            "{message}"
        );
    }
}

#[test]
fn a_name_is_found_in_the_headings_whatever_its_letters() {
    let (fake, worker) = enrolled();
    let fact = |kind, value| json!({"kind": kind, "value": value, "visible": true});
    for (heading, screen) in [
        ("M\u{DC}LLER, J\u{FC}rgen", "confirm"),
        ("Customer 4711", "choose"),
    ] {
        let facts = [
            fact("labelled", "jurgen.muller@example.com"),
            fact("text", "bert@example.com"),
        ];
        let page = json!({"url": "https://crm.example/1", "headings": [heading], "name": heading, "title": "CRM", "facts": facts});
        *fake.page.borrow_mut() = Ok(json!([{"frameId": 0, "result": page}]).to_string());
        let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
        assert_eq!(view["screen"], screen, "{heading}");
    }
}
