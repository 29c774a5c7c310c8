//! `stagedoor ledger`: reading, verifying, proving and erasing. One file for each command; what they share is in the others.

mod advice;
mod audit;
mod check_proof;
mod describe;
mod erase;
mod export;
mod keygen;
mod keys;
mod list;
mod output;
mod pages;
mod progress;
mod prove;
mod recorded;
mod selection;
mod show;
mod sign;
mod table;
mod tail;
mod target;
mod verdict;
mod verify;
mod when;

use std::{path::Path, process::ExitCode, sync::Arc};

use clap::Subcommand;

use super::{is_closed_pipe, text};
use crate::{
    config::{Config, ConfigFaults, Keys},
    store::{self, Store},
};

/// What `verify` and `check-proof` exit with when they could not do their work: it is no verdict.
const UNDONE: u8 = 2;

#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    /// Verify the whole ledger, or an export of it. Exit code 0: sound; 1: findings; 2: it could not be done.
    Verify(verify::Verify),
    /// Show one record, or one login with all that is recorded of it.
    Show(show::Show),
    /// List logins.
    List(list::List),
    /// Write the ledger, or some logins, to standard output or a file.
    Export(export::Export),
    /// Prove one record to somebody who has only the verifying key.
    Prove(prove::Prove),
    /// Check a proof. Needs no configuration. Exit code 0: it holds; 1: it does not; 2: it could not be checked.
    CheckProof(check_proof::CheckProof),
    /// Erase personal data for good. The records stay, and say that it was erased.
    Erase(erase::Erase),
    /// Show the last records, and those to come.
    Tail(tail::Tail),
    /// Sign a checkpoint now, and ship it, as before a backup. The relay may be running.
    Sign,
    /// Make the key that signs the ledger's checkpoints.
    Keygen(keygen::Keygen),
}

pub(super) async fn run(path: &Path, command: LedgerCommand) -> anyhow::Result<ExitCode> {
    match command {
        LedgerCommand::Verify(verify) => return verify::run(path, verify).await,
        LedgerCommand::CheckProof(check) => return check_proof::run(path, &check),
        LedgerCommand::Show(show) => show::run(path, show).await?,
        LedgerCommand::List(list) => list::run(path, list).await?,
        LedgerCommand::Export(export) => export::run(path, export).await?,
        LedgerCommand::Prove(prove) => prove::run(path, prove).await?,
        LedgerCommand::Erase(erase) => return erase::run(path, erase).await,
        LedgerCommand::Tail(tail) => tail::run(path, tail).await?,
        LedgerCommand::Sign => sign::run(path).await?,
        LedgerCommand::Keygen(keygen) => keygen::run(&keygen)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration and its store, for reading. A store that is not there is not made: an empty ledger would pass for a sound
/// one.
async fn open(path: &Path) -> anyhow::Result<(Config, Arc<dyn Store>)> {
    let config = Config::load(path, Keys::Skip)?;
    let store = store::open_to_read(&config.store).await?;
    Ok((config, store))
}

/// Says why there is no verdict. A wrong configuration, and a closed pipe, keep their own exit codes.
pub(super) fn undone(error: anyhow::Error, code: u8) -> anyhow::Result<ExitCode> {
    if error.is::<ConfigFaults>() || is_closed_pipe(&error) {
        return Err(error);
    }
    tell!("stagedoor: {error:#}");
    Ok(code.into())
}
