//! Signatures that do not fit, on every endpoint.

use super::{endpoints, expected, relay, unharmed};
use crate::support::{Draft, Profile};

#[tokio::test]
async fn signatures_that_do_not_fit() {
    let (app, desk, login) = relay().await;
    type Spoil = fn(Draft, &Profile) -> Draft;
    let spoils: &[(&str, Spoil, &str)] = &[
        ("no signature", |d, _| d.without("signature"), "signature_missing"),
        (
            "no parameters",
            |d, _| d.without("signature-input"),
            "signature_missing",
        ),
        (
            "no digest",
            |d, _| d.without("content-digest"),
            "signature_missing",
        ),
        (
            "nothing",
            |d, _| {
                d.without("signature")
                    .without("signature-input")
                    .without("content-digest")
            },
            "signature_missing",
        ),
        (
            "two signatures",
            |d, _| {
                let v = d.value("signature").to_owned();
                d.and_header("signature", &v)
            },
            "signature_missing",
        ),
        (
            "two digests",
            |d, _| {
                let v = d.value("content-digest").to_owned();
                d.and_header("content-digest", &v)
            },
            "signature_missing",
        ),
        (
            "garbage",
            |d, _| d.header("signature", "stagedoor=:AAAA:"),
            "signature_missing",
        ),
        (
            "another label",
            |d, _| {
                let v = d.value("signature").replace("stagedoor", "sig1");
                d.header("signature", &v)
            },
            "signature_missing",
        ),
        (
            "a bearer token",
            |d, _| d.without("signature").header("authorization", "Bearer abc"),
            "signature_missing",
        ),
        (
            "sha-512",
            |d, _| d.header("content-digest", "sha-512=:AAAA:"),
            "signature_missing",
        ),
        (
            "another body",
            |d, _| {
                let body = [&d.body[..], b" "].concat();
                d.body(body)
            },
            "signature_invalid",
        ),
        (
            "another digest",
            |d, _| d.header("content-digest", &crate::support::signer::body_digest(b"x")),
            "signature_invalid",
        ),
        (
            "another key",
            |d, other| {
                let s = other.signer.clone();
                let input = d.signer.input(d.created);
                d.signer(s).signed_with(&input)
            },
            "signature_invalid",
        ),
        (
            "another path",
            |d, _| {
                let path = d.path.clone();
                Draft {
                    path: "/v1/other".into(),
                    ..d
                }
                .signed_at(path)
            },
            "signature_invalid",
        ),
        (
            "another method",
            |d, _| {
                let method = d.method;
                Draft { method: "PUT", ..d }.signed_as(method)
            },
            "signature_invalid",
        ),
        (
            "zeros",
            |d, _| {
                d.header(
                    "signature",
                    &stagedoor_protocol::SignatureInput::signature_header(&[0; 64]),
                )
            },
            "signature_invalid",
        ),
        (
            "too old",
            |d, _| {
                let at = d.created - 61;
                d.created(at).signed()
            },
            "signature_stale",
        ),
        (
            "too new",
            |d, _| {
                let at = d.created + 61;
                d.created(at).signed()
            },
            "signature_stale",
        ),
        (
            "a query",
            |d, _| {
                let path = format!("{}?x=1", d.path);
                Draft { path, ..d }.signed()
            },
            "malformed_request",
        ),
        (
            "an empty query",
            |d, _| {
                let path = format!("{}?", d.path);
                Draft { path, ..d }.signed()
            },
            "malformed_request",
        ),
    ];
    let other = app.profile();
    for (what, spoil, code) in spoils {
        for (name, draft) in endpoints(&app, &desk, &login).await {
            let answer = app.send(&spoil(draft, &other)).await;
            assert_eq!(
                answer.outcome(),
                expected(code),
                "{what} at {name}: {}",
                answer.body
            );
        }
    }
    unharmed(&app, &desk, &login).await;
}

#[tokio::test]
async fn replays() {
    let (app, desk, login) = relay().await;
    for (name, draft) in endpoints(&app, &desk, &login).await {
        // Malformed, so that the first one does nothing; its nonce is spent all the same.
        let draft = draft.body("{").signed();
        let first = app.send(&draft).await;
        assert_ne!(first.status, 401, "{name}: {}", first.body);
        if name != "enrolments" {
            assert_eq!(
                app.send(&draft).await.outcome(),
                expected("signature_replayed"),
                "{name}"
            );
        }
    }
    // Nothing is written for a wrong code; with a good one the nonce is spent, whatever comes of it.
    let code = app.invite("ops@broker.example").await;
    let (wrong_code, enrolled_key) = (app.profile().enrol("00000-00000-00000-00000"), desk.enrol(&code));
    for (draft, outcomes) in [
        (wrong_code, ["enrolment_code_refused"; 2]),
        (enrolled_key, ["profile_already_enrolled", "signature_replayed"]),
    ] {
        for outcome in outcomes {
            assert_eq!(app.send(&draft).await.outcome(), expected(outcome));
        }
    }
    unharmed(&app, &desk, &login).await;
}

impl Draft {
    /// Signs it as it stands, then gives it this path.
    fn signed_at(self, path: String) -> Self {
        Self {
            path,
            ..self.signed()
        }
    }

    /// Signs it as it stands, then gives it this method.
    fn signed_as(self, method: &'static str) -> Self {
        Self {
            method,
            ..self.signed()
        }
    }
}
