//! Values that are out of their bounds.

use serde_json::json;

use super::{expected, relay, unharmed};
use crate::support::app::{login_body, new_id};

#[tokio::test]
async fn values_out_of_bounds() {
    let (app, desk, login) = relay().await;
    let long = "x".repeat(257);
    for (field, value) in [
        ("requestId", json!("018BCFE5-6800-7FFF-BFFF-FFFFFFFFFFFF")),
        ("requestId", json!("018bcfe5-6800-4fff-bfff-ffffffffffff")),
        ("requestId", json!("../../etc/passwd")),
        ("requestId", json!("")),
        ("reason", json!("x".repeat(501))),
        ("reason", json!("a\u{0}b")),
        ("reason", json!("paid \u{202E}001\u{202C} USD")),
        ("reason", json!("a\u{200B}b")),
        ("reason", json!("a\u{2066}b\u{2069}")),
        ("reason", json!("hidden\u{E0041}\u{E0042}")),
        ("reason", json!("\u{3164}".repeat(10))),
        ("ticket", json!("SUP\u{200D}-1")),
        ("ticket", json!("SUP\u{200C}-1")),
        ("ticket", json!("\u{FEFF}SUP-1")),
        ("ticket", json!("SUP-1\u{2060}")),
        ("extensionVersion", json!("0.1\u{200E}")),
        (
            "page",
            json!({"origin": "https://crm.example", "recordId": "c\u{200F}1"}),
        ),
        ("ticket", json!("x".repeat(101))),
        ("ticket", json!("\u{1b}[2J")),
        ("extensionVersion", json!("")),
        ("extensionVersion", json!(long)),
        ("extensionVersion", json!("0.1\n")),
        ("page", json!({"origin": "https://crm.example/customer/17"})),
        ("page", json!({"origin": "https://user@crm.example"})),
        ("page", json!({"origin": "javascript:alert(1)"})),
        ("page", json!({"origin": "file:///etc/passwd"})),
        ("page", json!({"origin": "HTTPS://CRM.example"})),
        ("page", json!({"origin": ""})),
        ("page", json!({"origin": "https://crm.example", "recordId": ""})),
        ("page", json!({"origin": "https://crm.example", "recordId": long})),
        ("page", json!({"origin": "https://crm.example", "url": "x"})),
    ] {
        let mut body = login_body(&new_id());
        body[field] = value;
        let answer = app.send(&desk.post("/v1/logins", &body)).await;
        assert_eq!(
            answer.outcome(),
            expected("malformed_request"),
            "{field}: {}",
            body[field]
        );
    }
    for report in [
        json!({"outcome": "done"}),
        json!({"outcome": "failed", "cause": long}),
        json!({"outcome": "failed", "cause": ""}),
        json!({"outcome": "opened", "durationMilliseconds": 9_007_199_254_740_992_u64}),
        json!({"outcome": "opened", "durationMilliseconds": -1}),
        json!({"outcome": "opened", "durationMilliseconds": 1.5}),
    ] {
        let answer = app
            .send(&desk.post(&format!("/v1/logins/{login}/outcome"), &report))
            .await;
        assert_eq!(answer.outcome(), expected("malformed_request"), "{report}");
    }
    let key = app.profile();
    for (field, value) in [
        ("code", json!("short")),
        ("code", json!("U".repeat(20))),
        (
            "publicKey",
            json!({"kty": "RSA", "crv": "P-256", "x": "AQAB", "y": "AQAB"}),
        ),
        ("publicKey", json!({"kty": "EC", "crv": "P-256", "x": "AQAB"})),
        (
            "publicKey",
            json!({"kty": "EC", "crv": "P-256", "x": "A", "y": "B", "d": "private"}),
        ),
    ] {
        let mut body =
            json!({"code": "0".repeat(20), "publicKey": key.signer.jwk(), "extensionVersion": "0.1.0"});
        body[field] = value;
        let answer = app.send(&key.post("/v1/enrolments", &body)).await;
        assert_eq!(
            answer.outcome(),
            expected("malformed_request"),
            "{field}: {}",
            body[field]
        );
    }
    unharmed(&app, &desk, &login).await;
}
