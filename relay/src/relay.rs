//! A running relay, from bound listeners to the last answer.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::Signal,
    time::{MissedTickBehavior, interval},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    app::{App, Limits},
    broker::Brokers,
    checkpoints::{self, Checkpoints, Keeper},
    clock::Clock,
    config::{Config, ConfigFaults},
    current::{Current, InUse},
    listener,
    reload::{self, Source},
    router, shutdown,
    sign_in::{self, Provider},
    store::{self, Store, StoreError},
    tls::{self, Tls},
    unrecorded,
    webhooks::{self, Webhooks},
};

/// How often it is looked for what can no longer matter, and for logins that nobody works on any more.
pub(crate) const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// Why a relay could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is taken, or not this machine's.
    #[error("{key} = \"{address}\" cannot be listened on: {error}; {}", cure_of_binding(.error))]
    Bind {
        /// The configuration key.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        error: io::Error,
    },
    /// A key, or what is needed to ship checkpoints, cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigFaults),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A relay with bound listeners.
pub struct Relay {
    current: Arc<Current>,
    source: Option<Source>,
    keeper: Keeper,
    api: TcpListener,
    health: TcpListener,
    api_address: SocketAddr,
    health_address: SocketAddr,
}

impl Relay {
    /// Refuses a store whose guards were taken away, binds the listeners, then closes what a former process left open in the store. In this order: a second relay
    /// started by mistake must fail before it touches the first one's logins.
    pub async fn bind(
        config: Config,
        brokers: Brokers,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, StartError> {
        store::schema::check(&*store, store::place(&config.store)).await?;
        let checkpoints = Arc::new(Checkpoints::open(&config.ledger, limits.receiver)?);
        let tls = Tls::configured(&config.listen, None, clock.now())?;
        let sign_in = Provider::configured(config.sign_in.as_ref(), limits.provider)?;
        let webhooks = Webhooks::connect(&config, limits.webhook)?;
        let (api, api_address) = bind("listen.address", config.listen.address).await?;
        let (health, health_address) = bind("health.address", config.health.address).await?;
        store.register_relay().await?;
        store.announce_to(webhooks::subscribers(&config.webhooks));
        let unfinished = store.close_abandoned_intents(clock.now()).await?;
        if unfinished > 0 {
            warn!(
                logins = unfinished,
                "logins of a former run had no outcome; they are recorded as unknown"
            );
        }
        let app = Arc::new(App {
            authorities: authorities(&config.listen.authorities, api_address.port()),
            config,
            store,
            clock,
            brokers: Arc::new(brokers),
            sign_in,
            guesses: Arc::default(),
            unnamed: Arc::default(),
            profiles: Arc::default(),
            limits,
            logins: TaskTracker::new(),
            under_way: Arc::default(),
            turns: Arc::default(),
            webhooks: Arc::new(webhooks),
            unrecorded: Arc::default(),
            checkpoints,
            draining: CancellationToken::new(),
        });
        Ok(Self {
            keeper: Keeper::begin(&checkpoints::Context::of(&app)).await,
            current: Arc::new(Current::new(InUse::new(app, tls))),
            source: None,
            api,
            health,
            api_address,
            health_address,
        })
    }

    /// Where the public API really is.
    pub fn api_address(&self) -> SocketAddr {
        self.api_address
    }

    /// Where the health pages really are.
    pub fn health_address(&self) -> SocketAddr {
        self.health_address
    }

    /// What the handlers share.
    pub fn app(&self) -> Arc<App> {
        self.current.get().app.clone()
    }

    /// Reads this configuration file again at each of these signals.
    #[must_use]
    pub fn reloading(mut self, path: PathBuf, hangups: Signal) -> Self {
        self.source = Some(Source { path, hangups });
        self
    }

    /// Serves until `stop`, then ends in order: new requests are refused, logins under way are recorded, answers are
    /// written, and a checkpoint is signed over it all.
    pub async fn run(self, stop: CancellationToken) {
        let Self {
            current,
            source,
            keeper,
            api,
            health,
            ..
        } = self;
        let tls = current.get().tls.is_some();
        info!(api = %self.api_address, tls, health = %self.health_address, "listening");
        let closed = CancellationToken::new();
        let app = current.get().app.clone();
        let limits = app.limits.clone();
        let api = tokio::spawn(listener::serve(
            api,
            current.clone(),
            limits.clone(),
            closed.clone(),
        ));
        let health = tokio::spawn(listener::serve(
            health,
            Arc::new(router::health(current.clone())),
            limits,
            closed.clone(),
        ));
        let port = self.api_address.port();
        let delivering = tokio::spawn(webhooks::keep(current.clone(), closed.clone()));
        let housekeeping = tokio::spawn(keep_house(current.clone(), closed.clone()));
        let looking = tokio::spawn(sign_in::keep(current.clone(), closed.clone()));
        let certificate = tokio::spawn(tls::keep(current.clone(), closed.clone()));
        let reloading = tokio::spawn(reload::keep(current, port, source, closed.clone()));
        let settling = tokio::spawn(unrecorded::settle(app.clone(), closed.clone()));
        let complete = CancellationToken::new();
        let checkpoints = tokio::spawn(checkpoints::keep(
            checkpoints::Context::of(&app),
            keeper,
            complete.clone(),
        ));
        stop.cancelled().await;
        shutdown::drain(&app).await;
        closed.cancel();
        for task in [
            api,
            health,
            reloading,
            certificate,
            housekeeping,
            settling,
            delivering,
            looking,
        ] {
            // A task that panicked has been logged, and there is nothing left to do for it.
            let _ = task.await;
        }
        complete.cancel();
        let _ = checkpoints.await;
        if let Err(error) = app.store.unregister_relay().await {
            warn!(%error, "the store was not told of the end; it will notice");
        }
        info!("stopped");
    }
}

fn cure_of_binding(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need the capability CAP_NET_BIND_SERVICE (AmbientCapabilities= in the systemd unit), or choose \
             another port"
        }
        _ => "choose another address, or stop what uses it",
    }
}

async fn bind(key: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let real = listener.local_addr()?;
        Ok((listener, real))
    };
    bound
        .await
        .map_err(|error| StartError::Bind { key, address, error })
}

/// The configured names, with the bound port where a name says port 0.
pub(crate) fn authorities(configured: &[String], port: u16) -> Vec<String> {
    let real = |name: &String| match name.strip_suffix(":0") {
        Some(host) => format!("{host}:{port}"),
        None => name.clone(),
    };
    configured.iter().map(real).collect()
}

async fn keep_house(current: Arc<Current>, closed: CancellationToken) {
    let mut ticks = interval(HOUSEKEEPING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = closed.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let app = current.get().app.clone();
        let now = app.clock.now();
        if let Err(error) = app.store.forget_stale(now).await {
            warn!(%error, "old nonces and claims could not be forgotten");
        }
        match app.store.drop_deliveries(now).await {
            Ok(dropped) => app.webhooks.tell_dropped(&dropped),
            Err(error) => warn!(%error, "messages to webhooks that are too old could not be looked for"),
        }
        // Another relay of the same store may have ended badly meanwhile.
        match app.store.close_abandoned_intents(now).await {
            Ok(0) => {}
            Ok(logins) => warn!(logins, "logins of a relay that is gone are recorded as unknown"),
            Err(error) => warn!(%error, "logins of relays that are gone could not be looked for"),
        }
    }
}
