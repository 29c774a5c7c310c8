//! How requests are signed, as far as OpenAPI can say it.

use stagedoor_protocol::{
    Algorithm, KeyId, Nonce, SignatureInput, content_digest, limits::SIGNATURE_WINDOW_SECONDS,
};
use utoipa::openapi::{
    ComponentsBuilder,
    security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme},
};

use crate::auth::sha256;

/// Describes the three headers.
pub(super) fn add_schemes(components: ComponentsBuilder) -> ComponentsBuilder {
    schemes()
        .into_iter()
        .fold(components, |components, (name, header, text)| {
            let key = ApiKeyValue::with_description(header.to_owned(), text);
            components.security_scheme(name, SecurityScheme::ApiKey(ApiKey::Header(key)))
        })
}

/// All three together.
pub(super) fn required() -> SecurityRequirement {
    let names = schemes().map(|(name, ..)| name);
    names
        .into_iter()
        .fold(SecurityRequirement::default(), |all, name| {
            all.add(name, [] as [&str; 0])
        })
}

fn schemes() -> [(&'static str, &'static str, String); 3] {
    let input = SignatureInput {
        created: 1_700_000_000,
        nonce: Nonce::from_random(&[1; 16]),
        key_id: KeyId::from_thumbprint(&[2; 32]),
        algorithm: Algorithm::Ed25519,
    };
    let (input, digest) = (input.header(), content_digest(&sha256(b"")));
    let signature = SignatureInput::signature_header(&[3; 64]);
    let window = SIGNATURE_WINDOW_SECONDS;
    [
        (
            "signature",
            "Signature",
            format!(
                "An HTTP message signature (RFC 9421) of 64 bytes, e.g. `{signature}`. OpenAPI has no scheme for these, so the \
                 three headers of one stand here as three keys. They are no keys: they are made anew for each request, and good \
                 for it alone.\n\nThe signature base has the components `\"@method\"`, `\"@authority\"` (the `Host` header in lower \
                 case, which must be a name that the relay goes by), `\"@path\"` and `\"content-digest\"`, in this order, then \
                 `\"@signature-params\"`. A query is refused, for nothing would cover it. The key is that of an enrolled browser \
                 profile; where one is to be enrolled or signed in, the one in the request's `publicKey`."
            ),
        ),
        (
            "signatureInput",
            "Signature-Input",
            format!(
                "What the signature covers, and its parameters, in exactly this form and order: `{input}`. `created` is in seconds \
                 since 1970, at most {window} off the relay's time; `nonce` is 16 bytes in base64url, never used before; `keyid` is \
                 the key's thumbprint (RFC 7638); `alg` is `ed25519` or `ecdsa-p256-sha256`, as the key is."
            ),
        ),
        (
            "contentDigest",
            "Content-Digest",
            format!("The SHA-256 of the body (RFC 9530), also of one that is empty: `{digest}`."),
        ),
    ]
}
