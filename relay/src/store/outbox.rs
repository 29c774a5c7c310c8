//! Messages to webhooks that are still to be delivered. One that comes with a change is written in the change's own transaction,
//! so neither is there without the other.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::SignedDuration;

use crate::events::EventKind;

/// Messages that wait. Beyond these the oldest go, alerts last: a receiver that is gone for days must not fill the disk.
pub(super) const MOST: i64 = 20_000;
/// Messages that wait, alerts among them.
pub(super) const MOST_ALERTS: i64 = 100_000;
/// Longer than all attempts take. What is older belongs to a webhook that is not configured any more, or is switched off.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(4 * 24);

/// Which webhooks want which events, by their names.
#[derive(Debug, Clone, Default)]
pub struct Subscribers(pub Vec<(String, BTreeSet<EventKind>)>);

/// What the store goes by; shared by all of its parts.
#[derive(Debug, Clone, Default)]
pub(super) struct Listeners(Arc<RwLock<Arc<Subscribers>>>);

impl Listeners {
    pub(super) fn set(&self, subscribers: Subscribers) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(subscribers);
    }

    pub(super) fn get(&self) -> Arc<Subscribers> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Subscribers {
    /// Whether anybody wants it: then it is worth making.
    pub(super) fn want(&self, kind: EventKind) -> bool {
        self.0.iter().any(|(_, kinds)| kinds.contains(&kind))
    }

    /// The webhooks that do.
    pub(super) fn wanting(&self, kind: EventKind) -> impl Iterator<Item = &str> {
        let wanting = self.0.iter().filter(move |(_, kinds)| kinds.contains(&kind));
        wanting.map(|(webhook, _)| webhook.as_str())
    }
}

/// A message that one relay has taken to deliver it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The message's id, the same in all attempts.
    pub id: String,
    /// Its text.
    pub body: String,
    /// Attempts that have failed.
    pub attempts: u32,
}
