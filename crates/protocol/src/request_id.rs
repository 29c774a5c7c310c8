//! The id of one login, made by the extension before anything is sent: a UUID version 7 (RFC 9562 section 5.7).

use alloc::string::String;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::error::{ParseError, text_type};

/// Names one login from the click to the audit record. The relay accepts each id once, ever, so a repeated or replayed
/// request cannot mint a second token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

impl RequestId {
    /// Makes an id from a time in milliseconds since 1970 (UTC) and 80 random bits.
    pub fn from_parts(unix_milliseconds: u64, random: &[u8; 10]) -> Self {
        let uuid = Builder::from_unix_timestamp_millis(unix_milliseconds, random).into_uuid();
        // Without `core::fmt`, which would be a part of the extension for this alone.
        let mut buffer = Uuid::encode_buffer();
        Self(uuid.hyphenated().encode_lower(&mut buffer).into())
    }

    /// Parses the hyphenated lower-case form. Other spellings of the same id are refused, so that one id has one text.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let fits = |(place, byte): (usize, u8)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            // The version, and the variant of RFC 9562.
            14 => byte == b'7',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        };
        if text.len() == uuid::fmt::Hyphenated::LENGTH && text.bytes().enumerate().all(fits) {
            Ok(Self(text.into()))
        } else {
            Err(ParseError {
                expected: "a request id: a UUID version 7 in lower case with hyphens",
            })
        }
    }

    /// The hyphenated lower-case form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_type!(RequestId, ParseError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_ids_parse_and_follow_the_clock() {
        let early = RequestId::from_parts(1_700_000_000_000, &[0xff; 10]);
        let late = RequestId::from_parts(1_700_000_000_001, &[0; 10]);
        assert_eq!(early.as_str(), "018bcfe5-6800-7fff-bfff-ffffffffffff");
        assert_eq!(RequestId::parse(early.as_str()), Ok(early.clone()));
        assert!(early < late);
    }

    #[test]
    fn other_spellings_and_versions_are_refused() {
        for bad in [
            "",
            "018BCFE5-6800-7FFF-BFFF-FFFFFFFFFFFF",
            "018bcfe568007fffbfffffffffffffff",
            "{018bcfe5-6800-7fff-bfff-ffffffffffff}",
            "018bcfe5-6800-4fff-bfff-ffffffffffff",
            "018bcfe5-6800-7fff-ffff-ffffffffffff",
            "../../etc/passwd",
        ] {
            assert!(RequestId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
