//! What is signed: HTTP Message Signatures (RFC 9421), in the one form that Stagedoor uses.
//!
//! Signing and verifying themselves need a key and are done by WebCrypto in the extension and by the relay's library;
//! this module makes the bytes that both feed to them.

use alloc::string::{String, ToString};

use base64ct::{Base64, Base64UrlUnpadded, Encoding};

use crate::{
    KeyId,
    digest::base64,
    error::{ParseError, text_type},
};

/// Label of the one signature in `Signature-Input` and `Signature`.
const LABEL: &str = "stagedoor";
/// Application tag (RFC 9421 section 2.3): a signature made for another purpose never fits.
const TAG: &str = "stagedoor-v1";
/// Covered components, in this order, always all of them.
const COVERED: &str = r#"("@method" "@authority" "@path" "content-digest")"#;

/// A covered component with its canonical value (RFC 9421 section 2).
#[derive(Debug, Clone, Copy)]
pub struct Component<'a> {
    /// Lower-case name, e.g. `@method` or `content-digest`.
    pub name: &'a str,
    /// Value as section 2 derives it.
    pub value: &'a str,
}

/// The signature base of RFC 9421 section 2.5: one line a component, then `@signature-params`.
pub fn signature_base(components: &[Component<'_>], signature_params: &str) -> String {
    let mut base = String::new();
    for Component { name, value } in components {
        base.extend(["\"", *name, "\": ", *value, "\n"]);
    }
    base.extend(["\"@signature-params\": ", signature_params]);
    base
}

/// The parts of a request that a signature covers.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// Method in upper case.
    pub method: &'a str,
    /// Host and, unless it is the scheme's default, port; lower case.
    pub authority: &'a str,
    /// Absolute path. Requests with a query are refused, so there is none to cover.
    pub path: &'a str,
    /// Value of the `Content-Digest` header; see [`crate::content_digest`].
    pub content_digest: &'a str,
}

/// Signature algorithms (RFC 9421 section 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256; the signature is `r || s`, 64 bytes, which is what WebCrypto makes.
    EcdsaP256Sha256,
    /// EdDSA on edwards25519; 64 bytes.
    Ed25519,
}

impl Algorithm {
    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// 16 random bytes that make each request unique; base64url, 22 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nonce(String);

impl Nonce {
    /// A nonce from random bytes.
    pub fn from_random(random: &[u8; 16]) -> Self {
        Self(Base64UrlUnpadded::encode_string(random))
    }

    /// Parses a nonce.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut bytes = [0; 16];
        match Base64UrlUnpadded::decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == 16 => Ok(Self(text.into())),
            _ => Err(ParseError {
                expected: "a nonce: 22 base64url characters",
            }),
        }
    }

    /// The nonce as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_type!(Nonce, ParseError);

/// The signature's own parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureInput {
    /// When the signature was made, in seconds since 1970 (UTC).
    pub created: i64,
    /// Makes the request unique.
    pub nonce: Nonce,
    /// Which enrolled key signs.
    pub key_id: KeyId,
    /// How.
    pub algorithm: Algorithm,
}

impl SignatureInput {
    /// Value of the `Signature-Input` header.
    pub fn header(&self) -> String {
        let mut header = String::from(LABEL);
        header.push('=');
        header.push_str(&self.signature_params());
        header
    }

    /// Parses a `Signature-Input` header. Only the exact text that [`Self::header`] writes is accepted: one spelling,
    /// so no two readers can see different parameters.
    pub fn parse(header: &str) -> Result<Self, ParseError> {
        Self::read(header)
            .filter(|input| input.header() == header)
            .ok_or(ParseError {
                expected: "a Signature-Input header of exactly the documented form",
            })
    }

    /// The bytes to sign for a request.
    pub fn base(&self, request: &SignedRequest<'_>) -> String {
        let components = [
            Component {
                name: "@method",
                value: request.method,
            },
            Component {
                name: "@authority",
                value: request.authority,
            },
            Component {
                name: "@path",
                value: request.path,
            },
            Component {
                name: "content-digest",
                value: request.content_digest,
            },
        ];
        signature_base(&components, &self.signature_params())
    }

    fn signature_params(&self) -> String {
        let Self {
            created,
            nonce,
            key_id,
            algorithm,
        } = self;
        let mut params = String::from(COVERED);
        // Without `core::fmt`, which would be a part of the extension for this alone.
        params.push_str(";created=");
        params.push_str(&created.to_string());
        for (name, value) in [
            (";nonce=", nonce.as_str()),
            (";keyid=", key_id.as_str()),
            (";alg=", algorithm.as_str()),
            (";tag=", TAG),
        ] {
            params.push_str(name);
            params.push('"');
            params.push_str(value);
            params.push('"');
        }
        params
    }

    /// Finds the parameters in a text that is meant to be canonical; [`Self::parse`] compares afterwards.
    fn read(header: &str) -> Option<Self> {
        let params = header
            .strip_prefix(LABEL)?
            .strip_prefix('=')?
            .strip_prefix(COVERED)?;
        let mut fields = params.strip_prefix(';')?.split(';');
        let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
        let created = field("created")?.parse().ok()?;
        let nonce = Nonce::parse(unquote(field("nonce")?)?).ok()?;
        let key_id = KeyId::parse(unquote(field("keyid")?)?).ok()?;
        let algorithm = match unquote(field("alg")?)? {
            "ecdsa-p256-sha256" => Algorithm::EcdsaP256Sha256,
            "ed25519" => Algorithm::Ed25519,
            _ => return None,
        };
        Some(Self {
            created,
            nonce,
            key_id,
            algorithm,
        })
    }

    /// Value of the `Signature` header for the signature's bytes.
    pub fn signature_header(signature: &[u8; 64]) -> String {
        let mut header = String::from(LABEL);
        header.extend(["=:", &base64(signature), ":"]);
        header
    }

    /// The signature's bytes from a `Signature` header.
    pub fn parse_signature(header: &str) -> Result<[u8; 64], ParseError> {
        let error = ParseError {
            expected: "a Signature header of exactly the documented form",
        };
        let text = header
            .strip_prefix(LABEL)
            .and_then(|rest| rest.strip_prefix("=:")?.strip_suffix(':'));
        let mut signature = [0; 64];
        match text.map(|text| Base64::decode(text, &mut signature).map(<[u8]>::len)) {
            Some(Ok(64)) => Ok(signature),
            _ => Err(error),
        }
    }
}

fn unquote(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests;
