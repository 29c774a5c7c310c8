//! The one-time token: whoever holds it is let in as the customer, so it is never shown, copied or compared here.

use std::fmt;

use zeroize::Zeroizing;

/// A one-time token as the broker made it: opaque, 1 to 4096 bytes of URL-safe printable ASCII.
///
/// Wiped from memory when dropped. Deliberately without `Clone`, `Display`, `PartialEq` and serde.
pub struct OneTimeToken(Zeroizing<String>);

/// A text that cannot be a one-time token. Does not hold the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a one-time token: it must be 1 to 4096 bytes of URL-safe printable ASCII")]
pub struct InvalidToken;

impl OneTimeToken {
    /// Longest token, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// The token itself. Every call is a place where it can leak: give it to the signed-in requester, nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<Zeroizing<String>> for OneTimeToken {
    type Error = InvalidToken;

    fn try_from(text: Zeroizing<String>) -> Result<Self, InvalidToken> {
        let acceptable = (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(is_token_byte);
        if acceptable {
            Ok(Self(text))
        } else {
            Err(InvalidToken)
        }
    }
}

impl fmt::Debug for OneTimeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeToken(redacted)")
    }
}

/// RFC 3986 `unreserved`, what base64 adds, and a few separators that opaque tokens use. Left out are the characters
/// that end a query's value, start a fragment, or mean something in HTML, JSON or a shell.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=:,;@!$*%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str) -> bool {
        OneTimeToken::try_from(Zeroizing::new(text.to_owned())).is_ok_and(|token| token.expose() == text)
    }

    #[test]
    fn accepts_what_brokers_are_known_to_send() {
        assert!(accepts("8a1f7a3e-25f8-4f0f-9a60-0d8f0c3b9f11"));
        assert!(accepts("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln_-bmF0"));
        assert!(accepts("ab+/cd=="));
        assert!(accepts("x"));
        assert!(accepts(&"a".repeat(4096)));
    }

    #[test]
    fn refuses_what_does_not_belong_in_a_url() {
        for text in [
            "",
            " ",
            "a b",
            "a\nb",
            "a&b",
            "a#b",
            "a?b",
            "a\"b",
            "a'b",
            "a<b",
            "a\\b",
            "ä",
            "a\u{200b}",
            "a\0",
        ] {
            assert!(!accepts(text), "{text:?}");
        }
        assert!(!accepts(&"a".repeat(4097)));
    }

    #[test]
    fn debug_shows_nothing() {
        let token = OneTimeToken::try_from(Zeroizing::new("SENTINEL".to_owned())).unwrap();
        assert_eq!(
            format!("{token:?} {token:#?}"),
            "OneTimeToken(redacted) OneTimeToken(redacted)"
        );
    }
}
