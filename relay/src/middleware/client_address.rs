//! The client's address: the connection's, or what a trusted proxy says of it. It is recorded, it bounds attempts,
//! and a grant may be for some networks only; by itself it never lets anybody in.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName},
};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The client's address, as well as it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    /// What the request log has put into the request.
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        let unknown = Self(IpAddr::from([0, 0, 0, 0]));
        request.extensions().get::<Self>().copied().unwrap_or(unknown)
    }

    /// Follows `X-Forwarded-For` from the right for as long as the hops are trusted proxies; what stands further left
    /// is the client's own claim.
    pub(super) fn find(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |ip: &IpAddr| trusted.iter().any(|network| network.contains(ip));
        let mut address = peer.ip().to_canonical();
        let hops = headers
            .get_all(X_FORWARDED_FOR)
            .iter()
            .flat_map(|value| value.to_str().unwrap_or("?").split(','));
        for hop in hops.collect::<Vec<_>>().into_iter().rev() {
            if !is_trusted(&address) {
                break;
            }
            let Ok(next) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            address = next.to_canonical();
        }
        Self(address)
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
            ("10.0.0.1:1", &["6.6.6.6, garbage"], "10.0.0.1"),
            ("10.0.0.1:1", &["6.6.6.6, garbage, 10.1.1.1"], "10.1.1.1"),
            ("10.0.0.1:1", &["", ""], "10.0.0.1"),
            ("[::1]:1", &["2001:db8::7"], "2001:db8::7"),
            ("[::ffff:10.0.0.1]:1", &["198.51.100.7"], "198.51.100.7"),
        ] {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(X_FORWARDED_FOR, value.parse().unwrap());
            }
            let found = ClientAddress::find(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.0.to_string(), expected, "{peer} {forwarded:?}");
        }
    }
}
