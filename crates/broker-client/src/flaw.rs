//! What can be wrong with an answer of the broker, told by shape and field names, never by values.

use std::fmt;

/// Why an answer could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerFlaw {
    /// A 2xx without a body.
    Empty,
    /// An HTML page, as a gateway or a website sends it.
    Html,
    /// Longer than the configured bound.
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// Not UTF-8 text.
    NotText,
    /// It starts like JSON and is not well-formed, most likely cut off.
    BrokenJson,
    /// Text that is not one line that could be a token.
    UnknownText,
    /// JSON of another kind than expected: "null", "a number", "an array" and so on.
    WrongKind(&'static str),
    /// A JSON object without the expected field.
    FieldMissing {
        /// The field that was looked for.
        expected: &'static str,
        /// The names of the fields that are there; strange or long names are left out and counted.
        seen: SeenKeys,
    },
    /// The expected field holds something else than text.
    FieldNotText {
        /// The field.
        field: &'static str,
        /// What it holds: "null", "a number" and so on.
        found: &'static str,
    },
    /// There is a token, and it is empty, longer than 4096 bytes, or has characters that do not belong in a URL.
    TokenNotAcceptable,
    /// A look-up answered with another customer than the one asked for.
    AnotherCustomer,
    /// A look-up answered with several customers.
    SeveralCustomers,
    /// A redirect. They are never followed, because the request carries the API key.
    Redirect {
        /// The HTTP status, 300 to 399.
        status: u16,
        /// Scheme, host and port of the target, if it names one.
        origin: Option<String>,
    },
    /// A 404 that does not say what was not found.
    UnclearNotFound,
    /// Neither of the two paths of the connection test exists.
    NoKnownEndpoint,
    /// A status outside 200 to 599.
    UnexpectedStatus(u16),
}

impl AnswerFlaw {
    /// Whether the status was a success, so that a token may exist.
    pub(crate) fn came_with_success(&self) -> bool {
        !matches!(
            self,
            Self::Redirect { .. } | Self::UnclearNotFound | Self::NoKnownEndpoint | Self::UnexpectedStatus(_)
        )
    }
}

impl fmt::Display for AnswerFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty; check base_url and the platform's `api`"),
            Self::Html => f.write_str("it is an HTML page, not an API's answer; check base_url"),
            Self::TooLarge { limit } => write!(f, "it is longer than {limit} bytes; check base_url"),
            Self::NotText => f.write_str("it is not text; check base_url"),
            Self::BrokenJson => f.write_str("it is not well-formed JSON, most likely cut off; ask the broker"),
            Self::UnknownText => f.write_str("it is neither JSON nor a token on one line; check base_url"),
            Self::WrongKind(kind) => write!(f, "it is {kind}, which is not a known form; ask the broker"),
            Self::FieldMissing { expected, seen } => {
                write!(f, "it has no field {expected} (fields: {seen}); check the platform's `api`")
            }
            Self::FieldNotText { field, found } => write!(f, "its field {field} is {found}, not text; ask the broker"),
            Self::TokenNotAcceptable => {
                f.write_str("its token is empty, longer than 4096 bytes, or not URL-safe ASCII; ask the broker")
            }
            Self::AnotherCustomer => f.write_str("it is about another e-mail address than the one asked for"),
            Self::SeveralCustomers => f.write_str("it lists several customers for one e-mail address"),
            Self::Redirect { status, origin } => {
                write!(f, "it is a redirect ({status}")?;
                if let Some(origin) = origin {
                    write!(f, " to {origin}")?;
                }
                f.write_str("), and redirects are refused; set base_url to where the API itself is")
            }
            Self::UnclearNotFound => f.write_str(
                "it is a 404 that does not say what was not found: either base_url or the platform's `api` is wrong, \
                 or no customer has this e-mail address",
            ),
            Self::NoKnownEndpoint => {
                f.write_str("neither v1/offers nor service-info exists there (404); check base_url")
            }
            Self::UnexpectedStatus(status) => write!(f, "its HTTP status is {status}; check base_url"),
        }
    }
}

/// The names of the fields in an answer, as far as they look like names.
///
/// A careless or hostile answer may use a secret as a field's name, so only short identifiers are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenKeys {
    names: Vec<String>,
    left_out: usize,
}

impl SeenKeys {
    const MOST: usize = 16;
    const LONGEST: usize = 32;

    pub(crate) fn add(&mut self, key: &str) {
        let is_name = (1..=Self::LONGEST).contains(&key.len())
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if is_name && self.names.len() < Self::MOST {
            self.names.push(key.to_owned());
        } else {
            self.left_out += 1;
        }
    }
}

impl fmt::Display for SeenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.names.is_empty(), self.left_out) {
            (true, 0) => f.write_str("none"),
            (true, count) => write!(f, "{count} not shown"),
            (false, 0) => f.write_str(&self.names.join(", ")),
            (false, count) => write!(f, "{}, and {count} not shown", self.names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &[&str], expected: &str) {
        let mut seen = SeenKeys::default();
        keys.iter().for_each(|key| seen.add(key));
        assert_eq!(seen.to_string(), expected);
    }

    #[test]
    fn keys_that_could_be_secrets_are_counted_not_shown() {
        check(&[], "none");
        check(&["status", "detail"], "status, detail");
        check(
            &["status", "9f1c2b3a-1111-4222-8333-123456789abc"],
            "status, and 1 not shown",
        );
        check(&["a\u{202e}b", "", "with space"], "3 not shown");
        check(
            &["k"; 18],
            "k, k, k, k, k, k, k, k, k, k, k, k, k, k, k, k, and 2 not shown",
        );
    }
}
