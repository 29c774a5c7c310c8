//! Everything around the browser: the simulated broker, the real relay, a sample CRM; started together, on loopback.

mod extension;
mod gate;
mod log;
mod recipes;
mod relay;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use stagedoor_broker_sim::{Sim, SimConfig, TokenStyle};
use tempfile::TempDir;

use crate::paths;
use crate::site::Site;

pub use gate::{Doorway, Gate, Held};
pub use log::Logged;
pub use relay::{EGRESS_ADDRESS, Relay};

/// The broker's API key in every lab: a text that occurs nowhere else, so that a leak can be searched for.
pub const API_KEY: &str = "SENTINEL-API-KEY-4Qv7nWc2kXz9";

/// The customers that the sample CRM shows and the broker knows: address and name.
pub const CUSTOMERS: [(&str, &str); 9] = [
    ("anna.kowalska@customers.example", "Anna Kowalska"),
    ("ben.ito@customers.example", "Ben Ito"),
    ("carla.mendes@customers.example", "Carla Mendes"),
    ("david.osei@customers.example", "David Osei"),
    ("eszter.nagy@customers.example", "Eszter Nagy"),
    ("farah.rahimi@customers.example", "Farah Rahimi"),
    ("chidi.oduya@customers.example", "Chidi Oduya"),
    ("ngozi.oduya@customers.example", "Ngozi Oduya"),
    ("ivo.brandt@customers.example", "Ivo Brandt"),
];

/// A running lab. Dropping it ends everything in it.
pub struct Lab {
    /// The simulated broker with its platform.
    pub sim: Sim,
    /// The door between relay and broker.
    pub gate: Gate,
    /// The door between browsers and relay.
    pub front: Gate,
    /// The sample CRM.
    pub crm: Site,
    relay: Option<Relay>,
    extension: Option<PathBuf>,
    directory: TempDir,
}

impl Lab {
    /// Starts a lab in which every login works.
    pub async fn start() -> Result<Self> {
        Self::start_with("validity_seconds = 30\nreason = \"optional\"").await
    }

    /// Starts a lab whose popup shows who a customer is before a login.
    pub async fn start_previewing() -> Result<Self> {
        Self::start_previewing_with("reason = \"optional\"").await
    }

    /// Likewise, with these lines in the `[login]` section of the relay's configuration.
    pub async fn start_previewing_with(login: &str) -> Result<Self> {
        Self::start_as(login, "preview = true").await
    }

    /// Starts a lab with these lines in the `[login]` section of the relay's configuration.
    pub async fn start_with(login: &str) -> Result<Self> {
        Self::start_as(login, "").await
    }

    async fn start_as(login: &str, platform_lines: &str) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("stagedoor-")
            .tempdir()
            .context("no temporary directory")?;
        let config = SimConfig {
            token_style: TokenStyle::sentinel(),
            ..SimConfig::default()
        };
        let sim = Sim::start(config)
            .await
            .context("the simulated broker does not start")?;
        sim.add_key(API_KEY, true);
        for (email, name) in CUSTOMERS {
            sim.add_account(email, name);
        }
        let gate = Doorway::new().await?.open(sim.broker_address());
        let front = Doorway::new().await?;
        let settings = relay::Settings {
            broker: &gate.url(),
            platform: &sim.platform_url(),
            api_key: API_KEY,
            login,
            platform_lines,
            authority: &front.address().to_string(),
        };
        let relay = Relay::start(&directory.path().join("relay"), &settings).await?;
        let front = front.open(relay.address()?);
        let crm = Site::serve(&paths::workspace().join("tests/fixtures/crm")).await?;
        Ok(Self {
            sim,
            gate,
            front,
            crm,
            relay: Some(relay),
            extension: None,
            directory,
        })
    }

    /// The extension that browsers here are given: the built one, unless the lab was made [patient](Lab::patient).
    pub fn extension(&self) -> Result<PathBuf> {
        self.extension.clone().map_or_else(paths::extension, Ok)
    }

    /// The CRM's page about a customer.
    pub fn customer_page(&self, email: &str) -> String {
        let name = email.split('@').next().unwrap_or_default().replace('.', "-");
        self.crm.url(&format!("{name}.html"))
    }

    /// The relay.
    pub fn relay(&self) -> Result<&Relay> {
        self.relay.as_ref().context("the relay has been stopped")
    }

    /// Stops the relay for good.
    pub async fn stop_relay(&mut self) -> Result<()> {
        self.front.shut(true);
        self.relay
            .take()
            .context("the relay has been stopped")?
            .stop()
            .await
    }

    /// The directory that holds everything the lab writes, browser profiles included.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}
