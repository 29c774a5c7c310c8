//! The root over the ledger as the store has it, shown to contain what was signed before.

use std::{collections::BTreeMap, fmt};

use stagedoor_ledger::{
    Frontier, Hash, Node,
    checkpoint::Checkpoint,
    proof::{consistency_nodes, prove_consistency, verify_consistency},
};

use crate::store::{Store, StoreError};

/// How many rows are read at once.
const PAGE: u32 = 500;

/// Why there is no root to sign.
#[derive(Debug)]
pub(super) enum TreeFault {
    /// The ledger is not what it was.
    Rewritten(Evidence),
    /// The store failed.
    Store(StoreError),
}

/// What shows that a ledger was rewritten.
#[derive(Debug)]
pub(super) enum Evidence {
    /// It is smaller than it was.
    Truncated { size: u64, signed: Checkpoint },
    /// It does not begin as it did.
    Changed { signed: Checkpoint },
    /// Its records or hashes have gaps.
    Gap,
    /// A record since the last checkpoint does not fit the tree.
    Record { from: u64, size: u64 },
    /// What stands in the store as the last checkpoint is none.
    Note(String),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { size, signed } => write!(
                f,
                "the ledger has {size} records; at {:.3} it had {}",
                signed.time, signed.size
            ),
            Self::Changed { signed } => write!(
                f,
                "the first {} records are not what they were at {:.3}",
                signed.size, signed.time
            ),
            Self::Gap => f.write_str("records or hashes of the tree are missing"),
            Self::Record { from, size } => write!(
                f,
                "the records {from} to {} do not fit the hashes that are stored with them",
                size.saturating_sub(1)
            ),
            Self::Note(problem) => write!(f, "the last checkpoint in the store is not one: {problem}"),
        }
    }
}

impl From<StoreError> for TreeFault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The root over the first `size` records, if they contain these checkpoints, and the records since the largest of them
/// are what the tree says.
pub(super) async fn checked_root(
    store: &dyn Store,
    size: u64,
    signed: &[&Checkpoint],
) -> Result<Hash, TreeFault> {
    for checkpoint in signed {
        if checkpoint.size > size {
            let signed = (*checkpoint).clone();
            return Err(TreeFault::Rewritten(Evidence::Truncated { size, signed }));
        }
    }
    let base = signed.iter().map(|checkpoint| checkpoint.size).max().unwrap_or(0);
    let nodes = Nodes::fetch(store, size, base, signed).await?;
    let root = nodes.frontier(size)?.root();
    for checkpoint in signed {
        let contained = prove_consistency(checkpoint.size, size, &|node| nodes.get(node))
            .and_then(|proof| verify_consistency(checkpoint.size, checkpoint.root, size, root, &proof));
        if contained.is_err() {
            let signed = (*checkpoint).clone();
            return Err(TreeFault::Rewritten(Evidence::Changed { signed }));
        }
    }
    let rebuilt = rebuild(store, nodes.frontier(base)?, size).await?;
    if rebuilt == root {
        Ok(root)
    } else {
        Err(TreeFault::Rewritten(Evidence::Record { from: base, size }))
    }
}

/// Hashes the records that come after a tree, and gives the root over all.
async fn rebuild(store: &dyn Store, mut frontier: Frontier, size: u64) -> Result<Hash, TreeFault> {
    while frontier.size() < size {
        let missing = u32::try_from(size - frontier.size()).unwrap_or(PAGE);
        let rows = store.rows_from(frontier.size(), missing.min(PAGE)).await?;
        if rows.is_empty() {
            return Err(TreeFault::Rewritten(Evidence::Gap));
        }
        for row in rows {
            if row.sequence != frontier.size() {
                return Err(TreeFault::Rewritten(Evidence::Gap));
            }
            frontier.append(Hash::of_leaf(&row.record));
        }
    }
    Ok(frontier.root())
}

/// The nodes that one check needs.
struct Nodes(BTreeMap<Node, Hash>);

impl Nodes {
    async fn fetch(
        store: &dyn Store,
        size: u64,
        base: u64,
        signed: &[&Checkpoint],
    ) -> Result<Self, TreeFault> {
        let mut wanted = Frontier::nodes_needed(size);
        wanted.extend(Frontier::nodes_needed(base));
        for checkpoint in signed {
            wanted.extend(consistency_nodes(checkpoint.size, size));
        }
        wanted.sort_unstable();
        wanted.dedup();
        match store.nodes(&wanted).await {
            Ok(hashes) => Ok(Self(wanted.into_iter().zip(hashes).collect())),
            Err(StoreError::Inconsistent(_)) => Err(TreeFault::Rewritten(Evidence::Gap)),
            Err(error) => Err(error.into()),
        }
    }

    fn get(&self, node: Node) -> Option<Hash> {
        self.0.get(&node).copied()
    }

    fn frontier(&self, size: u64) -> Result<Frontier, TreeFault> {
        let hashes = Frontier::nodes_needed(size)
            .into_iter()
            .filter_map(|node| self.get(node))
            .collect();
        Frontier::from_hashes(size, hashes).map_err(|_| TreeFault::Rewritten(Evidence::Gap))
    }
}
