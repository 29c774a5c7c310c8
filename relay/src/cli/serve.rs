//! `stagedoor serve`: the relay itself.

use std::{io, path::Path, sync::Arc};

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    app::{App, Limits},
    broker::Brokers,
    clock::SystemClock,
    config::{Config, Keys},
    relay::Relay,
    shutdown, store, telemetry,
};

pub(super) async fn run(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Check)?;
    let subscriber = telemetry::subscriber(config.log, io::stdout);
    tracing::subscriber::set_global_default(subscriber).context("the log cannot be set up")?;
    telemetry::log_panics();

    let limits = Limits::default();
    let brokers = Brokers::connect(&config, limits.broker)?;
    let store = store::open(&config.store).await?;
    let clock = Arc::new(SystemClock::new());
    let relay = Relay::bind(config, brokers, store, clock, limits).await?;

    let stop = CancellationToken::new();
    shutdown::on_signal(stop.clone()).context("signals cannot be received")?;
    rotate_keys_on_signal(relay.app()).context("signals cannot be received")?;
    relay.run(stop).await;
    Ok(())
}

/// Reads the API keys again at each SIGHUP.
fn rotate_keys_on_signal(app: Arc<App>) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            for (platform, result) in app.brokers.rotate_keys().await {
                match result {
                    Ok(()) => info!(%platform, "the API key was read again and is in use"),
                    Err(problem) => warn!(%platform, problem, "the old API key stays in use"),
                }
            }
        }
    });
    Ok(())
}
