//! A running simulation and what a test or the demo can do to it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;

use crate::accept::Server;
use crate::clock::Clock;
use crate::config::{AnswerShape, ApiKey, SimConfig, TokenStyle};
use crate::fault::Script;
use crate::journal::JournalEntry;
use crate::tokens::{IssuedToken, Redemption};
use crate::world::{Account, Shared};
use crate::{broker, platform};

/// A running broker: its API on one listener, its trading platform on another. Dropping it closes both.
pub struct Sim {
    shared: Shared,
    broker: Server,
    platform: Server,
}

impl Sim {
    /// Starts both listeners.
    ///
    /// # Errors
    /// When one of the configured addresses cannot be bound.
    pub async fn start(config: SimConfig) -> io::Result<Self> {
        let (broker_address, platform_address) = (config.broker_address, config.platform_address);
        let shared = Shared::new(config);
        let broker = Server::start(broker_address, broker::router(shared.clone())).await?;
        let platform = Server::start(platform_address, platform::router(shared.clone())).await?;
        Ok(Self {
            shared,
            broker,
            platform,
        })
    }

    /// Closes both listeners and cuts every open connection. What was recorded can still be read.
    pub async fn shutdown(&self) {
        tokio::join!(self.broker.shutdown(), self.platform.shutdown());
    }

    /// The broker API's base URL, without a trailing slash.
    pub fn broker_url(&self) -> String {
        format!("http://{}", self.broker.address)
    }

    /// The trading platform's URL, without a trailing slash; `{platform_url}/?auth={token}` logs in.
    pub fn platform_url(&self) -> String {
        format!("http://{}", self.platform.address)
    }

    /// Where the broker API really listens; a second simulation can be started there after [`Sim::shutdown`].
    pub fn broker_address(&self) -> SocketAddr {
        self.broker.address
    }

    /// The simulation's time, which tests move.
    pub fn clock(&self) -> Clock {
        self.shared.clock.clone()
    }

    /// Adds a customer, or renames the one with the same address.
    pub fn add_account(&self, email: impl Into<String>, name: impl Into<String>) {
        self.put_account(Account::new(email, name));
    }

    /// Adds a customer in full, or replaces the one with the same address.
    pub fn put_account(&self, account: Account) {
        self.shared.world().put_account(account);
    }

    /// Adds a key, or changes the right of the one with the same value.
    pub fn add_key(&self, value: impl Into<String>, may_mint: bool) {
        self.shared.world().put_key(ApiKey::new(value, may_mint));
    }

    /// Makes a key unknown.
    pub fn remove_key(&self, value: &str) {
        self.shared.world().keys.retain(|key| key.value != value);
    }

    /// Puts an address on the whitelist.
    pub fn allow_ip(&self, ip: impl Into<IpAddr>) {
        self.shared.world().allowed_ips.insert(ip.into());
    }

    /// Takes an address off the whitelist.
    pub fn forbid_ip(&self, ip: impl Into<IpAddr>) {
        self.shared.world().allowed_ips.remove(&ip.into());
    }

    /// Changes the body of successful mints from now on.
    pub fn set_answer_shape(&self, shape: AnswerShape) {
        self.shared.world().answer_shape = shape;
    }

    /// Changes what tokens look like from now on.
    pub fn set_token_style(&self, style: TokenStyle) {
        self.shared.world().token_style = style;
    }

    /// Lets requests go wrong: a [`crate::Fault`] for the next one, a [`Script`] for chosen ones. Scripts queue up.
    pub fn script(&self, script: impl Into<Script>) {
        self.shared.world().scripts.add(script.into());
    }

    /// Forgets every script not yet played out.
    pub fn clear_scripts(&self) {
        self.shared.world().scripts.clear();
    }

    /// Every request the broker API has received since the start or the last [`Sim::take_journal`].
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.shared.world().journal.iter().cloned().collect()
    }

    /// The journal, which starts anew.
    pub fn take_journal(&self) -> Vec<JournalEntry> {
        std::mem::take(&mut self.shared.world().journal).into()
    }

    /// Waits until the journal holds at least `count` requests. Their answers may still be on their way.
    pub async fn received(&self, count: usize) {
        loop {
            let mut recorded = pin!(self.shared.recorded.notified());
            // Registered before the journal is read, or an entry made in between would be missed.
            recorded.as_mut().enable();
            if self.shared.world().journal.len() >= count {
                return;
            }
            recorded.await;
        }
    }

    /// Lets every answer go that [`crate::Fault::Hold`] has kept back until now.
    pub fn release(&self) {
        self.shared.releases.send_replace(());
    }

    /// Every token issued, oldest first, in its present state.
    pub fn tokens(&self) -> Vec<IssuedToken> {
        let now = self.shared.clock.now();
        self.shared.world().tokens.issued(now)
    }

    /// Every attempt to log in to the platform with a token, oldest first.
    pub fn redemptions(&self) -> Vec<Redemption> {
        self.shared.world().tokens.redemptions.clone()
    }
}
