//! A profile's public key on the wire (JWK, RFC 7517) and its id (thumbprint, RFC 7638).

use alloc::string::String;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

use crate::error::{ParseError, text_type};

/// Id of an enrolled profile's key: the base64url SHA-256 thumbprint of its JWK, 43 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

impl KeyId {
    /// The id that belongs to a thumbprint: the SHA-256 of [`PublicJwk::thumbprint_input`].
    pub fn from_thumbprint(sha256: &[u8; 32]) -> Self {
        Self(Base64UrlUnpadded::encode_string(sha256))
    }

    /// Parses an id.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut bytes = [0; 32];
        match Base64UrlUnpadded::decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == 32 => Ok(Self(text.into())),
            _ => Err(ParseError {
                expected: "a key id: 43 base64url characters",
            }),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_type!(KeyId, ParseError);

/// A public key as JWK: `EC` on `P-256` with `x` and `y`, or `OKP` on `Ed25519` with `x` (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicJwk {
    /// `EC` or `OKP`.
    pub kty: String,
    /// `P-256` or `Ed25519`.
    pub crv: String,
    /// 32 bytes, base64url.
    pub x: String,
    /// 32 bytes, base64url; only for `EC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
}

/// The raw public key that a [`PublicJwk`] describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicKeyBytes {
    /// Uncompressed SEC 1 point: `04 || x || y`.
    P256([u8; 65]),
    /// RFC 8032 public key.
    Ed25519([u8; 32]),
}

impl PublicJwk {
    /// A P-256 key from its coordinates.
    pub fn p256(x: &[u8; 32], y: &[u8; 32]) -> Self {
        let encode = Base64UrlUnpadded::encode_string;
        Self {
            kty: "EC".into(),
            crv: "P-256".into(),
            x: encode(x),
            y: Some(encode(y)),
        }
    }

    /// Decodes the coordinates. Whether the point is on the curve is for the verifier's library to say.
    pub fn to_bytes(&self) -> Result<PublicKeyBytes, ParseError> {
        let error = ParseError {
            expected: "a public JWK: EC P-256 with x and y, or OKP Ed25519 with x",
        };
        let x = decode32(&self.x).ok_or(error)?;
        match (self.kty.as_str(), self.crv.as_str(), &self.y) {
            ("EC", "P-256", Some(y)) => {
                let y = decode32(y).ok_or(error)?;
                let mut point = [4; 65];
                let (head, tail) = point.split_at_mut(33);
                head[1..].copy_from_slice(&x);
                tail.copy_from_slice(&y);
                Ok(PublicKeyBytes::P256(point))
            }
            ("OKP", "Ed25519", None) => Ok(PublicKeyBytes::Ed25519(x)),
            _ => Err(error),
        }
    }

    /// The JSON text whose SHA-256 is the thumbprint: required members only, in lexical order, no blanks (RFC 7638
    /// section 3). Call [`Self::to_bytes`] first: it refuses values that would need escaping.
    pub fn thumbprint_input(&self) -> String {
        let Self { kty, crv, x, y } = self;
        // Without `core::fmt`, which would be a part of the extension for this alone.
        let mut input = String::from("{");
        let members = [
            ("crv", Some(crv)),
            ("kty", Some(kty)),
            ("x", Some(x)),
            ("y", y.as_ref()),
        ];
        for (name, value) in members {
            let Some(value) = value else { continue };
            input.push_str(if input.len() > 1 { ",\"" } else { "\"" });
            input.push_str(name);
            input.push_str("\":\"");
            input.push_str(value);
            input.push('"');
        }
        input.push('}');
        input
    }
}

fn decode32(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let length = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
    (length == 32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn thumbprint_of_rfc_8037_appendix_a_3() {
        let jwk = PublicJwk {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
            y: None,
        };
        assert!(matches!(jwk.to_bytes(), Ok(PublicKeyBytes::Ed25519(_))));
        let id = KeyId::from_thumbprint(&Sha256::digest(jwk.thumbprint_input()).into());
        assert_eq!(id.as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(KeyId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn p256_keys_round_trip() {
        let jwk = PublicJwk::p256(&[7; 32], &[9; 32]);
        let Ok(PublicKeyBytes::P256(point)) = jwk.to_bytes() else {
            panic!("not P-256")
        };
        assert_eq!(
            (point[0], point[1], point[32], point[33], point[64]),
            (4, 7, 7, 9, 9)
        );
    }

    #[test]
    fn other_keys_are_refused() {
        let good = PublicJwk::p256(&[7; 32], &[9; 32]);
        for bad in [
            PublicJwk {
                kty: "RSA".into(),
                ..good.clone()
            },
            PublicJwk {
                crv: "P-384".into(),
                ..good.clone()
            },
            PublicJwk {
                y: None,
                ..good.clone()
            },
            PublicJwk {
                x: "AAAA".into(),
                ..good.clone()
            },
            PublicJwk {
                x: r#"a","y":"b"#.into(),
                ..good.clone()
            },
        ] {
            assert!(bad.to_bytes().is_err());
        }
        for bad in ["", "short", &"A".repeat(44), &"!".repeat(43)] {
            assert!(KeyId::parse(bad).is_err());
        }
    }
}
