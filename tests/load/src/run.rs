//! A load: prepared requests over a number of connections, each of which sends the next one as soon as it has an answer.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use futures_util::future::join_all;
use hdrhistogram::Histogram;

use crate::client::{Answer, Connection};

/// The longest latency that is told apart, in nanoseconds: a minute.
const LONGEST: u64 = 60_000_000_000;

/// What is sent, where, and for how long.
#[derive(Debug)]
pub struct Load<'r, R> {
    /// The server.
    pub address: SocketAddr,
    /// How many connections are kept busy.
    pub connections: usize,
    /// Sent in this order, each once.
    pub requests: &'r [R],
    /// After this nothing more is sent; also not when the requests have run out.
    pub length: Duration,
}

/// What came of a load.
#[derive(Debug)]
pub struct Measured {
    /// How many answers there were.
    pub answers: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// From the first byte written to the last byte read, in nanoseconds, of every answer.
    pub latency: Histogram<u64>,
    /// How many requests were not answered with a 2xx, or not at all.
    pub failures: u64,
    /// What was wrong with the first of those.
    pub first_failure: Option<String>,
}

impl Measured {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53 requests")]
        let answers = self.answers as f64;
        answers / self.elapsed.as_secs_f64()
    }

    /// The latency that this share of the answers did not exceed; 0.5 for half of them.
    pub fn quantile(&self, share: f64) -> Duration {
        Duration::from_nanos(self.latency.value_at_quantile(share))
    }
}

/// A histogram for latencies in nanoseconds, with three digits kept.
///
/// # Errors
/// Never, for these bounds.
pub fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, LONGEST, 3).context("bounds of a histogram")
}

/// Sends a load. `seen` is shown every request with what came of it, in the order of the ends.
///
/// # Errors
/// When a connection cannot be opened at the start.
pub async fn run<R: AsRef<[u8]>>(
    load: &Load<'_, R>,
    seen: impl FnMut(&R, &io::Result<Answer>),
) -> Result<Measured> {
    let mut connections = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        let connection = Connection::open(load.address).await;
        connections.push(connection.with_context(|| format!("nobody listens on {}", load.address))?);
    }
    let measured = RefCell::new(Measured {
        answers: 0,
        elapsed: Duration::ZERO,
        latency: histogram()?,
        failures: 0,
        first_failure: None,
    });
    let (next, seen) = (Cell::new(0), RefCell::new(seen));
    let started = Instant::now();
    let deadline = started + load.length;
    join_all(connections.iter_mut().map(async |connection| {
        loop {
            let before = Instant::now();
            let Some(request) = load.requests.get(next.get()).filter(|_| before < deadline) else {
                return;
            };
            next.set(next.get() + 1);
            let answer = connection.send(request.as_ref()).await;
            let after = Instant::now();
            measured.borrow_mut().add(&answer, after - before);
            measured.borrow_mut().elapsed = after - started;
            seen.borrow_mut()(request, &answer);
        }
    }))
    .await;
    Ok(measured.into_inner())
}

impl Measured {
    fn add(&mut self, answer: &io::Result<Answer>, latency: Duration) {
        let failure = match answer {
            Ok(answer) => {
                self.answers += 1;
                let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(LONGEST);
                self.latency.saturating_record(nanoseconds);
                if answer.is_success() {
                    return;
                }
                format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))
            }
            Err(error) => error.to_string(),
        };
        self.failures += 1;
        self.first_failure.get_or_insert(failure);
    }
}

#[cfg(test)]
mod tests {
    use stagedoor_broker_sim::{DEFAULT_API_KEY, Sim, SimConfig};

    use super::*;

    fn mint(email: &str) -> Vec<u8> {
        let body = format!(r#"{{"email":"{email}","validityTime":30}}"#);
        format!(
            "POST /v1/one-time-token HTTP/1.1\r\nhost: broker\r\nauthorization: {DEFAULT_API_KEY}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    #[tokio::test]
    async fn every_request_is_sent_once_and_every_answer_is_counted() {
        let config = SimConfig {
            customer_domains: vec!["many.example".to_owned()],
            ..SimConfig::default()
        };
        let sim = Sim::start(config).await.unwrap();
        let mut requests: Vec<_> = (0..20).map(|n| mint(&format!("c{n}@many.example"))).collect();
        requests.push(mint("nobody@elsewhere.example"));
        let load = Load {
            address: sim.broker_address(),
            connections: 4,
            requests: &requests,
            length: Duration::from_secs(60),
        };
        let mut tokens = Vec::new();
        let measured = run(&load, |_, answer| {
            tokens.extend(answer.as_ref().unwrap().token());
        })
        .await
        .unwrap();
        assert_eq!(
            (measured.answers, measured.latency.len(), measured.failures),
            (21, 21, 1)
        );
        assert!(measured.first_failure.unwrap().starts_with("404 {"));
        let mut minted: Vec<_> = sim.tokens().into_iter().map(|token| token.value).collect();
        tokens.sort_unstable();
        minted.sort_unstable();
        assert_eq!(tokens, minted);
        assert_eq!(sim.journal().len(), 21);
    }

    #[tokio::test]
    async fn nothing_is_sent_after_the_end() {
        let sim = Sim::start(SimConfig::default()).await.unwrap();
        let load = Load {
            address: sim.broker_address(),
            connections: 2,
            requests: &[mint("a@x.example")],
            length: Duration::ZERO,
        };
        let measured = run(&load, |_, _| ()).await.unwrap();
        assert_eq!((measured.answers, sim.journal().len()), (0, 0));
    }
}
