//! The openings of one part, over all records.

use super::bits::Bits;
use super::examine::Held;

/// Which openings of one part are there, and which are missing and not yet accounted for.
#[derive(Debug, Clone, Default)]
pub(super) struct Openings {
    pub(super) there: Bits,
    pub(super) missing: Bits,
}

impl Openings {
    /// Takes note of a record's opening.
    pub(super) fn note(&mut self, place: u64, held: Held) {
        match held {
            Held::None => {}
            Held::There => self.there.set(place),
            Held::Missing => self.missing.set(place),
        }
    }
}
