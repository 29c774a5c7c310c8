//! `stagedoor serve`: the relay itself.

use std::{io, path::Path, sync::Arc};

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    app::{App, Limits},
    broker::Brokers,
    clock::SystemClock,
    config::{Config, Keys},
    relay::Relay,
    shutdown, store,
    telemetry::{self, Outlet},
};

pub(super) async fn run(path: &Path) -> anyhow::Result<()> {
    // First of all: until a signal has a handler, it kills.
    let stop = CancellationToken::new();
    shutdown::on_signal(stop.clone()).context("signals cannot be received")?;
    let hangups = signal(SignalKind::hangup()).context("signals cannot be received")?;

    let config = Config::load(path, Keys::Check)?;
    let log = Outlet::start(io::stdout());
    let subscriber = telemetry::subscriber(config.log, log.writer());
    tracing::subscriber::set_global_default(subscriber).context("the log cannot be set up")?;
    telemetry::log_panics();
    tokio::spawn(log.tell_of_drops());

    let relay = tokio::select! {
        relay = start(config) => relay?,
        () = stop.cancelled() => return Ok(()),
    };
    rotate_keys_at(hangups, relay.app());
    relay.run(stop).await;
    Ok(())
}

async fn start(config: Config) -> anyhow::Result<Relay> {
    let limits = Limits::default();
    let brokers = Brokers::connect(&config, limits.broker)?;
    let store = store::open(&config.store).await?;
    let clock = Arc::new(SystemClock::new());
    Ok(Relay::bind(config, brokers, store, clock, limits).await?)
}

/// Reads the API keys again at each SIGHUP; one that came during the start counts.
fn rotate_keys_at(mut hangups: Signal, app: Arc<App>) {
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            for (platform, result) in app.brokers.rotate_keys().await {
                match result {
                    Ok(()) => info!(%platform, "the API key was read again and is in use"),
                    Err(problem) => warn!(%platform, problem, "the old API key stays in use"),
                }
            }
        }
    });
}
