//! Takes changes over without a restart: the whole configuration, and certificates and API keys by themselves, as soon as
//! their files change. What is bad leaves the old in use, and the log says why.

mod configuration;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use stagedoor_protocol::PlatformId;
use tokio::{
    signal::unix::Signal,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    broker::Rotation,
    config::ApiKeySource,
    current::{Current, InUse},
    files::in_time,
    tls::Tls,
    watch::Watch,
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
    let file = configuration::watch(&current, port, source);
    tokio::select! {
        () = closed.cancelled() => {}
        ((), ()) = async { tokio::join!(files, file) } => {}
    }
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
    let mut stuck = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = ask_again.tick() => {
                // The next look says so. One here would come too soon after the last, and take half a pair for settled.
                unanswered.drain(..).for_each(|group| watch.forget(&group));
                continue;
            }
        }
        let in_use = current.get();
        if !Arc::ptr_eq(&known, &in_use) {
            // It may have been made of what the files held before they changed.
            watch = Watch::default();
            known = in_use.clone();
        }
        let targets = targets(&in_use);
        let groups = targets.iter().map(|(group, _)| group.clone()).collect::<Vec<_>>();
        let mut looking = watch.clone();
        let looked = in_time(limits.files, move || {
            let changed = looking.look(&groups);
            (looking, changed)
        });
        let changed = match looked.await {
            Ok((looked, changed)) => {
                watch = looked;
                stuck = false;
                current.set_unwatched(false);
                changed
            }
            Err(unread) => {
                if !stuck {
                    warn!("certificates and API keys are not watched for now: one {unread}");
                }
                stuck = true;
                current.set_unwatched(true);
                continue;
            }
        };
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
    let certificate = in_use.tls.as_ref().and_then(Tls::files).map(|files| {
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
async fn renew(in_use: &Arc<InUse>, target: Target) -> bool {
    let app = &in_use.app;
    match target {
        Target::Certificate => {
            let of = in_use.clone();
            let renewed = in_time(app.limits.files, move || {
                let app = &of.app;
                let tls = of.tls.as_ref();
                tls.is_none_or(|tls| tls.renew(&app.config.listen.authorities, app.clock.now()))
            });
            renewed.await.unwrap_or_else(|unread| {
                warn!("the old certificate stays in use: the new one {unread}");
                false
            })
        }
        Target::Key(platforms) => {
            let mut answered = true;
            for platform in platforms {
                let rotation = app.brokers.rotate_key(&platform, &app.limits).await;
                answered &= !matches!(rotation, Rotation::Unanswered(_));
            }
            answered
        }
    }
}
