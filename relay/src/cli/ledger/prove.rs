//! `stagedoor ledger prove`: one record with its way to a signed checkpoint, for somebody who has only the verifying key.

use std::{
    collections::HashMap,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use stagedoor_ledger::{
    Hash,
    checkpoint::{CheckpointError, SignedCheckpoint},
    proof,
    proof_file::{ProofFile, ProofFileError},
};

use super::{
    audit::Given,
    keys::{self, Configured},
    output::Output,
    recorded::Recorded,
    show,
    target::Target,
};
use crate::{
    config::Config,
    store::{LoginRecords, Store},
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Prove {
    /// A record's number, or a login's request id.
    #[arg(value_name = "SEQ|REQUEST_ID")]
    target: Target,
    /// Which record of a login.
    #[arg(long, value_name = "RECORD", default_value = "intent")]
    of: Of,
    /// A signed checkpoint that covers the record. Default: the store's newest.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Leave a personal part out; the proof holds without it.
    #[arg(long, value_name = "PART")]
    without: Vec<Part>,
    /// A file to be made, readable by its owner only. Default: standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// Who asked for which customer, and when.
    Intent,
    /// What came of it.
    Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Customer,
    Staff,
}

pub(super) async fn run(path: &Path, prove: Prove) -> anyhow::Result<()> {
    let given = prove.checkpoint.as_deref().map(Given::read).transpose()?;
    let (config, store) = super::open(path).await?;
    let sequence = sequence(&*store, &prove).await?;
    let mut row = show::row(&*store, sequence).await?;
    if let Target::Login(id) = &prove.target {
        Recorded::read(row.clone())?.of_login(id)?;
    }
    if prove.without.contains(&Part::Customer) {
        row.customer = None;
    }
    if prove.without.contains(&Part::Staff) {
        row.staff = None;
    }
    let checkpoint = match given {
        Some(given) => SignedCheckpoint::parse(&given.text).context("--checkpoint")?,
        None => newest(&*store, &config, sequence).await?,
    };
    let size = checkpoint.unverified().size;
    ensure!(
        sequence < size,
        "the checkpoint covers the first {size} records, and record {sequence} came later; name a later checkpoint"
    );
    let nodes = proof::inclusion_nodes(size, sequence);
    let hashes: HashMap<_, Hash> = nodes.iter().copied().zip(store.nodes(&nodes).await?).collect();
    let file = ProofFile::build(row, checkpoint, &|node| hashes.get(&node).copied())
        .with_context(|| format!("record {sequence} cannot be proved"))?;
    let Configured { keys, unread } = keys::configured(&config);
    let checked = file.check(&keys);
    // The key that could not be read may have signed it.
    let is_open = matches!(
        checked,
        Err(ProofFileError::Checkpoint(CheckpointError::OtherKey(_)))
    ) && unread;
    if keys.is_empty() {
        tell!(
            "No verifying key is configured, so the proof was not checked: `stagedoor ledger check-proof` does."
        );
    } else if is_open {
        tell!("So the proof was not checked: `stagedoor ledger check-proof` does, with the verifying key.");
    } else {
        checked.with_context(|| {
            format!(
                "the proof of record {sequence} would not hold; `stagedoor ledger verify` says what is wrong with the ledger"
            )
        })?;
    }
    let mut output = Output::open(prove.output.as_deref())?;
    output.write_all(file.to_text()?.as_bytes())?;
    output.finish()
}

async fn sequence(store: &dyn Store, prove: &Prove) -> anyhow::Result<u64> {
    let id = match &prove.target {
        Target::Record(sequence) => return Ok(*sequence),
        Target::Login(id) => id,
    };
    let Some(LoginRecords {
        intent,
        outcome,
        reports,
        ..
    }) = store.login(id).await?
    else {
        bail!("no login has the id {id}; `stagedoor ledger list` shows those there are");
    };
    let sequence = match prove.of {
        Of::Intent => intent,
        Of::Outcome => outcome.context("the login has no outcome yet")?,
    };
    let all: Vec<String> = [intent]
        .into_iter()
        .chain(outcome)
        .chain(reports)
        .map(|sequence| sequence.to_string())
        .collect();
    tell!(
        "The proof is of record {sequence}; the login's records are {}.",
        all.join(", ")
    );
    Ok(sequence)
}

async fn newest(store: &dyn Store, config: &Config, sequence: u64) -> anyhow::Result<SignedCheckpoint> {
    let how = if config.ledger.key_file.is_some() {
        format!(
            "a relay that runs signs the next one after {} records or {} minutes, and `stagedoor ledger sign` does it now",
            config.ledger.every_records, config.ledger.every_minutes
        )
    } else {
        "the relay signs none: `stagedoor ledger keygen` makes a key for it".to_owned()
    };
    let Some(newest) = store.last_checkpoint().await? else {
        bail!("there is no checkpoint yet that record {sequence} could be proved with; {how}");
    };
    if newest.size <= sequence {
        bail!(
            "no checkpoint covers record {sequence} yet: the newest covers the first {}; {how}",
            newest.size
        );
    }
    SignedCheckpoint::parse(&newest.note)
        .context("the store's newest checkpoint cannot be read; name another with --checkpoint")
}
