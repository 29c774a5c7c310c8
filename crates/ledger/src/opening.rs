//! Commitments to personal data, and what opens them. A record holds `SHA-256(salt || value)`; the opening, salt and
//! value, is stored beside it and can be forgotten. Without the salt nobody can tell what the value was by guessing.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::base64;
use crate::part::{Part, PartError};

/// How many bytes of salt there are.
pub(crate) const SALT_BYTES: usize = 32;
/// Longest value of an opening, in bytes.
pub(crate) const MAX_VALUE_BYTES: usize = 16 * 1024;

/// What a record says of a part that is not in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// Of a stored opening's bytes: salt and value in a row.
    pub(crate) fn of(opening: &[u8]) -> Self {
        Self(Sha256::digest(opening).into())
    }

    /// Reads 44 characters of base64.
    pub fn parse(text: &str) -> Option<Self> {
        base64::decode(text).map(Self)
    }

    /// The SHA-256 value.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&base64::encode(&self.0))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Commitment({self})")
    }
}

/// Salt and value: personal data, so nothing shows it but [`Self::read`] and [`Self::to_bytes`].
#[derive(Clone, PartialEq, Eq)]
pub struct Opening(Vec<u8>);

/// Bytes that are not an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// Shorter than a salt, or longer than any opening.
    #[error(
        "an opening has {SALT_BYTES} bytes of salt and at most {MAX_VALUE_BYTES} of value, not {0} bytes: it was changed"
    )]
    Length(usize),
}

impl Opening {
    /// Of a part. The salt must be random, and used for this one part.
    pub fn new(salt: [u8; SALT_BYTES], part: &impl Part) -> Self {
        let mut bytes = salt.to_vec();
        bytes.extend_from_slice(&part.encode());
        Self(bytes)
    }

    /// What the record holds for it.
    pub fn commitment(&self) -> Commitment {
        Commitment::of(&self.0)
    }

    /// As it is stored: the salt, then the value.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.clone()
    }

    /// Reads what [`Self::to_bytes`] made. Whether it opens a record's commitment is to be compared.
    ///
    /// # Errors
    ///
    /// When the length is impossible.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OpeningError> {
        Self::value_of(bytes).map(|_| Self(bytes.into()))
    }

    /// The value in a stored opening's bytes.
    pub(crate) fn value_of(bytes: &[u8]) -> Result<&[u8], OpeningError> {
        bytes
            .get(SALT_BYTES..)
            .filter(|value| value.len() <= MAX_VALUE_BYTES)
            .ok_or(OpeningError::Length(bytes.len()))
    }

    /// The part.
    ///
    /// # Errors
    ///
    /// When the value is not such a part, canonically spelt.
    pub fn read<P: Part>(&self) -> Result<P, PartError> {
        P::decode(self.value())
    }

    /// The salt.
    pub(crate) fn salt(&self) -> &[u8; SALT_BYTES] {
        // Nothing makes an opening shorter than its salt.
        self.0.first_chunk().unwrap_or(&[0; SALT_BYTES])
    }

    /// The part's JSON.
    pub(crate) fn value(&self) -> &[u8] {
        self.0.get(SALT_BYTES..).unwrap_or_default()
    }
}

/// Shows nothing.
impl fmt::Debug for Opening {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Opening(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CustomerPart, StaffPart};

    fn customer() -> CustomerPart {
        CustomerPart {
            email: "jane@example.com".into(),
            reason: Some("asked for \"help\"".into()),
            record_id: None,
            ticket: None,
        }
    }

    #[test]
    fn an_opening_is_salt_and_canonical_value() {
        let opening = Opening::new([7; 32], &customer());
        let bytes = opening.to_bytes();
        assert_eq!(bytes[..32], [7; 32]);
        assert_eq!(
            std::str::from_utf8(&bytes[32..]),
            Ok(r#"{"email":"jane@example.com","reason":"asked for \"help\""}"#)
        );
        assert_eq!(Opening::from_bytes(&bytes), Ok(opening.clone()));
        assert_eq!(opening.read(), Ok(customer()));
        assert!(opening.read::<StaffPart>().is_err());
    }

    #[test]
    fn the_commitment_is_the_hash_of_both() {
        let opening = Opening::new([7; 32], &customer());
        let other_salt = Opening::new([8; 32], &customer());
        assert_ne!(opening.commitment(), other_salt.commitment());
        let expected: [u8; 32] = Sha256::digest(opening.to_bytes()).into();
        assert_eq!(opening.commitment().as_bytes(), &expected);
        assert_eq!(
            Commitment::parse(&opening.commitment().to_string()),
            Some(opening.commitment())
        );
    }

    #[test]
    fn impossible_lengths_are_refused_and_nothing_is_shown() {
        assert_eq!(Opening::from_bytes(&[0; 31]), Err(OpeningError::Length(31)));
        assert!(Opening::from_bytes(&[0; 32]).is_ok());
        assert!(Opening::from_bytes(&vec![0; 32 + MAX_VALUE_BYTES]).is_ok());
        assert!(Opening::from_bytes(&vec![0; 33 + MAX_VALUE_BYTES]).is_err());
        assert_eq!(format!("{:?}", Opening::new([7; 32], &customer())), "Opening(..)");
        assert_eq!(format!("{:?}", customer()), "CustomerPart(..)");
    }
}
