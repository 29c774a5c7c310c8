//! RFC 9421's own vectors, and the form that Stagedoor uses.

use ed25519_dalek::Verifier as _;
use proptest::prelude::*;

use super::*;

fn unhex_b64(text: &str) -> Vec<u8> {
    Base64::decode_vec(text).unwrap()
}

/// Section B.2.6: a request signed with ed25519 by `test-key-ed25519` (B.1.4).
#[test]
fn rfc_9421_b_2_6_ed25519() {
    let components = [
        Component {
            name: "date",
            value: "Tue, 20 Apr 2021 02:07:55 GMT",
        },
        Component {
            name: "@method",
            value: "POST",
        },
        Component {
            name: "@path",
            value: "/foo",
        },
        Component {
            name: "@authority",
            value: "example.com",
        },
        Component {
            name: "content-type",
            value: "application/json",
        },
        Component {
            name: "content-length",
            value: "18",
        },
    ];
    let params = r#"("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
    let base = signature_base(&components, params);
    assert_eq!(
        base,
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\
         \"@method\": POST\n\
         \"@path\": /foo\n\
         \"@authority\": example.com\n\
         \"content-type\": application/json\n\
         \"content-length\": 18\n\
         \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
         ;created=1618884473;keyid=\"test-key-ed25519\""
    );
    // The last 32 bytes of the SubjectPublicKeyInfo in B.1.4.
    let spki = unhex_b64("MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=");
    let key = ed25519_dalek::VerifyingKey::from_bytes(spki[12..].try_into().unwrap()).unwrap();
    let signature =
        unhex_b64("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==");
    let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    key.verify(base.as_bytes(), &signature)
        .expect("the RFC's signature verifies over our base");
}

/// Section B.2.4: a response signed with ecdsa-p256-sha256 by `test-key-ecc-p256` (B.1.3).
#[test]
fn rfc_9421_b_2_4_ecdsa_p256() {
    let components = [
        Component {
            name: "@status",
            value: "200",
        },
        Component {
            name: "content-type",
            value: "application/json",
        },
        Component {
            name: "content-digest",
            value: "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:",
        },
        Component {
            name: "content-length",
            value: "23",
        },
    ];
    let params = r#"("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256""#;
    let base = signature_base(&components, params);
    // The uncompressed point at the end of the SubjectPublicKeyInfo in B.1.3.
    let spki = unhex_b64(
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==",
    );
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&spki[26..]).unwrap();
    let signature =
        unhex_b64("wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==");
    let signature = p256::ecdsa::Signature::from_slice(&signature).unwrap();
    key.verify(base.as_bytes(), &signature)
        .expect("the RFC's signature verifies over our base");
}

fn input() -> SignatureInput {
    SignatureInput {
        created: 1_700_000_000,
        nonce: Nonce::from_random(&[1; 16]),
        key_id: KeyId::from_thumbprint(&[2; 32]),
        algorithm: Algorithm::EcdsaP256Sha256,
    }
}

#[test]
fn base_covers_method_authority_path_and_digest() {
    let base = input().base(&SignedRequest {
        method: "POST",
        authority: "relay.example",
        path: "/v1/logins",
        content_digest: "sha-256=:abc:",
    });
    assert_eq!(
        base,
        "\"@method\": POST\n\"@authority\": relay.example\n\"@path\": /v1/logins\n\"content-digest\": sha-256=:abc:\n\
         \"@signature-params\": (\"@method\" \"@authority\" \"@path\" \"content-digest\");created=1700000000;\
         nonce=\"AQEBAQEBAQEBAQEBAQEBAQ\";keyid=\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\";\
         alg=\"ecdsa-p256-sha256\";tag=\"stagedoor-v1\""
    );
}

#[test]
fn only_the_canonical_header_parses() {
    let header = input().header();
    assert_eq!(SignatureInput::parse(&header), Ok(input()));
    for bad in [
        header.replace("created=1700000000", "created=+1700000000"),
        header.replace("created=1700000000", "created=01700000000"),
        header.replace("\"@path\" ", ""),
        header.replace("alg=\"ecdsa-p256-sha256\"", "alg=\"none\""),
        header.replace("alg=\"ecdsa-p256-sha256\"", "alg=\"hmac-sha256\""),
        header.replace(";tag=\"stagedoor-v1\"", ""),
        header.replace("stagedoor=", "sig1="),
        format!("{header}, other=()"),
        format!("{header};expires=1"),
        format!(" {header}"),
        header.replace(';', "; "),
        String::new(),
    ] {
        assert!(SignatureInput::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn signature_headers_round_trip() {
    let header = SignatureInput::signature_header(&[7; 64]);
    assert_eq!(SignatureInput::parse_signature(&header), Ok([7; 64]));
    for bad in [
        "",
        "stagedoor=::",
        "stagedoor=:AAAA:",
        "sig1=:AAAA:",
        header.trim_end_matches(':'),
    ] {
        assert!(SignatureInput::parse_signature(bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn parsers_never_panic(text in "\\PC{0,200}|stagedoor=.{0,100}") {
        let _ = SignatureInput::parse(&text);
        let _ = SignatureInput::parse_signature(&text);
    }

    #[test]
    fn every_input_round_trips(created: i64, nonce: [u8; 16], key: [u8; 32], ed: bool) {
        let input = SignatureInput {
            created,
            nonce: Nonce::from_random(&nonce),
            key_id: KeyId::from_thumbprint(&key),
            algorithm: if ed { Algorithm::Ed25519 } else { Algorithm::EcdsaP256Sha256 },
        };
        prop_assert_eq!(SignatureInput::parse(&input.header()), Ok(input));
    }
}
