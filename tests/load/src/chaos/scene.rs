//! What every run has: a broker, installed relays on one store, people who log in, and an auditor.

use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use stagedoor_relay::{
    config::StoreUrl,
    store::{self, PostgresStore, Store},
};
use tokio::time::sleep;

use super::{
    Run,
    broker::{Broker, CUSTOMER_DOMAIN},
    crowd::Crowd,
    ledger::Ledger,
    promises::{self, Counts, Rules},
    witness::Witness,
};
use crate::{
    client::Connection,
    customers::Customers,
    installation::{Installation, Relay},
    profile::Key,
};

/// Everything that a run works with.
pub(crate) struct Scene {
    pub(crate) broker: Broker,
    pub(crate) installations: Vec<Installation>,
    pub(crate) crowd: Arc<Crowd>,
    pub(crate) ledger: Ledger,
    store: StoreUrl,
}

impl Scene {
    /// Installs so many relays in `parent`, and enrols so many people.
    pub(crate) async fn set(run: &mut Run<'_>, parent: &Path, relays: usize, people: usize) -> Result<Self> {
        let broker = Broker::start(run.random.fork()).await?;
        let (binary, upstream) = (&run.options.relay, broker.upstream());
        let install = |_| Installation::create(binary, parent, &upstream, &run.place);
        let installations = (0..relays).map(install).collect::<Result<Vec<_>>>()?;
        let first = installations.first().context("no relay")?;
        let store = first.store_url()?;
        if let StoreUrl::Postgres(config) = &store {
            PostgresStore::migrate(config).await?;
        }
        let relay = first.start().await?;
        let profiles = first.enrol(&relay, people, Key::P256).await?;
        relay.program.stop()?;
        let crowd = Crowd {
            profiles,
            customers: Customers::of(CUSTOMER_DOMAIN),
            witness: Witness::default(),
        };
        Ok(Self {
            broker,
            installations,
            crowd: Arc::new(crowd),
            ledger: Ledger::default(),
            store,
        })
    }

    /// The store, opened by this process beside the relay.
    pub(crate) async fn store(&self) -> Result<Arc<dyn Store>> {
        Ok(store::open(&self.store).await?)
    }

    /// The first relay.
    pub(crate) fn installation(&self) -> Result<&Installation> {
        self.installations.first().context("no relay")
    }

    /// Reads what was added to the ledger, and holds it to what broker and clients know.
    pub(crate) async fn audit(&mut self, store: &dyn Store, rules: &Rules) -> Result<Counts> {
        // In this order: a mint that is known by now has an intent that can be read by now.
        self.broker.mints()?;
        self.ledger.read_on(store).await?;
        promises::every_mint_was_intended(&self.ledger, self.broker.mints_so_far(), rules)?;
        self.broker.mints()?;
        promises::check(
            &self.ledger,
            self.broker.mints_so_far(),
            &self.crowd.witness,
            rules,
        )
    }

    /// Waits until no intent is without an outcome; how long it took.
    pub(crate) async fn settle(&mut self, store: &dyn Store, patience: Duration) -> Result<Duration> {
        let started = Instant::now();
        loop {
            self.ledger.read_on(store).await?;
            let open = self.ledger.open.len();
            if open == 0 {
                return Ok(started.elapsed());
            }
            if started.elapsed() > patience {
                let first = self.ledger.open.first().copied().unwrap_or_default();
                bail!("after {patience:?} {open} intents still have no outcome, the first is record {first}");
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Leaves the folders where they are, for whoever looks into what went wrong.
    pub(crate) fn keep(self) -> String {
        let kept = self.installations.into_iter().map(Installation::keep);
        kept.map(|folder| folder.display().to_string())
            .collect::<Vec<_>>()
            .join(" and ")
    }
}

/// Whether the relay says that it is ready.
pub(crate) async fn is_ready(health: SocketAddr) -> Result<bool> {
    let mut connection = Connection::open(health).await?;
    let request = b"GET /readyz HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n\r\n";
    Ok(connection.send(request).await?.status == 200)
}

/// Waits until the relay says so, by itself; how long it took.
pub(crate) async fn ready_again(relay: &Relay, patience: Duration) -> Result<Duration> {
    let started = Instant::now();
    while !is_ready(relay.health).await? {
        if started.elapsed() > patience {
            bail!(
                "the relay is not ready {patience:?} after the fault ended; it said last:\n{}",
                last_words(relay)
            );
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(started.elapsed())
}

/// The end of what the relay said.
pub(crate) fn last_words(relay: &Relay) -> String {
    let said = relay.program.output();
    let lines: Vec<_> = said.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
