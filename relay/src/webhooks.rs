//! Webhooks by the Standard Webhooks specification (version 1.0.0): events go out as signed messages, at least once each, in no
//! promised order. What is to be sent is in the store, so neither a receiver that is down nor the end of a relay loses it; and
//! each webhook is served by itself, so none holds up another, nor a login.

mod client;
mod delivery;
mod signature;
mod status;

use std::{collections::BTreeMap, time::Duration};

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
        let mut clients = BTreeMap::new();
        let mut faults = Vec::new();
        for (index, webhook) in config.webhooks.iter().enumerate() {
            match Client::new(webhook.clone(), answer) {
                Ok(client) => {
                    clients.insert(webhook.name.clone(), client);
                }
                Err((key, problem)) => faults.push(Fault {
                    key: format!("webhook[{index}].{key}"),
                    problem,
                }),
            }
        }
        if faults.is_empty() {
            let status = Status::default();
            Ok(Self { clients, status })
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
