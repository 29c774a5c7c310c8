//! Takes changes over without a restart: the whole configuration at SIGHUP, and certificates and API keys as soon as their
//! files change. What is bad leaves the old in use, all of it, and the log says why.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use stagedoor_protocol::PlatformId;
use tokio::{
    signal::unix::Signal,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    app::App,
    broker::Rotation,
    config::{ApiKeySource, Config, ConfigFaults, Keys},
    current::{Current, InUse},
    relay,
    sign_in::Provider,
    tls::Tls,
    watch::Watch,
    webhooks::{self, Webhooks},
};

/// Where the configuration comes from, and when it is to be read.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) hangups: Signal,
}

/// Watches until `closed`.
pub(crate) async fn keep(
    current: Arc<Current>,
    port: u16,
    source: Option<Source>,
    closed: CancellationToken,
) {
    let files = watch_files(&current);
    let file = watch_configuration(&current, port, source);
    tokio::select! {
        () = closed.cancelled() => {}
        ((), ()) = async { tokio::join!(files, file) } => {}
    }
}

async fn watch_configuration(current: &Current, port: u16, source: Option<Source>) {
    let Some(Source { path, mut hangups }) = source else {
        return;
    };
    // One that came during the start counts.
    while hangups.recv().await.is_some() {
        match reload(current, port, &path).await {
            Ok(waiting) => {
                let version = current.get().app.config.version.clone();
                info!(version, "the configuration was read again and is in use");
                let note = (!waiting.is_empty()).then(|| format!("needs a restart: {}", waiting.join(", ")));
                if let Some(note) = &note {
                    warn!("the configuration {note}; until then the old values stay in use");
                }
                current.set_note(note);
            }
            Err(faults) => {
                for fault in faults.faults() {
                    warn!(
                        key = fault.key,
                        problem = fault.problem,
                        "the configuration has a fault, so all of the old one stays in use"
                    );
                }
                let keys = faults.faults().iter().map(|fault| fault.key.as_str());
                let since = current.get().app.clock.now();
                current.set_note(Some(format!(
                    "the file has faults since {since:.0}, and the old configuration is in use: {}",
                    keys.collect::<Vec<_>>().join(", ")
                )));
            }
        }
    }
}

/// Makes everything anew, and takes it into use if nothing is wrong with any of it. What only a restart can change stays,
/// and is returned.
async fn reload(current: &Current, port: u16, path: &Path) -> Result<Vec<&'static str>, ConfigFaults> {
    let old = current.get();
    let path = path.to_owned();
    // Files may be slow.
    let read = tokio::task::spawn_blocking(move || Config::load(&path, Keys::Check)).await;
    let mut config =
        read.map_err(|_| ConfigFaults::one("configuration", "could not be read; the log says why"))??;
    let waiting = keep_what_needs_a_restart(&old.app.config, &mut config);
    let tls = Tls::configured(&config.listen, old.app.clock.now());
    let sign_in = Provider::configured(config.sign_in.as_ref(), old.app.limits.provider);
    let webhooks = Webhooks::connect(&config, old.app.limits.webhook);
    let brokers = old.app.brokers.succeeded_by(&config, old.app.limits.broker).await;
    let (tls, sign_in, webhooks, brokers) = match (tls, sign_in, webhooks, brokers) {
        (Ok(tls), Ok(sign_in), Ok(webhooks), Ok(brokers)) => (tls, sign_in, webhooks, brokers),
        (tls, sign_in, webhooks, brokers) => {
            let faults = [tls.err(), sign_in.err(), webhooks.err(), brokers.err()];
            return Err(ConfigFaults::all(faults.into_iter().flatten()));
        }
    };
    old.app.store.announce_to(webhooks::subscribers(&config));
    let app = App {
        authorities: relay::authorities(&config.listen.authorities, port),
        config,
        brokers: Arc::new(brokers),
        webhooks: Arc::new(webhooks),
        sign_in,
        ..(*old.app).clone()
    };
    current.replace(InUse::new(Arc::new(app), tls));
    Ok(waiting)
}

/// Puts back what a running relay cannot change, so that its configuration is what it does; returns what the file has
/// otherwise.
fn keep_what_needs_a_restart(old: &Config, new: &mut Config) -> Vec<&'static str> {
    fn keep<T: Clone + PartialEq>(key: &'static str, old: &T, new: &mut T) -> Option<&'static str> {
        (old != new).then(|| {
            new.clone_from(old);
            key
        })
    }
    [
        keep("listen.address", &old.listen.address, &mut new.listen.address),
        keep("health.address", &old.health.address, &mut new.health.address),
        keep("store", &old.store, &mut new.store),
        keep("ledger", &old.ledger, &mut new.ledger),
        keep("log", &old.log, &mut new.log),
    ]
    .into_iter()
    .flatten()
    .collect()
}

async fn watch_files(current: &Current) {
    let limits = current.get().app.limits.clone();
    let mut ticks = interval(limits.watch);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ask_again = interval(limits.ask_again);
    ask_again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watch = Watch::default();
    let mut unanswered: Vec<Vec<PathBuf>> = Vec::new();
    let mut known = current.get();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = ask_again.tick() => unanswered.drain(..).for_each(|group| watch.forget(&group)),
        }
        let in_use = current.get();
        if !Arc::ptr_eq(&known, &in_use) {
            // It may have been made of what the files held before they changed.
            watch = Watch::default();
            known = in_use.clone();
        }
        let targets = targets(&in_use);
        let groups = targets.iter().map(|(group, _)| group.clone()).collect::<Vec<_>>();
        // Files may be slow.
        let looked = tokio::task::spawn_blocking(move || {
            let changed = watch.look(&groups);
            (watch, changed)
        });
        let Ok((back, changed)) = looked.await else {
            return warn!("files are not watched any more; restart the relay, and tell the makers");
        };
        watch = back;
        for ((group, target), _) in targets.into_iter().zip(changed).filter(|(_, changed)| *changed) {
            if !renew(&in_use, target).await {
                unanswered.push(group);
            }
        }
    }
}

enum Target {
    Certificate,
    /// The platforms that have their key from one file.
    Key(Vec<PlatformId>),
}

/// The files that are watched, and what is made of them.
fn targets(in_use: &InUse) -> Vec<(Vec<PathBuf>, Target)> {
    let certificate = in_use.tls.as_ref().map(|tls| {
        let files = tls.files();
        (
            vec![files.certificate.clone(), files.key.clone()],
            Target::Certificate,
        )
    });
    let mut keys = BTreeMap::<_, Vec<_>>::new();
    for platform in &in_use.app.config.platforms {
        if let ApiKeySource::File(path) = &platform.api_key {
            keys.entry(path.clone()).or_default().push(platform.id.clone());
        }
    }
    let keys = keys
        .into_iter()
        .map(|(path, platforms)| (vec![path], Target::Key(platforms)));
    certificate.into_iter().chain(keys).collect()
}

/// `false` if it should be tried again although no file changes.
async fn renew(in_use: &InUse, target: Target) -> bool {
    let app = &in_use.app;
    let platforms = match target {
        Target::Certificate => {
            if let Some(tls) = &in_use.tls {
                tls.renew(&app.config.listen.authorities, app.clock.now());
            }
            return true;
        }
        Target::Key(platforms) => platforms,
    };
    let mut answered = true;
    for platform in platforms {
        match app.brokers.rotate_key(&platform).await {
            Rotation::Same => {}
            Rotation::Done => info!(%platform, "the API key was read again and is in use"),
            Rotation::Refused(problem) => warn!(%platform, problem, "the old API key stays in use"),
            Rotation::Unanswered(problem) => {
                answered = false;
                warn!(%platform, problem, "the old API key stays in use; the new one is tried again");
            }
        }
    }
    answered
}
