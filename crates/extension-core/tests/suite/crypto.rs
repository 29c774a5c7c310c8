//! Digests, keys and signatures of the browser against native ones.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use sha2::{Digest, Sha256};
use stagedoor_extension_core::{browser::crypto, request::public_jwk};
use stagedoor_protocol::{KeyId, content_digest};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{call, property};

#[wasm_bindgen_test]
async fn digests_are_those_of_the_native_library() {
    let long = vec![0xa5; 100_000];
    for bytes in [&b""[..], b"{\"hello\": \"world\"}\n", &long] {
        let native: [u8; 32] = Sha256::digest(bytes).into();
        assert_eq!(crypto::sha256(bytes).await, Ok(native));
    }
    let digest = crypto::sha256(b"{\"hello\": \"world\"}\n").await.unwrap();
    assert_eq!(
        content_digest(&digest),
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
        "RFC 9530, appendix B.1"
    );
}

#[wasm_bindgen_test]
async fn signatures_hold_natively_and_for_nothing_else() {
    let key = crypto::generate_key().await.unwrap();
    let point = crypto::public_point(&key).await.unwrap();
    let native = VerifyingKey::from_sec1_bytes(&point).unwrap();
    let signature = crypto::sign(&key, b"base").await.unwrap();
    let signature = Signature::from_slice(&signature).unwrap();
    assert!(native.verify(b"base", &signature).is_ok());
    assert!(native.verify(b"bass", &signature).is_err());

    let other = crypto::generate_key().await.unwrap();
    let point = crypto::public_point(&other).await.unwrap();
    let other = VerifyingKey::from_sec1_bytes(&point).unwrap();
    assert!(other.verify(b"base", &signature).is_err());
}

#[wasm_bindgen_test]
async fn the_key_id_is_the_thumbprint_of_the_key() {
    let key = crypto::generate_key().await.unwrap();
    let jwk = public_jwk(&crypto::public_point(&key).await.unwrap()).unwrap();
    let subtle = property(&property(&js_sys::global(), "crypto"), "subtle");
    let exported = call(&subtle, "exportKey", &["jwk".into(), property(&key, "publicKey")])
        .await
        .unwrap();
    for (name, ours) in [
        ("kty", Some(&jwk.kty)),
        ("crv", Some(&jwk.crv)),
        ("x", Some(&jwk.x)),
        ("y", jwk.y.as_ref()),
    ] {
        assert_eq!(property(&exported, name).as_string().as_ref(), ours, "{name}");
    }
    let browser = KeyId::from_thumbprint(&crypto::sha256(jwk.thumbprint_input().as_bytes()).await.unwrap());
    let native = KeyId::from_thumbprint(&Sha256::digest(jwk.thumbprint_input()).into());
    assert_eq!(browser, native);
}

#[wasm_bindgen_test]
fn randomness_is_not_constant() {
    let (mut first, mut second) = ([0; 16], [0; 16]);
    crypto::fill_random(&mut first);
    crypto::fill_random(&mut second);
    assert_ne!(first, second);
    assert_ne!(first, [0; 16]);
}
