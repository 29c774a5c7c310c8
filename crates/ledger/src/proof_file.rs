//! A proof of one record in one file, for somebody who has the verifying key and nothing else: the record, its
//! openings as far as they are there, the way to the root, and the signed checkpoint.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::checkpoint::{Checkpoint, CheckpointError, MAX_CHECKPOINT_BYTES, SignedCheckpoint, VerifyingKey};
use crate::jcs::{Writer, write_text};
use crate::line::{Held, LineError, MAX_LINE_BYTES, write_held};
use crate::proof::{self, MAX_PROOF_HASHES, ProofError};
use crate::{Hash, Node, Opening, Record, Row, line};

/// Longest file, in bytes: room for a line, a checkpoint whose every byte is escaped, and the hashes.
pub const MAX_PROOF_FILE_BYTES: usize = MAX_LINE_BYTES + 6 * MAX_CHECKPOINT_BYTES + 64 * MAX_PROOF_HASHES;

/// What [`ProofFile`] says that it is.
const KIND: &str = "stagedoor-ledger-proof";
const VERSION: u64 = 1;

/// The proof of one record.
#[derive(Debug)]
pub struct ProofFile {
    row: Row,
    inclusion: Vec<Hash>,
    checkpoint: SignedCheckpoint,
}

/// What a proof proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The record.
    pub record: Record,
    /// The opening of the customer's part, if it is in the file.
    pub customer: Option<Opening>,
    /// The opening of the staff part, if it is in the file.
    pub staff: Option<Opening>,
    /// The checkpoint that covers it.
    pub checkpoint: Checkpoint,
}

/// A proof that cannot be made or read, or that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileError {
    /// Longer than any proof.
    #[error("a proof has at most {MAX_PROOF_FILE_BYTES} bytes, not {0}: it is another file, or was changed")]
    TooLong(usize),
    /// Not the JSON of a proof.
    #[error("it is not the JSON object of a proof: it is another file, or was changed")]
    Malformed,
    /// Of another version.
    #[error("its version is {0}, and this program reads version {VERSION}: use a newer version")]
    Version(u64),
    /// Record or openings are not what they must be.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The customer's opening is not what the record commits to.
    #[error("the opening of the customer's part is not what the record commits to: one of them was changed")]
    Customer,
    /// The staff opening is not what the record commits to.
    #[error("the opening of the staff part is not what the record commits to: one of them was changed")]
    Staff,
    /// The checkpoint is not to be believed.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The record is not in the ledger of the checkpoint.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl ProofFile {
    /// Makes the proof of a row. To withhold an opening, leave it out of the row.
    ///
    /// # Errors
    ///
    /// When the row is not in order, or the checkpoint does not cover it.
    pub fn build(
        row: Row,
        checkpoint: SignedCheckpoint,
        node: &dyn Fn(Node) -> Option<Hash>,
    ) -> Result<Self, ProofFileError> {
        let size = checkpoint.unverified().size;
        let inclusion = proof::prove_inclusion(size, row.sequence, node)?;
        let file = Self {
            row: Row {
                hashes: Vec::new(),
                ..row
            },
            inclusion,
            checkpoint,
        };
        file.contents()?;
        Ok(file)
    }

    /// The file's text: one JSON object and a line break.
    ///
    /// # Errors
    ///
    /// None for a proof that was built or parsed.
    pub fn to_text(&self) -> Result<String, ProofFileError> {
        let mut out = Vec::with_capacity(2048);
        let mut writer = Writer::new(&mut out);
        writer.text("checkpoint", &self.checkpoint.to_text());
        write_held(
            &mut writer,
            "customer",
            line::opened(self.row.customer.as_deref())?.as_ref(),
        );
        let mut inclusion = vec![b'['];
        for (place, hash) in self.inclusion.iter().enumerate() {
            if place > 0 {
                inclusion.push(b',');
            }
            write_text(&mut inclusion, &hash.to_string());
        }
        inclusion.push(b']');
        writer.raw("inclusion", &inclusion);
        writer.text("kind", KIND);
        writer.raw("record", &self.row.record);
        write_held(
            &mut writer,
            "staff",
            line::opened(self.row.staff.as_deref())?.as_ref(),
        );
        writer.integer("v", VERSION);
        writer.end();
        out.push(b'\n');
        String::from_utf8(out).map_err(|_| ProofFileError::Malformed)
    }

    /// Reads a proof. Blanks around members do not matter, those inside the record do.
    ///
    /// # Errors
    ///
    /// When it is no proof. Whether it holds, [`Self::check`] says.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFileError> {
        if bytes.len() > MAX_PROOF_FILE_BYTES {
            return Err(ProofFileError::TooLong(bytes.len()));
        }
        let version: Versioned = serde_json::from_slice(bytes).map_err(|_| ProofFileError::Malformed)?;
        if version.v != VERSION {
            return Err(ProofFileError::Version(version.v));
        }
        let file: File<'_> = serde_json::from_slice(bytes).map_err(|_| ProofFileError::Malformed)?;
        if file.kind != KIND || file.inclusion.len() > MAX_PROOF_HASHES {
            return Err(ProofFileError::Malformed);
        }
        let record = file.record.get().as_bytes().to_vec();
        let sequence = Record::decode(&record).map_err(LineError::from)?.sequence;
        let row = Row {
            sequence,
            record,
            hashes: Vec::new(),
            customer: file.customer.map(Held::into_bytes).transpose()?,
            staff: file.staff.map(Held::into_bytes).transpose()?,
        };
        // As in a line of an export: parts that belong to such a record, canonically spelt.
        line::encode(&row)?;
        let inclusion = file
            .inclusion
            .iter()
            .map(|hash| Hash::parse(hash).ok_or(ProofFileError::Malformed))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            row,
            inclusion,
            checkpoint: SignedCheckpoint::parse(&file.checkpoint)?,
        })
    }

    /// Verifies everything: signature, inclusion, openings.
    ///
    /// # Errors
    ///
    /// When anything does not hold.
    pub fn check(&self, keys: &[VerifyingKey]) -> Result<Proven, ProofFileError> {
        let checkpoint = self.checkpoint.verify_any(keys)?;
        proof::verify_inclusion(
            checkpoint.size,
            checkpoint.root,
            self.row.sequence,
            Hash::of_leaf(&self.row.record),
            &self.inclusion,
        )?;
        let (record, customer, staff) = self.contents()?;
        Ok(Proven {
            record,
            customer,
            staff,
            checkpoint,
        })
    }

    /// The record, with openings that are what it commits to.
    fn contents(&self) -> Result<(Record, Option<Opening>, Option<Opening>), ProofFileError> {
        line::encode(&self.row)?;
        let record = Record::decode(&self.row.record).map_err(LineError::from)?;
        let customer = line::opened(self.row.customer.as_deref())?;
        let staff = line::opened(self.row.staff.as_deref())?;
        if customer
            .as_ref()
            .is_some_and(|opening| Some(opening.commitment()) != record.entry.customer())
        {
            return Err(ProofFileError::Customer);
        }
        if staff
            .as_ref()
            .is_some_and(|opening| Some(opening.commitment()) != record.entry.staff())
        {
            return Err(ProofFileError::Staff);
        }
        Ok((record, customer, staff))
    }
}

/// What a file says first: of another version, everything else may mean something else.
#[derive(Deserialize)]
struct Versioned {
    v: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    checkpoint: String,
    #[serde(borrow)]
    customer: Option<Held<'a>>,
    inclusion: Vec<String>,
    kind: String,
    #[serde(borrow)]
    record: &'a RawValue,
    #[serde(borrow)]
    staff: Option<Held<'a>>,
    #[serde(rename = "v")]
    _version: u64,
}
