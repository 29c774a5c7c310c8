//! What a relay checks of a request, by other code than the one under test.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use sha2::{Digest, Sha256};
use stagedoor_extension_core::json::Value;
use stagedoor_protocol::{KeyId, PublicJwk, PublicKeyBytes, SignatureInput, SignedRequest, content_digest};

use super::script;

/// The requests that the relay saw, each with a signature that holds under this key. `None` takes the key from the
/// first request, which must be an enrolment.
pub(crate) fn verified_requests(key: Option<VerifyingKey>) -> (Vec<Value>, VerifyingKey) {
    let requests = script("return fake.requests;").list().to_vec();
    let key = key.unwrap_or_else(|| enrolled_key(&requests[0]));
    let mut nonces = Vec::new();
    for request in &requests {
        let input = verify(request, &key);
        assert!(!nonces.contains(&input.nonce), "a nonce was used twice");
        nonces.push(input.nonce);
    }
    (requests, key)
}

/// The requests as `METHOD path`.
pub(crate) fn lines() -> Vec<String> {
    let requests = script("return fake.requests;");
    let line = |request: &Value| format!("{} {}", text(request, "method"), text(request, "path"));
    requests.list().iter().map(line).collect()
}

/// The key that an enrolment brings, which must be the one that its signature names.
fn enrolled_key(request: &Value) -> VerifyingKey {
    let body = Value::parse(text(request, "body")).unwrap();
    let member = |name| body.get("publicKey").get(name).string();
    let jwk = PublicJwk {
        kty: member("kty").unwrap(),
        crv: member("crv").unwrap(),
        x: member("x").unwrap(),
        y: member("y"),
    };
    let PublicKeyBytes::P256(point) = jwk.to_bytes().unwrap() else {
        panic!("not P-256")
    };
    let input = SignatureInput::parse(text(request.get("headers"), "signature-input")).unwrap();
    let thumbprint: [u8; 32] = Sha256::digest(jwk.thumbprint_input()).into();
    assert_eq!(input.key_id, KeyId::from_thumbprint(&thumbprint));
    VerifyingKey::from_sec1_bytes(&point).unwrap()
}

fn verify(request: &Value, key: &VerifyingKey) -> SignatureInput {
    let header = |name| text(request.get("headers"), name);
    let digest = content_digest(&Sha256::digest(text(request, "body")).into());
    assert_eq!(header("content-digest"), digest);
    let input = SignatureInput::parse(header("signature-input")).unwrap();
    let now = (js_sys::Date::now() / 1000.0) as i64;
    assert!(
        (now - 60..=now).contains(&input.created),
        "{} at {now}",
        input.created
    );
    let base = input.base(&SignedRequest {
        method: text(request, "method"),
        authority: "relay.example",
        path: text(request, "path"),
        content_digest: &digest,
    });
    let signature = SignatureInput::parse_signature(header("signature")).unwrap();
    key.verify(base.as_bytes(), &Signature::from_slice(&signature).unwrap())
        .unwrap();
    input
}

/// A member that must be a text.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value
        .get(name)
        .text()
        .unwrap_or_else(|| panic!("no text {name} in {value:?}"))
}
