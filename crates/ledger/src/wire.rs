//! A record as its JSON members: flat, borrowed, any kind's keys. What a kind needs is decided in `record`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::jcs::Writer;

/// A JSON string, borrowed from the input when it has no escapes.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

/// Makes the struct of all members, its reader, and its writer from one list in ascending order.
macro_rules! members {
    ($($key:ident: $type:ty),+ $(,)?) => {
        /// The members of a record; those that are absent are `None`.
        #[derive(Default)]
        pub(crate) struct Wire<'a> {
            $(pub(crate) $key: Option<$type>,)+
            /// Whether there was a member that no kind has.
            pub(crate) unknown: bool,
        }

        impl Wire<'_> {
            /// Writes what is there, canonically.
            pub(crate) fn write(&self, out: &mut Vec<u8>) {
                let mut writer = Writer::new(out);
                $(
                    if let Some(value) = &self.$key {
                        value.write(stringify!($key), &mut writer);
                    }
                )+
                writer.end();
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

        impl<'de> Visitor<'de> for Members {
            type Value = Wire<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Wire<'de>, A::Error> {
                let mut wire = Wire::default();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match &*key.0 {
                        $(stringify!($key) => wire.$key = Some(map.next_value()?),)+
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            wire.unknown = true;
                        }
                    }
                }
                Ok(wire)
            }
        }
    };
}

members! {
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

struct Members;

impl<'de> Deserialize<'de> for Wire<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

/// What a member can be.
trait Member {
    fn write(&self, key: &'static str, writer: &mut Writer<'_>);
}

impl Member for Text<'_> {
    fn write(&self, key: &'static str, writer: &mut Writer<'_>) {
        writer.text(key, &self.0);
    }
}

impl Member for u64 {
    fn write(&self, key: &'static str, writer: &mut Writer<'_>) {
        writer.integer(key, *self);
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
