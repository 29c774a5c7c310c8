//! Bounds attempts at enrolment codes: so many a minute for each address, and so many in all.
//!
//! Thirty lines of our own instead of a crate: the limit must follow the relay's clock, give an attempt back when it was
//! no guess, and hold a bounded table. A code has 100 random bits, so the limit is there for the load, not the odds.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Attempts a minute from one address. An office behind one address enrols people one after the other; successes do
/// not count.
const PER_ADDRESS: u32 = 10;
/// Attempts a minute in all. Each entry of the table costs one, so this bounds the table too.
const IN_ALL: u32 = 120;
/// Length of a window in seconds.
const WINDOW: u64 = 60;

/// Counts attempts in windows of one minute.
#[derive(Debug, Default)]
pub(crate) struct GuessLimit(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    number: u64,
    total: u32,
    addresses: HashMap<IpAddr, u32>,
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
        let used = window.addresses.get(&network(address)).copied().unwrap_or(0);
        if used >= PER_ADDRESS || window.total >= IN_ALL {
            let left = WINDOW - elapsed.as_secs() % WINDOW;
            return Err(u32::try_from(left).unwrap_or(u32::MAX));
        }
        window.total += 1;
        window.addresses.insert(network(address), used + 1);
        Ok(())
    }

    /// Takes an attempt back: it was a success.
    pub(crate) fn refund(&self, address: IpAddr) {
        let mut window = self.window();
        window.total = window.total.saturating_sub(1);
        if let Some(used) = window.addresses.get_mut(&network(address)) {
            *used = used.saturating_sub(1);
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        // Every change leaves the counters usable, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One IPv6 subscriber has a /64, so that is what counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.into(),
            None => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64)).into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_is_stopped_until_the_minute_ends() {
        let limit = GuessLimit::default();
        let at = Duration::from_secs;
        for _ in 0..PER_ADDRESS {
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
        for _ in 0..50 {
            limit.acquire(ip("192.0.2.1"), Duration::ZERO).unwrap();
            limit.refund(ip("192.0.2.1"));
        }
    }

    #[test]
    fn many_addresses_are_stopped_together_and_the_table_stays_small() {
        let limit = GuessLimit::default();
        let accepted = (0..1000_u32)
            .filter(|n| {
                limit
                    .acquire(
                        IpAddr::from((0x2001_0db8_u128 << 96 | u128::from(*n) << 64).to_be_bytes()),
                        Duration::ZERO,
                    )
                    .is_ok()
            })
            .count();
        assert_eq!(accepted, IN_ALL as usize);
        assert_eq!(limit.window().addresses.len(), IN_ALL as usize);
    }

    #[test]
    fn one_ipv6_network_counts_as_one() {
        let limit = GuessLimit::default();
        let accepted = (0..1000_u32)
            .filter(|n| {
                limit
                    .acquire(ip(&format!("2001:db8::{n:x}")), Duration::ZERO)
                    .is_ok()
            })
            .count();
        assert_eq!(accepted, PER_ADDRESS as usize);
    }
}
