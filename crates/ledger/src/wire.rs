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
    ($(#[$about:meta])* $name:ident, $visitor:ident { $($key:ident: $type:ty),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Default)]
        pub(crate) struct $name<'a> {
            $(pub(crate) $key: Option<$type>,)+
            /// Whether there was a member that nothing of ours has.
            pub(crate) unknown: bool,
        }

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

            /// Whether these bytes are how it is written.
            pub(crate) fn is_written(&self, bytes: &[u8]) -> bool {
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
                let mut members = $name::default();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match &*key.0 {
                        $(stringify!($key) => members.$key = Some(map.next_value()?),)+
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
    RecordMembers, RecordVisitor {
        before: Text<'a>,
        cause: Text<'a>,
        customer: Text<'a>,
        duration: u64,
        extension: Text<'a>,
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
    PartMembers, PartVisitor {
        address: Text<'a>,
        cause: Text<'a>,
        email: Text<'a>,
        id: i64,
        key: Text<'a>,
        name: Text<'a>,
        operator: Text<'a>,
        reason: Text<'a>,
        recordId: Text<'a>,
        ticket: Text<'a>,
    }
}

/// What a member can be.
trait Member {
    fn write(&self, key: &'static str, writer: &mut Writer<'_, impl Sink>);
}

impl Member for Text<'_> {
    fn write(&self, key: &'static str, writer: &mut Writer<'_, impl Sink>) {
        writer.text(key, &self.0);
    }
}

impl Member for u64 {
    fn write(&self, key: &'static str, writer: &mut Writer<'_, impl Sink>) {
        writer.integer(key, *self);
    }
}

impl Member for i64 {
    fn write(&self, key: &'static str, writer: &mut Writer<'_, impl Sink>) {
        writer.signed(key, *self);
    }
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
