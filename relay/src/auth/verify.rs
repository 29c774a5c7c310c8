//! Verifying signatures, and hashing: by ring, which TLS brings into the binary anyway, so no second implementation of
//! the same cryptography has to be trusted.

use ring::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm},
};
use stagedoor_protocol::{Algorithm, PublicKeyBytes};

use crate::store::VerifyingKey;

/// Whether `signature` over `message` was made by the owner of `key`.
pub(super) fn verify(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> bool {
    let algorithm: &dyn VerificationAlgorithm = match key.0 {
        PublicKeyBytes::P256(_) => &ECDSA_P256_SHA256_FIXED,
        PublicKeyBytes::Ed25519(_) => &ED25519,
    };
    UnparsedPublicKey::new(algorithm, key.as_bytes())
        .verify(message, signature)
        .is_ok()
}

/// A key to verify against when the real one is not known, so that the answer takes as long.
pub(super) fn decoy(algorithm: Algorithm) -> VerifyingKey {
    VerifyingKey(match algorithm {
        Algorithm::EcdsaP256Sha256 => PublicKeyBytes::P256(P256_GENERATOR),
        Algorithm::Ed25519 => PublicKeyBytes::Ed25519(ED25519_GENERATOR),
    })
}

/// SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    // SHA-256 is 32 bytes long, so the lengths agree.
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// The curve's generator (SEC 2 section 2.4.2), uncompressed: a valid public key.
const P256_GENERATOR: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
    0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
    0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];
/// The base point of RFC 8032, encoded: a valid public key.
const ED25519_GENERATOR: [u8; 32] = [
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
];

#[cfg(test)]
mod tests {
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
    };

    use super::*;

    /// The private keys whose public keys are the decoys (1 for P-256) would make decoys forgeable; that does not
    /// matter, because the result of a decoy's verification is never used. What matters is that it runs in full.
    #[test]
    fn decoys_are_valid_keys() {
        let rng = SystemRandom::new();
        let mut scalar = [0; 32];
        scalar[31] = 1;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &scalar,
            &P256_GENERATOR,
            &rng,
        );
        let signature = pair.unwrap().sign(&rng, b"m").unwrap();
        let signature = signature.as_ref().try_into().unwrap();
        assert!(verify(&decoy(Algorithm::EcdsaP256Sha256), b"m", &signature));
        assert!(!verify(&decoy(Algorithm::EcdsaP256Sha256), b"n", &signature));
    }

    #[test]
    fn ed25519_signatures_verify_for_their_message_only() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let key = VerifyingKey(PublicKeyBytes::Ed25519(
            pair.public_key().as_ref().try_into().unwrap(),
        ));
        let signature = pair.sign(b"m").as_ref().try_into().unwrap();
        assert!(verify(&key, b"m", &signature));
        assert!(!verify(&key, b"n", &signature));
        assert!(!verify(&decoy(Algorithm::Ed25519), b"m", &signature));
    }

    #[test]
    fn sha256_of_nothing() {
        assert_eq!(sha256(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
