//! A bit a record.

use std::ops::RangeInclusive;

/// A set of small numbers. Grows to the highest that was set.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// Adds a number.
    pub(super) fn set(&mut self, place: u64) {
        let Some((word, bit)) = position(place) else {
            return;
        };
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    /// Whether a number is in it.
    pub(super) fn has(&self, place: u64) -> bool {
        position(place).is_some_and(|(word, bit)| self.0.get(word).is_some_and(|bits| bits & bit != 0))
    }

    /// Takes numbers out, and says how many were in it.
    pub(super) fn clear(&mut self, places: RangeInclusive<u64>) -> u64 {
        let (first, last) = places.into_inner();
        let mut count = 0;
        let words = usize::try_from(first / 64).unwrap_or(usize::MAX)
            ..usize::try_from(last / 64)
                .unwrap_or(usize::MAX)
                .saturating_add(1)
                .min(self.0.len());
        for word in words {
            let start = word as u64 * 64;
            let mut mask = u64::MAX;
            if first > start {
                mask &= u64::MAX << (first - start).min(63);
            }
            if last < start + 63 {
                mask &= u64::MAX >> (start + 63 - last);
            }
            count += u64::from((self.0[word] & mask).count_ones());
            self.0[word] &= !mask;
        }
        count
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    /// The lowest of them, ascending.
    pub(super) fn first(&self, limit: usize) -> Vec<u64> {
        let each = |(word, &bits): (usize, &u64)| {
            (0..64_u64)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| word as u64 * 64 + bit)
        };
        self.0
            .iter()
            .enumerate()
            .filter(|(_, bits)| **bits != 0)
            .flat_map(each)
            .take(limit)
            .collect()
    }
}

fn position(place: u64) -> Option<(usize, u64)> {
    Some((usize::try_from(place / 64).ok()?, 1 << (place % 64)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_like_a_set(
            places in prop::collection::vec(0..300_u64, 0..80),
            first in 0..320_u64,
            length in 0..200_u64,
        ) {
            let mut bits = Bits::default();
            let mut set: BTreeSet<u64> = BTreeSet::new();
            for &place in &places {
                bits.set(place);
                set.insert(place);
            }
            let range = first..=first + length;
            let cleared = set.range(range.clone()).count() as u64;
            prop_assert_eq!(bits.clear(range.clone()), cleared);
            set.retain(|place| !range.contains(place));
            prop_assert_eq!(bits.count(), set.len() as u64);
            prop_assert_eq!(bits.first(5), set.iter().copied().take(5).collect::<Vec<_>>());
            for place in 0..320 {
                prop_assert_eq!(bits.has(place), set.contains(&place));
            }
        }
    }
}
