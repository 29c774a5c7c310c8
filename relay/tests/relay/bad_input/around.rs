//! Paths, methods and headers that might lead around the signature.

use stagedoor_protocol::ErrorCode;

use super::{endpoints, expected, relay, unharmed};
use crate::support::{Draft, STAFF, TestApp};

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let (app, desk, login) = relay().await;
    for (path, code) in [
        ("/", "not_found"),
        ("/v1", "not_found"),
        ("/v1/session/", "not_found"),
        ("//v1/session", "not_found"),
        ("/V1/session", "not_found"),
        ("/v1/%73ession", "not_found"),
        ("/v2/session", "not_found"),
        ("/healthz", "not_found"),
        ("/metrics", "not_found"),
        ("/problems/no_such_code", "not_found"),
        ("/v1/logins", "method_not_allowed"),
        ("/v1/enrolments", "method_not_allowed"),
    ] {
        let answer = app.send(&desk.get(path)).await;
        assert_eq!(answer.outcome(), expected(code), "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"] {
        let draft = Draft {
            method,
            ..desk.get("/v1/session")
        };
        assert_eq!(
            app.send(&draft.signed()).await.outcome(),
            expected("method_not_allowed"),
            "{method}"
        );
    }
    unharmed(&app, &desk, &login).await;
}

/// The four classes by which authenticating proxies have been passed: a health checker's name, forwarding headers, parts of
/// a URL that two readers see differently, several `@` (which is among the addresses above).
#[tokio::test]
async fn no_header_or_path_is_a_way_around_the_signature() {
    let (app, desk, login) = relay().await;
    for (name, value) in [
        ("user-agent", "GoogleHC/1.0"),
        ("user-agent", "kube-probe/1.31"),
        ("user-agent", "ELB-HealthChecker/2.0"),
        ("user-agent", "Amazon-Route53-Health-Check-Service"),
        ("user-agent", "GoogleHC/1.0 (ping) OPTIONS"),
        ("x-forwarded-uri", "/healthz"),
        ("x-forwarded-uri", "/problems/internal"),
        ("x-original-url", "/healthz"),
        ("x-rewrite-url", "/problems/internal"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("x-client-ip", "127.0.0.1"),
        ("true-client-ip", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1;proto=https;host=relay.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/problems"),
        ("x-forwarded-path", "/healthz"),
        ("x-forwarded-client-cert", "Subject=\"CN=desk\""),
        ("x-auth-request-email", STAFF),
        ("x-forwarded-host", "relay.example"),
        ("x-forwarded-method", "OPTIONS"),
        ("x-http-method-override", "OPTIONS"),
        ("x-forwarded-user", STAFF),
        ("x-forwarded-email", STAFF),
        ("authorization", "Basic ZGVzazpkZXNr"),
        ("cookie", "_oauth2_proxy=x; session=1"),
    ] {
        for (endpoint, draft) in endpoints(&app, &desk, &login).await {
            let draft = draft.without("signature").header(name, value);
            assert_eq!(
                app.send(&draft).await.outcome(),
                expected("signature_missing"),
                "{name}: {value} at {endpoint}"
            );
        }
    }
    for target in [
        "/v1/session#/healthz",
        "/v1/logins#/problems/internal",
        "/v1/session?/problems/internal#",
        "/healthz#/../v1/session",
        "/healthz/../v1/session",
        "/problems/../v1/session",
        "/problems/internal/../../v1/session",
        "/problems/internal%2f..%2f..%2fv1%2fsession",
        "/v1/session;/healthz",
        "/v1/session%23/healthz",
        "http://relay.example/v1/session",
        "//relay.example/v1/session",
        "*",
    ] {
        let status = crate::bounds::status_of_raw(
            &app,
            &format!("GET {target} HTTP/1.1\r\nhost: {}\r\n\r\n", app.authority()),
        )
        .await;
        assert!([400, 401, 404, 405].contains(&status), "{target}: {status}");
    }
    // Signed for one target and sent to another: a fragment, which no client sends, is not looked at, and is no way to
    // another path than the signed one.
    for (target, statuses) in [
        ("/v1/session#/healthz", &[200, 400][..]),
        ("/v1/session?", &[400]),
        ("/v1/session?x=1#y", &[400]),
        ("/v1/logins#/v1/session", &[405]),
        ("/healthz#/v1/session", &[404]),
    ] {
        let signed = String::from_utf8(desk.get("/v1/session").to_bytes()).unwrap();
        let sent = signed.replacen("/v1/session", target, 1);
        let status = crate::bounds::status_of_raw(&app, &sent).await;
        assert!(statuses.contains(&status), "{target}: {status}");
    }
    unharmed(&app, &desk, &login).await;
}

#[tokio::test]
async fn each_problem_has_a_page_that_explains_it() {
    let app = TestApp::start().await;
    for code in ErrorCode::ALL {
        let draft = app
            .profile()
            .get(&format!("/problems/{code}"))
            .without("signature")
            .without("signature-input");
        let answer = app.send(&draft).await;
        assert_eq!(answer.status, 200, "{code}");
        assert!(
            answer.body.contains(code.title()) && answer.body.contains("What to do:"),
            "{code}"
        );
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'none'"),
            "{code}"
        );
    }
}
