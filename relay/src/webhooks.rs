//! Webhooks by the Standard Webhooks specification (version 1.0.0): events go out as signed messages, at least once each, in no
//! promised order. What is to be sent is in the store, so neither a receiver that is down nor the end of a relay loses it; and
//! each webhook is served by itself, so none holds up another, nor a login.

mod client;
mod delivery;
mod signature;
mod status;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use crate::{
    config::{Config, ConfigFaults, Fault, WebhookConfig},
    store::Subscribers,
};

pub(crate) use client::{Answer, Client};
pub(crate) use delivery::keep;

use status::Status;

/// The webhooks of a configuration.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    clients: BTreeMap<String, Client>,
    status: Status,
}

impl Webhooks {
    /// Reads the secrets and makes the clients, which wait so long for an answer; sends nothing.
    pub(crate) fn connect(config: &Config, answer: Duration) -> Result<Self, ConfigFaults> {
        Self::default().succeeded_by(&config.webhooks, answer, Timestamp::MIN)
    }

    /// The same for a reload. A secret that cannot be used is no reason to refuse a webhook that is as it was before: its messages
    /// wait until it can, and the log and the health page say so.
    pub(crate) fn succeeded_by(
        &self,
        webhooks: &[WebhookConfig],
        answer: Duration,
        now: Timestamp,
    ) -> Result<Self, ConfigFaults> {
        let mut next = Self::default();
        let mut faults = Vec::new();
        for (index, webhook) in webhooks.iter().enumerate() {
            let name = &webhook.name;
            let was_there = self
                .clients
                .get(name)
                .is_some_and(|client| client.is_for(webhook));
            let fault = |(key, problem)| Fault {
                key: format!("webhook[{index}].{key}"),
                problem,
            };
            let client = match Client::new(webhook.clone(), answer).map_err(fault) {
                Ok(client) => client,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            match client.check_secrets().map_err(fault) {
                Ok(()) => {}
                Err(fault) if was_there => next.status.unsigned(name, now, &fault),
                Err(fault) => faults.push(fault),
            }
            next.clients.insert(name.clone(), client);
        }
        if faults.is_empty() {
            Ok(next)
        } else {
            Err(faults.into())
        }
    }

    /// All of them, by name.
    pub(crate) fn clients(&self) -> impl Iterator<Item = (&str, &Client)> {
        self.clients.iter().map(|(name, client)| (name.as_str(), client))
    }

    /// Messages were too old or too many, so many to each of these.
    pub(crate) fn tell_dropped(&self, dropped: &[(String, u64)]) {
        for (webhook, messages) in dropped {
            self.status.dropped(webhook, *messages);
        }
    }

    /// How it stands, in a few words.
    pub(crate) fn summary(&self) -> String {
        if self.clients.is_empty() {
            return "off".to_owned();
        }
        self.status.summary()
    }
}

/// Who wants which events.
pub(crate) fn subscribers(webhooks: &[WebhookConfig]) -> Subscribers {
    let wants = |webhook: &WebhookConfig| (webhook.name.clone(), webhook.events.clone());
    Subscribers(webhooks.iter().map(wants).collect())
}
