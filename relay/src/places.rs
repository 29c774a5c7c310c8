//! The places for connections: so many in all, and so many for one address. When there is none left, the connection that has
//! been idle for longest gives way; one that a request is under way on never does, and a new one has a little time first, so
//! that however many come, whoever is let in is answered.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// All the places of a listener.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    table: Mutex<Table>,
    /// Told when one becomes free, or idle, which is as good.
    change: Notify,
}

#[derive(Debug, Default)]
struct Table {
    /// Counts up at each change, and so orders them.
    turn: u64,
    /// Whether a connection waits for a place. One bit is enough, because one task alone takes places: the listener, one
    /// connection after the other.
    awaited: bool,
    taken: HashMap<u64, Taken>,
}

#[derive(Debug)]
struct Taken {
    address: IpAddr,
    /// Whether it still has the time that a new connection has.
    is_new: bool,
    /// Whether it has had an answer.
    served: bool,
    /// Answers that are being made or written.
    requests: u32,
    /// The turn of its last change.
    since: u64,
    cut: CancellationToken,
}

/// A connection's place; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    id: u64,
    /// Cancelled when the place was given to another connection.
    pub(crate) cut: CancellationToken,
}

/// A request under way: as long as it lives, its connection is not idle.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Place>);

impl Places {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            table: Mutex::default(),
            change: Notify::new(),
        })
    }

    /// A place for a connection from there, of whose address's connections there may be so many: `None` if it has them all,
    /// and a request is under way on each. Waits when all places are taken and none is idle.
    pub(crate) async fn take(self: &Arc<Self>, peer: IpAddr, share: Option<usize>) -> Option<Arc<Place>> {
        let address = network(peer);
        loop {
            match self.try_take(address, share) {
                Ok(place) => return Some(place),
                Err(Full::Address) => return None,
                Err(Full::Everything) => self.change.notified().await,
            }
        }
    }

    fn try_take(self: &Arc<Self>, address: IpAddr, share: Option<usize>) -> Result<Arc<Place>, Full> {
        let mut table = self.lock();
        table.awaited = false;
        if let Some(share) = share {
            table.keep_share(share, |other| other == address)?;
            if let Some(site) = site(address) {
                let most = share.saturating_mul(SHARES_OF_A_SITE);
                table.keep_share(most, |other| self::site(other) == Some(site))?;
            }
        }
        if table.taken.len() >= self.most {
            let idle = table.longest_idle(|taken| !taken.is_new);
            table.awaited = idle.is_none();
            table.give_way(idle.ok_or(Full::Everything)?);
        }
        let (id, cut) = (table.next_turn(), CancellationToken::new());
        table.taken.insert(
            id,
            Taken {
                address,
                is_new: true,
                served: false,
                requests: 0,
                since: id,
                cut: cut.clone(),
            },
        );
        drop(table);
        let places = self.clone();
        Ok(Arc::new(Place { places, id, cut }))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Full {
    Address,
    Everything,
}

impl Table {
    fn next_turn(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    /// Makes room for one more connection of some addresses that have so many in all.
    fn keep_share(&mut self, share: usize, ours: impl Fn(IpAddr) -> bool) -> Result<(), Full> {
        if self.taken.values().filter(|taken| ours(taken.address)).count() >= share {
            let idle = self.longest_idle(|taken| ours(taken.address));
            self.give_way(idle.ok_or(Full::Address)?);
        }
        Ok(())
    }

    fn longest_idle(&self, may: impl Fn(&Taken) -> bool) -> Option<u64> {
        let idle = self
            .taken
            .iter()
            .filter(|(_, taken)| taken.requests == 0 && may(taken));
        idle.min_by_key(|(_, taken)| taken.since).map(|(id, _)| *id)
    }

    fn give_way(&mut self, id: u64) {
        if let Some(taken) = self.taken.remove(&id) {
            taken.cut.cancel();
        }
    }
}

impl Place {
    /// Marks a request as under way; `None` when the place is another's by now, so that nothing is begun whose answer
    /// nobody would get. While somebody waits, a connection that has had an answer gives way at its next request: one that
    /// asks without a pause is never seen idle.
    pub(crate) fn begin(self: &Arc<Self>) -> Option<Busy> {
        let mut table = self.places.lock();
        let awaited = table.awaited;
        let taken = table.taken.get_mut(&self.id)?;
        if awaited && taken.served && taken.requests == 0 {
            table.give_way(self.id);
            drop(table);
            self.places.change.notify_one();
            return None;
        }
        taken.requests += 1;
        drop(table);
        Some(Busy(self.clone()))
    }

    /// Ends the time that a new connection has.
    pub(crate) fn age(&self) {
        if let Some(taken) = self.places.lock().taken.get_mut(&self.id) {
            taken.is_new = false;
        }
        self.places.change.notify_one();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let places = &self.0.places;
        let mut table = places.lock();
        let turn = table.next_turn();
        if let Some(taken) = table.taken.get_mut(&self.0.id) {
            taken.requests = taken.requests.saturating_sub(1);
            taken.since = turn;
            taken.is_new = false;
            taken.served = true;
        }
        drop(table);
        places.change.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().taken.remove(&self.id);
        self.places.change.notify_one();
    }
}

/// How many shares of one address an IPv6 site has in all: its /48 is 65,536 addresses of this count, and it could take a share
/// for each.
const SHARES_OF_A_SITE: usize = 4;

/// The first bits of an IPv6 address.
fn prefix(ip: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(ip) & (u128::MAX << (128 - bits)))
}

/// The site of one that counts as one address, if there is such a thing.
fn site(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V6(ip) => Some(prefix(ip, 48).into()),
        IpAddr::V4(_) => None,
    }
}

/// What counts as one address: with IPv6 a whole /64, which every customer of a provider has for himself.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => prefix(ip, 64).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// A place that is there at once.
    fn now(places: &Arc<Places>, peer: &str, share: Option<usize>) -> Option<Arc<Place>> {
        places.take(ip(peer), share).now_or_never().expect("no wait")
    }

    #[test]
    fn the_longest_idle_gives_way() {
        let places = Places::new(2);
        let first = now(&places, "192.0.2.1", None).unwrap();
        let second = now(&places, "192.0.2.2", None).unwrap();
        second.age();
        // It is the first that was used last.
        drop(first.begin());
        let third = now(&places, "192.0.2.3", None).unwrap();
        assert!(second.cut.is_cancelled() && !first.cut.is_cancelled());
        assert!(second.begin().is_none(), "nothing begins on a place that is gone");
        assert!(third.begin().is_some());
    }

    #[test]
    fn a_new_connection_has_its_time() {
        let places = Places::new(1);
        let first = now(&places, "192.0.2.1", None).unwrap();
        let mut waiting = std::pin::pin!(places.take(ip("192.0.2.2"), None));
        assert!(waiting.as_mut().now_or_never().is_none());
        first.age();
        assert!(waiting.as_mut().now_or_never().flatten().is_some());
    }

    #[test]
    fn a_request_under_way_keeps_its_place_and_the_next_waits_for_it() {
        let places = Places::new(1);
        let first = now(&places, "192.0.2.1", None).unwrap();
        let (one, two) = (first.begin(), first.begin());
        let waiting = places.take(ip("192.0.2.2"), None);
        let mut waiting = std::pin::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(one);
        assert!(waiting.as_mut().now_or_never().is_none(), "there is still one");
        drop(two);
        assert!(waiting.as_mut().now_or_never().flatten().is_some());
        assert!(first.cut.is_cancelled());
    }

    #[test]
    fn one_that_asks_without_a_pause_gives_way_between_two_requests() {
        let places = Places::new(1);
        let first = now(&places, "192.0.2.1", None).unwrap();
        let busy = first.begin();
        let mut waiting = std::pin::pin!(places.take(ip("192.0.2.2"), None));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(busy);
        assert!(first.begin().is_none() && first.cut.is_cancelled());
        let second = waiting.as_mut().now_or_never().flatten().unwrap();
        drop(second.begin());
        assert!(second.begin().is_some(), "nobody waits any more");
    }

    #[test]
    fn one_address_has_its_share_and_takes_nobody_elses() {
        let places = Places::new(10);
        let other = now(&places, "192.0.2.9", Some(2)).unwrap();
        for (peers, same) in [
            (["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"], true),
            (["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3"], true),
            (["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1"], false),
        ] {
            let [first, second, third] = peers.map(|peer| now(&places, peer, Some(2)).unwrap());
            assert_eq!(first.cut.is_cancelled(), same, "{peers:?}");
            assert!(!second.cut.is_cancelled() && !third.cut.is_cancelled());
        }
        let held = [
            now(&places, "192.0.2.7", Some(2)),
            now(&places, "192.0.2.7", Some(2)),
        ]
        .map(Option::unwrap);
        let busy = held.each_ref().map(Place::begin);
        assert!(now(&places, "192.0.2.7", Some(2)).is_none());
        assert!(now(&places, "192.0.2.7", None).is_some(), "a trusted proxy");
        drop(busy);
        assert!(now(&places, "192.0.2.7", Some(2)).is_some());
        assert!(!other.cut.is_cancelled());
    }

    #[test]
    fn an_ipv6_site_has_a_few_shares_in_all_however_many_networks_it_has() {
        let places = Places::new(100);
        let of = |n: u32| now(&places, &format!("2001:db8:1:{n:x}::1"), Some(2));
        let held: Vec<_> = (0..8).map(|n| of(n).unwrap()).collect();
        let busy: Vec<_> = held.iter().map(Place::begin).collect();
        assert!(
            of(8).is_none(),
            "a new network of a site that has all its connections in use"
        );
        assert!(now(&places, "2001:db8:2::1", Some(2)).is_some(), "another site");
        drop(busy);
        assert!(of(9).is_some());
        assert!(
            held[0].cut.is_cancelled(),
            "the longest idle of the site gave way"
        );
    }

    #[test]
    fn a_place_is_free_when_its_connection_is_gone() {
        let places = Places::new(1);
        let first = now(&places, "192.0.2.1", None).unwrap();
        let busy = first.begin();
        drop(first);
        assert!(places.take(ip("192.0.2.2"), None).now_or_never().is_none());
        drop(busy);
        assert!(now(&places, "192.0.2.2", None).is_some());
        assert_eq!(places.lock().taken.len(), 0);
    }
}
