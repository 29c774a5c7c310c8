//! Browser profiles: keys, and requests signed with them as the extension signs.

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use stagedoor_protocol::{Algorithm, KeyId, Nonce, PublicJwk, SignatureInput, SignedRequest, content_digest};

use crate::installation::AUTHORITY;

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// What the extension makes.
    P256,
    /// What the relay also takes.
    Ed25519,
}

/// A profile's private key; whether it is enrolled is the relay's business.
pub struct Profile {
    pair: Pair,
    jwk: PublicJwk,
    id: KeyId,
    random: SystemRandom,
}

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Profile {
    /// A new key.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn new(key: Key) -> Result<Self> {
        let random = SystemRandom::new();
        let pair = match key {
            Key::P256 => {
                let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).context("no randomness")?;
                let pair = EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random);
                Pair::P256(pair.ok().context("a new key cannot be read")?)
            }
            Key::Ed25519 => {
                let pair = Ed25519KeyPair::from_seed_unchecked(&bytes::<32>(&random)?);
                Pair::Ed25519(pair.ok().context("a new key cannot be read")?)
            }
        };
        let jwk = pair.jwk()?;
        let id = KeyId::from_thumbprint(&sha256(jwk.thumbprint_input().as_bytes()));
        Ok(Self {
            pair,
            jwk,
            id,
            random,
        })
    }

    /// The public key, as an enrolment carries it.
    pub fn jwk(&self) -> &PublicJwk {
        &self.jwk
    }

    /// The key's name.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// So many random bytes.
    ///
    /// # Errors
    /// When the machine has none.
    pub fn random<const N: usize>(&self) -> Result<[u8; N]> {
        bytes(&self.random)
    }

    /// A whole request, signed now with a new nonce. The relay takes it for 60 seconds.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn request(&self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let digest = content_digest(&sha256(body.as_bytes()));
        let input = SignatureInput {
            created: Timestamp::now().as_second(),
            nonce: Nonce::from_random(&self.random()?),
            key_id: self.id.clone(),
            algorithm: match self.pair {
                Pair::P256(_) => Algorithm::EcdsaP256Sha256,
                Pair::Ed25519(_) => Algorithm::Ed25519,
            },
        };
        let base = input.base(&SignedRequest {
            method,
            authority: AUTHORITY,
            path,
            content_digest: &digest,
        });
        let signature = self.sign(base.as_bytes())?;
        let text = format!(
            "{method} {path} HTTP/1.1\r\n\
             host: {AUTHORITY}\r\n\
             content-type: application/json\r\n\
             content-digest: {digest}\r\n\
             signature-input: {}\r\n\
             signature: {}\r\n\
             content-length: {}\r\n\r\n{body}",
            input.header(),
            SignatureInput::signature_header(&signature),
            body.len(),
        );
        Ok(text.into_bytes())
    }

    /// The signature over a message.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64]> {
        let signature = match &self.pair {
            Pair::P256(pair) => pair
                .sign(&self.random, message)
                .ok()
                .context("no randomness to sign with")?,
            Pair::Ed25519(pair) => pair.sign(message),
        };
        Ok(signature.as_ref().try_into()?)
    }

    /// The public key's bytes, as ring verifies with them.
    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key()
    }
}

impl Pair {
    fn public_key(&self) -> &[u8] {
        match self {
            Self::P256(pair) => pair.public_key().as_ref(),
            Self::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    fn jwk(&self) -> Result<PublicJwk> {
        match (self, self.public_key()) {
            // Uncompressed: one byte, then both coordinates.
            (Self::P256(_), [_, point @ ..]) if point.len() == 64 => {
                Ok(PublicJwk::p256(point[..32].try_into()?, point[32..].try_into()?))
            }
            (Self::Ed25519(_), key) => Ok(PublicJwk {
                kty: "OKP".into(),
                crv: "Ed25519".into(),
                // A key id is written like a coordinate: 32 bytes in base64url.
                x: KeyId::from_thumbprint(key.try_into()?).as_str().into(),
                y: None,
            }),
            _ => bail!("a P-256 key of a strange form"),
        }
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn bytes<const N: usize>(random: &SystemRandom) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    random.fill(&mut bytes).ok().context("no randomness")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm};

    use super::*;

    #[test]
    fn requests_carry_a_signature_that_verifies() {
        let kinds: [(Key, &dyn VerificationAlgorithm); 2] =
            [(Key::P256, &ECDSA_P256_SHA256_FIXED), (Key::Ed25519, &ED25519)];
        for (key, algorithm) in kinds {
            let profile = Profile::new(key).unwrap();
            let request = String::from_utf8(profile.request("POST", "/v1/logins", "{}").unwrap()).unwrap();
            let header = |name: &str| {
                let rest = request.split_once(&format!("\r\n{name}: ")).unwrap().1;
                rest.split("\r\n").next().unwrap()
            };
            let input = SignatureInput::parse(header("signature-input")).unwrap();
            let base = input.base(&SignedRequest {
                method: "POST",
                authority: AUTHORITY,
                path: "/v1/logins",
                content_digest: header("content-digest"),
            });
            let signature = SignatureInput::parse_signature(header("signature")).unwrap();
            let key = UnparsedPublicKey::new(algorithm, profile.public_key());
            assert!(key.verify(base.as_bytes(), &signature).is_ok());
            assert_eq!(input.key_id, *profile.id());
            assert!(request.ends_with("content-length: 2\r\n\r\n{}"), "{request}");
        }
    }
}
