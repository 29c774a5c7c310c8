//! Whether the provider answers, for the readiness page. Nobody waits for that, and neither logins nor running sessions depend
//! on it. A change for the worse and the way back are logged, what lasts is not.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Fault, Provider};
use crate::current::Current;

/// What came of the last look.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    #[default]
    NotAsked,
    Well,
    Failing(Timestamp, Fault),
}

impl Standing {
    fn note(&self, answer: Result<(), Fault>, now: Timestamp) {
        let mut state = self.lock();
        *state = match (answer, &*state) {
            (Ok(()), State::Failing(..)) => {
                info!("sign-in: the provider answers again");
                State::Well
            }
            (Ok(()), _) => State::Well,
            (Err(fault), State::Failing(since, _)) => State::Failing(*since, fault),
            (Err(fault), _) => {
                warn!(
                    problem = %fault,
                    "sign-in: the provider cannot be asked, so nobody can sign in there; whoever is signed in goes on"
                );
                State::Failing(now, fault)
            }
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Provider {
    /// How it stands with it. The cause may name a server, and is for whoever asks from this machine.
    pub(crate) fn status(&self, peer: IpAddr) -> String {
        match &*self.standing.lock() {
            State::NotAsked => "not asked yet".to_owned(),
            State::Well => "ok".to_owned(),
            State::Failing(since, fault) if peer.to_canonical().is_loopback() => {
                format!("failing since {since:.0}: {fault}")
            }
            State::Failing(since, _) => format!("failing since {since:.0}; the relay's log says more"),
        }
    }
}

/// Asks the provider again and again for what a sign-in needs, until `closed`.
pub(crate) async fn keep(current: Arc<Current>, closed: CancellationToken) {
    let pause = current.get().app.limits.provider_looks;
    while closed.run_until_cancelled(sleep(pause)).await.is_some() {
        let app = current.get().app.clone();
        let Some(provider) = &app.sign_in else { continue };
        let Some(answer) = closed.run_until_cancelled(provider.test()).await else {
            return;
        };
        provider.standing.note(answer.map(drop), app.clock.now());
    }
}
