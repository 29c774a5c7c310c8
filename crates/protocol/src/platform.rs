//! A trading platform that the relay can open, named by a short id; the client never sends a URL.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::{
    Rules,
    error::{ParseError, text_type},
};

/// Short name of a platform in the relay's configuration: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlatformId(String);

impl PlatformId {
    /// Parses an id.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let fits = (1..=32).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(ParseError {
                expected: "a platform id: 1 to 32 of a-z, 0-9, -",
            })
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_type!(PlatformId, ParseError);

/// Whether real money is behind a platform. Shown as a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Customers' real accounts.
    Live,
    /// Practice accounts.
    Demo,
}

/// A platform as the extension shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Platform {
    /// What to send in a login request.
    pub id: PlatformId,
    /// What a person reads.
    pub name: String,
    /// Where the platform's web page is, e.g. `https://platform.example`.
    pub url: String,
    /// Live or demo.
    pub environment: Environment,
    /// The rules here, where they are not those of the session's policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// Whether the relay says who a customer is before a login.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub preview: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain() {
        for good in ["main", "eu-2", "x"] {
            assert_eq!(PlatformId::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(33);
        for bad in [
            "",
            "Main",
            "a/b",
            "https://evil.example",
            "a b",
            "é",
            long.as_str(),
        ] {
            assert!(PlatformId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
