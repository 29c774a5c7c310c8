//! Whom a page is about that is not called after anybody: the first name on it, where nothing speaks against it.

use super::*;
use crate::testing::introduced_json;

#[test]
fn whoever_sits_there_is_not_whom_a_page_is_about() {
    let (fake, worker) = enrolled();
    fake.rules.borrow_mut()["staff"]["name"] = json!("J\u{F6}rg M\u{FC}ller");
    let facts = [json!({"kind": "labelled", "value": "anna.kowalska@example.com", "visible": true})];
    for (people, screen) in [
        (&["m\u{FC}ller, j\u{F6}rg", "name: anna kowalska"][..], "confirm"),
        (&["trading accounts", "name: anna kowalska"], "confirm"),
        (&["ben ito", "anna kowalska"], "choose"),
        (&["account holder: anna kowalska"], "confirm"),
        (&["full name: anna kowalska", "payer: ben ito"], "confirm"),
        (&["vollständiger name: anna kowalska"], "confirm"),
        // Of whom nobody knows whether they are the customer.
        (&["payer: anna kowalska"], "choose"),
        (&["card holder: anna kowalska", "client: ben ito"], "choose"),
        (&["authorised trader: anna kowalska"], "choose"),
        (&["einzahler: anna kowalska"], "choose"),
        (&["contact person: anna kowalska"], "choose"),
        (&["account holder 2: anna kowalska"], "choose"),
        (
            &["account holder 1: anna kowalska", "account holder 2: ben ito"],
            "confirm",
        ),
        (&["client: b. i.", "name: anna kowalska"], "choose"),
        (&["name: anna kowalska", "client: b. i."], "choose"),
        (
            &[
                "name: anna kowalska",
                "client: \u{431}\u{435}\u{43d} \u{438}\u{442}\u{43e}",
            ],
            "choose",
        ),
        (&["status: b. i.", "name: anna kowalska"], "confirm"),
        (&["mrs.: anna kowalska"], "confirm"),
        // What stands on its line, and what its sections are called.
        (&["anna kowalska / verified client"], "confirm"),
        (
            &["anna kowalska / verified client", "full name: anna kowalska"],
            "confirm",
        ),
        (
            &["anna kowalska / verified client", "payer: anna kowalska"],
            "confirm",
        ),
        (&["anna kowalska / paid by"], "choose"),
        (&["name: anna kowalska / payer"], "choose"),
        (
            &["name: anna kowalska / contact details / account holder"],
            "confirm",
        ),
        (&["client: anna kowalska / deposit"], "confirm"),
        // Somebody else is called the customer further down.
        (&["name: anna kowalska", "client: ben ito"], "choose"),
        (&["client: anna kowalska", "name: ben ito"], "confirm"),
        (&["client: anna kowalska", "customer: ben ito"], "choose"),
        (&["name: anna kowalska", "client: anna kowalska"], "confirm"),
        (&["name: anna kowalska", "address: ring road 12"], "confirm"),
        (&[], "choose"),
    ] {
        let people: Vec<Value> = people.iter().map(|entry| introduced_json(entry)).collect();
        let page =
            json!({"url": "https://crm.example/1", "title": "Client 4711", "people": people, "facts": facts});
        *fake.page.borrow_mut() = Ok(json!([{"frameId": 0, "result": page}]).to_string());
        let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
        assert_eq!(view["screen"], screen, "{people:?}");
    }
}

#[test]
fn a_title_that_names_somebody_else_goes_before_the_first_name_on_the_page() {
    let (fake, worker) = enrolled();
    let facts = [json!({"kind": "labelled", "value": "anna.kowalska@example.com", "visible": true})];
    for (title, screen) in [
        ("Client 4711 - Ledgerline", "confirm"),
        ("Anna Kowalska - Deposit D-9912", "confirm"),
        ("Kowalska Anna | Ledgerline", "confirm"),
        ("Deposit D-9912 - Blue Harbor", "choose"),
        ("Deposit D-9912 - Northwind Markets", "confirm"),
        ("Deposit D-9912 | Ben Ito", "choose"),
        ("Ben Ito - Deposit D-9912", "choose"),
        ("Deposit D-9912 | Ben Ito | Ledgerline", "choose"),
        ("Ben Ito", "choose"),
        ("Deposit for Ben Ito | Ledgerline", "choose"),
        ("Deposit D-9912 (Ben Ito) | Ledgerline", "choose"),
        ("Deposit for Anna Kowalska | Ledgerline", "confirm"),
    ] {
        let people = [introduced_json("name: anna kowalska")];
        let page = json!({"url": "https://crm.example/1", "title": title, "people": people, "facts": facts});
        *fake.page.borrow_mut() = Ok(json!([{"frameId": 0, "result": page}]).to_string());
        let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
        assert_eq!(view["screen"], screen, "{title}");
    }
}
