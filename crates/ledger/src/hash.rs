//! SHA-256 values, and the two ways of RFC 6962 section 2.1 to make one in the tree.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::base64;

/// A SHA-256 value: of a record, of a subtree, or of the whole ledger. Its text is base64, as in a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The root of a tree without records: the hash of nothing.
    pub fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The leaf of a record with these bytes.
    pub fn of_leaf(record: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update([0x00]);
        hasher.update(record);
        Self(hasher.finalize().into())
    }

    /// The node above two others.
    pub fn of_node(left: Self, right: Self) -> Self {
        let mut bytes = [0x01; 65];
        bytes[1..33].copy_from_slice(&left.0);
        bytes[33..].copy_from_slice(&right.0);
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 44 characters of base64.
    pub fn parse(text: &str) -> Option<Self> {
        base64::decode(text).map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&base64::encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({self})")
    }
}
