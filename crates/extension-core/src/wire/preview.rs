//! What the broker says of a customer before a login.

use alloc::string::String;

use crate::json::{Object, Value};

/// How an identity check can stand.
const STATUS: [&str; 6] = [
    "unknown",
    "verified",
    "unverified",
    "pending",
    "rejected",
    "blocked",
];

/// Asks about a customer. Both are as the form has them, and the relay judges them.
pub fn preview_request(platform: &str, email: &str) -> String {
    let mut request = String::new();
    Object::begin(&mut request)
        .with("platform", platform)
        .with("customerEmail", email)
        .end();
    request
}

/// How the identity check stands by an answer; a word of a newer relay is not known.
pub fn status(answer: &Value) -> &'static str {
    let word = answer.get("status").text();
    let known = STATUS.iter().find(|known| word == Some(**known));
    known.unwrap_or(&STATUS[0])
}
