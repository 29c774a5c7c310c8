//! How it stands with each webhook, for the readiness page. A change for the worse and the way back are logged, what lasts is
//! not.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tracing::{error, info, warn};

use super::client::NO_SECRET;
use crate::config::Fault;

/// One webhook's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Facts {
    /// Since when, and why the last attempt did.
    failing: Option<(Timestamp, String)>,
    /// It answered 410: nothing is sent until the next reload.
    gone: bool,
    /// Messages that were given up.
    dropped: u64,
}

#[derive(Debug, Default)]
pub(super) struct Status(Mutex<BTreeMap<String, Facts>>);

impl Status {
    /// A message was delivered.
    pub(super) fn well(&self, webhook: &str) {
        let mut all = self.lock();
        let Some(facts) = all.get_mut(webhook) else { return };
        if facts.failing.take().is_some() {
            info!(webhook, "webhook: it works again");
        }
    }

    /// One was not. The problem is logged unless it failed before; `short` says it to anybody.
    pub(super) fn failing(&self, webhook: &str, now: Timestamp, problem: &str, short: &str) {
        let mut all = self.lock();
        let facts = all.entry(webhook.to_owned()).or_default();
        if let Some((_, cause)) = &mut facts.failing {
            short.clone_into(cause);
        } else {
            facts.failing = Some((now, short.to_owned()));
            warn!(
                webhook,
                problem, "webhook: a message could not be delivered, and is tried again; logins go on"
            );
        }
    }

    /// Its secret cannot be used, so nothing is sent until it can.
    pub(super) fn unsigned(&self, webhook: &str, now: Timestamp, fault: &Fault) {
        let failing = Some((now, NO_SECRET.to_owned()));
        self.lock().entry(webhook.to_owned()).or_default().failing = failing;
        let Fault { key, problem } = fault;
        warn!(
            webhook,
            key,
            problem,
            "webhook: its secret cannot be used, so its messages wait; the rest of the configuration does not"
        );
    }

    /// The receiver wants nothing any more.
    pub(super) fn gone(&self, webhook: &str) {
        self.lock().entry(webhook.to_owned()).or_default().gone = true;
        error!(
            webhook,
            "webhook: the receiver answered 410 (Gone), so nothing is sent to it until the configuration is read again; \
             mend the receiver and reload, or take the webhook out of the configuration"
        );
    }

    pub(super) fn is_gone(&self, webhook: &str) -> bool {
        self.lock().get(webhook).is_some_and(|facts| facts.gone)
    }

    /// Messages were given up.
    pub(super) fn dropped(&self, webhook: &str, messages: u64) {
        self.lock().entry(webhook.to_owned()).or_default().dropped += messages;
        error!(
            webhook,
            messages, "webhook: messages were dropped that could not be delivered for days, or were too many"
        );
    }

    pub(super) fn summary(&self) -> String {
        let all = self.lock();
        let words = all.iter().filter_map(|(name, facts)| facts.in_words(name));
        let words: Vec<_> = words.collect();
        if words.is_empty() {
            return "ok".to_owned();
        }
        words.join("; ")
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Facts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Facts {
    fn in_words(&self, name: &str) -> Option<String> {
        let mut words = Vec::new();
        if self.gone {
            words.push("switched off by the receiver (410)".to_owned());
        } else if let Some((since, cause)) = &self.failing {
            words.push(format!("failing since {since:.0} ({cause})"));
        }
        if self.dropped > 0 {
            words.push(format!("{} messages dropped", self.dropped));
        }
        (!words.is_empty()).then(|| format!("{name}: {}", words.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_and_what_is_well_is_not() {
        let status = Status::default();
        assert_eq!(status.summary(), "ok");
        let at = "2026-11-25T03:06:42Z".parse().unwrap();
        status.failing("soc", at, "soc.example: refused", "connection refused");
        status.failing("soc", Timestamp::MAX, "soc.example: down", "it answers 503");
        status.dropped("audit", 3);
        let both = "audit: 3 messages dropped; soc: failing since 2026-11-25T03:06:42Z (it answers 503)";
        assert_eq!(status.summary(), both);
        status.well("soc");
        status.gone("audit");
        assert!(status.is_gone("audit") && !status.is_gone("soc"));
        let gone = "audit: switched off by the receiver (410), 3 messages dropped";
        assert_eq!(status.summary(), gone);
    }
}
