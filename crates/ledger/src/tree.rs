//! The Merkle tree of RFC 6962 section 2.1, as far as appending needs it: where its nodes are stored, and the right
//! edge from which the next record grows.

use crate::{Hash, MAX_INTEGER, Sequence};

/// A complete subtree: the one over the records `index << level` to `((index + 1) << level) - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// 0 for a record, 1 for two, 2 for four...
    pub level: u8,
    /// Which of its level, from 0.
    pub index: u64,
}

impl Node {
    /// The row that stores its root: that of its last record.
    ///
    /// Saturates on a node past the last possible record, which no function of this crate makes.
    pub fn row(self) -> Sequence {
        let end = u128::from(self.index).saturating_add(1) << u32::from(self.level).min(63);
        Sequence::try_from(end - 1).unwrap_or(Sequence::MAX)
    }

    /// Where in that row's hashes its root begins.
    pub fn offset(self) -> usize {
        32 * usize::from(self.level)
    }
}

/// The roots of the largest complete subtrees of a tree, left to right: one for each 1 in the binary form of its size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

/// The hashes do not make a frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// Not as many as the size asks for.
    #[error(
        "a tree of {size} records has {expected} complete subtrees, but {given} hashes are given: read the nodes that `nodes_needed` names"
    )]
    Count {
        /// The size of the tree.
        size: u64,
        /// How many hashes it has.
        expected: u32,
        /// How many there are.
        given: usize,
    },
    /// No ledger is this large.
    #[error("a ledger has at most 2^53 - 1 records, not {0}: the stored size is damaged")]
    Size(u64),
}

impl Frontier {
    /// That of a ledger without records.
    pub fn empty() -> Self {
        Self::default()
    }

    /// How many records the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a record. Returns what its row stores: the leaf, then the roots of the subtrees that it completes.
    pub fn append(&mut self, leaf: Hash) -> Vec<Hash> {
        let mut hashes = Vec::with_capacity(1 + self.size.trailing_ones() as usize);
        hashes.push(leaf);
        self.append_with(leaf, |hash| hashes.push(hash));
        hashes
    }

    /// As [`Self::append`], but hands each completed subtree's root to a function.
    pub(crate) fn append_with(&mut self, leaf: Hash, mut completed: impl FnMut(Hash)) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.roots.pop() else { break };
            hash = Hash::of_node(left, hash);
            completed(hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The hash over all records: what a checkpoint signs.
    pub fn root(&self) -> Hash {
        self.roots
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| Hash::of_node(left, right))
            .unwrap_or_else(Hash::of_nothing)
    }

    /// The nodes from which [`Self::from_hashes`] makes the frontier of a tree of this size, in its order.
    pub fn nodes_needed(size: u64) -> Vec<Node> {
        (0..64_u8)
            .rev()
            .filter(|level| size >> level & 1 == 1)
            .map(|level| Node {
                level,
                index: (size >> level) - 1,
            })
            .collect()
    }

    /// The frontier whose subtrees have these roots, in the order of [`Self::nodes_needed`].
    ///
    /// # Errors
    ///
    /// When there are not as many as the size asks for. Whether they are the right ones only a comparison of
    /// [`Self::root`] with a checkpoint can tell.
    pub fn from_hashes(size: u64, roots: Vec<Hash>) -> Result<Self, FrontierError> {
        if size > MAX_INTEGER {
            return Err(FrontierError::Size(size));
        }
        if roots.len() != size.count_ones() as usize {
            return Err(FrontierError::Count {
                size,
                expected: size.count_ones(),
                given: roots.len(),
            });
        }
        Ok(Self { size, roots })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_store_what_they_complete() {
        let mut frontier = Frontier::empty();
        let mut rows = Vec::new();
        for sequence in 0..70_u64 {
            let row = frontier.append(Hash::of_leaf(&sequence.to_be_bytes()));
            assert_eq!(row.len(), sequence.trailing_ones() as usize + 1);
            rows.push(row);
            let stored = Frontier::nodes_needed(frontier.size())
                .into_iter()
                .map(|node| rows[usize::try_from(node.row()).unwrap()][node.offset() / 32])
                .collect();
            assert_eq!(
                Frontier::from_hashes(frontier.size(), stored),
                Ok(frontier.clone())
            );
        }
    }

    #[test]
    fn a_frontier_of_another_size_is_refused() {
        let error = Frontier::from_hashes(6, vec![Hash([1; 32])]).unwrap_err();
        assert_eq!(
            error,
            FrontierError::Count {
                size: 6,
                expected: 2,
                given: 1
            }
        );
        assert!(Frontier::from_hashes(1 << 53, vec![Hash([1; 32])]).is_err());
    }

    #[test]
    fn places_of_nodes() {
        let node = |level, index| Node { level, index };
        assert_eq!(node(0, 5).row(), 5);
        assert_eq!(node(2, 1).row(), 7);
        assert_eq!(node(2, 1).offset(), 64);
        assert_eq!(node(255, u64::MAX).row(), u64::MAX);
        assert_eq!(Frontier::nodes_needed(6), [node(2, 0), node(1, 2)]);
        assert_eq!(Frontier::nodes_needed(0), []);
    }
}
