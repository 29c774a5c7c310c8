//! Records and parts as their JSON members: flat, borrowed, any kind's keys. What a kind needs is decided in `record`
//! and in `part`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::jcs::{Same, Sink, Writer};

/// A JSON string, borrowed from the input when it has no escapes.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'a> Text<'a> {
    /// As a member, borrowed.
    pub(crate) fn borrowed(text: &'a str) -> Option<Self> {
        Some(Self(Cow::Borrowed(text)))
    }

    /// As a member, owned.
    pub(crate) fn owned(text: String) -> Option<Self> {
        Some(Self(Cow::Owned(text)))
    }

    /// The string itself.
    pub(crate) fn into_string(self) -> String {
        self.0.into_owned()
    }
}

/// Makes the struct of all members, its reader, and its writer from one list in ascending order.
macro_rules! members {
    ($(#[$about:meta])* $name:ident, $visitor:ident, $place:ident { $($key:ident: $type:ty),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Default)]
        pub(crate) struct $name<'a> {
            $(pub(crate) $key: Option<$type>,)+
            /// Whether there was a member that nothing of ours has.
            pub(crate) unknown: bool,
            /// Whether what was read named its members in ascending order, and none of them twice.
            pub(crate) ascending: bool,
        }

        /// Where a member stands among them.
        #[expect(non_camel_case_types, reason = "a member is named as in the JSON")]
        #[derive(PartialEq, PartialOrd)]
        enum $place { $($key),+ }

        impl<'a> $name<'a> {
            /// Reads the members, in whatever order and spelling.
            pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
                // Checked once here, and not again for each string.
                serde_json::from_str(std::str::from_utf8(bytes).ok()?).ok()
            }

            /// Writes what is there, canonically.
            pub(crate) fn write(&self, out: &mut impl Sink) {
                let mut writer = Writer::new(out);
                $(
                    if let Some(value) = &self.$key {
                        value.write(stringify!($key), &mut writer);
                    }
                )+
                writer.end();
            }

            /// Whether these bytes, from which it was read, are how it is written.
            pub(crate) fn is_written(&self, bytes: &[u8]) -> bool {
                self.is_shortest(bytes.len()) || self.is_same(bytes)
            }

            /// Whether it was read from so many bytes in the right order, and they are no more than it needs: then there was
            /// no blank, and no number has another spelling. Nothing is said of strings with escapes, of which some have
            /// two spellings of one length (`\u001f`, `\u001F`).
            fn is_shortest(&self, length: usize) -> bool {
                let mut needed = 1;
                $(
                    if let Some(value) = &self.$key {
                        let Some(length) = value.written_length() else { return false };
                        // Its name in quotation marks, a colon, and a comma or the last brace.
                        needed += stringify!($key).len() + 4 + length;
                    }
                )+
                self.ascending && needed == length
            }

            fn is_same(&self, bytes: &[u8]) -> bool {
                let mut same = Same::new(bytes);
                self.write(&mut same);
                same.holds()
            }

            /// Any member that is there.
            pub(crate) fn any(&self) -> Option<&'static str> {
                $(
                    if self.$key.is_some() {
                        return Some(stringify!($key));
                    }
                )+
                None
            }
        }

        struct $visitor;

        impl<'de> Deserialize<'de> for $name<'de> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map($visitor)
            }
        }

        impl<'de> Visitor<'de> for $visitor {
            type Value = $name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name<'de>, A::Error> {
                let mut members = $name { ascending: true, ..$name::default() };
                let mut last = None;
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match &*key.0 {
                        $(stringify!($key) => {
                            members.ascending &= last < Some($place::$key);
                            last = Some($place::$key);
                            members.$key = Some(map.next_value()?);
                        })+
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            members.unknown = true;
                        }
                    }
                }
                Ok(members)
            }
        }
    };
}

members! {
    /// The members of a record; those that are absent are `None`.
    RecordMembers, RecordVisitor, RecordPlace {
        approval: Text<'a>,
        approved: Text<'a>,
        before: Text<'a>,
        cause: Text<'a>,
        customer: Text<'a>,
        duration: u64,
        extension: Text<'a>,
        grants: Text<'a>,
        intent: u64,
        kind: Text<'a>,
        login: Text<'a>,
        method: Text<'a>,
        origin: Text<'a>,
        outcome: Text<'a>,
        overrides: u64,
        parts: Text<'a>,
        platform: Text<'a>,
        policy: Text<'a>,
        scope: Text<'a>,
        seq: u64,
        sequences: Text<'a>,
        staff: Text<'a>,
        time: Text<'a>,
        v: u64,
        validity: u64,
    }
}

members! {
    /// The members of a part; those that are absent are `None`.
    #[expect(non_snake_case, reason = "a member is named as in the JSON")]
    PartMembers, PartVisitor, PartPlace {
        address: Text<'a>,
        approver: i64,
        approverEmail: Text<'a>,
        approverKey: Text<'a>,
        approverName: Text<'a>,
        cause: Text<'a>,
        email: Text<'a>,
        id: i64,
        key: Text<'a>,
        name: Text<'a>,
        operator: Text<'a>,
        reason: Text<'a>,
        recordId: Text<'a>,
        roles: Text<'a>,
        ticket: Text<'a>,
    }
}

/// What a member can be.
trait Member {
    fn write(&self, key: &'static str, writer: &mut Writer<'_, impl Sink>);

    /// How many bytes that takes without the key, where it can be told at once.
    fn written_length(&self) -> Option<usize>;
}

impl Member for Text<'_> {
    fn write(&self, key: &'static str, writer: &mut Writer<'_, impl Sink>) {
        writer.text(key, &self.0);
    }

    fn written_length(&self) -> Option<usize> {
        match &self.0 {
            // It was read without escapes, so it needs none.
            Cow::Borrowed(text) => Some(text.len() + 2),
            Cow::Owned(_) => None,
        }
    }
}

impl Member for u64 {
    fn write(&self, key: &'static str, writer: &mut Writer<'_, impl Sink>) {
        writer.integer(key, *self);
    }

    fn written_length(&self) -> Option<usize> {
        Some(digits(*self))
    }
}

impl Member for i64 {
    fn write(&self, key: &'static str, writer: &mut Writer<'_, impl Sink>) {
        writer.signed(key, *self);
    }

    fn written_length(&self) -> Option<usize> {
        Some(digits(self.unsigned_abs()) + usize::from(*self < 0))
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Words)
    }
}

/// Reads a string without copying it, which serde's own `Cow` does not.
struct Words;

impl<'de> Visitor<'de> for Words {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.into())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(parts: &[&str]) -> Vec<u8> {
        let [email, name, id] = parts else {
            unreachable!("there are three")
        };
        let members = PartMembers {
            email: Text::borrowed(email),
            id: id.parse().ok(),
            name: Text::borrowed(name),
            ..PartMembers::default()
        };
        let mut bytes = Vec::new();
        members.write(&mut bytes);
        bytes
    }

    #[test]
    fn the_shortest_spelling_is_recognised_without_being_written() {
        for (bytes, shortest, same) in [
            (&br#"{"email":"a","id":-10,"name":"b"}"#[..], true, true),
            (br#"{"id":0}"#, true, true),
            (br#"{"id":9,"name":"\u001f"}"#, false, true),
            (br#"{"id":9,"name":"\u001F"}"#, false, false),
            (br#"{"name":"b","email":"a"}"#, false, false),
            (br#"{"name":"b","name":"b"}"#, false, false),
            (br#"{"id": 1}"#, false, false),
            (br#"{"id":1} "#, false, false),
            (br#"{"name":"\u0062"}"#, false, false),
        ] {
            let members = PartMembers::parse(bytes).unwrap();
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(members.is_shortest(bytes.len()), shortest, "{text}");
            assert_eq!(members.is_same(bytes), same, "{text}");
        }
    }

    proptest! {
        /// The short way must never accept what the long one refuses, however the bytes were changed.
        #[test]
        fn the_short_way_is_never_laxer_than_the_long_one(
            email in "[a-c\"\\\\\u{1f}\u{e9}]{0,4}",
            name in "[a-c ,:{}]{0,4}",
            id in any::<i64>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..3),
        ) {
            let mut bytes = written(&[&email, &name, &id.to_string()]);
            for (place, byte, how) in changes {
                let place = place.index(bytes.len());
                match how {
                    0 => bytes[place] = byte,
                    1 => bytes.insert(place, byte),
                    _ => bytes.insert(place, b' '),
                }
            }
            if let Some(members) = PartMembers::parse(&bytes) {
                prop_assert!(!members.is_shortest(bytes.len()) || members.unknown || members.is_same(&bytes));
            }
        }
    }
}
