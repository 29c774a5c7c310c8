//! The simulated broker in this process, and what its journal says of mints.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use stagedoor_broker_sim::{DEFAULT_API_KEY, Endpoint, Fault, Sim, SimConfig};

use super::{random::Random, road::Road};
use crate::installation::Upstream;

/// Everybody under this domain is a customer.
pub(crate) const CUSTOMER_DOMAIN: &str = "customers.example";

/// A token that the broker made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mint {
    pub(crate) token: String,
    pub(crate) at: Timestamp,
}

/// The broker, and all mints so far.
pub(crate) struct Broker {
    pub(crate) sim: Sim,
    pub(crate) road: Road,
    mints: HashMap<String, Vec<Mint>>,
}

impl Broker {
    pub(crate) async fn start(random: Random) -> Result<Self> {
        let config = SimConfig {
            customer_domains: vec![CUSTOMER_DOMAIN.to_owned()],
            requests_per_minute: u32::MAX,
            ..SimConfig::default()
        };
        let sim = Sim::start(config).await?;
        Ok(Self {
            road: Road::to(sim.broker_address(), random).await?,
            sim,
            mints: HashMap::new(),
        })
    }

    pub(crate) fn upstream(&self) -> Upstream {
        Upstream {
            broker_url: format!("http://{}", self.road.address),
            platform_url: self.sim.platform_url(),
            api_key: DEFAULT_API_KEY.to_owned(),
        }
    }

    /// How long every mint's answer takes from now on, after the token was made.
    pub(crate) fn answer_after(&self, delay: Duration) {
        self.sim.clear_scripts();
        if !delay.is_zero() {
            self.sim
                .script(Fault::Delay(delay).on(Endpoint::Mint).times(u32::MAX));
        }
    }

    /// Reads on in the journal. What a relay sent before it was killed can still arrive later.
    pub(crate) fn mints(&mut self) -> Result<()> {
        for entry in self.sim.take_journal() {
            let Some(token) = entry.token.clone() else {
                continue;
            };
            let body = entry.json().unwrap_or_default();
            let customer = body["email"].as_str().context("a mint for nobody")?;
            let mint = Mint { token, at: entry.at };
            self.mints.entry(customer.to_owned()).or_default().push(mint);
        }
        Ok(())
    }

    /// By customer, oldest first.
    pub(crate) fn mints_so_far(&self) -> &HashMap<String, Vec<Mint>> {
        &self.mints
    }
}
