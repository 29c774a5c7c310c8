//! What verification finds. Nothing here carries personal data, so findings can be logged.

use std::fmt;

use crate::checkpoint::CheckpointError;
use crate::line::LineError;
use crate::{OpeningError, PartError, RecordError, Sequence, Timestamp};

/// One fault, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The record; absent when it is not about one.
    pub sequence: Option<Sequence>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sequence) = self.sequence {
            write!(formatter, "record {sequence}: ")?;
        }
        self.fault.fmt(formatter)
    }
}

/// A record whose time is before that of an earlier one. It is no fault of the ledger, whose order is not by time: clocks go
/// wrong and are set. Whoever relies on a time should know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockStep {
    /// The record.
    pub sequence: Sequence,
    /// How far its time is before the latest of those before it.
    pub milliseconds: i64,
}

/// Which of a record's two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartName {
    /// The customer's, or of a report the client's words.
    Customer,
    /// The staff member's, or of an erasure the operator's.
    Staff,
}

impl fmt::Display for PartName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
        })
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The record's bytes are not a record.
    #[error("it cannot be read: {0}")]
    Record(#[from] RecordError),
    /// The record says another sequence than its row.
    #[error("it says that it is record {says}: it was moved or renumbered")]
    Renumbered {
        /// What it says.
        says: Sequence,
    },
    /// Records are missing before this one.
    #[error("records {expected} and following are missing before it: they were deleted, or not read")]
    Gap {
        /// The first that is missing.
        expected: Sequence,
    },
    /// The record comes again, or late.
    #[error("record {expected} was to come: this one is there twice, or out of order")]
    OutOfOrder {
        /// The one that was to come.
        expected: Sequence,
    },
    /// The stored hashes are not those of the records.
    #[error(
        "its stored hashes are not those of the records up to it: one of these or the hashes were changed"
    )]
    Hashes,
    /// The opening is not what the record commits to.
    #[error("the {0} part's opening is not what it commits to: the opening was changed or exchanged")]
    Unfit(PartName),
    /// There is an opening, and nothing that it opens.
    #[error("there is a {0} part's opening, which it does not commit to: the opening was added")]
    Unasked(PartName),
    /// The opening fits, but is not the part that belongs to such a record.
    #[error("the {0} part cannot be read: {1}")]
    Part(PartName, PartError),
    /// The opening has an impossible length.
    #[error("the {0} part's opening cannot be read: {1}")]
    Opening(PartName, OpeningError),
    /// The opening is missing, and no erasure record says why.
    #[error(
        "the {0} part's opening is missing, and no erasure record covers it: it was deleted outside the ledger"
    )]
    Missing(PartName),
    /// An erasure record says that openings are gone, but they are there.
    #[error(
        "it says that openings are erased, but {count} of the {part} part are still there: erase again, or find out who restored them"
    )]
    Kept {
        /// Which part's.
        part: PartName,
        /// How many.
        count: u64,
    },
    /// An erasure record names records that come after it.
    #[error("it says that openings up to record {last} are erased, which come after it: it was forged")]
    ErasesLater {
        /// The highest of them.
        last: Sequence,
    },
    /// What it refers to is not an earlier intent.
    #[error("it refers to record {intent}, which is not an earlier intent: one of them was forged")]
    NoIntent {
        /// What it refers to.
        intent: Sequence,
    },
    /// The intent is that of another login.
    #[error("it refers to record {intent}, whose login is another: one of them was forged")]
    OtherLogin {
        /// What it refers to.
        intent: Sequence,
    },
    /// The intent has an outcome already.
    #[error("it is a second outcome of record {intent}: an intent has one")]
    SecondOutcome {
        /// The intent.
        intent: Sequence,
    },
    /// A token is reported on that nobody got.
    #[error(
        "it reports on the token of record {intent}, which nobody had got by then: one of them was forged"
    )]
    NoToken {
        /// The intent.
        intent: Sequence,
    },
    /// A login was taken over before its end.
    #[error("it takes over from record {intent}, which had no outcome yet: one of them was forged")]
    OverridesOpen {
        /// The intent that is overridden.
        intent: Sequence,
    },
    /// Another intent has the same login id.
    #[error(
        "its login is that of record {intent} too: a request was done a second time, or one of them was forged"
    )]
    RepeatedLogin {
        /// The intent before.
        intent: Sequence,
    },
    /// Another intent has used the same approval.
    #[error(
        "its approval is that of record {intent} too: an approval was used a second time, or one of them was forged"
    )]
    RepeatedApproval {
        /// The intent before.
        intent: Sequence,
    },
    /// The records are not those of a checkpoint.
    #[error(
        "the first {size} records are not those of the checkpoint that was signed at {time}: the ledger was rewritten"
    )]
    Root {
        /// The checkpoint's size.
        size: u64,
        /// When it was signed.
        time: Timestamp,
    },
    /// A checkpoint has more records than the ledger.
    #[error(
        "the checkpoint that was signed at {time} has {size} records, the ledger {records}: records were cut off, or not read"
    )]
    Truncated {
        /// The checkpoint's size.
        size: u64,
        /// When it was signed.
        time: Timestamp,
        /// How many records the ledger has.
        records: u64,
    },
    /// A checkpoint is not to be believed.
    #[error("a checkpoint cannot be believed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A line of an export is none.
    #[error("line {number} cannot be read: {error}")]
    Line {
        /// Which, from 1.
        number: u64,
        /// Why.
        error: LineError,
    },
}
