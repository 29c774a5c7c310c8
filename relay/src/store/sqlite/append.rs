//! The ledger's end: what is needed to append the next record.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use stagedoor_ledger::{Entry, Frontier, Hash, Node, Record};

use super::{file::Failure, writer::Writing};
use crate::store::{StoreError, entries::Openings};

/// The roots of the tree's complete subtrees.
#[derive(Debug, Clone)]
pub(super) struct Head(Frontier);

impl Head {
    pub(super) fn load(connection: &Connection) -> Result<Self, Failure> {
        let size = size(connection)?;
        let nodes = Frontier::nodes_needed(size);
        let hashes = node_hashes(connection, &nodes)?;
        let frontier = Frontier::from_hashes(size, hashes)
            .map_err(|_| StoreError::Inconsistent("the ledger's tree hashes do not belong to its size"))?;
        Ok(Self(frontier))
    }

    pub(super) fn is_current(&self, connection: &Connection) -> rusqlite::Result<bool> {
        Ok(size(connection)? == self.0.size())
    }
}

impl Writing<'_> {
    /// Appends a record and gives its sequence.
    pub(super) fn append(
        &mut self,
        time: Timestamp,
        entry: Entry,
        openings: &Openings,
    ) -> Result<u64, Failure> {
        let frontier = &mut self.head.0;
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
            .execute((sequence.cast_signed(), body, hashes))?;
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
    let absent = StoreError::Inconsistent("a hash of the ledger's tree is not there");
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
