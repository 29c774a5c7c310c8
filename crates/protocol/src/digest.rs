//! The `Content-Digest` header (RFC 9530) over a request's body.

use alloc::string::String;

use base64ct::{Base64UrlUnpadded, Encoding};

/// The header's value for a body with this SHA-256: `sha-256=:<base64>:`. Both sides compute the hash with what they
/// have (WebCrypto, a native library) and compare this text whole; no other algorithm is accepted.
pub fn content_digest(sha256: &[u8; 32]) -> String {
    let mut value = String::from("sha-256=:");
    value.push_str(&base64(sha256));
    value.push(':');
    value
}

/// Base64 as it stands in headers (RFC 8941 section 3.3.5). The other alphabet's encoder, which is needed anyway, does the
/// work: a second one would be a part of the extension for these few characters.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text: String = Base64UrlUnpadded::encode_string(bytes)
        .chars()
        .map(|letter| match letter {
            '-' => '+',
            '_' => '/',
            same => same,
        })
        .collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    #[test]
    fn rfc_9530_appendix_b_1_example() {
        let digest = super::content_digest(&Sha256::digest(b"{\"hello\": \"world\"}\n").into());
        assert_eq!(digest, "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
    }

    #[test]
    fn the_alphabet_and_the_padding_are_those_of_headers() {
        use base64ct::{Base64, Encoding as _};
        let bytes: [u8; 256] = core::array::from_fn(|at| (at as u8).wrapping_mul(251));
        for length in 0..bytes.len() {
            assert_eq!(
                super::base64(&bytes[..length]),
                Base64::encode_string(&bytes[..length])
            );
        }
    }

    #[test]
    fn empty_body() {
        let digest = super::content_digest(&Sha256::digest(b"").into());
        assert_eq!(digest, "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
    }
}
