//! Tokens that Node's crypto library signed, an implementation that shares nothing with this one; the private keys are gone.

use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use serde::Deserialize;

use super::install;
use crate::sign_in::id_token::verified;

#[derive(Deserialize)]
struct Signed {
    alg: Algorithm,
    jwk: Jwk,
    token: String,
}

#[test]
fn each_algorithm_verifies_its_own_signatures_and_no_others() {
    install();
    let all: Vec<Signed> = serde_json::from_str(include_str!("../../../../tests/fixtures/jws.json")).unwrap();
    assert_eq!(all.len(), 9);
    for Signed { alg, jwk, token } in &all {
        let key = DecodingKey::from_jwk(jwk).unwrap();
        let claims = verified(token, *alg, &key).unwrap();
        assert_eq!(claims["sub"], format!("{alg:?}"));
        // Another letter in the middle of the signature, and in the claims.
        let dots: Vec<_> = token.match_indices('.').map(|(at, _)| at).collect();
        for at in [dots[1] + 20, dots[0] + 5] {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(verified(&changed, *alg, &key).is_err(), "{alg:?}");
        }
        for other in &all {
            let foreign = DecodingKey::from_jwk(&other.jwk).unwrap();
            let same_key = other.jwk == *jwk;
            assert_eq!(
                verified(token, *alg, &foreign).is_ok(),
                same_key,
                "{alg:?} with the key of {:?}",
                other.alg
            );
            assert_eq!(
                verified(token, other.alg, &key).is_ok(),
                other.alg == *alg,
                "{alg:?} as {:?}",
                other.alg
            );
        }
    }
}
