//! The requests to the relay: what is said in them, and the headers that make them signed.

use alloc::string::String;

use stagedoor_protocol::{
    Algorithm, KeyId, Nonce, PublicJwk, ReasonMode, Rules, SignatureInput, SignedRequest, content_digest,
};

use crate::url_check::authority;

/// How long a report may take, in milliseconds: the window is open already, and nothing depends on the answer.
pub const REPORT_TIMEOUT_MILLISECONDS: u32 = 5_000;
/// The longest answer that is read. What a relay sends is far shorter.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The policy wants a longer reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort;

/// The reason as it is sent: without blanks around it; none where the policy has no such field or where it may stay
/// empty and is.
pub fn reason(rules: &Rules, typed: Option<&str>) -> Result<Option<String>, TooShort> {
    if rules.reason == ReasonMode::Off {
        return Ok(None);
    }
    let text = typed.unwrap_or_default().trim();
    let length = text.chars().fold(0, |length: u32, _| length.saturating_add(1));
    match length {
        0 if rules.reason == ReasonMode::Optional => Ok(None),
        0 => Err(TooShort),
        _ if length < rules.reason_min_length => Err(TooShort),
        _ => Ok(Some(text.into())),
    }
}

/// The ticket as it is sent.
pub fn ticket(typed: Option<&str>) -> Option<String> {
    let text = typed?.trim();
    (!text.is_empty()).then(|| text.into())
}

/// The JWK of a public key that the browser exported as an uncompressed SEC 1 point.
pub fn public_jwk(point: &[u8; 65]) -> Option<PublicJwk> {
    let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
    Some(PublicJwk::p256(x.try_into().ok()?, y.try_into().ok()?))
}

/// A request that only lacks its signature.
pub struct Unsigned {
    content_digest: String,
    input: SignatureInput,
    /// The bytes to sign.
    pub base: String,
}

/// The facts of one signature that the environment supplies.
pub struct Circumstances<'a> {
    /// SHA-256 of the body, also of an empty one.
    pub body_sha256: &'a [u8; 32],
    /// Milliseconds since 1970 (UTC).
    pub now: u64,
    /// Fresh random bytes.
    pub random: &'a [u8; 16],
}

/// Prepares the signature of a request to a relay.
pub fn prepare(
    method: &str,
    relay: &str,
    path: &str,
    key_id: &KeyId,
    circumstances: &Circumstances<'_>,
) -> Unsigned {
    let content_digest = content_digest(circumstances.body_sha256);
    let input = SignatureInput {
        created: i64::try_from(circumstances.now / 1000).unwrap_or(i64::MAX),
        nonce: Nonce::from_random(circumstances.random),
        key_id: key_id.clone(),
        algorithm: Algorithm::EcdsaP256Sha256,
    };
    let base = input.base(&SignedRequest {
        method,
        authority: authority(relay),
        path,
        content_digest: &content_digest,
    });
    Unsigned {
        content_digest,
        input,
        base,
    }
}

impl Unsigned {
    /// The headers, with the signature over [`Self::base`].
    pub fn headers(self, signature: &[u8; 64]) -> [(&'static str, String); 4] {
        [
            ("Content-Type", "application/json".into()),
            ("Content-Digest", self.content_digest),
            ("Signature-Input", self.input.header()),
            ("Signature", SignatureInput::signature_header(signature)),
        ]
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;
    use crate::testing::session;

    #[test]
    fn reasons_follow_the_policy() {
        let check = |mode, minimum, typed: Option<&str>| {
            let rules = Rules {
                reason: mode,
                reason_min_length: minimum,
                ..session().policy.rules()
            };
            reason(&rules, typed).map(|reason| reason.unwrap_or_default())
        };
        let short = Err(TooShort);
        assert_eq!(check(ReasonMode::Off, 9, Some("call")), Ok(String::new()));
        assert_eq!(check(ReasonMode::Optional, 9, Some("  ")), Ok(String::new()));
        assert_eq!(check(ReasonMode::Optional, 9, Some("call")), short);
        assert_eq!(check(ReasonMode::Optional, 4, Some(" call ")), Ok("call".into()));
        assert_eq!(check(ReasonMode::Required, 0, None), short);
        assert_eq!(check(ReasonMode::Required, 0, Some("\t")), short);
        assert_eq!(check(ReasonMode::Required, 4, Some("éàüö")), Ok("éàüö".into()));
        assert_eq!(check(ReasonMode::Required, 5, Some("éàüö")), short);
    }

    #[test]
    fn empty_tickets_are_none() {
        assert_eq!(ticket(Some(" T-17 ")).as_deref(), Some("T-17"));
        assert_eq!((ticket(Some("  ")), ticket(None)), (None, None));
    }

    #[test]
    fn only_uncompressed_points_are_keys() {
        let mut point = [7; 65];
        assert_eq!(public_jwk(&point), None);
        point[0] = 4;
        point[33..].fill(9);
        assert_eq!(public_jwk(&point), Some(PublicJwk::p256(&[7; 32], &[9; 32])));
    }

    #[test]
    fn what_is_signed_is_what_the_relay_reads() {
        let key_id = KeyId::from_thumbprint(&[5; 32]);
        let circumstances = Circumstances {
            body_sha256: &[3; 32],
            now: 1_700_000_000_999,
            random: &[1; 16],
        };
        let unsigned = prepare(
            "POST",
            "https://relay.example:8443",
            "/v1/logins",
            &key_id,
            &circumstances,
        );
        let base = unsigned.base.clone();
        let headers = unsigned.headers(&[2; 64]);
        let header = |name: &str| &headers.iter().find(|(other, _)| *other == name).unwrap().1;

        let read = SignatureInput::parse(header("Signature-Input")).unwrap();
        assert_eq!((read.created, &read.key_id), (1_700_000_000, &key_id));
        assert_eq!(
            base,
            read.base(&SignedRequest {
                method: "POST",
                authority: "relay.example:8443",
                path: "/v1/logins",
                content_digest: header("Content-Digest"),
            })
        );
        assert_eq!(SignatureInput::parse_signature(header("Signature")), Ok([2; 64]));
    }
}
