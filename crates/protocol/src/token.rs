//! The one-time token: whoever holds it is logged in as the customer, so it is never shown, kept or copied here.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroize;

use crate::{error::ParseError, limits::MAX_TOKEN_BYTES};

/// An opaque token of 1 to 4096 printable ASCII characters that need no further knowledge to be put into a URL once
/// percent-encoded. `Debug` shows nothing; memory is overwritten when it is dropped.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub struct OneTimeToken(String);

impl OneTimeToken {
    /// Parses a token: printable ASCII without blanks, quotes, angle brackets, backslash, `#` or `&`.
    pub fn parse(mut text: String) -> Result<Self, ParseError> {
        let fits = (1..=MAX_TOKEN_BYTES).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"\"'<>\\`#&".contains(&b));
        if fits {
            Ok(Self(text))
        } else {
            text.zeroize();
            Err(ParseError {
                expected: "a one-time token: 1 to 4096 URL-safe printable ASCII characters",
            })
        }
    }

    /// The token itself. Call this only to put it into the answer to the extension or into the login URL.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OneTimeToken {
    type Error = ParseError;
    fn try_from(text: String) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl Serialize for OneTimeToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Drop for OneTimeToken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for OneTimeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_tokens_pass_and_debris_does_not() {
        for good in [
            "0190b5f0-7c1e-7b52-9d4e-2f9f3a1c2b4d",
            "eyJhbGciOi.J9.e30_-~",
            "a",
        ] {
            assert_eq!(OneTimeToken::parse(good.into()).unwrap().expose(), good);
        }
        for bad in [
            "",
            "two words",
            "line\nbreak",
            "<html>",
            "a&b=c",
            "a#b",
            "tökén",
            &"x".repeat(4097),
        ] {
            assert!(OneTimeToken::parse(bad.to_string()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn debug_hides_the_token() {
        let token = OneTimeToken::parse("s3cret".into()).unwrap();
        assert_eq!(format!("{token:?}"), "OneTimeToken(…)");
    }
}
