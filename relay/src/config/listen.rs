//! `[listen]`: where the public API is, under which names, and whose forwarding headers count.

use std::net::{IpAddr, SocketAddr};

use http::uri::Authority;
use ipnet::IpNet;

use super::section::Section;

/// The public API's listener.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// What a request's `Host` may be, and so what its signature covers as `@authority`; lower case. A port 0 in one
    /// stands for the port that was bound.
    pub authorities: Vec<String>,
    /// Networks of the proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

impl Listen {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let address = section.parsed_or("address", SocketAddr::from(([127, 0, 0, 1], 8080)), parse_address);
        let authorities = section.list("authorities", parse_authority);
        let trusted_proxies = section.list("trusted_proxies", parse_proxies);
        if authorities.as_ref().is_some_and(Vec::is_empty) {
            section.fault(
                "authorities",
                "is empty; list the host names, with port unless it is the default, under which browsers reach the \
                 relay, e.g. [\"relay.broker.example\"]",
            );
        }
        let (address, trusted_proxies) = (address?, trusted_proxies?);
        let is_local = |network: &IpNet| network.network().is_loopback();
        if !address.ip().is_loopback() && trusted_proxies.iter().all(is_local) {
            section.fault(
                "address",
                "the relay speaks plain http, so beyond loopback it needs a TLS proxy in front of it; listen on \
                 127.0.0.1, or name the proxy's network in listen.trusted_proxies",
            );
        }
        Some(Self {
            address,
            authorities: authorities?,
            trusted_proxies,
        })
    }

    /// Whether a connection from there is served: beyond loopback only a trusted proxy's is, because what does not come
    /// through one has crossed a network as plain http.
    pub(crate) fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.address.ip().is_loopback()
            || peer.is_loopback()
            || self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

pub(super) fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "must be an IP address and a port, e.g. \"127.0.0.1:8080\" or \"[::1]:8080\"".to_owned())
}

fn parse_authority(text: &str) -> Result<String, String> {
    let wrong = || {
        "each must be a host name with an optional port, e.g. \"relay.broker.example\", without scheme or path"
            .to_owned()
    };
    let authority = text.parse::<Authority>().map_err(|_| wrong())?;
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err(wrong());
    }
    match authority.port_u16() {
        Some(80 | 443) => Err(format!(
            "\"{text}\": browsers leave a default port out of the Host header, so leave it out here"
        )),
        Some(_) => Ok(text.to_ascii_lowercase()),
        None if authority.as_str() == authority.host() => Ok(text.to_ascii_lowercase()),
        None => Err(wrong()),
    }
}

/// Of a network as wide as this nobody owns every address: it is a slip, or "everybody" in one or two pieces. The widest that
/// an operator has are 10.0.0.0/8 and fc00::/7.
const TOO_WIDE: (u8, u8) = (7, 6);

pub(super) fn parse_network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(|_| address())
        .map_err(|_| "each must be a network such as \"10.0.0.0/8\", or one IP address".to_owned())
}

fn parse_proxies(text: &str) -> Result<IpNet, String> {
    let network = parse_network(text)?;
    let too_wide = match network {
        IpNet::V4(_) => TOO_WIDE.0,
        IpNet::V6(_) => TOO_WIDE.1,
    };
    if network.prefix_len() <= too_wide {
        return Err(format!(
            "\"{text}\" trusts strangers: every client there could choose, by a header, the address that is recorded \
             for it and that its attempts are counted for; name the addresses of your own proxies, e.g. \
             \"127.0.0.1\" or \"10.0.3.7\""
        ));
    }
    Ok(network)
}
