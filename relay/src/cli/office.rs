//! What commands share that change who may use the relay: the store, and a line of the log that says who ordered what.

use std::{env, io, path::Path, sync::Arc};

use clap::Args;
use tracing::subscriber::with_default;

use super::values::words;
use crate::{
    config::{Config, ConfigFaults, Log, OfficeConfig},
    events::Event,
    store::{self, SignInTerms, Store, StoreError},
    telemetry, webhooks,
};

/// Names of users are no longer than this where it matters.
const LONGEST: usize = 100;

#[derive(Debug, Args)]
pub(super) struct Operator {
    /// Who orders it: a name for the log. Default: the user who runs this, or who called sudo for it.
    #[arg(long, value_name = "NAME", value_parser = |text: &str| words(text, LONGEST))]
    operator: Option<String>,
}

/// The store, and whoever changes something in it.
pub(super) struct Office {
    pub(super) store: Arc<dyn Store>,
    /// All of the configuration, if nothing is wrong with it.
    pub(super) config: Option<Config>,
    log: Log,
    operator: String,
    /// Whether it is known who is told of a change.
    tells: bool,
}

impl Office {
    /// Opens the store for writing. The relay may be running on it.
    pub(super) async fn open(path: &Path, operator: Operator) -> anyhow::Result<Self> {
        let config = load(path)?;
        let store = store::open(&config.store).await?;
        let tells = config.webhooks.is_some();
        store.announce_to(webhooks::subscribers(&config.webhooks.unwrap_or_default()));
        Ok(Self {
            store,
            config: config.whole,
            tells,
            log: config.log,
            operator: operator.operator.unwrap_or_else(user),
        })
    }

    /// Leaves a message for the webhooks, which a relay delivers. The change is durable by then: that they are not told is said,
    /// and no error.
    pub(super) async fn announce(&self, event: Result<Event, StoreError>) {
        if !self.tells {
            tell!(
                "warning: it is done, but no webhook is told of it, because [[webhook]] in the configuration has faults (above). \
                 Tell whoever should know yourself, and mend the faults: the message is not sent later"
            );
            return;
        }
        let announced = match event {
            Ok(event) => self.store.announce(vec![event]).await,
            Err(error) => Err(error),
        };
        if let Err(error) = announced {
            tell!("It is done, but the webhooks are not told of it: {error}");
        }
    }

    /// Logs a change on standard error, in the form that the configuration gives the relay's log. The change is durable by
    /// then, and nothing undoes it: a log that cannot be written is no error.
    pub(super) fn log(&self, event: impl FnOnce(&str)) {
        let subscriber = telemetry::subscriber(self.log, Indifferent::stderr);
        with_default(subscriber, || event(&self.operator));
    }
}

/// The store, for reading, and by what sessions and their roles are judged.
pub(super) struct Reading {
    pub(super) store: Arc<dyn Store>,
    pub(super) terms: Arc<SignInTerms>,
}

impl Reading {
    pub(super) async fn open(path: &Path) -> anyhow::Result<Self> {
        let config = load(path)?;
        if config.whole.is_none() {
            tell!(
                "warning: because of these faults sessions that came from signing in, and their roles, are shown as if none of \
                 them counted"
            );
        }
        let terms = config.whole.as_ref().map(Config::sign_in_terms);
        Ok(Self {
            store: store::open_to_read(&config.store).await?,
            terms: terms.unwrap_or_default(),
        })
    }
}

/// Tells of faults that do not concern these commands.
fn load(path: &Path) -> Result<OfficeConfig, ConfigFaults> {
    let config = OfficeConfig::load(path)?;
    for fault in &config.others {
        tell!("warning: {fault}");
    }
    Ok(config)
}

/// The operating system's name of whoever is at the keyboard: commands are run by sudo as the relay's own user, whose name
/// would say nothing.
fn user() -> String {
    let caller = env::var("SUDO_USER").ok();
    let caller = caller.and_then(|name| words(&name, LONGEST).ok());
    caller
        .or_else(|| whoami::username().ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Takes what is written for written.
pub(super) struct Indifferent(io::Stderr);

impl Indifferent {
    pub(super) fn stderr() -> Self {
        Self(io::stderr())
    }
}

impl io::Write for Indifferent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
