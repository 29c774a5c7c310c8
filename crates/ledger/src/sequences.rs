//! A set of sequences in the form that an erasure record carries: ascending ranges, such as `0-5,9,12-13`.

use std::fmt;
use std::ops::RangeInclusive;

use crate::{MAX_INTEGER, Sequence};

/// Longest text of a set in one record; more sequences make more records.
pub const MAX_SEQUENCES_CHARS: usize = 4096;

/// Sequences of records: at least one, in ascending ranges with gaps between them, so that one set has one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceSet(Vec<(Sequence, Sequence)>);

impl SequenceSet {
    /// Puts ranges in order, joins those that touch, and divides them so that each set fits into one record. Empty
    /// ranges, and those past the last possible sequence, count for nothing.
    pub fn split(ranges: impl IntoIterator<Item = RangeInclusive<Sequence>>) -> Vec<Self> {
        let mut sorted: Vec<_> = ranges
            .into_iter()
            .map(|range| (*range.start(), (*range.end()).min(MAX_INTEGER)))
            .filter(|(first, last)| first <= last)
            .collect();
        sorted.sort_unstable();
        let mut joined: Vec<(Sequence, Sequence)> = Vec::new();
        for (first, last) in sorted {
            match joined.last_mut() {
                Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
                _ => joined.push((first, last)),
            }
        }
        let mut sets: Vec<Self> = Vec::new();
        let mut length = usize::MAX;
        for range in joined {
            let more = text_of(range).len() + 1;
            match sets.last_mut() {
                Some(set) if length + more <= MAX_SEQUENCES_CHARS => {
                    set.0.push(range);
                    length += more;
                }
                _ => {
                    sets.push(Self(vec![range]));
                    length = more - 1;
                }
            }
        }
        sets
    }

    /// Accepts exactly the texts that [`Self::split`] can make.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_SEQUENCES_CHARS {
            return None;
        }
        let mut ranges: Vec<(Sequence, Sequence)> = Vec::new();
        for part in text.split(',') {
            let range = match part.split_once('-') {
                None => (number(part)?, number(part)?),
                Some((first, last)) => (number(first)?, number(last)?),
            };
            let in_order = ranges.last().is_none_or(|before| before.1 + 1 < range.0);
            if !in_order || range.0 > range.1 || text_of(range) != part {
                return None;
            }
            ranges.push(range);
        }
        Some(Self(ranges))
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<Sequence>> + '_ {
        self.0.iter().map(|&(first, last)| first..=last)
    }

    /// Whether a sequence is among them.
    pub fn contains(&self, sequence: Sequence) -> bool {
        self.0
            .binary_search_by(|&(first, last)| {
                if last < sequence {
                    std::cmp::Ordering::Less
                } else if first > sequence {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok()
    }

    /// The highest of them.
    pub fn last(&self) -> Sequence {
        self.0.last().map_or(0, |range| range.1)
    }
}

impl fmt::Display for SequenceSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, &range) in self.0.iter().enumerate() {
            if place > 0 {
                formatter.write_str(",")?;
            }
            formatter.write_str(&text_of(range))?;
        }
        Ok(())
    }
}

fn text_of((first, last): (Sequence, Sequence)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

fn number(text: &str) -> Option<Sequence> {
    text.parse().ok().filter(|&number| number <= MAX_INTEGER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_one_text() {
        let sets = SequenceSet::split([12..=13, 9..=9, 0..=3, 2..=5, 4..=4]);
        assert_eq!(sets.len(), 1);
        assert_eq!(sets[0].to_string(), "0-5,9,12-13");
        assert_eq!(SequenceSet::parse("0-5,9,12-13").as_ref(), sets.first());
        for other in [
            "",
            ",",
            "1,",
            "1-1",
            "2-1",
            "1,2",
            "1-2,3",
            "2,1",
            "1,1",
            "01",
            "+1",
            "1 ",
            "1--2",
            "0x1",
            "9007199254740992",
            "0-9007199254740992",
            "99999999999999999999",
        ] {
            assert_eq!(SequenceSet::parse(other), None, "{other}");
        }
    }

    #[test]
    fn many_sequences_make_several_sets_that_fit() {
        let every_other = (0..5_000_u64).map(|n| 2 * n..=2 * n);
        let sets = SequenceSet::split(every_other);
        assert!(sets.len() > 1);
        for set in &sets {
            let text = set.to_string();
            assert!(text.len() <= MAX_SEQUENCES_CHARS, "{}", text.len());
            assert_eq!(SequenceSet::parse(&text).as_ref(), Some(set));
        }
        let all: Vec<_> = sets.iter().flat_map(SequenceSet::ranges).collect();
        assert_eq!(all.len(), 5_000);
        assert_eq!(all.last(), Some(&(9_998..=9_998)));
    }

    #[test]
    fn membership() {
        let set = SequenceSet::parse("0-5,9,12-13").unwrap();
        let members: Vec<_> = (0..20).filter(|&sequence| set.contains(sequence)).collect();
        assert_eq!(members, [0, 1, 2, 3, 4, 5, 9, 12, 13]);
        assert_eq!(set.last(), 13);
        assert!(SequenceSet::split([]).is_empty());
    }
}
