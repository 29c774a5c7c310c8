//! `POST /v1/enrolments`: a browser profile's key becomes a staff member's key, against a single-use code.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::{KeyId, PublicJwk, Staff, error::ParseError};

/// The alphabet of codes: Crockford's base 32, which has no I, L, O or U to misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A single-use enrolment code of 20 symbols (100 random bits), written in four groups of five. It is a secret until
/// it is used, so `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnrolmentCode(String);

/// The text is not an enrolment code.
pub type EnrolmentCodeError = ParseError;

impl EnrolmentCode {
    /// Makes a code from random bytes; the low five bits of each are used.
    pub fn from_random(random: &[u8; 20]) -> Self {
        Self(
            random
                .iter()
                .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
                .collect(),
        )
    }

    /// Parses what a person typed or pasted: case, blanks and hyphens do not matter, O reads as 0, I and L as 1.
    pub fn parse(text: &str) -> Result<Self, EnrolmentCodeError> {
        let error = ParseError {
            expected: "an enrolment code: 20 letters and digits in four groups of five",
        };
        let mut code = String::with_capacity(20);
        for c in text.chars() {
            let symbol = match c.to_ascii_uppercase() {
                ' ' | '-' | '\t' | '\n' | '\r' => continue,
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if code.len() == 20 || !symbol.is_ascii() || !ALPHABET.contains(&(symbol as u8)) {
                return Err(error);
            }
            code.push(symbol);
        }
        if code.len() == 20 {
            Ok(Self(code))
        } else {
            Err(error)
        }
    }

    /// The 20 symbols without hyphens: what is hashed and compared.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The form for people: `XXXXX-XXXXX-XXXXX-XXXXX`.
    pub fn expose_grouped(&self) -> String {
        let mut text = String::with_capacity(23);
        for (index, symbol) in self.0.chars().enumerate() {
            if index > 0 && index % 5 == 0 {
                text.push('-');
            }
            text.push(symbol);
        }
        text
    }
}

impl TryFrom<String> for EnrolmentCode {
    type Error = EnrolmentCodeError;
    fn try_from(mut text: String) -> Result<Self, EnrolmentCodeError> {
        let code = Self::parse(&text);
        text.zeroize();
        code
    }
}

impl From<EnrolmentCode> for String {
    fn from(mut code: EnrolmentCode) -> String {
        core::mem::take(&mut code.0)
    }
}

impl Drop for EnrolmentCode {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentCode(…)")
    }
}

/// Asks to enrol the key that signs the request. Signing it proves that the profile holds the private key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnrolmentRequest {
    /// The code from `stagedoor staff invite`.
    pub code: EnrolmentCode,
    /// The key to enrol; its thumbprint must be the `keyid` of the signature.
    pub public_key: PublicJwk,
    /// The extension's version, for support.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Label))]
    pub extension_version: String,
}

/// The key is enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EnrolmentResponse {
    /// The key's id from now on.
    pub key_id: KeyId,
    /// Whose key it is.
    pub staff: Staff,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_survives_being_typed() {
        let code = EnrolmentCode::from_random(&[
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 255,
        ]);
        assert_eq!(code.expose_grouped(), "01234-56789-ABCDE-FGHJZ");
        assert_eq!(EnrolmentCode::parse(" o1234 56789-abcde-fghjz\n"), Ok(code));
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in [
            "",
            "01234-56789-ABCDE-FGHJ",
            "01234-56789-ABCDE-FGHJZ0",
            "01234-56789-ABCDE-FGHJU",
            "é",
        ] {
            assert!(EnrolmentCode::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn debug_hides_the_code() {
        assert_eq!(
            format!("{:?}", EnrolmentCode::from_random(&[3; 20])),
            "EnrolmentCode(…)"
        );
    }
}
