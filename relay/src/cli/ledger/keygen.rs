//! `stagedoor ledger keygen`: the key that signs checkpoints.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Args;
use stagedoor_ledger::checkpoint::SigningKey;

use super::output::Output;
use crate::{cli::say, random};

#[derive(Debug, Args)]
pub(in crate::cli) struct Keygen {
    /// The ledger's name in every checkpoint, e.g. relay.broker.example/stagedoor. It cannot be changed later.
    #[arg(long, value_name = "ORIGIN")]
    name: String,
    /// The file for the signing key. It is made, readable by its owner only, and never overwritten.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

pub(super) fn run(keygen: &Keygen) -> anyhow::Result<()> {
    ensure!(
        keygen.output != Path::new("-"),
        "--output must be a file: a signing key does not belong on a screen"
    );
    let key = SigningKey::generate(&keygen.name, random::bytes()?).context("--name")?;
    let mut file = Output::open(Some(&keygen.output))?;
    writeln!(file, "{}", *key.expose_text())
        .with_context(|| format!("{} cannot be written", keygen.output.display()))?;
    file.finish()?;
    say(key.verifying_key().to_text())?;
    let place = keygen.output.display();
    tell!(
        "The signing key is in {place}, which nobody but its owner can read. If the relay runs as another user, let that one own \
         it (chown). Name it in the configuration:\n\
         [ledger]\n\
         key_file = \"{place}\"\n\
         The line above is the verifying key. Keep it where nobody who can write the store can write, and give it to whoever \
         verifies the ledger: `stagedoor ledger verify --key` and `check-proof --key` take it."
    );
    Ok(())
}
