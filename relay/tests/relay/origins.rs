//! CORS: extensions only, and a foreign origin is refused before anything happens.

use crate::support::{Draft, STAFF, TestApp, http::problem};

const EXTENSION: &str = "chrome-extension://jomfnokbjcodmeceeekpoggolchicolf";
const FIREFOX: &str = "moz-extension://0190b5f0-7c1e-7b52-9d4e-2f9f3a1c2b4d";

fn preflight(app: &TestApp, path: &str, origin: &str) -> Draft {
    let draft = Draft {
        method: "OPTIONS",
        path: path.into(),
        headers: Vec::new(),
        ..app.profile().get("/")
    };
    draft
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "content-digest,content-type,signature,signature-input",
        )
}

#[tokio::test]
async fn extensions_may_ask_and_read() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    for origin in [EXTENSION, FIREFOX] {
        let answer = app.send(&preflight(&app, "/v1/logins", origin)).await;
        assert_eq!(answer.status, 204);
        for (header, value) in [
            ("access-control-allow-origin", origin),
            ("access-control-allow-methods", "GET, POST"),
            (
                "access-control-allow-headers",
                "content-type, content-digest, signature, signature-input",
            ),
            ("access-control-max-age", "7200"),
            ("access-control-allow-credentials", ""),
            ("vary", "Origin"),
        ] {
            assert_eq!(answer.header(header), value, "{header}");
        }
        let answer = app.send(&desk.login().0.header("origin", origin)).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("access-control-expose-headers"), "Retry-After");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        let refused = app
            .send(
                &desk
                    .get("/v1/session")
                    .header("origin", origin)
                    .without("signature"),
            )
            .await;
        assert_eq!(refused.outcome(), problem(401, "signature_missing"));
        assert_eq!(
            refused.header("access-control-allow-origin"),
            origin,
            "errors can be read too"
        );
    }
    assert_eq!(app.mints(), 2);
}

#[tokio::test]
async fn web_pages_and_other_extensions_cannot_read_or_trigger_anything() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let nonces = app.records.count("nonces").await;
    for origin in [
        "https://crm.example",
        "https://evil.example",
        "http://127.0.0.1",
        "null",
        "",
        "*",
        "chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "moz-extension://evil.example",
        &format!("{EXTENSION}.evil.example"),
        &format!("{EXTENSION}, https://evil.example"),
        &EXTENSION.to_uppercase(),
    ] {
        let signed = desk.login().0.header("origin", origin);
        for draft in [
            preflight(&app, "/v1/logins", origin),
            signed,
            desk.get("/nowhere").header("origin", origin),
        ] {
            let answer = app.send(&draft).await;
            assert_eq!(
                answer.outcome(),
                problem(403, "origin_not_allowed"),
                "{origin:?} {}",
                draft.method
            );
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin:?}");
        }
    }
    let two = desk
        .login()
        .0
        .and_header("origin", EXTENSION)
        .and_header("origin", "https://evil.example");
    assert_eq!(app.send(&two).await.outcome(), problem(403, "origin_not_allowed"));
    assert_eq!(app.mints(), 0);
    assert_eq!(app.records.kinds("intent").await, 0);
    assert_eq!(
        app.records.count("nonces").await,
        nonces,
        "they are not even verified"
    );
}

#[tokio::test]
async fn firefox_is_served_only_where_the_operator_says_so() {
    let app = TestApp::start_with(|config, _| config.extension.firefox = false).await;
    let answer = app.send(&preflight(&app, "/v1/session", FIREFOX)).await;
    assert_eq!(answer.outcome(), problem(403, "origin_not_allowed"));
}
