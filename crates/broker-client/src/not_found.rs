//! Decides what a 404 is about: the customer, or a wrong address of the API.

use serde_json::Value;

/// Words by which an answer speaks of the customer.
const CUSTOMER: [&str; 7] = [
    "user", "account", "customer", "client", "email", "e-mail", "login",
];

/// Words by which frameworks and gateways say that the path itself is unknown; some of them quote the path, and the
/// path of a look-up has "accounts" and "email" in it.
const ROUTING: [&str; 13] = [
    "no static resource",
    "no handler",
    "no mapping",
    "no message available",
    "no route",
    "route not found",
    "no endpoint",
    "endpoint not found",
    "resource not found",
    "client error",
    "cannot get",
    "cannot post",
    "/v1/",
];

/// Whether the body of a 404 says, in one of the API's own error forms, that the customer was not found.
///
/// Conservative, because "no such customer" sends a person to correct an address that may be right: HTML, text, an
/// empty body and a framework's own 404 (same form, but no word about a customer) are not taken for it. Only the
/// fields that carry prose are read, never `path`.
pub(crate) fn speaks_of_customer(body: &[u8]) -> bool {
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let prose = ["title", "detail", "message", "error", "code", "errorCode"]
        .iter()
        .filter_map(|field| fields.get(*field)?.as_str())
        .collect::<Vec<_>>()
        .join("\n")
        .to_lowercase();
    CUSTOMER.iter().any(|word| prose.contains(word)) && !ROUTING.iter().any(|word| prose.contains(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_apis_own_forms_about_a_customer() {
        for body in [
            r#"{"status":404,"title":"Not Found","detail":"User not found","path":"/v1/one-time-token"}"#,
            r#"{"status":"404","title":"ACCOUNT_NOT_FOUND","detail":"","path":"/v1/one-time-token"}"#,
            r#"{"timestamp":"2026-01-01T00:00:00Z","status":404,"error":"Not Found","message":"No account with email a@x"}"#,
            r#"{"message":"Customer does not exist"}"#,
        ] {
            assert!(speaks_of_customer(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_wrong_address_of_the_api() {
        for body in [
            "",
            "<html><body>user not found</body></html>",
            "user not found",
            "\"user not found\"",
            "[]",
            "null",
            "{}",
            r#"{"timestamp":"x","status":404,"error":"Not Found","message":"","path":"/v1/accounts/by-email/a@x"}"#,
            r#"{"timestamp":"x","status":404,"error":"Not Found","message":"No message available","path":"/user"}"#,
            r#"{"status":404,"title":"Not Found","detail":"No static resource v1/accounts/by-email/a@x."}"#,
            r#"{"status":404,"title":"Not Found","detail":"No endpoint POST /broker/v1/one-time-token for user."}"#,
            r#"{"message":"no Route matched with those values"}"#,
            r#"{"status":404,"title":"Not Found","path":"/v1/accounts/by-email/a@x"}"#,
            r#"{"message":"404 Client Error: Not Found for url"}"#,
            r#"{"message":["user not found"]}"#,
            r#"{"status":404,"detail":"user not fo"#,
        ] {
            assert!(!speaks_of_customer(body.as_bytes()), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_and_text_is_never_believed(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = [b"user not found ".as_slice(), &body].concat();
            prop_assert!(!speaks_of_customer(&text));
            speaks_of_customer(&body);
        }

        #[test]
        fn a_quoted_path_is_no_word_about_a_customer(path in "/(accounts|user|email|client)/[a-z@.%/-]{0,40}") {
            let framework = serde_json::json!({
                "timestamp": "2026-01-01T00:00:00Z", "status": 404, "error": "Not Found", "message": "", "path": path,
            });
            prop_assert!(!speaks_of_customer(framework.to_string().as_bytes()));
        }
    }
}
