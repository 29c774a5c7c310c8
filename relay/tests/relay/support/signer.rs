//! Profile keys, and signatures as the extension makes them.

use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use stagedoor_protocol::{Algorithm, KeyId, Nonce, PublicJwk, SignatureInput, SignedRequest, content_digest};

/// A private key of either kind.
pub(crate) enum Signer {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    pub(crate) fn p256() -> Self {
        let rng = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &rng).unwrap();
        Self::P256(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &rng).unwrap())
    }

    pub(crate) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::from_seed_unchecked(&random::<32>()).unwrap())
    }

    pub(crate) fn jwk(&self) -> PublicJwk {
        match self {
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                PublicJwk::p256(point[1..33].try_into().unwrap(), point[33..].try_into().unwrap())
            }
            Self::Ed25519(pair) => PublicJwk {
                kty: "OKP".into(),
                crv: "Ed25519".into(),
                x: KeyId::from_thumbprint(pair.public_key().as_ref().try_into().unwrap())
                    .as_str()
                    .into(),
                y: None,
            },
        }
    }

    pub(crate) fn key_id(&self) -> KeyId {
        KeyId::from_thumbprint(&sha256(self.jwk().thumbprint_input().as_bytes()))
    }

    pub(crate) fn input(&self, created: i64) -> SignatureInput {
        SignatureInput {
            created,
            nonce: Nonce::from_random(&random()),
            key_id: self.key_id(),
            algorithm: match self {
                Self::P256(_) => Algorithm::EcdsaP256Sha256,
                Self::Ed25519(_) => Algorithm::Ed25519,
            },
        }
    }

    /// Signs a request with these parameters; the answer is the three headers.
    pub(crate) fn sign(
        &self,
        input: &SignatureInput,
        request: &SignedRequest<'_>,
    ) -> [(&'static str, String); 3] {
        let base = input.base(request);
        let signature = match self {
            Self::P256(pair) => pair
                .sign(&SystemRandom::new(), base.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Self::Ed25519(pair) => pair.sign(base.as_bytes()).as_ref().to_vec(),
        };
        let signature: [u8; 64] = signature.try_into().unwrap();
        [
            ("content-digest", request.content_digest.to_owned()),
            ("signature-input", input.header()),
            ("signature", SignatureInput::signature_header(&signature)),
        ]
    }
}

pub(crate) fn body_digest(body: &[u8]) -> String {
    content_digest(&sha256(body))
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap()
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).unwrap();
    bytes
}
