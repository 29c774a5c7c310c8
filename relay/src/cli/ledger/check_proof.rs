//! `stagedoor ledger check-proof`: does a proof hold? Needs the verifying key, and neither database nor configuration.

use std::{
    fs::File,
    io::{Read, Write, stdin, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use stagedoor_ledger::{
    Row,
    checkpoint::CheckpointError,
    proof_file::{MAX_PROOF_FILE_BYTES, ProofFile, ProofFileError, Proven},
};

use super::{
    UNDONE, describe,
    keys::{self, Configured},
    recorded::Recorded,
    text, undone,
};
use crate::config::{Config, Keys};

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckProof {
    /// The proof. `-`: standard input.
    file: PathBuf,
    /// A verifying key, or a file with one in each line. Default: those of the configuration, if there is one. May be given
    /// repeatedly.
    #[arg(long, value_name = "VKEY|FILE")]
    key: Vec<String>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(path: &Path, check: &CheckProof) -> anyhow::Result<ExitCode> {
    match try_check(path, check) {
        Ok(verdict) => {
            let holds = verdict.is_ok();
            match print(&verdict, check.json) {
                Ok(()) if holds => Ok(ExitCode::SUCCESS),
                Ok(()) => Ok(ExitCode::FAILURE),
                Err(error) => undone(error, UNDONE),
            }
        }
        Err(error) => undone(error, UNDONE),
    }
}

/// What the proof proves, or why it does not hold.
fn try_check(path: &Path, check: &CheckProof) -> anyhow::Result<Result<(Proven, Recorded), ProofFileError>> {
    let Configured { keys, unread } = verifying_keys(path, check)?;
    let mut bytes = Vec::new();
    let input: Box<dyn Read> = if check.file == Path::new("-") {
        Box::new(stdin())
    } else {
        Box::new(File::open(&check.file).with_context(|| format!("{} cannot be read", check.file.display()))?)
    };
    input
        .take(MAX_PROOF_FILE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("{} cannot be read", check.file.display()))?;
    let proven = match ProofFile::parse(&bytes).and_then(|proof| proof.check(&keys)) {
        Ok(proven) => proven,
        // Nothing can be said of the proof.
        Err(error @ ProofFileError::Version(_)) => {
            return Err(error).with_context(|| format!("{} cannot be checked", check.file.display()));
        }
        // The key that could not be read may have signed it.
        Err(error @ ProofFileError::Checkpoint(CheckpointError::OtherKey(_))) if unread => {
            return Err(error).with_context(|| format!("{} could not be verified", check.file.display()));
        }
        Err(error) => return Ok(Err(error)),
    };
    let row = Row {
        sequence: proven.record.sequence,
        record: proven.record.encode(),
        hashes: Vec::new(),
        customer: proven.customer.as_ref().map(|opening| opening.to_bytes()),
        staff: proven.staff.as_ref().map(|opening| opening.to_bytes()),
    };
    Ok(Ok((proven, Recorded::read(row)?)))
}

fn verifying_keys(path: &Path, check: &CheckProof) -> anyhow::Result<Configured> {
    let mut found = Configured {
        keys: keys::read(&check.key)?,
        unread: false,
    };
    if found.keys.is_empty()
        && let Ok(config) = Config::load(path, Keys::Skip)
    {
        found = keys::configured(&config);
    }
    if found.keys.is_empty() {
        bail!("no verifying key: give the one that the relay's operator published, with --key");
    }
    Ok(found)
}

fn print(verdict: &Result<(Proven, Recorded), ProofFileError>, json: bool) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    match verdict {
        Ok((proven, recorded)) if json => {
            let checkpoint = &proven.checkpoint;
            let mut proved = recorded.to_json();
            proved["holds"] = json!(true);
            proved["checkpoint"] = json!({
                "origin": checkpoint.origin,
                "root": checkpoint.root.to_string(),
                "size": checkpoint.size,
                "time": checkpoint.time,
            });
            writeln!(out, "{proved}")?;
        }
        Ok((proven, recorded)) => {
            let checkpoint = &proven.checkpoint;
            writeln!(
                out,
                "The proof holds: this is record {} of {}, and was when its first {} were signed at {}.",
                recorded.sequence(),
                text::plain(&checkpoint.origin),
                text::count(checkpoint.size, "record", "records"),
                text::time(checkpoint.time),
            )?;
            write!(out, "{}", text::align(&describe::record(recorded)))?;
            if !recorded.erased().is_empty() {
                writeln!(out, "What is called erased was erased, or left out of the proof.")?;
            }
        }
        Err(error) if json => writeln!(out, "{}", json!({"holds": false, "problem": error.to_string()}))?,
        Err(error) => writeln!(out, "The proof DOES NOT HOLD: {error}.")?,
    }
    Ok(out.flush()?)
}
