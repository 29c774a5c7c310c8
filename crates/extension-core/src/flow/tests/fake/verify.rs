//! What a relay checks of a request, by another implementation than the browser's.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde_json::Value;
use sha2::{Digest, Sha256};
use stagedoor_protocol::{Algorithm, KeyId, PublicJwk, SignatureInput, SignedRequest, content_digest};

use super::Fake;
use crate::environment::HttpRequest;

impl Fake {
    /// Refuses to go on where a relay would refuse the request.
    pub(super) fn verify(&self, request: &HttpRequest<'_>, path: &str, body: &Value) {
        if path == "/v1/sign-in" {
            assert!(
                request.headers.is_empty() && request.body.is_none(),
                "it tells who asks"
            );
            return;
        }
        let header = |name: &str| {
            let mut found = request.headers.iter().filter(|(other, _)| *other == name);
            found.next().unwrap_or_else(|| panic!("no {name}")).1.as_str()
        };
        let digest = content_digest(&Sha256::digest(request.body.unwrap_or_default()).into());
        assert_eq!(header("Content-Digest"), digest);

        let input = SignatureInput::parse(header("Signature-Input")).unwrap();
        assert_eq!(input.algorithm, Algorithm::EcdsaP256Sha256);
        assert_eq!(input.created, i64::try_from(self.now.get() / 1000).unwrap());
        let nonce = input.nonce.as_str().to_owned();
        assert!(!self.nonces.borrow().contains(&nonce), "a nonce was used twice");
        self.nonces.borrow_mut().push(nonce);

        let keys = self.keys.borrow();
        let new = path == "/v1/enrolments" || (path == "/v1/sign-ins" && keys.contains_key("pending"));
        let name = if new { "pending" } else { "enrolled" };
        // Whoever leaves deletes the key first.
        let seen = self.seen.borrow();
        let key = keys.get(name).unwrap_or_else(|| &seen[name]).verifying_key();
        assert_eq!(input.key_id, key_id(key));
        if matches!(path, "/v1/enrolments" | "/v1/sign-ins") {
            assert_eq!(body["publicKey"], serde_json::to_value(jwk(key)).unwrap());
        }
        let base = input.base(&SignedRequest {
            method: request.method,
            authority: "relay.example",
            path,
            content_digest: &digest,
        });
        let signature = SignatureInput::parse_signature(header("Signature")).unwrap();
        let signature = Signature::from_slice(&signature).unwrap();
        key.verify(base.as_bytes(), &signature).unwrap();
    }
}

pub(super) fn point(key: &VerifyingKey) -> [u8; 65] {
    key.to_sec1_point(false).as_bytes().try_into().unwrap()
}

pub(super) fn jwk(key: &VerifyingKey) -> PublicJwk {
    let point = point(key);
    PublicJwk::p256(point[1..33].try_into().unwrap(), point[33..].try_into().unwrap())
}

pub(in crate::flow::tests) fn key_id(key: &VerifyingKey) -> KeyId {
    KeyId::from_thumbprint(&Sha256::digest(jwk(key).thumbprint_input()).into())
}
