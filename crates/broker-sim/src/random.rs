//! Random names for tokens, sessions and accounts.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use uuid::Uuid;

use crate::config::TokenStyle;

/// A fresh token of the given style; URL-safe in every style as long as the chosen prefix is.
pub(crate) fn token(style: &TokenStyle, email: &str) -> String {
    match style {
        TokenStyle::Uuid => uuid(),
        TokenStyle::Prefix(prefix) => format!("{prefix}{}", Uuid::new_v4().simple()),
        TokenStyle::JwtLike => {
            let header = Base64UrlUnpadded::encode_string(br#"{"alg":"HS256","typ":"JWT"}"#);
            let claims = serde_json::json!({ "sub": email, "jti": uuid() }).to_string();
            let signature = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
            format!(
                "{header}.{}.{}",
                Base64UrlUnpadded::encode_string(claims.as_bytes()),
                Base64UrlUnpadded::encode_string(&signature)
            )
        }
    }
}

/// The same id for the same text, within one version of the program.
pub(crate) fn uuid_of(text: &str) -> String {
    let half = |salt: u8| BuildHasherDefault::<DefaultHasher>::new().hash_one((salt, text));
    Uuid::from_u64_pair(half(0), half(1)).to_string()
}

/// A random UUID in its usual spelling.
pub(crate) fn uuid() -> String {
    Uuid::new_v4().to_string()
}
