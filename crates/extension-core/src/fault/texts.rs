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
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../extension/_locales/en/messages.json"
    );
    let messages: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
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
