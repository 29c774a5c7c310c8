//! What people read of a fault: for every code there is a heading and a cure, in words of a support desk.

use alloc::format;

use serde_json::Value;
use stagedoor_protocol::ErrorCode;

use super::Code;

/// Words of those who run or write the product. A cure may use them to somebody's administrator.
const JARGON: &[&str] = &[
    "token",
    "enrol",
    "API",
    "IP address",
    "certificate",
    "signature",
    "key store",
    "JSON",
    "HTTP",
    "TLS",
    "proxy",
    "nonce",
    "endpoint",
    "payload",
    "void",
    "policies",
];

#[test]
fn every_fault_has_a_heading_and_a_cure_without_jargon() {
    let messages = messages("en");
    let codes = Code::OWN.iter().map(|code| code.as_str());
    for code in codes.chain(ErrorCode::ALL.iter().map(|code| code.as_str())) {
        for part in ["title", "cure"] {
            let name = format!("error_{code}_{part}");
            let text = messages[&name]["message"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{name} is missing");
            // A code is what a person was given under that name.
            let said = text.replace("nrolment code", "");
            let odd = JARGON.iter().find(|word| said.contains(*word));
            let passed_on = part == "cure" && text.contains("administrator");
            assert!(odd.is_none() || passed_on, "{name} says {odd:?}: {text}");
        }
    }
}

/// There is nothing to open in the settings; a login has a text of its own for an answer that did not come.
#[test]
fn what_the_settings_say_too_says_nothing_of_what_was_opened() {
    for language in ["ar", "de", "en", "es", "fr", "pl"] {
        let messages = messages(language);
        let text = |name: &str| messages[name]["message"].as_str().unwrap();
        let (opened, _) = text("error_broker_rate_limited_cure").split_once('.').unwrap();
        let session = Code::Relay(ErrorCode::SessionExpired);
        for code in [
            Code::RelayUnreachable,
            Code::RelayTimeout,
            Code::RelayLost,
            session,
        ] {
            let cure = text(&format!("error_{}_cure", code.as_str()));
            assert!(!cure.contains(opened), "{language}: {cure}");
        }
    }
}

fn messages(language: &str) -> Value {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../extension/_locales");
    let text = std::fs::read_to_string(format!("{root}/{language}/messages.json"));
    serde_json::from_str(&text.unwrap()).unwrap()
}
