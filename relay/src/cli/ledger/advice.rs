//! What to do about a finding of the verification, and the stable name that machines know it by.

use stagedoor_ledger::{checkpoint::CheckpointError, verify::Fault};

const INVESTIGATE: &str = "Treat it as tampering until it is explained: stop the relay, keep the store's files as they are, and compare \
     them with a backup and with an export from before.";
const REWRITTEN: &str = "What is in the ledger now is not what was signed then. Keep the store's files as they are, and compare them with \
     a backup from the time of the checkpoint.";
const CUT: &str = "Compare with the newest backup: a store that was restored from an older one lacks the records since; otherwise \
     somebody deleted them. Of an export, take the whole.";

/// What to do about look-up tables that differ from the ledger.
pub(super) const LOOKUPS: &str = "The records are sound. But `list`, `show`, `prove`, `erase --customer` and CSV go by these tables and cannot be \
     believed until they agree: take `export --format jsonl`, restore the tables from a backup, and find out who changed them.";

/// What to think of times that go backwards.
pub(super) const CLOCK: &str = "A clock was set back there, or was ahead before. The order of the records is not in doubt; of their times around it, \
     believe none without another source. If nobody knows of a clock that was wrong, somebody may have set it to backdate \
     what came next.";

/// The finding's name and what to do.
pub(super) fn of(fault: &Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::Record(_) => ("record_unreadable", INVESTIGATE),
        Fault::Renumbered { .. } => ("record_renumbered", INVESTIGATE),
        Fault::Gap { .. } => ("records_missing", CUT),
        Fault::OutOfOrder { .. } => ("record_out_of_order", INVESTIGATE),
        Fault::Hashes => ("hashes_differ", INVESTIGATE),
        Fault::Unfit(_) => ("opening_unfit", INVESTIGATE),
        Fault::Unasked(_) => ("opening_unasked", INVESTIGATE),
        Fault::Part(..) => ("opening_unreadable", INVESTIGATE),
        Fault::Opening(..) => ("opening_unreadable", INVESTIGATE),
        Fault::Missing(_) => (
            "opening_missing",
            "Restore the part from a backup, or record that it is erased with `stagedoor ledger erase`. Of an export, \
             take it to the ledger's end: the erasure may be recorded later.",
        ),
        Fault::Kept { .. } => (
            "erased_part_kept",
            "Run the same erasure again if a backup brought the data back; otherwise find out who did.",
        ),
        Fault::ErasesLater { .. } => ("erasure_forged", INVESTIGATE),
        Fault::NoIntent { .. } => ("intent_missing", INVESTIGATE),
        Fault::OtherLogin { .. } => ("login_differs", INVESTIGATE),
        Fault::RepeatedLogin { .. } => ("login_repeated", INVESTIGATE),
        Fault::RepeatedApproval { .. } => ("approval_repeated", INVESTIGATE),
        Fault::SecondOutcome { .. } => ("second_outcome", INVESTIGATE),
        Fault::NoToken { .. } => ("report_without_token", INVESTIGATE),
        Fault::OverridesOpen { .. } => ("overrides_open_login", INVESTIGATE),
        Fault::Root { .. } => ("root_differs", REWRITTEN),
        Fault::Truncated { .. } => ("records_cut_off", CUT),
        Fault::Checkpoint(CheckpointError::OtherKey(_)) => (
            "checkpoint_other_key",
            "Name every key that the ledger was signed with, each with --key. If this key was never yours, somebody else \
             signed the checkpoint.",
        ),
        Fault::Checkpoint(_) => (
            "checkpoint_not_believed",
            "Take the checkpoint from where it was shipped to, and its key from whoever answers for the relay.",
        ),
        Fault::Line { .. } => (
            "line_unreadable",
            "Take the export again, or its copy; verify it as it was written.",
        ),
    }
}
