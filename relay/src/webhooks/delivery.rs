//! The task that delivers. A message that a relay has taken is nobody else's for a while; should the relay end meanwhile, it is
//! due again.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Answer, Client};
use crate::{app::App, current::Current, random, store::Delivery};

/// Messages that are sent to one webhook at the same time.
const AT_ONCE: u32 = 8;
/// How much longer than the longest attempt a message is kept from others.
const MARGIN: Duration = Duration::from_secs(15);
/// The longest wait that a receiver can ask for.
const LONGEST_WISH: Duration = Duration::from_secs(24 * 3600);
/// Pauses after each failed attempt, in seconds: the schedule of the Standard Webhooks specification, about three days. After
/// the attempt that follows the last one a message is dropped.
const PAUSES: [u64; 9] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3600,
    5 * 3600,
    10 * 3600,
    14 * 3600,
    20 * 3600,
    24 * 3600,
];

/// Delivers until `closed`. What is under way then is left: it is due again later.
pub(crate) async fn keep(current: Arc<Current>, closed: CancellationToken) {
    let mut ticks = interval(current.get().app.limits.deliver);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rounds: HashMap<String, JoinHandle<()>> = HashMap::new();
    while closed.run_until_cancelled(ticks.tick()).await.is_some() {
        // A round that panicked has been logged; its messages are due again later.
        rounds.retain(|_, round| !round.is_finished());
        let app = current.get().app.clone();
        for (name, _) in app.webhooks.clients() {
            if !rounds.contains_key(name) && !app.webhooks.status.is_gone(name) {
                rounds.insert(
                    name.to_owned(),
                    tokio::spawn(deliver(app.clone(), name.to_owned())),
                );
            }
        }
    }
    for round in rounds.into_values() {
        round.abort();
    }
}

/// Delivers what is due to one webhook, until nothing is.
async fn deliver(app: Arc<App>, webhook: String) {
    let Some(client) = app.webhooks.clients.get(&webhook) else {
        return;
    };
    let lease = SignedDuration::try_from(app.limits.webhook + MARGIN).unwrap_or(SignedDuration::MAX);
    loop {
        let now = app.clock.now();
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let taken = match app.store.take_deliveries(&webhook, AT_ONCE, now, until).await {
            Ok(taken) => taken,
            Err(error) => return warn!(webhook, %error, "messages to a webhook could not be looked for"),
        };
        let attempts = taken
            .iter()
            .map(|delivery| attempt(&app, client, &webhook, delivery));
        let all_well = join_all(attempts).await.into_iter().all(|well| well);
        // A receiver that fails is not asked for more at once.
        if !all_well || taken.len() < AT_ONCE as usize {
            return;
        }
    }
}

/// Whether the receiver took it.
async fn attempt(app: &App, client: &Client, webhook: &str, delivery: &Delivery) -> bool {
    let Delivery { id, body, attempts } = delivery;
    let answer = client
        .post(app.limits.files, id, app.clock.now().as_second(), body)
        .await;
    let (status, now) = (&app.webhooks.status, app.clock.now());
    let next = match &answer {
        Answer::Accepted(_) => {
            status.well(webhook);
            None
        }
        Answer::Gone => {
            if !status.is_gone(webhook) {
                status.gone(webhook);
            }
            None
        }
        Answer::Failed(failure) => {
            let problem = format!("{}: {}", client.host(), failure.problem);
            status.failing(webhook, now, &problem, &failure.short);
            let pause = pause_after(*attempts, failure.wait);
            if pause.is_none() {
                status.dropped(webhook, 1);
            }
            pause.map(|pause| now.checked_add(pause).unwrap_or(Timestamp::MAX))
        }
    };
    if let Err(error) = app.store.end_delivery(webhook, id, next).await {
        warn!(webhook, message = id, %error, "a message to a webhook may be sent a second time");
    }
    matches!(answer, Answer::Accepted(_))
}

/// How long to wait after an attempt that so many failed ones came before. `None`: it was the last one.
fn pause_after(failed: u32, wish: Option<Duration>) -> Option<SignedDuration> {
    let pause = Duration::from_secs(*PAUSES.get(failed as usize)?);
    // Up to a tenth more, so that what failed together does not come again together.
    let jitter: [u8; 1] = random::bytes().unwrap_or_default();
    let jitter = pause / 10 * u32::from(jitter[0]) / 255;
    let wished = wish.map_or(Duration::ZERO, |wish| wish.min(LONGEST_WISH));
    SignedDuration::try_from((pause + jitter).max(wished)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_three_days_in_all_and_then_end() {
        let pauses: Vec<_> = (0..20).map_while(|failed| pause_after(failed, None)).collect();
        assert_eq!(pauses.len(), PAUSES.len());
        for (pause, least) in pauses.iter().zip(PAUSES) {
            let seconds = pause.as_secs_f64();
            let least = least as f64;
            assert!(seconds >= least && seconds <= least * 1.1, "{seconds}");
        }
        let all: SignedDuration = pauses.into_iter().sum();
        assert!((75..=84).contains(&all.as_hours()), "{all}");
    }

    #[test]
    fn a_receiver_may_ask_for_longer_but_not_for_ever() {
        let wish = |seconds| {
            pause_after(0, Some(Duration::from_secs(seconds)))
                .unwrap()
                .as_secs()
        };
        assert_eq!(wish(120), 120);
        assert_eq!(wish(u64::MAX), 24 * 3600);
        assert!(wish(1) >= 5);
    }
}
