//! The address from which the broker sees the relay, which its support team must whitelist.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

/// The relay's address as the broker sees it, with how it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EgressAddress {
    /// The operator wrote it into the configuration.
    Configured(IpAddr),
    /// This machine's own address on the route to the broker. Behind address translation the broker sees another.
    Local(IpAddr),
    /// The connection goes through the configured proxy, so it is the proxy's.
    Proxy,
    /// It could not be found out.
    Unknown,
}

impl EgressAddress {
    /// The address, if one is known.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Configured(ip) | Self::Local(ip) => Some(*ip),
            Self::Proxy | Self::Unknown => None,
        }
    }
}

impl fmt::Display for EgressAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configured(ip) => write!(f, "{ip}"),
            Self::Local(ip) => write!(
                f,
                "{ip} (this machine's address towards the broker; if address translation is in between, the public \
                 address instead)"
            ),
            Self::Proxy => f.write_str("the public address of the configured proxy"),
            Self::Unknown => f.write_str("the relay's public address"),
        }
    }
}

/// The local address that the operating system uses to reach `peer`.
///
/// Connecting a UDP socket only looks the route up; nothing is sent.
pub(crate) fn local_address_towards(peer: SocketAddr) -> Option<IpAddr> {
    let unspecified: IpAddr = match peer {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((unspecified, 0)).ok()?;
    socket.connect(peer).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_to_loopback_starts_at_loopback() {
        let peer = SocketAddr::from(([127, 0, 0, 1], 9));
        assert_eq!(local_address_towards(peer), Some([127, 0, 0, 1].into()));
    }
}
