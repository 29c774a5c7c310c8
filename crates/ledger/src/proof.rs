//! Proofs of RFC 6962 sections 2.1.1 and 2.1.2: that a record is in the ledger of a checkpoint, and that one
//! checkpoint's ledger begins with another's. Which nodes a proof needs is a function of its own, so that a store can
//! fetch them before the proof is built.

use std::cell::{Cell, RefCell};

use tlog_tiles::tlog::{self, HashReader};

use crate::{Hash, MAX_INTEGER, Node, Sequence};

/// Longest proof: one hash a level on the way, and one more.
pub const MAX_PROOF_HASHES: usize = 64;

/// A proof that cannot be, or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// No such proof: the record is not in a ledger of that size, or the older ledger is larger than the newer.
    #[error(
        "there is no such proof: the record, or the smaller size, must be within the size; use a later checkpoint"
    )]
    Range,
    /// A node is not there.
    #[error("the hash of level {} with the index {} is missing: the store has fewer records than the size, or lost some", .0.level, .0.index)]
    Missing(Node),
    /// The proof is wrong.
    #[error("the proof does not hold: record, proof or checkpoint were changed")]
    Wrong,
}

/// The nodes that [`prove_inclusion`] asks for; none when there is no such proof.
pub fn inclusion_nodes(size: u64, sequence: Sequence) -> Vec<Node> {
    nodes(|reader| inclusion(size, sequence, reader))
}

/// Proves that a record is in a ledger of this size.
///
/// # Errors
///
/// When the record is not within the size, or a node is missing.
pub fn prove_inclusion(
    size: u64,
    sequence: Sequence,
    node: &dyn Fn(Node) -> Option<Hash>,
) -> Result<Vec<Hash>, ProofError> {
    prove(node, |reader| inclusion(size, sequence, reader))
}

/// Verifies that a record with this leaf is at this place in the ledger of this size and root.
///
/// # Errors
///
/// When it is not proved.
pub fn verify_inclusion(
    size: u64,
    root: Hash,
    sequence: Sequence,
    leaf: Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    within(sequence < size && size <= MAX_INTEGER)?;
    tlog::check_record(
        &foreign(proof)?,
        size,
        tlog::Hash(root.0),
        sequence,
        tlog::Hash(leaf.0),
    )
    .map_err(|_| ProofError::Wrong)
}

/// The nodes that [`prove_consistency`] asks for; none when there is no such proof, or it is empty.
pub fn consistency_nodes(old_size: u64, new_size: u64) -> Vec<Node> {
    nodes(|reader| consistency(old_size, new_size, reader))
}

/// Proves that the ledger of the new size begins with that of the old size.
///
/// # Errors
///
/// When the old size is larger, or a node is missing.
pub fn prove_consistency(
    old_size: u64,
    new_size: u64,
    node: &dyn Fn(Node) -> Option<Hash>,
) -> Result<Vec<Hash>, ProofError> {
    prove(node, |reader| consistency(old_size, new_size, reader))
}

/// Verifies that the ledger of the new size and root begins with that of the old size and root. Every ledger begins
/// with the empty one, and the proof of that is empty.
///
/// # Errors
///
/// When it is not proved.
pub fn verify_consistency(
    old_size: u64,
    old_root: Hash,
    new_size: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    within(old_size <= new_size && new_size <= MAX_INTEGER)?;
    if old_size == 0 {
        let holds = proof.is_empty()
            && old_root == Hash::of_nothing()
            && (new_size > 0 || new_root == Hash::of_nothing());
        return holds.then_some(()).ok_or(ProofError::Wrong);
    }
    tlog::check_tree(
        &foreign(proof)?,
        new_size,
        tlog::Hash(new_root.0),
        old_size,
        tlog::Hash(old_root.0),
    )
    .map_err(|_| ProofError::Wrong)
}

/// Gives tlog its hashes, and keeps what it asked for.
struct Reader<'a> {
    node: &'a dyn Fn(Node) -> Option<Hash>,
    asked: RefCell<Vec<Node>>,
    missing: Cell<Option<Node>>,
}

impl HashReader for Reader<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        indexes
            .iter()
            .map(|&stored| {
                let (level, index) = tlog::split_stored_hash_index(stored);
                let node = Node { level, index };
                self.asked.borrow_mut().push(node);
                (self.node)(node).map(|hash| tlog::Hash(hash.0)).ok_or_else(|| {
                    self.missing.set(Some(node));
                    tlog::Error::IndexesNotInTree
                })
            })
            .collect()
    }
}

fn inclusion(size: u64, sequence: Sequence, reader: &Reader<'_>) -> Result<Vec<tlog::Hash>, ProofError> {
    within(sequence < size && size <= MAX_INTEGER)?;
    tlog::prove_record(size, sequence, reader).map_err(|_| ProofError::Wrong)
}

fn consistency(old_size: u64, new_size: u64, reader: &Reader<'_>) -> Result<Vec<tlog::Hash>, ProofError> {
    within(old_size <= new_size && new_size <= MAX_INTEGER)?;
    if old_size == 0 {
        return Ok(Vec::new());
    }
    tlog::prove_tree(new_size, old_size, reader).map_err(|_| ProofError::Wrong)
}

fn nodes(build: impl FnOnce(&Reader<'_>) -> Result<Vec<tlog::Hash>, ProofError>) -> Vec<Node> {
    let reader = Reader {
        node: &|_| Some(Hash([0; 32])),
        asked: RefCell::default(),
        missing: Cell::default(),
    };
    // Without such a proof, nothing was asked for.
    let _ = build(&reader);
    reader.asked.into_inner()
}

fn prove(
    node: &dyn Fn(Node) -> Option<Hash>,
    build: impl FnOnce(&Reader<'_>) -> Result<Vec<tlog::Hash>, ProofError>,
) -> Result<Vec<Hash>, ProofError> {
    let reader = Reader {
        node,
        asked: RefCell::default(),
        missing: Cell::default(),
    };
    match build(&reader) {
        Ok(proof) => Ok(proof.into_iter().map(|hash| Hash(hash.0)).collect()),
        Err(error) => Err(reader.missing.get().map_or(error, ProofError::Missing)),
    }
}

fn within(holds: bool) -> Result<(), ProofError> {
    holds.then_some(()).ok_or(ProofError::Range)
}

/// A proof as tlog takes it. Its checks copy the rest of the proof at every level, so a long one is refused first.
fn foreign(proof: &[Hash]) -> Result<Vec<tlog::Hash>, ProofError> {
    if proof.len() > MAX_PROOF_HASHES {
        return Err(ProofError::Wrong);
    }
    Ok(proof.iter().map(|hash| tlog::Hash(hash.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Frontier;

    #[test]
    fn a_proof_asks_for_the_nodes_that_were_named() {
        let mut frontier = Frontier::empty();
        let rows: Vec<_> = (0..6_u8).map(|n| frontier.append(Hash::of_leaf(&[n]))).collect();
        let stored = |node: Node| Some(rows[usize::try_from(node.row()).ok()?][node.offset() / 32]);
        let node = |level, index| Node { level, index };
        assert_eq!(inclusion_nodes(6, 2), [node(1, 0), node(0, 3), node(1, 2)]);
        let proof = prove_inclusion(6, 2, &stored).unwrap();
        assert_eq!(proof, [rows[3][0], rows[1][1], rows[5][1]]);
        let leaf = Hash::of_leaf(&[2]);
        assert_eq!(verify_inclusion(6, frontier.root(), 2, leaf, &proof), Ok(()));
        assert_eq!(
            verify_inclusion(6, frontier.root(), 3, leaf, &proof),
            Err(ProofError::Wrong)
        );
        let without = |wanted: Node| stored(wanted).filter(|_| wanted != node(0, 3));
        assert_eq!(
            prove_inclusion(6, 2, &without),
            Err(ProofError::Missing(node(0, 3)))
        );
    }

    #[test]
    fn what_has_no_proof() {
        let none = |_: Node| None;
        let hash = Hash::of_nothing();
        assert_eq!(prove_inclusion(6, 6, &none), Err(ProofError::Range));
        assert_eq!(prove_inclusion(u64::MAX, 0, &none), Err(ProofError::Range));
        assert_eq!(inclusion_nodes(6, 6), []);
        assert_eq!(prove_consistency(7, 6, &none), Err(ProofError::Range));
        assert_eq!(prove_consistency(0, u64::MAX, &none), Err(ProofError::Range));
        assert_eq!(
            verify_inclusion(u64::MAX, hash, 0, hash, &[hash; 64]),
            Err(ProofError::Range)
        );
        assert_eq!(
            verify_inclusion(MAX_INTEGER, hash, 0, hash, &[hash; 65]),
            Err(ProofError::Wrong)
        );
        assert_eq!(
            verify_inclusion(MAX_INTEGER, hash, 0, hash, &[hash; 53]),
            Err(ProofError::Wrong)
        );
        assert_eq!(verify_inclusion(0, hash, 0, hash, &[]), Err(ProofError::Range));
    }

    #[test]
    fn every_ledger_begins_with_the_empty_one() {
        let (nothing, other) = (Hash::of_nothing(), Hash([1; 32]));
        assert_eq!(prove_consistency(0, 9, &|_| None), Ok(vec![]));
        assert_eq!(verify_consistency(0, nothing, 9, other, &[]), Ok(()));
        assert_eq!(
            verify_consistency(0, other, 9, other, &[]),
            Err(ProofError::Wrong)
        );
        assert_eq!(
            verify_consistency(0, nothing, 0, other, &[]),
            Err(ProofError::Wrong)
        );
        assert_eq!(
            verify_consistency(0, nothing, 9, other, &[other]),
            Err(ProofError::Wrong)
        );
        assert_eq!(verify_consistency(9, other, 9, other, &[]), Ok(()));
        assert_eq!(
            verify_consistency(9, nothing, 9, other, &[]),
            Err(ProofError::Wrong)
        );
    }
}
