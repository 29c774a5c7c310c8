//! The whole configuration: read again at SIGHUP, and when its file changes or one that it names. A fault in its text keeps
//! all of the old one in use; a key, a certificate or a secret that cannot be used keeps its own old one, and holds back
//! nothing else.

use std::{path::PathBuf, sync::Arc};

use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use super::Source;
use crate::{
    app::App,
    config::{Config, ConfigFaults, Keys, Sources},
    current::{Current, InUse},
    files::in_time,
    relay,
    sign_in::Provider,
    tls::Tls,
    webhooks,
};

/// What the health page says while a change waits to come to rest.
const CHANGING: &str = "the files have changed, and are read as soon as they rest";

/// Files of which only a restart makes use.
const AT_A_RESTART: [&str; 2] = ["store.", "ledger."];

pub(super) async fn watch(current: &Current, port: u16, source: Option<Source>) {
    let Some(Source { path, mut hangups }) = source else {
        return;
    };
    let mut looks = interval(current.get().app.limits.watch);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let first = current.get().app.config.sources.clone();
    let mut watched = Watched {
        current,
        port,
        path,
        files: Files::new(first.clone()),
        first,
        note: None,
        stuck: false,
        may_pass: false,
    };
    let mut again = interval(current.get().app.limits.ask_again);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let due = tokio::select! {
            // A signal that came during the start counts.
            signal = hangups.recv() => match signal {
                Some(()) => true,
                None => return,
            },
            _ = looks.tick() => watched.look().await,
            // What could not be asked may answer by now.
            _ = again.tick() => watched.may_pass,
        };
        if due {
            watched.reload().await;
        }
    }
}

struct Watched<'a> {
    current: &'a Current,
    port: u16,
    path: PathBuf,
    /// The files as they were at the start, as what needs a restart has them.
    first: Sources,
    files: Files,
    /// What the health page says when nothing is changing.
    note: Option<String>,
    /// Whether the file system did not answer.
    stuck: bool,
    /// Whether what kept all of the old configuration in use may go although no file changes.
    may_pass: bool,
}

/// Files, and how they were seen last.
struct Files {
    /// As they were when they were last read, whatever came of it.
    read: Sources,
    last: Option<Sources>,
}

#[derive(Debug, PartialEq, Eq)]
enum Look {
    Same,
    /// They are not what was read, but may still be changing.
    Changing,
    /// They are not what was read, and are as they were at the last look.
    Resting,
}

impl Files {
    fn new(read: Sources) -> Self {
        Self { read, last: None }
    }

    fn look(&mut self, seen: Sources) -> Look {
        if seen == self.read {
            self.last = None;
            return Look::Same;
        }
        let look = if self.last.as_ref() == Some(&seen) {
            Look::Resting
        } else {
            Look::Changing
        };
        self.last = Some(seen);
        look
    }
}

/// What of the old configuration stays in use, although another one was taken over.
struct Taken {
    /// What a restart is needed for.
    waiting: Vec<String>,
    /// What could not be read.
    unusable: ConfigFaults,
}

impl Taken {
    /// What the health page says of it.
    fn note(&self) -> Option<String> {
        let unusable = (!self.unusable.faults().is_empty()).then(|| {
            format!(
                "what is on disk cannot be used, and the old one is in use: {}",
                keys(&self.unusable)
            )
        });
        let notes: Vec<_> = unusable.into_iter().chain(self.needs_a_restart()).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    fn needs_a_restart(&self) -> Option<String> {
        let waiting = &self.waiting;
        (!waiting.is_empty()).then(|| format!("needs a restart: {}", waiting.join(", ")))
    }
}

fn keys(faults: &ConfigFaults) -> String {
    let keys = faults.faults().iter().map(|fault| fault.key.as_str());
    keys.collect::<Vec<_>>().join(", ")
}

/// Why all of the old configuration stays in use.
struct Held {
    faults: ConfigFaults,
    /// Whether the cause may go although no file changes.
    may_pass: bool,
}

impl Watched<'_> {
    /// Whether the files are to be read.
    async fn look(&mut self) -> bool {
        let read = self.files.read.clone();
        let limits = &self.current.get().app.limits;
        let seen = match in_time(limits.files, move || read.look()).await {
            Ok(seen) => seen,
            Err(unread) => {
                let problem = format!("its file, or one that it names, {unread}");
                if !self.stuck {
                    warn!(problem, "the configuration is not watched for now");
                }
                self.stuck = true;
                self.current.set_note(Some(problem));
                return false;
            }
        };
        self.stuck = false;
        let look = self.files.look(seen);
        let changing = (look != Look::Same).then(|| CHANGING.to_owned());
        self.current.set_note(changing.or_else(|| self.note.clone()));
        look == Look::Resting
    }

    async fn reload(&mut self) {
        let in_use = self.current.get();
        let limits = &in_use.app.limits;
        let file = self.path.clone();
        // Keys are looked at one by one: one that cannot be used holds nothing back.
        let read = in_time(limits.files, move || {
            Config::load_with_sources(&file, Keys::Lists)
        })
        .await;
        let done = match read {
            Ok((sources, config)) => {
                self.files = Files::new(sources);
                match config {
                    Ok(config) => self.take_over(&in_use, config).await,
                    Err(faults) => Err(Held {
                        faults,
                        may_pass: false,
                    }),
                }
            }
            Err(unread) => Err(Held {
                faults: ConfigFaults::one(
                    "configuration",
                    format!("its file, or one that it names, {unread}"),
                ),
                may_pass: true,
            }),
        };
        self.may_pass = done.as_ref().is_err_and(|held| held.may_pass);
        self.note = match &done {
            Ok(taken) => taken.note(),
            Err(held) => Some(format!(
                "the file has faults since {:.0}, and the old configuration is in use: {}",
                in_use.app.clock.now(),
                keys(&held.faults)
            )),
        };
        self.current.set_note(self.note.clone());
        self.tell(&done);
    }

    fn tell(&self, done: &Result<Taken, Held>) {
        match done {
            Ok(taken) => {
                let version = self.current.get().app.config.version.clone();
                info!(version, "the configuration was read again and is in use");
                if let Some(note) = taken.needs_a_restart() {
                    warn!("the configuration {note}; until then the old values stay in use");
                }
            }
            Err(held) => {
                for fault in held.faults.faults() {
                    warn!(
                        key = fault.key,
                        problem = fault.problem,
                        "the configuration has a fault, so all of the old one stays in use"
                    );
                }
            }
        }
    }

    /// Makes everything anew, and takes it into use if nothing keeps all of the old. What only a restart can change stays, and
    /// is returned.
    async fn take_over(&self, old: &Arc<InUse>, mut config: Config) -> Result<Taken, Held> {
        let limits = &old.app.limits;
        let mut waiting = keep_what_needs_a_restart(&old.app.config, &mut config);
        waiting.extend(config.sources.changed_under(&self.first, &AT_A_RESTART));
        let (listen, former, now) = (config.listen.clone(), old.clone(), old.app.clock.now());
        let tls = in_time(limits.files, move || {
            Tls::configured(&listen, former.tls.as_ref(), now)
        });
        let tls = tls.await.unwrap_or_else(|unread| {
            Err(ConfigFaults::one(
                "listen",
                format!("a file of the certificate {unread}"),
            ))
        });
        let (former, configured, answer) =
            (old.app.webhooks.clone(), config.webhooks.clone(), limits.webhook);
        let webhooks = in_time(limits.files, move || {
            former.succeeded_by(&configured, answer, now)
        });
        let webhooks = webhooks
            .await
            .unwrap_or_else(|unread| Err(ConfigFaults::one("webhook", format!("a secret {unread}"))));
        let brokers = old.app.brokers.succeeded_by(&config, limits).await;
        let (settings, answer) = (config.sign_in.clone(), limits.provider);
        let former = old.app.sign_in.clone();
        let sign_in = in_time(limits.files, move || {
            Provider::succeeded_by(former, settings.as_ref(), answer)
        });
        let sign_in = sign_in
            .await
            .unwrap_or_else(|unread| Err(ConfigFaults::one("sign_in", format!("a file of it {unread}"))));
        let (tls, webhooks, sign_in, brokers) = match (tls, webhooks, sign_in, brokers) {
            (Ok(tls), Ok(webhooks), Ok(sign_in), Ok(brokers)) => (tls, webhooks, sign_in, brokers),
            (tls, webhooks, sign_in, brokers) => {
                let faults = [tls.err(), webhooks.err(), sign_in.err(), brokers.err()];
                return Err(Held {
                    faults: ConfigFaults::all(faults.into_iter().flatten()),
                    may_pass: true,
                });
            }
        };
        let (sign_in, unusable) = sign_in;
        for fault in unusable.faults() {
            warn!(
                key = fault.key,
                problem = fault.problem,
                "what is on disk cannot be used, so the old one stays in use"
            );
        }
        old.app.store.announce_to(webhooks::subscribers(&config.webhooks));
        let app = App {
            authorities: relay::authorities(&config.listen.authorities, self.port),
            config,
            brokers: Arc::new(brokers),
            webhooks: Arc::new(webhooks),
            sign_in,
            ..(*old.app).clone()
        };
        self.current.replace(InUse::new(Arc::new(app), tls));
        Ok(Taken { waiting, unusable })
    }
}

/// Puts back what a running relay cannot change, so that its configuration is what it does; returns what the file has
/// otherwise.
fn keep_what_needs_a_restart(old: &Config, new: &mut Config) -> Vec<String> {
    fn keep<T: Clone + PartialEq>(key: &str, old: &T, new: &mut T) -> Option<String> {
        (old != new).then(|| {
            new.clone_from(old);
            key.to_owned()
        })
    }
    // The section as a whole: where the old address is listened on, the certificate and the proxies of the new one are not
    // what they should be.
    let listen = (old.listen.address != new.listen.address).then(|| {
        new.listen.clone_from(&old.listen);
        "listen".to_owned()
    });
    [
        listen,
        keep("health.address", &old.health.address, &mut new.health.address),
        keep("store", &old.store, &mut new.store),
        keep("ledger", &old.ledger, &mut new.ledger),
        keep("log", &old.log, &mut new.log),
    ]
    .into_iter()
    .flatten()
    .collect()
}
