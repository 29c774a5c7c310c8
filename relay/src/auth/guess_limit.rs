//! Bounds attempts at enrolment codes: so many a minute from each network, and none in all. A bound on all attempts together
//! would let whoever guesses lock everybody else out.
//!
//! Our own instead of a crate: the limit must follow the relay's clock, give an attempt back when it was no guess, and hold a
//! bounded table. A code has 100 random bits, so the limit is there for the load, not the odds: an attempt beyond it costs a
//! signature and no more, and one within it a look-up; only a code that is good costs a write.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;

/// Attempts a minute from one IPv4 address, or from one IPv6 subscriber, who has a /64. An office behind one address enrols
/// people one after the other; successes do not count.
const PER_SUBSCRIBER: u32 = 10;
/// Attempts a minute from one IPv6 site: its /48 has 65,536 such networks, and it could take each in its turn.
const PER_SITE: u32 = 60;
/// Length of a window in seconds.
const WINDOW: u64 = 60;
/// Networks that are counted in one window; a bound on memory.
const MOST: usize = 32 * 1024;

/// Counts attempts in windows of one minute.
#[derive(Debug, Default)]
pub(crate) struct GuessLimit(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    number: u64,
    used: HashMap<IpNet, u32>,
}

impl GuessLimit {
    /// Counts an attempt; when there have been too many, the error is the number of seconds to wait.
    pub(crate) fn acquire(&self, address: IpAddr, elapsed: Duration) -> Result<(), u32> {
        let mut window = self.window();
        let number = elapsed.as_secs() / WINDOW;
        if window.number != number {
            *window = Window {
                number,
                ..Window::default()
            };
        }
        let used = |network: &IpNet| window.used.get(network).copied().unwrap_or(0);
        if networks(address).any(|(network, most)| used(&network) >= most) {
            let left = WINDOW - elapsed.as_secs() % WINDOW;
            return Err(u32::try_from(left).unwrap_or(u32::MAX));
        }
        if window.used.len() >= MOST {
            // Whoever has so many networks gets a second round of each by this. Refusing the next one would lock out those
            // who do not guess.
            window.used.clear();
        }
        for (network, _) in networks(address) {
            *window.used.entry(network).or_default() += 1;
        }
        Ok(())
    }

    /// Takes an attempt back: it was a success.
    pub(crate) fn refund(&self, address: IpAddr) {
        let mut window = self.window();
        for (network, _) in networks(address) {
            if let Some(used) = window.used.get_mut(&network) {
                *used = used.saturating_sub(1);
            }
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        // Every change leaves the counters usable, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The networks that an attempt from an address counts for, each with its limit.
fn networks(address: IpAddr) -> impl Iterator<Item = (IpNet, u32)> {
    let address = address.to_canonical();
    let limits: &[(u8, u32)] = match address {
        IpAddr::V4(_) => &[(32, PER_SUBSCRIBER)],
        IpAddr::V6(_) => &[(64, PER_SUBSCRIBER), (48, PER_SITE)],
    };
    // The lengths fit the addresses, so none is left out.
    limits.iter().filter_map(move |(bits, most)| {
        let network = IpNet::new(address, *bits).ok()?;
        Some((network.trunc(), *most))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// How many attempts of a series are let through.
    fn accepted(limit: &GuessLimit, addresses: impl Iterator<Item = IpAddr>) -> usize {
        addresses
            .filter(|address| limit.acquire(*address, Duration::ZERO).is_ok())
            .count()
    }

    #[test]
    fn one_address_is_stopped_until_the_minute_ends() {
        let limit = GuessLimit::default();
        let at = Duration::from_secs;
        for _ in 0..10 {
            limit.acquire(ip("192.0.2.1"), at(70)).unwrap();
        }
        assert_eq!(limit.acquire(ip("192.0.2.1"), at(75)), Err(45));
        assert_eq!(limit.acquire(ip("::ffff:192.0.2.1"), at(75)), Err(45));
        assert_eq!(limit.acquire(ip("192.0.2.2"), at(75)), Ok(()));
        assert_eq!(limit.acquire(ip("192.0.2.1"), at(120)), Ok(()));
    }

    #[test]
    fn a_success_is_given_back() {
        let limit = GuessLimit::default();
        for address in ["192.0.2.1", "2001:db8::1"] {
            for _ in 0..200 {
                limit.acquire(ip(address), Duration::ZERO).unwrap();
                limit.refund(ip(address));
            }
        }
    }

    #[test]
    fn an_ipv6_subscriber_counts_as_one_and_so_does_a_site_with_many_networks() {
        let limit = GuessLimit::default();
        let hosts = (0..1000_u32).map(|n| ip(&format!("2001:db8:1::{n:x}")));
        assert_eq!(accepted(&limit, hosts), 10);
        let networks = (0..1000_u32).map(|n| ip(&format!("2001:db8:2:{n:x}::1")));
        assert_eq!(accepted(&limit, networks), 60);
        assert_eq!(limit.acquire(ip("2001:db8:3::1"), Duration::ZERO), Ok(()));
    }

    #[test]
    fn however_many_guess_nobody_else_is_locked_out_and_the_table_stays_small() {
        let limit = GuessLimit::default();
        for n in 0..200_000_u32 {
            // Refused or not.
            let _ = limit.acquire(IpAddr::from((0x0a00_0000 + n).to_be_bytes()), Duration::ZERO);
            assert!(limit.window().used.len() <= MOST + 1);
        }
        assert_eq!(limit.acquire(ip("192.0.2.1"), Duration::ZERO), Ok(()));
    }
}
