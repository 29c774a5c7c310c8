//! The `Content-Digest` header (RFC 9530) over a request's body.

use alloc::string::String;

use base64ct::{Base64, Encoding};

/// The header's value for a body with this SHA-256: `sha-256=:<base64>:`. Both sides compute the hash with what they
/// have (WebCrypto, a native library) and compare this text whole; no other algorithm is accepted.
pub fn content_digest(sha256: &[u8; 32]) -> String {
    let mut value = String::from("sha-256=:");
    value.push_str(&Base64::encode_string(sha256));
    value.push(':');
    value
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
    fn empty_body() {
        let digest = super::content_digest(&Sha256::digest(b"").into());
        assert_eq!(digest, "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
    }
}
