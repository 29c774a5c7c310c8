//! Whole numbers as JSON knows them: `1181` and `1181.0` are one number (RFC 8259 section 6 makes no difference).

use core::fmt;

use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// From here on not every whole number has a double of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads a whole number that may be absent.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    deserializer.deserialize_option(Optional)
}

struct Optional;

impl<'de> Visitor<'de> for Optional {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_none<E>(self) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<u64>, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Option<u64>, E> {
        Ok(Some(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<u64>, E> {
        let whole = number as u64;
        if whole as f64 == number && (0.0..EXACT).contains(&number) {
            Ok(Some(whole))
        } else {
            Err(E::invalid_value(Unexpected::Float(number), &self))
        }
    }
}
