//! A message's signature: HMAC-SHA256, by ring, which the binary has anyway. What the specification's own crate would add to
//! that is a prefix and base64.

use base64ct::{Base64, Encoding};
use ring::hmac::{HMAC_SHA256, Key, sign as hmac};
use secrecy::{ExposeSecret, SecretSlice};

/// The value of `webhook-signature`: one signature for each secret, so that a receiver can change secrets at its leisure.
pub(super) fn sign(secrets: &[SecretSlice<u8>], id: &str, timestamp: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let signature = |secret: &SecretSlice<u8>| {
        let key = Key::new(HMAC_SHA256, secret.expose_secret());
        let tag = hmac(&key, signed.as_bytes());
        format!("v1,{}", Base64::encode_string(tag.as_ref()))
    };
    secrets.iter().map(signature).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(base64: &str) -> SecretSlice<u8> {
        SecretSlice::from(Base64::decode_vec(base64).unwrap())
    }

    /// The vector with which the specification's reference libraries test themselves.
    #[test]
    fn the_reference_vector_is_met() {
        let secrets = [secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
        let signature = sign(
            &secrets,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_make_two_signatures() {
        let [one, other] = [
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ]
        .map(secret);
        let both = sign(&[one.clone(), other.clone()], "m", 1, "{}");
        assert_eq!(
            both,
            format!("{} {}", sign(&[one], "m", 1, "{}"), sign(&[other], "m", 1, "{}"))
        );
    }
}
