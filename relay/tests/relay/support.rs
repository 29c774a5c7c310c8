//! What the tests share.

pub(crate) mod app;
pub(crate) mod certificate;
pub(crate) mod clock;
pub(crate) mod database;
mod documented;
pub(crate) mod faulty_store;
pub(crate) mod gate;
pub(crate) mod http;
pub(crate) mod installation;
pub(crate) mod log;
pub(crate) mod port;
pub(crate) mod provider;
pub(crate) mod receiver;
pub(crate) mod records;
pub(crate) mod signer;
pub(crate) mod terminal;

pub(crate) use app::{API_KEY, CUSTOMER, Profile, STAFF, TestApp};
pub(crate) use http::{Answer, Draft};
pub(crate) use signer::Signer;

use std::time::Duration;

use tokio::time::MissedTickBehavior;

/// Waits until something has happened elsewhere. The wait ends as soon as it has; the bound only keeps a failing test from
/// hanging.
pub(crate) async fn eventually(what: &str, happened: impl AsyncFn() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    // However long a look takes, what is waited for gets its turn: it runs on the same thread.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..12_000 {
        if happened().await {
            return;
        }
        ticks.tick().await;
    }
    panic!("did not happen: {what}");
}
