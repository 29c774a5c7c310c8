//! Many people who log in at once, each time another customer, and note what they see.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::{task::JoinSet, time::sleep};

use super::witness::{Said, Seen, Witness};
use crate::{client::Connection, customers::Customers, login::Login, profile::Profile};

/// Between two attempts to reach a relay that is gone.
const PAUSE: Duration = Duration::from_millis(2);

/// The people, and what they saw.
pub(crate) struct Crowd {
    pub(crate) profiles: Vec<Profile>,
    pub(crate) customers: Customers,
    pub(crate) witness: Witness,
}

impl Crowd {
    /// The address with which a profile was enrolled.
    pub(crate) fn email(profile: usize) -> String {
        format!("person-{}@broker.example", profile + 1)
    }

    pub(crate) fn profile(&self, number: usize) -> Result<&Profile> {
        self.profiles.get(number).context("no such profile")
    }

    /// Sends a login and notes what came of it.
    pub(crate) async fn log_in(&self, connection: &mut Connection, login: &Login, profile: usize) -> Said {
        self.witness.sends(login, profile, connection.address());
        let answer = connection.send(&login.bytes).await;
        self.witness.hears(login, &answer)
    }

    /// Sends a lost login again: under its id with a new signature, or byte for byte.
    pub(crate) async fn repeat(&self, connection: &mut Connection, lost: &Seen, anew: bool) -> Result<Said> {
        let login = if anew {
            lost.login.again(self.profile(lost.profile)?)?
        } else {
            lost.login.clone()
        };
        let answer = connection.send(&login.bytes).await;
        // A refusal says nothing new of the first attempt.
        Ok(match Said::of(&answer) {
            Said::Token(_) => self.witness.hears(&login, &answer),
            other => other,
        })
    }
}

/// Logins under way over a number of connections.
pub(crate) struct Load {
    workers: JoinSet<Result<()>>,
    stop: Arc<AtomicBool>,
    refused: Arc<AtomicU64>,
}

impl Load {
    /// Begins; the connections are shared out among the addresses.
    pub(crate) fn begin(crowd: &Arc<Crowd>, addresses: &[SocketAddr], connections: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let refused = Arc::new(AtomicU64::new(0));
        let mut workers = JoinSet::new();
        for (number, address) in (0..connections).zip(addresses.iter().cycle().copied()) {
            let (crowd, stop, refused) = (Arc::clone(crowd), Arc::clone(&stop), Arc::clone(&refused));
            workers.spawn(async move { work(&crowd, address, number, &stop, &refused).await });
        }
        Self {
            workers,
            stop,
            refused,
        }
    }

    /// How many were refused so far.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Sends nothing new, and waits for the last answers.
    pub(crate) async fn end(mut self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(worker) = self.workers.join_next().await {
            worker.context("a client panicked")??;
        }
        Ok(())
    }
}

async fn work(
    crowd: &Crowd,
    address: SocketAddr,
    number: usize,
    stop: &AtomicBool,
    refused: &AtomicU64,
) -> Result<()> {
    let profile = number % crowd.profiles.len().max(1);
    let mut connection = None;
    while !stop.load(Ordering::Relaxed) {
        let Some(open) = &mut connection else {
            connection = Connection::open(address).await.ok();
            if connection.is_none() {
                sleep(PAUSE).await;
            }
            continue;
        };
        let login = Login::new(crowd.profile(profile)?, crowd.customers.next())?;
        match crowd.log_in(open, &login, profile).await {
            Said::Nothing(_) => connection = None,
            // Whoever is refused does not try again at once.
            Said::Refused(_) => {
                refused.fetch_add(1, Ordering::Relaxed);
                sleep(PAUSE).await;
            }
            _ => {}
        }
    }
    Ok(())
}
