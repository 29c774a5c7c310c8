//! The ledger's end: what is needed to append the next record.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use stagedoor_ledger::{Entry, Frontier, FrontierError, Hash, Node, Record};

use super::{file::Failure, writer::Writing};
use crate::store::{StoreError, entries::Openings};

/// The roots of the tree's complete subtrees.
#[derive(Debug, Clone)]
pub(super) struct Head {
    frontier: Frontier,
    /// What the last row stores. Another ledger of the same size has others.
    last_hashes: Vec<u8>,
    /// The ledger does not begin with what this process has seen of it.
    severed: bool,
}

impl Head {
    /// Reads it. The ledger must begin with what this process has seen of it: an older backup that is put in the place of the
    /// database would otherwise be gone on with, and what was recorded since would be lost without a word.
    pub(super) fn load(connection: &Connection, reached: Option<&Self>) -> Result<Self, Failure> {
        let (size, last_hashes) = end(connection)?;
        let frontier = frontier(connection, size)?
            .map_err(|_| StoreError::Inconsistent("the ledger's tree hashes do not belong to its size"))?;
        let severed = match reached.map(|reached| &reached.frontier) {
            Some(reached) if reached.size() > size => true,
            Some(reached) => !frontier_is(connection, reached)?,
            None => false,
        };
        Ok(Self {
            frontier,
            last_hashes,
            severed,
        })
    }

    pub(super) fn is_current(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let (size, last_hashes) = end(connection)?;
        Ok(size == self.frontier.size() && last_hashes == self.last_hashes)
    }

    pub(super) fn is_severed(&self) -> bool {
        self.severed
    }

    /// Whether records may be appended.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.severed {
            true => Err(StoreError::Severed),
            false => Ok(()),
        }
    }
}

fn frontier(connection: &Connection, size: u64) -> Result<Result<Frontier, FrontierError>, Failure> {
    let nodes = Frontier::nodes_needed(size);
    Ok(Frontier::from_hashes(size, node_hashes(connection, &nodes)?))
}

fn frontier_is(connection: &Connection, expected: &Frontier) -> Result<bool, Failure> {
    let found = frontier(connection, expected.size())?;
    Ok(found.is_ok_and(|found| found.root() == expected.root()))
}

impl Writing<'_> {
    /// Appends a record and gives its sequence.
    pub(super) fn append(
        &mut self,
        time: Timestamp,
        entry: Entry,
        openings: &Openings,
    ) -> Result<u64, Failure> {
        self.head.check()?;
        let frontier = &mut self.head.frontier;
        let sequence = frontier.size();
        let body = Record {
            sequence,
            time,
            entry,
        }
        .encode();
        let hashes = frontier.append(Record::leaf_hash(&body));
        let hashes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        self.connection
            .prepare_cached("INSERT INTO records (seq, body, hashes) VALUES (?, ?, ?)")?
            .execute((sequence.cast_signed(), body, &hashes))?;
        self.head.last_hashes = hashes;
        if !openings.is_empty() {
            self.connection
                .prepare_cached("INSERT INTO openings (seq, customer, staff) VALUES (?, ?, ?)")?
                .execute((
                    sequence.cast_signed(),
                    openings.customer.as_ref().map(|opening| opening.to_bytes()),
                    openings.staff.as_ref().map(|opening| opening.to_bytes()),
                ))?;
        }
        Ok(sequence)
    }
}

/// How many records there are, and what the last row stores of the tree.
fn end(connection: &Connection) -> rusqlite::Result<(u64, Vec<u8>)> {
    let last = connection
        .prepare_cached("SELECT seq, hashes FROM records ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
        .optional()?;
    Ok(last.map_or_else(Default::default, |(sequence, hashes)| {
        (sequence.cast_unsigned() + 1, hashes)
    }))
}

/// How many records there are.
pub(super) fn size(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT coalesce(max(seq) + 1, 0) FROM records")?
        .query_one([], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
}

/// The hashes of tree nodes, from the rows that complete them.
pub(super) fn node_hashes(connection: &Connection, nodes: &[Node]) -> Result<Vec<Hash>, Failure> {
    let mut select =
        connection.prepare_cached("SELECT substr(hashes, ? + 1, 32) FROM records WHERE seq = ?")?;
    let absent = StoreError::Inconsistent(
        "a hash of the ledger's tree is not there; `stagedoor ledger verify` says more",
    );
    let mut hashes = Vec::with_capacity(nodes.len());
    for node in nodes {
        let offset = i64::try_from(node.offset()).unwrap_or(i64::MAX);
        let bytes: Option<Vec<u8>> = select
            .query_row((offset, node.row().cast_signed()), |row| row.get(0))
            .optional()?;
        let hash = bytes.and_then(|bytes| bytes.try_into().ok());
        hashes.push(Hash(hash.ok_or_else(|| absent.clone())?));
    }
    Ok(hashes)
}
