//! `stagedoor serve`: the relay itself.

#[cfg(debug_assertions)]
use std::time::Duration;
use std::{io, path::Path, sync::Arc};

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    app::Limits,
    broker::Brokers,
    clock::{Clock, SystemClock},
    config::{Config, ConfigFaults},
    exposed::exposed,
    files::in_time,
    preflight::Preflight,
    relay::Relay,
    shutdown, store,
    telemetry::{self, Outlet},
};

/// Open files that are enough.
const OPEN_FILES: u64 = 8192;

pub(super) async fn run(path: &Path) -> anyhow::Result<()> {
    // First of all: until a signal has a handler, it kills.
    let stop = CancellationToken::new();
    shutdown::on_signal(stop.clone()).context("signals cannot be received")?;
    let hangups = signal(SignalKind::hangup()).context("signals cannot be received")?;

    allow_open_files();
    let limits = limits()?;
    let (file, of, place) = (path.to_owned(), limits.clone(), path.display().to_string());
    let load = move || {
        let now = SystemClock::new().now();
        let Preflight { config, brokers, .. } = Preflight::load(&file, &of, now, |_| Vec::new().into())?;
        let warnings = exposed(&config);
        Ok::<_, ConfigFaults>((config, brokers, warnings))
    };
    let (config, brokers, warnings) = in_time(limits.files, load)
        .await
        .map_err(|unread| ConfigFaults::one(place, format!("it, or a file that it names, {unread}")))??;
    let log = Outlet::start(io::stdout());
    let subscriber = telemetry::subscriber(config.log, log.writer());
    tracing::subscriber::set_global_default(subscriber).context("the log cannot be set up")?;
    telemetry::log_panics();
    tokio::spawn(log.tell_of_drops());
    for warning in warnings {
        warn!("{warning}");
    }

    let relay = tokio::select! {
        relay = start(config, brokers, limits) => relay?,
        () = stop.cancelled() => return Ok(()),
    };
    relay.reloading(path.to_owned(), hangups).run(stop).await;
    Ok(())
}

/// By how many seconds tests want the relay to wait longer for the broker. A test that holds the broker's answer back, and looks
/// at what people see meanwhile, would race with that time on a busy machine. What is shipped does not ask.
#[cfg(debug_assertions)]
const PATIENCE: &str = "STAGEDOOR_TEST_PATIENCE_SECONDS";

fn limits() -> anyhow::Result<Limits> {
    let limits = Limits::default();
    #[cfg(debug_assertions)]
    if let Some(seconds) = std::env::var_os(PATIENCE) {
        let seconds = seconds.to_str().and_then(|text| text.parse().ok());
        let longer = seconds.with_context(|| format!("{PATIENCE} must be a number"))?;
        return Ok(limits.waiting_longer(Duration::from_secs(longer)));
    }
    Ok(limits)
}

async fn start(config: Config, brokers: Brokers, limits: Limits) -> anyhow::Result<Relay> {
    let store = store::open(&config.store).await?;
    let clock = Arc::new(SystemClock::new());
    Ok(Relay::bind(config, brokers, store, clock, limits).await?)
}

/// Many a system allows 1024 open files where it would allow far more: too few for all connections together with the store's
/// and the brokers'. What cannot be had is done without.
fn allow_open_files() {
    let limits = getrlimit(Resource::Nofile);
    let wanted = limits.maximum.map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if limits.current.is_some_and(|current| current < wanted) {
        let more = Rlimit {
            current: Some(wanted),
            maximum: limits.maximum,
        };
        let _ = setrlimit(Resource::Nofile, more);
    }
}
