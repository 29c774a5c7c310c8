//! Holds every answer that a test sees to the OpenAPI document: its status, and its code.

use stagedoor_relay::openapi::{ENDPOINTS, Endpoint};

use super::Answer;

/// Panics if the document does not have this answer.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let code = answer.code();
    // What the parser of HTTP refuses before the relay sees it is no answer of an endpoint; nor is a preflight's.
    if method == "OPTIONS" || (answer.status >= 400 && code.is_empty()) {
        return;
    }
    let here = ENDPOINTS.iter().filter(|endpoint| leads_to(endpoint, path));
    let here = here.collect::<Vec<_>>();
    let endpoint = here.iter().find(|endpoint| of_method(endpoint) == method);
    let known = match endpoint {
        // Everywhere the same ones are possible.
        None if here.is_empty() => code == "not_found" || everywhere(&code),
        None => code == "method_not_allowed" || everywhere(&code),
        Some(endpoint) if code.is_empty() => endpoint.status() == answer.status,
        Some(endpoint) => endpoint.codes().iter().any(|known| known.as_str() == code),
    };
    assert!(
        known,
        "not documented: {method} {path} answers {} {code}",
        answer.status
    );
}

fn everywhere(code: &str) -> bool {
    ["origin_not_allowed", "internal", "overloaded"].contains(&code)
}

fn of_method(endpoint: &Endpoint) -> String {
    let method = serde_json::to_value(&endpoint.method).unwrap();
    method.as_str().unwrap().to_ascii_uppercase()
}

fn leads_to(endpoint: &Endpoint, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (wanted, got) = (endpoint.path.split('/'), path.split('/'));
    let fits = |(wanted, got): (&str, &str)| wanted == got || wanted.starts_with('{') && !got.is_empty();
    wanted.clone().count() == got.clone().count() && wanted.zip(got).all(fits)
}
