//! Proofs of every record in every small ledger, and between every two of them.

use stagedoor_ledger::proof::{
    ProofError, consistency_nodes, inclusion_nodes, prove_consistency, prove_inclusion, verify_consistency,
    verify_inclusion,
};
use stagedoor_ledger::{Frontier, Hash, Node};

use crate::naive;

const SIZES: usize = 70;

struct Tree {
    leaves: Vec<Hash>,
    rows: Vec<Vec<Hash>>,
    /// By size.
    roots: Vec<Hash>,
}

impl Tree {
    fn new() -> Self {
        let leaves: Vec<_> = (0..SIZES).map(|n| Hash::of_leaf(&n.to_be_bytes())).collect();
        let mut frontier = Frontier::empty();
        let mut roots = vec![frontier.root()];
        let rows = leaves
            .iter()
            .map(|&leaf| {
                let row = frontier.append(leaf);
                roots.push(frontier.root());
                row
            })
            .collect();
        Self { leaves, rows, roots }
    }

    fn node(&self, node: Node) -> Option<Hash> {
        let row = self.rows.get(usize::try_from(node.row()).unwrap())?;
        row.get(node.offset() / 32).copied()
    }
}

#[test]
fn roots_are_as_defined() {
    let tree = Tree::new();
    for size in 0..=SIZES {
        assert_eq!(tree.roots[size], naive::root(&tree.leaves[..size]), "{size}");
    }
}

#[test]
fn every_record_is_proved_and_nothing_else() {
    let tree = Tree::new();
    for size in 1..=SIZES {
        let (root, many) = (tree.roots[size], size as u64);
        for place in 0..size {
            let sequence = place as u64;
            let nodes = inclusion_nodes(many, sequence);
            // A store that holds the rows up to the size can answer.
            let proof = prove_inclusion(many, sequence, &|node| {
                assert!(nodes.contains(&node));
                tree.node(node).filter(|_| node.row() < many)
            })
            .unwrap();
            assert_eq!(
                proof,
                naive::path(place, &tree.leaves[..size]),
                "{place} of {size}"
            );
            let verify = |sequence, leaf, proof: &[Hash]| verify_inclusion(many, root, sequence, leaf, proof);
            assert_eq!(verify(sequence, tree.leaves[place], &proof), Ok(()));
            let other = tree.leaves[(place + 1) % SIZES];
            assert_eq!(verify(sequence, other, &proof), Err(ProofError::Wrong));
            if size > 1 {
                let elsewhere = (sequence + 1) % many;
                assert_eq!(
                    verify(elsewhere, tree.leaves[place], &proof),
                    Err(ProofError::Wrong)
                );
            }
            for changed in changes(&proof) {
                assert_eq!(
                    verify(sequence, tree.leaves[place], &changed),
                    Err(ProofError::Wrong)
                );
            }
        }
    }
}

#[test]
fn every_ledger_is_proved_to_begin_with_every_smaller_one() {
    let tree = Tree::new();
    for new in 1..=SIZES {
        for old in 1..=new {
            let (small, large) = (old as u64, new as u64);
            let nodes = consistency_nodes(small, large);
            let proof = prove_consistency(small, large, &|node| {
                assert!(nodes.contains(&node));
                tree.node(node).filter(|_| node.row() < large)
            })
            .unwrap();
            assert_eq!(
                proof,
                naive::consistency(old, &tree.leaves[..new]),
                "{old} of {new}"
            );
            let verify = |old_root, new_root, proof: &[Hash]| {
                verify_consistency(small, old_root, large, new_root, proof)
            };
            assert_eq!(verify(tree.roots[old], tree.roots[new], &proof), Ok(()));
            let other = Hash([7; 32]);
            assert_eq!(verify(other, tree.roots[new], &proof), Err(ProofError::Wrong));
            assert_eq!(verify(tree.roots[old], other, &proof), Err(ProofError::Wrong));
            for changed in changes(&proof) {
                assert_eq!(
                    verify(tree.roots[old], tree.roots[new], &changed),
                    Err(ProofError::Wrong)
                );
            }
        }
    }
}

/// The proof with one hash changed, left out, or added; with two exchanged.
fn changes(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for place in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[place].0[place % 32] ^= 1 << (place % 8);
        all.push(changed);
        let mut shorter = proof.to_vec();
        shorter.remove(place);
        all.push(shorter);
        if place > 0 {
            let mut exchanged = proof.to_vec();
            exchanged.swap(place - 1, place);
            all.push(exchanged);
        }
    }
    for place in 0..=proof.len() {
        let mut longer = proof.to_vec();
        longer.insert(place, proof.first().copied().unwrap_or(Hash([0; 32])));
        all.push(longer);
    }
    all
}
