//! The client's address: the connection's, or what a trusted proxy says of it. It is recorded, it bounds attempts,
//! and a grant may be for some networks only; by itself it never lets anybody in.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName},
};
use ipnet::IpNet;
use tracing::warn;

/// Between two lines about proxies that do not say who asks.
const TELL: Duration = Duration::from_secs(60);
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The client's address, or [`UNKNOWN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// Stands for an address that nobody says. No connection comes from it (RFC 6890), and it is in no network of a policy.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

impl ClientAddress {
    /// What the request log has put into the request.
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        request
            .extensions()
            .get::<Self>()
            .copied()
            .unwrap_or(Self(UNKNOWN))
    }

    /// Follows `X-Forwarded-For` from the right for as long as the hops are trusted proxies; what stands further left
    /// is the client's own claim. Behind a proxy that does not say who asks, the client is unknown: it is not the proxy.
    pub(super) fn find(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |ip: &IpAddr| trusted.iter().any(|network| network.contains(ip));
        let peer = peer.ip().to_canonical();
        if !is_trusted(&peer) {
            return Self(peer);
        }
        let hops = headers
            .get_all(X_FORWARDED_FOR)
            .iter()
            .flat_map(|value| value.to_str().unwrap_or("?").split(','));
        let mut address = UNKNOWN;
        for hop in hops.collect::<Vec<_>>().into_iter().rev() {
            let Some(next) = address_of(hop.trim()) else {
                return Self(UNKNOWN);
            };
            address = next.to_canonical();
            if !is_trusted(&address) {
                break;
            }
        }
        Self(address)
    }

    /// Whether nobody says where the client is.
    pub(crate) fn is_unknown(&self) -> bool {
        self.0.is_unspecified()
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unknown() {
            f.write_str("unknown")
        } else {
            self.0.fmt(f)
        }
    }
}

/// A hop's address. Some proxies write the port beside it, or brackets around it.
fn address_of(hop: &str) -> Option<IpAddr> {
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']');
    let plain = hop.parse::<IpAddr>().ok();
    plain
        .or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))
        .or_else(|| Some(bracketed()?.parse::<Ipv6Addr>().ok()?.into()))
}

/// Says that a trusted proxy does not say who asks, at most once a minute.
#[derive(Debug, Default)]
pub(crate) struct Unnamed(Mutex<Option<Duration>>);

impl Unnamed {
    /// Remembers one more such request, at this time since the start.
    pub(super) fn tell(&self, proxy: IpAddr, now: Duration) {
        if self.is_due(now) {
            warn!(
                %proxy,
                "a trusted proxy does not say where a request comes from: X-Forwarded-For is missing, or its last entry is no \
                 address; let the proxy set it, because until then the client is recorded as unknown, and no networks of a \
                 policy let it in"
            );
        }
    }

    /// Whether it is to be said now; it counts as said then.
    fn is_due(&self, now: Duration) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = told.is_none_or(|told| now.saturating_sub(told) >= TELL);
        if due {
            *told = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_stranger_cannot_choose_an_address(claim in "[ -~]{0,60}", peer: [u8; 4]) {
            prop_assume!(peer[0] != 10);
            let peer = SocketAddr::from((peer, 1));
            let mut headers = HeaderMap::new();
            headers.insert(X_FORWARDED_FOR, claim.parse().unwrap());
            let trusted = ["10.0.0.0/8".parse().unwrap()];
            prop_assert_eq!(ClientAddress::find(peer, &headers, &trusted).0, peer.ip());
        }
    }

    #[test]
    fn a_proxy_that_says_nothing_is_told_of_once_a_minute() {
        let unnamed = Unnamed::default();
        let due = [0, 1, 59, 60, 61, 119, 120].map(|second| unnamed.is_due(Duration::from_secs(second)));
        assert_eq!(due, [true, false, false, true, false, false, true]);
    }

    #[test]
    fn only_trusted_hops_are_believed() {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        for (peer, forwarded, expected) in [
            ("192.0.2.1:1", &[][..], "192.0.2.1"),
            ("192.0.2.1:1", &["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.1:1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1:1", &["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
            (
                "10.0.0.1:1",
                &["6.6.6.6", "198.51.100.7, 10.9.9.9"],
                "198.51.100.7",
            ),
            ("10.0.0.1:1", &["198.51.100.7:5555"], "198.51.100.7"),
            ("10.0.0.1:1", &["[2001:db8::9]:5555"], "2001:db8::9"),
            ("10.0.0.1:1", &["[2001:db8::9]"], "2001:db8::9"),
            ("10.0.0.1:1", &["10.9.9.9"], "10.9.9.9"),
            ("10.0.0.1:1", &["6.6.6.6, garbage"], "unknown"),
            ("10.0.0.1:1", &["6.6.6.6, garbage, 10.1.1.1"], "unknown"),
            ("10.0.0.1:1", &["\"198.51.100.7\""], "unknown"),
            ("10.0.0.1:1", &["[198.51.100.7]"], "unknown"),
            ("10.0.0.1:1", &["unknown"], "unknown"),
            ("10.0.0.1:1", &["::"], "unknown"),
            ("10.0.0.1:1", &["", ""], "unknown"),
            ("10.0.0.1:1", &[], "unknown"),
            ("[::1]:1", &["2001:db8::7"], "2001:db8::7"),
            ("[::ffff:10.0.0.1]:1", &["198.51.100.7"], "198.51.100.7"),
        ] {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(X_FORWARDED_FOR, value.parse().unwrap());
            }
            let found = ClientAddress::find(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), expected, "{peer} {forwarded:?}");
        }
    }
}
