//! The catalogue has every text that the core can name, with as many places for arguments as the core fills.

use std::collections::BTreeMap;

use serde_json::Value;
use stagedoor_protocol::ErrorCode;

use super::*;
use crate::fault::{Code, Fault};

/// The texts that are not about faults, with the number of their arguments.
const OTHERS: &[(&str, usize)] = &[
    ("evidence_recipe", 1),
    ("evidence_mailto", 0),
    ("evidence_jsonld", 0),
    ("evidence_microdata", 0),
    ("evidence_input", 0),
    ("evidence_labelled", 1),
    ("evidence_text", 0),
    ("evidence_selection", 0),
    ("evidence_manual", 0),
    ("evidence_disguised", 0),
    ("email_hidden", 0),
    ("session_left_text", 0),
    ("error_email_invalid_cure", 0),
    ("error_reason_too_short_cure", 0),
    ("login_unknown_cure", 0),
    ("enrolment_unknown_cure", 0),
    ("test_ok_title", 0),
    ("claim_free_title", 0),
    ("claim_free_cure", 0),
    ("claim_under_way_title", 0),
    ("claim_under_way_cure", 0),
    ("approval_required_anybody", 0),
    ("approval_required_role", 1),
    ("approval_required_roles", 1),
    ("approval_by_anybody", 0),
    ("approval_by_roles", 1),
    ("approvals_done_approved", 0),
    ("approvals_done_declined", 0),
    ("teach_one", 1),
    ("teach_nothing", 0),
    ("teach_several", 0),
    ("teach_no_page", 0),
    ("teach_unusable", 0),
];

#[test]
fn every_text_is_in_the_catalogue() {
    let catalogue = catalogue();
    let mut wrong = Vec::new();
    let mut check = |key: &str, arguments: usize| match catalogue.get(key) {
        None => wrong.push(format!("{key} is missing")),
        Some(message) if message.trim().is_empty() => wrong.push(format!("{key} is empty")),
        Some(message) if places(message) != arguments => {
            wrong.push(format!("{key} wants {arguments} arguments"))
        }
        Some(_) => {}
    };
    for (key, arguments) in OTHERS {
        check(key, *arguments);
    }
    let relay = ErrorCode::ALL.iter().map(|code| Code::Relay(*code));
    for fault in relay.chain(Code::OWN.iter().copied()).map(Fault::from) {
        for text in [fault.title(), fault.cure()] {
            check(&text.key, text.args.len());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every key that stands in the core's sources is one of those above, so that none is forgotten here.
#[test]
fn no_text_is_named_that_is_not_checked() {
    let mut named = Vec::new();
    read_sources(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut named,
    );
    assert!(named.len() > 10, "the sources were not found");
    let own = |key: &str| {
        Code::OWN.iter().any(|code| {
            let fault = Fault::from(*code);
            fault.title().key == key || fault.cure().key == key
        })
    };
    for key in named {
        let known = OTHERS.iter().any(|(other, _)| *other == key) || own(&key);
        assert!(known, "{key} is not checked against the catalogue");
    }
}

#[test]
fn page_text_loses_its_disguises_and_its_length() {
    assert_eq!(harmless("  E-mail\n\taddress "), "E-mail address");
    assert_eq!(harmless("own\u{202E}er\u{200B}\u{FEFF}"), "owner");
    assert_eq!(harmless("Ünïcode stays, éàü 用户"), "Ünïcode stays, éàü 用户");
    let long = harmless(&"x".repeat(320));
    assert_eq!((long.chars().count(), long.ends_with('…')), (41, true));
}

fn catalogue() -> BTreeMap<String, String> {
    let path = [
        env!("CARGO_MANIFEST_DIR"),
        "/../../extension/_locales/en/messages.json",
    ]
    .concat();
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let entries: BTreeMap<String, Value> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let message = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
    entries
        .iter()
        .map(|(key, entry)| (key.clone(), message(entry)))
        .collect()
}

/// The highest `$n` in a message.
fn places(message: &str) -> usize {
    let digits = message
        .split('$')
        .skip(1)
        .filter_map(|rest| rest.chars().next()?.to_digit(10));
    digits.max().unwrap_or(0) as usize
}

/// Collects what `Text::new("…")` and `Text::with("…")` name in every source that is not a test.
fn read_sources(folder: &std::path::Path, named: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{error}"))
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("tests") {
            read_sources(&path, named);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            let source = std::fs::read_to_string(&path).unwrap_or_default();
            for piece in source
                .split("Text::new(\"")
                .skip(1)
                .chain(source.split("Text::with(\"").skip(1))
            {
                named.extend(piece.split('"').next().map(String::from));
            }
        }
    }
}
