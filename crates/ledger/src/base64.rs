//! Base64 of 32 bytes: the one form in which hashes and salts are written.

use base64ct::{Base64, Encoding};

/// How many characters 32 bytes make.
pub(crate) const ENCODED_LENGTH: usize = 44;

/// The standard alphabet with padding (RFC 4648 section 4).
pub(crate) fn encode(bytes: &[u8; 32]) -> String {
    Base64::encode_string(bytes)
}

/// Accepts exactly what [`encode`] writes.
pub(crate) fn decode(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != ENCODED_LENGTH {
        return None;
    }
    // Refuses other alphabets, missing padding, and stray bits at the end.
    (Base64::decode(text, &mut bytes).ok()?.len() == 32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_one_value() {
        let bytes = [0xfb; 32];
        let text = encode(&bytes);
        assert_eq!(text, "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=");
        assert_eq!(decode(&text), Some(bytes));
        for other in [
            "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/t=", // stray bits at the end
            "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s",
            "-_v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=",
            "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v=",
            "",
        ] {
            assert_eq!(decode(other), None, "{other}");
        }
    }
}
