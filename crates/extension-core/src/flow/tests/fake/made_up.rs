//! What the browser and the relay of the tests answer with.

use std::collections::BTreeMap;

use p256::ecdsa::SigningKey;
use serde_json::{Value, json};
use stagedoor_protocol::{ErrorCode, Problem};

use super::{EXPIRES_AT, TOKEN, key_id};
use crate::{
    environment::{HttpAnswer, HttpFailure},
    testing::{fixture, introduced_json, shown_by},
};

/// The collector's answer for a page whose visible text holds these addresses, and is about whom the first shows.
pub(in crate::flow::tests) fn page_with(addresses: &[&str]) -> String {
    let fact =
        |address: &&str| json!({"kind": "labelled", "value": address, "label": "E-mail", "visible": true});
    let facts: Vec<Value> = addresses.iter().map(fact).collect();
    let people = addresses
        .iter()
        .map(|address| introduced_json(&format!("name: {}", shown_by(address))));
    let people: Vec<Value> = people.collect();
    json!([{"frameId": 0, "result": {"version": 1, "url": "https://crm.example/contacts/7?q=secret", "title": "", "people": people, "facts": facts}}])
        .to_string()
}

/// An answer of the relay, or of something before it.
pub(in crate::flow::tests) fn http(status: u16, content_type: &str, body: &str) -> HttpAnswer {
    HttpAnswer {
        status,
        content_type: content_type.into(),
        retry_after: None,
        body: body.into(),
    }
}

/// The relay's answer to a sign-in by whichever key can be meant.
fn signed_in(keys: &BTreeMap<String, SigningKey>) -> Value {
    let key = keys.get("pending").unwrap_or_else(|| &keys["enrolled"]);
    json!({
        "keyId": key_id(key.verifying_key()).as_str(),
        "staff": {"email": "maria@broker.example", "name": "Maria Silva"},
        "expiresAt": EXPIRES_AT,
    })
}

impl super::Fake {
    /// What a relay answers that nothing else was asked of.
    pub(super) fn usual_answer(&self, path: &str, body: &Value) -> HttpAnswer {
        let answer = match path {
            "/v1/session" => self.rules.borrow().clone(),
            "/v1/enrolments" => json!({
                "keyId": key_id(self.keys.borrow()["pending"].verifying_key()).as_str(),
                "staff": {"email": "desk@broker.example", "name": "Support desk"},
            }),
            "/v1/sign-in" => fixture("sign-in-offer"),
            "/v1/sign-ins" => signed_in(&self.keys.borrow()),
            "/v1/logins" => json!({
                "requestId": body["requestId"], "oneTimeToken": TOKEN,
                "platformUrl": "https://platform.example", "validitySeconds": 30,
            }),
            _ => return http(204, "", ""),
        };
        let status = if matches!(path, "/v1/session" | "/v1/sign-in") {
            200
        } else {
            201
        };
        http(status, "application/json", &answer.to_string())
    }

    /// What is written on the toolbar button.
    pub(in super::super) fn shown(&self) -> String {
        self.badge.borrow().clone()
    }

    /// The next report of an outcome fails, or is refused.
    pub(in super::super) fn next_outcome(&self, answer: Result<ErrorCode, HttpFailure>) {
        let answer = answer.map(|code| {
            let problem = serde_json::to_string(&Problem::new(code, "No.")).unwrap();
            http(code.status(), "application/problem+json", &problem)
        });
        self.answer("/outcome", answer);
    }
}
