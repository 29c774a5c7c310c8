//! The personal parts of records: what an opening's value holds. Each is one canonical JSON object (RFC 8785).

use std::fmt;

use serde::Deserialize;

use crate::Entry;
use crate::jcs::Writer;
use crate::opening::MAX_VALUE_BYTES;

/// A part that a record commits to.
pub trait Part: Sized {
    /// Its JSON, canonically spelt.
    fn encode(&self) -> Vec<u8>;

    /// Reads exactly what [`Self::encode`] writes.
    ///
    /// # Errors
    ///
    /// For everything else.
    fn decode(bytes: &[u8]) -> Result<Self, PartError>;
}

/// Bytes that are not the part that they should be. Says nothing of the bytes: they are personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// Longer than any part.
    #[error(
        "a part has at most {MAX_VALUE_BYTES} bytes, not {0}: it was changed, or a caller let too long a text in"
    )]
    TooLong(usize),
    /// Other members than it should have.
    #[error("it is not the JSON object that belongs here: it was changed, or needs a newer version")]
    Malformed,
    /// Spelt otherwise than canonically.
    #[error("it is not spelt canonically (RFC 8785): it was rewritten")]
    NotCanonical,
}

/// The customer's part of an intent.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerPart {
    /// The customer's address.
    pub email: String,
    /// Why the platform is opened.
    pub reason: Option<String>,
    /// The customer's record in the CRM.
    pub record_id: Option<String>,
    /// The ticket it is about.
    pub ticket: Option<String>,
}

/// The staff member's part of an intent.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffPart {
    /// The client's network address.
    pub address: String,
    /// The staff member's address.
    pub email: String,
    /// The staff member's number at the relay.
    pub id: i64,
    /// The id of the profile's key.
    pub key: String,
    /// The staff member's name.
    pub name: String,
}

/// The client's words in a report.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportPart {
    /// What went wrong.
    pub cause: String,
}

/// The staff part of an erasure.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorPart {
    /// Who erased.
    pub operator: String,
    /// Why.
    pub reason: String,
}

impl Part for CustomerPart {
    fn encode(&self) -> Vec<u8> {
        object(|writer| {
            writer.text("email", &self.email);
            writer.optional_text("reason", self.reason.as_deref());
            writer.optional_text("recordId", self.record_id.as_deref());
            writer.optional_text("ticket", self.ticket.as_deref());
        })
    }

    fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        decode(bytes)
    }
}

impl Part for StaffPart {
    fn encode(&self) -> Vec<u8> {
        object(|writer| {
            writer.text("address", &self.address);
            writer.text("email", &self.email);
            writer.integer("id", self.id);
            writer.text("key", &self.key);
            writer.text("name", &self.name);
        })
    }

    fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        let part: Self = decode(bytes)?;
        if part.id.unsigned_abs() > crate::MAX_INTEGER {
            return Err(PartError::Malformed);
        }
        Ok(part)
    }
}

impl Part for ReportPart {
    fn encode(&self) -> Vec<u8> {
        object(|writer| writer.text("cause", &self.cause))
    }

    fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        decode(bytes)
    }
}

impl Part for OperatorPart {
    fn encode(&self) -> Vec<u8> {
        object(|writer| {
            writer.text("operator", &self.operator);
            writer.text("reason", &self.reason);
        })
    }

    fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        decode(bytes)
    }
}

/// Whether an opening's value is the customer's part of such a record.
pub(crate) fn check_customer(entry: &Entry, value: &[u8]) -> Result<(), PartError> {
    match entry {
        Entry::Intent(_) => CustomerPart::decode(value).map(drop),
        Entry::Report(_) => ReportPart::decode(value).map(drop),
        Entry::Outcome(_) | Entry::Erasure(_) => Err(PartError::Malformed),
    }
}

/// Whether an opening's value is the staff part of such a record.
pub(crate) fn check_staff(entry: &Entry, value: &[u8]) -> Result<(), PartError> {
    match entry {
        Entry::Intent(_) => StaffPart::decode(value).map(drop),
        Entry::Erasure(_) => OperatorPart::decode(value).map(drop),
        Entry::Outcome(_) | Entry::Report(_) => Err(PartError::Malformed),
    }
}

fn object(members: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut writer = Writer::new(&mut out);
    members(&mut writer);
    writer.end();
    out
}

fn decode<'a, P: Part + Deserialize<'a>>(bytes: &'a [u8]) -> Result<P, PartError> {
    if bytes.len() > MAX_VALUE_BYTES {
        return Err(PartError::TooLong(bytes.len()));
    }
    let part: P = serde_json::from_slice(bytes).map_err(|_| PartError::Malformed)?;
    if part.encode() == bytes {
        Ok(part)
    } else {
        Err(PartError::NotCanonical)
    }
}

/// Personal data has a `Debug` that shows none of it.
macro_rules! shows_nothing {
    ($($part:ident),+) => {
        $(
            impl fmt::Debug for $part {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(concat!(stringify!($part), "(..)"))
                }
            }
        )+
    };
}

shows_nothing!(CustomerPart, StaffPart, ReportPart, OperatorPart);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_one_spelling() {
        let staff = StaffPart {
            address: "192.0.2.7".into(),
            email: "sam@broker.example".into(),
            id: 12,
            key: "k".into(),
            name: "S\u{e1}m \"S\" \u{1f600}".into(),
        };
        let text = "{\"address\":\"192.0.2.7\",\"email\":\"sam@broker.example\",\"id\":12,\"key\":\"k\",\"name\":\"S\u{e1}m \\\"S\\\" \u{1f600}\"}";
        assert_eq!(staff.encode(), text.as_bytes());
        assert_eq!(StaffPart::decode(text.as_bytes()), Ok(staff));
        assert_eq!(
            StaffPart::decode(text.replace("12", "9007199254740992").as_bytes()),
            Err(PartError::Malformed)
        );
    }

    #[test]
    fn other_spellings_are_refused() {
        for (text, error) in [
            (
                r#"{"email":"a@b.example","reason":null}"#,
                PartError::NotCanonical,
            ),
            (r#"{"reason":"r","email":"a@b.example"}"#, PartError::NotCanonical),
            (r#"{"email":"\u0061@b.example"}"#, PartError::NotCanonical),
            (r#"{"email": "a@b.example"}"#, PartError::NotCanonical),
            (
                r#"{"email":"a@b.example","email":"a@b.example"}"#,
                PartError::Malformed,
            ),
            (r#"["a@b.example",null,null,null]"#, PartError::NotCanonical),
            (r#"{"email":"a@b.example","x":1}"#, PartError::Malformed),
            (r#"{"email":1}"#, PartError::Malformed),
            ("{}", PartError::Malformed),
            ("", PartError::Malformed),
        ] {
            assert_eq!(CustomerPart::decode(text.as_bytes()), Err(error), "{text}");
        }
        let long = format!(r#"{{"cause":"{}"}}"#, "x".repeat(MAX_VALUE_BYTES));
        assert_eq!(
            ReportPart::decode(long.as_bytes()),
            Err(PartError::TooLong(long.len()))
        );
    }
}
