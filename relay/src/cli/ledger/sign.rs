//! `stagedoor ledger sign`: a checkpoint at once, as before a backup, by what signs while the relay runs.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, ensure};
use tokio_util::sync::CancellationToken;

use crate::{
    app::Limits,
    checkpoints::{self, Checkpoints, Context, Keeper, Part},
    cli::{office::Indifferent, say},
    clock::SystemClock,
    store, telemetry,
};

pub(super) async fn run(path: &Path) -> anyhow::Result<()> {
    // It must be there already, which opening it for writing would see to.
    let (config, _) = super::open(path).await?;
    ensure!(
        config.ledger.key_file.is_some(),
        "ledger.key_file is not set, so there is nothing to sign with: `stagedoor ledger keygen` makes a key"
    );
    let log = telemetry::subscriber(config.log, Indifferent::stderr);
    tracing::subscriber::set_global_default(log).context("the log cannot be set up")?;
    let store = store::open(&config.store).await?;
    store::schema::check(&*store, store::place(&config.store)).await?;
    let limits = Limits::default();
    let checkpoints = Arc::new(Checkpoints::open(&config.ledger, limits.receiver)?);
    let context = Context {
        checkpoints: checkpoints.clone(),
        store,
        clock: Arc::new(SystemClock::new()),
        limits,
    };
    let keeper = Keeper::recalled(&context).await;
    // What a relay does at its end: it signs one, and ships it.
    let closed = CancellationToken::new();
    closed.cancel();
    checkpoints::keep(context, keeper, closed).await;
    let facts = checkpoints.facts().unwrap_or_default();
    let newest = facts.newest.filter(|_| facts.signed > 0);
    let (size, time) = newest.context("no checkpoint was signed; what is above says why, and what to do")?;
    ensure!(
        facts.failing.is_empty(),
        "a checkpoint of the first {size} records was signed and is in the store, but it is not in {}; what is above says why",
        places(facts.failing.iter().map(|(part, _)| *part)),
    );
    say(format_args!(
        "Signed at {time}: a checkpoint of the first {size} records"
    ))?;
    Ok(())
}

fn places(failing: impl Iterator<Item = Part>) -> String {
    let settings = failing.map(|part| match part {
        Part::Signing => "the store",
        Part::Directory => "ledger.checkpoint_directory",
        Part::Receiver => "ledger.checkpoint_url",
    });
    settings.collect::<Vec<_>>().join(" and ")
}
