//! What every handler shares.

use std::{sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    auth::{GuessLimit, KnownProfiles},
    broker::Brokers,
    checkpoints::Checkpoints,
    clock::Clock,
    config::Config,
    middleware::Unnamed,
    relay::HOUSEKEEPING,
    sign_in::Provider,
    store::Store,
    takeover::UnderWay,
    turns::Turns,
    unrecorded::Unrecorded,
    webhooks::Webhooks,
};

/// The relay's state. Nothing in it is about one customer: that is all in the store, by request id. A reload makes another
/// one, which shares all but the configuration, the brokers and the provider with the old one; so a request sees one of the two only.
#[derive(Clone)]
pub struct App {
    /// What the operator decided.
    pub config: Config,
    /// What a request's `Host` may be, with real ports.
    pub authorities: Vec<String>,
    /// The record.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The brokers' APIs.
    pub brokers: Arc<Brokers>,
    /// The firm's OpenID provider, if people may sign in there.
    pub(crate) sign_in: Option<Arc<Provider>>,
    /// Bounds attempts at enrolment codes.
    pub(crate) guesses: Arc<GuessLimit>,
    /// Whether it was told of proxies that do not say who asks.
    pub(crate) unnamed: Arc<Unnamed>,
    /// Whose keys logins are verified with.
    pub(crate) profiles: Arc<KnownProfiles>,
    /// Bounds of a request and a connection.
    pub limits: Limits,
    /// Logins under way. They are finished and recorded whatever becomes of the request or the process's will to live.
    pub logins: TaskTracker,
    /// The same by their ids.
    pub(crate) under_way: Arc<UnderWay>,
    /// Who waits for a broker that has had as many logins as it may.
    pub(crate) turns: Arc<Turns>,
    /// Who is told of events.
    pub(crate) webhooks: Arc<Webhooks>,
    /// Outcomes that the store could not take yet.
    pub unrecorded: Arc<Unrecorded>,
    /// Signed checkpoints of the record.
    pub checkpoints: Arc<Checkpoints>,
    /// Cancelled when the relay begins to shut down.
    pub draining: CancellationToken,
}

/// Bounds on what a client can make the relay hold, and on how long the relay holds out.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections. When there are so many, idle ones give way, and if there are none, more wait in the kernel's queue.
    pub connections: usize,
    /// For a new connection, before it may have to give way.
    pub newness: Duration,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For the head of a request, from the connection's start or the last answer on. Also how long an idle connection
    /// is kept.
    pub head: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For a client to take any further byte of an answer.
    pub write: Duration,
    /// For the broker's answer, connecting included.
    pub broker: Duration,
    /// For an answer of the sign-in provider, connecting included. A sign-in asks three times at most, within what the
    /// extension waits.
    pub provider: Duration,
    /// Between two looks whether the sign-in provider answers.
    pub provider_looks: Duration,
    /// For what comes before a mint: the end of an earlier login that a newer one takes a customer from, and the turn at a
    /// broker that has had as many as it may. The mint comes after it, so together with `broker` and the time of the writes it must fit into `login`.
    pub takeover: Duration,
    /// For a login's answer: a little less than the extension waits.
    pub login: Duration,
    /// For any answer: a last line that nothing should reach.
    pub answer: Duration,
    /// For logins under way at shutdown.
    pub drain: Duration,
    /// Between two looks for logins that nobody works on any more.
    pub sweep: Duration,
    /// Between two looks whether a certificate or key file has changed.
    pub watch: Duration,
    /// For files to be read while serving: a file system that does not answer holds nothing up for longer.
    pub files: Duration,
    /// Between two attempts with a new API key that the broker could not be asked about.
    pub ask_again: Duration,
    /// After the first failure to get a certificate by ACME; each further one doubles it.
    pub acme_pause: Duration,
    /// Between two looks for messages to webhooks that are due.
    pub deliver: Duration,
    /// For a webhook's answer, connecting included.
    pub webhook: Duration,
    /// For the answer of who is sent checkpoints, connecting included.
    pub receiver: Duration,
    /// Between two looks whether a checkpoint is due: no more are signed, however busy the desk is.
    pub checkpoint_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            newness: Duration::from_millis(500),
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            body: Duration::from_secs(5),
            write: Duration::from_secs(10),
            broker: Duration::from_secs(8),
            provider: Duration::from_secs(3),
            provider_looks: Duration::from_secs(60),
            takeover: Duration::from_millis(1_200),
            login: Duration::from_millis(9_500),
            answer: Duration::from_secs(20),
            drain: Duration::from_secs(20),
            sweep: HOUSEKEEPING,
            watch: Duration::from_secs(2),
            files: Duration::from_secs(10),
            ask_again: Duration::from_secs(60),
            acme_pause: Duration::from_secs(120),
            deliver: Duration::from_secs(1),
            webhook: Duration::from_secs(15),
            receiver: Duration::from_secs(5),
            checkpoint_pause: Duration::from_secs(1),
        }
    }
}

#[cfg(debug_assertions)]
impl Limits {
    /// Gives the broker, and so a login, more time.
    pub(crate) fn waiting_longer(mut self, longer: Duration) -> Self {
        for limit in [&mut self.broker, &mut self.login, &mut self.answer] {
            *limit = limit.saturating_add(longer);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use stagedoor_protocol::limits::RELAY_TIMEOUT_MILLISECONDS;

    use super::*;

    #[test]
    fn a_login_that_waits_for_another_is_answered_before_the_extension_gives_up() {
        let limits = Limits::default();
        let writes = Duration::from_millis(200);
        assert!(limits.takeover + limits.broker + writes <= limits.login);
        assert!(limits.login < Duration::from_millis(RELAY_TIMEOUT_MILLISECONDS.into()));
        assert!(limits.provider * 3 + writes <= limits.login);
    }

    #[test]
    fn whoever_waits_longer_is_answered_in_the_same_order() {
        let (limits, longer) = (Limits::default(), Duration::from_secs(16));
        let patient = limits.clone().waiting_longer(longer);
        assert_eq!(patient.broker, limits.broker + longer);
        assert_eq!(patient.login, limits.login + longer);
        assert!(patient.login < patient.answer);
    }
}
