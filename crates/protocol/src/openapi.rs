//! Schemas of the texts and numbers on the wire, for the relay's OpenAPI document.
//!
//! What keeps to a schema here is never refused for its form. The other way round they are exact for ASCII; where the relay
//! counts bytes or takes letters of other scripts too, which a schema cannot say, the description does.

mod hidden;

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Object, ObjectBuilder, RefOr, Schema,
        schema::{AdditionalProperties, AllOfBuilder, OneOfBuilder, Type},
    },
};

use crate::{
    ApprovalDecision, ApprovalId, CustomerEmail, EnrolmentCode, KeyId, OneTimeToken, PlatformId, PublicJwk,
    RequestId,
    limits::{MAX_LABEL_BYTES, MAX_REASON_CHARS, MAX_TICKET_CHARS, MAX_TOKEN_BYTES, MAX_WORD_CHARS},
};

use hidden::class;
pub use hidden::{HIDDEN, HIDDEN_IN_PROSE};

/// The largest integer that every reader of JSON knows exactly: 2^53 - 1.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A short text: an extension's version, the id of a record, a cause.
#[derive(Debug)]
pub struct Label;
/// A reason, in a person's words.
#[derive(Debug)]
pub struct Reason;
/// A ticket's number.
#[derive(Debug)]
pub struct Ticket;
/// A word of whoever decides.
#[derive(Debug)]
pub struct Word;
/// An authorization code of a provider.
#[derive(Debug)]
pub struct AuthorizationCode;
/// What the challenge of an authorization request was made of.
#[derive(Debug)]
pub struct CodeVerifier;
/// The random part of an authorization request's nonce.
#[derive(Debug)]
pub struct NonceSalt;
/// A web page's origin.
#[derive(Debug)]
pub struct Origin;
/// A duration.
#[derive(Debug)]
pub struct Milliseconds;

/// Gives a type a schema of its own name.
macro_rules! schema {
    ($name:ident, $schema:expr) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

schema!(
    CustomerEmail,
    text(
        "A customer's e-mail address: dot-atom, `@`, and a domain of at least two labels of which the last is no number, nor a \
         hexadecimal one (`0x...`); at most 64 bytes before the `@`, 63 in a label, 254 in all. Letters and digits of all scripts \
         are taken, though the pattern names those of ASCII only, and so are labels with `xn--` that stand for such letters, \
         though it leaves them out. Quoted forms, comments, invisible characters and address literals are not.",
        6,
        254,
        "^(?![^@]{65})[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@\
         (?:(?![Xx][Nn]--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+\
         (?!(?:[0-9]+|0[Xx][0-9A-Fa-f]*)$)(?![Xx][Nn]--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
    )
    .examples(["jane.roe@customers.example"])
);

schema!(
    PlatformId,
    text(
        "The id of a platform, as the relay's configuration has it.",
        1,
        32,
        "^[a-z0-9-]+$"
    )
    .examples(["main"])
);

schema!(
    RequestId,
    uuid(
        "The id of a login: a UUID version 7 (RFC 9562), in lower case with hyphens, made anew for each click."
    )
);

schema!(
    ApprovalId,
    uuid("The id of a request for approval: a UUID version 7 (RFC 9562), which the relay makes.")
);

schema!(
    ApprovalDecision,
    OneOfBuilder::new()
        .description(Some("Decides on a request. Whoever declines must say why."))
        .item(
            decision("approve").property(
                "word",
                OneOfBuilder::new()
                    .item(Object::with_type(Type::Null))
                    .item(word())
            )
        )
        .item(
            decision("decline")
                .property("word", AllOfBuilder::new().item(word()).item(shown()))
                .required("word")
        )
);

schema!(
    KeyId,
    text(
        "The id of a key: its thumbprint (RFC 7638, SHA-256), base64url without padding.",
        43,
        43,
        BASE64URL_OF_32_BYTES,
    )
);

schema!(
    OneTimeToken,
    text(
        "Whoever holds it is logged in as the customer, once. It is nowhere to be kept or shown.",
        1,
        MAX_TOKEN_BYTES,
        "^[!$%()*+,./0-9:;=?@A-Z\\[\\]^_a-z{|}~-]+$",
    )
);

schema!(
    EnrolmentCode,
    ObjectBuilder::from(Object::with_type(Type::String))
        .description(Some(
            "A code from `stagedoor staff invite`: 20 symbols of Crockford's base 32. Case, blanks, line ends and hyphens do not \
             matter; O reads as 0, I and L as 1."
        ))
        .pattern(Some("^[ \\t\\r\\n-]*(?:[0-9A-TV-Za-tv-z][ \\t\\r\\n-]*){20}$"))
        .examples(["01234-56789-ABCDE-FGHJZ"])
);

schema!(
    Label,
    text(
        "A short text without control or invisible characters. Letters of other scripts are taken, too; in UTF-8 it has at most \
         256 bytes.",
        1,
        MAX_LABEL_BYTES,
        "^[ -~]+$",
    )
);

schema!(
    Reason,
    words(
        "Words of a person, without characters that show nothing, but for those that some languages are written with. Whether \
         there must be any, and how many, is the relay's policy.",
        MAX_REASON_CHARS,
        HIDDEN_IN_PROSE,
    )
);

schema!(
    Ticket,
    words(
        "A ticket's number, without characters that show nothing. Which form it must have is the relay's policy.",
        MAX_TICKET_CHARS,
        HIDDEN,
    )
);

schema!(
    Word,
    words(
        "A word to whoever asked, without characters that show nothing, but for those that some languages are written with.",
        MAX_WORD_CHARS,
        HIDDEN_IN_PROSE,
    )
);

schema!(
    AuthorizationCode,
    text(
        "A code of the provider's (RFC 6749), which is opaque.",
        1,
        8192,
        "^[ -~]+$"
    )
);

schema!(
    CodeVerifier,
    text(
        "What the request's challenge was made of (RFC 7636).",
        43,
        128,
        "^[A-Za-z0-9._~-]+$"
    )
);

schema!(
    NonceSalt,
    text(
        "The random part of the request's `nonce`, in base64url.",
        22,
        86,
        "^[A-Za-z0-9_-]+$"
    )
);

schema!(
    Origin,
    text(
        "The origin of a web page as browsers write it (RFC 6454): scheme, host in lower case, a port other than the scheme's \
         own, no path. Hosts of other forms that browsers know are taken, too: IPv6 addresses, names with `_` or in punycode.",
        8,
        MAX_LABEL_BYTES,
        "^https?://(?:(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.){0,3}(?!xn--)[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?|\
         (?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]))\
         (?::(?!(?:80|443)$)(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?$",
    )
    .examples(["https://crm.example"])
);

schema!(
    Milliseconds,
    ObjectBuilder::from(Object::with_type(Type::Integer))
        .minimum(Some(0))
        .maximum(Some(i64::try_from(MAX_INTEGER).unwrap_or(i64::MAX) as isize))
);

schema!(
    PublicJwk,
    OneOfBuilder::new()
        .description(Some("A public key (RFC 7517), of one of two kinds."))
        .item(
            key(
                "A point of P-256, whose signatures are `ecdsa-p256-sha256`.",
                "EC",
                "P-256"
            )
            .property("y", coordinate())
            .required("y")
        )
        .item(
            key(
                "A key of Ed25519 (RFC 8037), whose signatures are `ed25519`.",
                "OKP",
                "Ed25519"
            )
            .property("y", Object::with_type(Type::Null))
        )
);

const BASE64URL_OF_32_BYTES: &str = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$";

fn text(description: &str, min: usize, max: usize, pattern: &str) -> ObjectBuilder {
    ObjectBuilder::from(Object::with_type(Type::String))
        .description(Some(description))
        .min_length(Some(min))
        .max_length(Some(max))
        .pattern(Some(pattern))
}

fn uuid(description: &str) -> ObjectBuilder {
    text(
        description,
        36,
        36,
        "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    )
    .examples(["018bcfe5-6800-7fff-bfff-ffffffffffff"])
}

fn words(description: &str, max: usize, hidden: &[(char, char)]) -> ObjectBuilder {
    let pattern = ["^[^", &class(hidden), "]*$"].concat();
    ObjectBuilder::from(Object::with_type(Type::String))
        .description(Some(description))
        .max_length(Some(max))
        .pattern(Some(pattern))
}

fn word() -> RefOr<Schema> {
    Word::schema()
}

/// A text in which something is to be seen.
fn shown() -> ObjectBuilder {
    let blank = [
        (' ', ' '),
        ('\u{A0}', '\u{A0}'),
        ('\u{1680}', '\u{1680}'),
        ('\u{2000}', '\u{200A}'),
        ('\u{2028}', '\u{2029}'),
        ('\u{202F}', '\u{202F}'),
        ('\u{205F}', '\u{205F}'),
        ('\u{3000}', '\u{3000}'),
    ];
    let pattern = ["[^", &class(HIDDEN), &class(&blank), "]"].concat();
    ObjectBuilder::from(Object::with_type(Type::String)).pattern(Some(pattern))
}

fn decision(what: &str) -> ObjectBuilder {
    ObjectBuilder::from(Object::with_type(Type::Object))
        .property("decision", constant(what))
        .required("decision")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn constant(value: &str) -> ObjectBuilder {
    ObjectBuilder::from(Object::with_type(Type::String)).enum_values(Some([value]))
}

fn key(description: &str, kty: &str, crv: &str) -> ObjectBuilder {
    let constant =
        |value: &str| ObjectBuilder::from(Object::with_type(Type::String)).enum_values(Some([value]));
    ObjectBuilder::from(Object::with_type(Type::Object))
        .description(Some(description))
        .property("kty", constant(kty))
        .required("kty")
        .property("crv", constant(crv))
        .required("crv")
        .property("x", coordinate())
        .required("x")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn coordinate() -> ObjectBuilder {
    text(
        "32 bytes, base64url without padding.",
        43,
        43,
        BASE64URL_OF_32_BYTES,
    )
}
