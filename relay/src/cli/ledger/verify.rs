//! `stagedoor ledger verify`: is the ledger what it was when its checkpoints were signed?

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{
    UNDONE,
    audit::{self, Audited, Given},
    keys::{self, Configured},
    progress::Progress,
    verdict,
};
use crate::cli::ledger::undone;

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// A signed checkpoint that was kept elsewhere: the ledger must begin with its records. Without a key to verify it with,
    /// the exit code is 2. May be given repeatedly. The newest in ledger.checkpoint_directory is held to in any case.
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// A verifying key, or a file with one in each line. Default: those of the configuration. May be given repeatedly.
    #[arg(long, value_name = "VKEY|FILE")]
    key: Vec<String>,
    /// Begin with this record, and take those before it for granted; no checkpoint that is held to may be smaller. A part of an
    /// export must begin with it.
    #[arg(long, value_name = "SEQ", default_value_t = 0,
          value_parser = clap::value_parser!(u64).range(..=stagedoor_ledger::MAX_INTEGER))]
    from: u64,
    /// Verify an export in JSON Lines instead of the store. Needs no configuration. `-`: standard input.
    #[arg(long, value_name = "EXPORT")]
    file: Option<PathBuf>,
    /// Do not compare the tables that list, show, prove and erase go by: no checkpoint covers them.
    #[arg(long, conflicts_with = "file")]
    records_only: bool,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(path: &Path, verify: Verify) -> anyhow::Result<ExitCode> {
    match audit(path, &verify).await {
        Ok((audited, progress)) => match verdict::print(&audited, &progress, verify.json) {
            Ok(()) if audited.is_undecided() => Ok(UNDONE.into()),
            Ok(()) if audited.is_sound() => Ok(ExitCode::SUCCESS),
            Ok(()) => Ok(ExitCode::FAILURE),
            // A verdict that nobody can read is none.
            Err(error) => undone(error.into(), UNDONE),
        },
        Err(error) => undone(error, UNDONE),
    }
}

async fn audit(path: &Path, verify: &Verify) -> anyhow::Result<(Audited, Progress)> {
    let mut given = verify
        .checkpoint
        .iter()
        .map(|path| Given::read(path))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let keys = keys::read(&verify.key)?;
    if let Some(file) = &verify.file {
        return audit::verify_file(file, verify.from, &given, &keys).await;
    }
    let (config, store) = super::open(path).await?;
    // A store that was put back holds no trace of what it lost; the folder does. Read before the store, which grows.
    if let Some(directory) = &config.ledger.directory {
        // A store that was put in another's place need not have a checkpoint.
        let began = store.ledger_size().await? > 0 || store.last_checkpoint().await?.is_some();
        given.extend(Given::newest(directory, began)?);
    }
    let keys = match keys.is_empty() {
        true => keys::configured(&config),
        false => Configured { keys, unread: false },
    };
    audit::verify_store(store, verify.from, &given, keys, verify.records_only).await
}
