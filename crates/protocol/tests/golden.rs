//! The golden messages in `tests/fixtures/wire`: what stands there is what both sides write and read, byte for byte
//! after parsing. The relay's and the extension core's tests read the same files.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey, Verifier};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};
use stagedoor_protocol::*;

/// Secret key of RFC 8037 appendix A.1: public, and for tests only.
const RFC_8037_SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/../../tests/fixtures/wire/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Reads a fixture as `T`, writes it again, and expects the same JSON.
fn check<T: Serialize + DeserializeOwned>(name: &str) {
    let golden = fixture(name);
    let value: T = serde_json::from_value(golden.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(serde_json::to_value(&value).unwrap(), golden, "{name}");
}

/// Expects that a fixture with one more field is refused.
fn check_refuses_more<T: DeserializeOwned>(name: &str) {
    let mut message = fixture(name);
    message
        .as_object_mut()
        .unwrap()
        .insert("url".into(), "https://evil.example".into());
    assert!(
        serde_json::from_value::<T>(message).is_err(),
        "{name} took an unknown field"
    );
}

#[test]
fn messages_round_trip() {
    check::<LoginRequest>("login-request");
    check::<LoginRequest>("login-request-minimal");
    check::<LoginRequest>("login-request-override");
    check::<LoginRequest>("login-request-approved");
    check::<LoginResponse>("login-response");
    check::<OutcomeReport>("outcome-opened");
    check::<OutcomeReport>("outcome-failed");
    check::<EnrolmentRequest>("enrolment-request");
    check::<EnrolmentResponse>("enrolment-response");
    check::<SignInOffer>("sign-in-offer");
    check::<SignInRequest>("sign-in-request");
    check::<SignInResponse>("sign-in-response");
    check::<Session>("session");
    check::<Session>("session-rules");
    check::<SessionAnswer>("session");
    check::<SessionAnswer>("session-recipes");
    check::<Problem>("problem");
    check::<Problem>("problem-claimed");
    check::<Problem>("problem-rule");
    check::<Problem>("problem-approval");
    check::<Session>("session-approver");
    check::<ApprovalRequest>("approval-request");
    check::<Approval>("approval-waiting");
    check::<Approval>("approval-approved");
    check::<Approval>("approval-declined");
    check::<WaitingApprovals>("approvals-waiting");
    check::<ApprovalDecision>("approval-decision-approve");
    check::<ApprovalDecision>("approval-decision-decline");
    check::<PreviewRequest>("preview-request");
    check::<Preview>("preview");
    check::<Preview>("preview-bare");
    check::<Session>("session-preview");
}

#[test]
fn requests_with_unknown_fields_are_refused() {
    check_refuses_more::<LoginRequest>("login-request");
    check_refuses_more::<OutcomeReport>("outcome-opened");
    check_refuses_more::<EnrolmentRequest>("enrolment-request");
    check_refuses_more::<SignInRequest>("sign-in-request");
    check_refuses_more::<ApprovalRequest>("approval-request");
    check_refuses_more::<ApprovalDecision>("approval-decision-decline");
    check_refuses_more::<PreviewRequest>("preview-request");
}

#[test]
fn an_override_names_a_login_or_the_request_is_refused() {
    for wrong in [
        "yes".into(),
        "".into(),
        Value::Bool(true),
        fixture("problem-claimed")["claim"].clone(),
    ] {
        let mut message = fixture("login-request-override");
        message["overrides"] = wrong;
        assert!(
            serde_json::from_value::<LoginRequest>(message.clone()).is_err(),
            "{message}"
        );
    }
}

/// The whole chain on one recorded request: digest, base, headers, signature.
#[test]
fn signed_request() {
    let golden = fixture("signed-request");
    let text = |name: &str| golden[name].as_str().unwrap();
    let digest = content_digest(&Sha256::digest(text("body")).into());
    assert_eq!(digest, text("contentDigest"));

    let jwk: PublicJwk = serde_json::from_value(golden["publicKey"].clone()).unwrap();
    let input = SignatureInput::parse(text("signatureInput")).unwrap();
    assert_eq!(
        input.key_id,
        KeyId::from_thumbprint(&Sha256::digest(jwk.thumbprint_input()).into())
    );

    let base = input.base(&SignedRequest {
        method: text("method"),
        authority: text("authority"),
        path: text("path"),
        content_digest: &digest,
    });
    assert_eq!(base, text("signatureBase"));

    let signature = SignatureInput::parse_signature(text("signature")).unwrap();
    let seed = Base64UrlUnpadded::decode_vec(RFC_8037_SEED).unwrap();
    let key = SigningKey::from_bytes(seed.as_slice().try_into().unwrap());
    assert_eq!(
        key.sign(base.as_bytes()).to_bytes(),
        signature,
        "Ed25519 signatures are deterministic"
    );
    let Ok(PublicKeyBytes::Ed25519(public)) = jwk.to_bytes() else {
        panic!("not Ed25519")
    };
    assert_eq!(key.verifying_key().to_bytes(), public);
    key.verifying_key()
        .verify(base.as_bytes(), &ed25519_dalek::Signature::from_bytes(&signature))
        .unwrap();
}
