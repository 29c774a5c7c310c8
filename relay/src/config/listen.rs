//! `[listen]`: where the public API is, under which names, with which certificate, and whose forwarding headers count.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use ipnet::IpNet;

use super::{Acme, Keys, api_key, host, section::Section};

/// Connections that one address may hold: an office behind one address is served by them, and sixteen such addresses are
/// needed to take every place that there is.
const CONNECTIONS_PER_ADDRESS: u32 = 64;

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
    /// Where the certificate and its key come from; without them the relay speaks plain http.
    pub tls: Option<TlsSource>,
    /// Connections that one address may hold at a time. A trusted proxy, which speaks for many, may hold more.
    pub connections_per_address: u32,
}

/// Where the certificate and its key come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsSource {
    /// Somebody else puts them into files.
    Files(TlsFiles),
    /// The relay asks for them.
    Acme(Acme),
}

/// Where the certificate and its key are, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TlsFiles {
    /// The certificate, then those that lead to its root.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
}

impl From<TlsFiles> for TlsSource {
    fn from(files: TlsFiles) -> Self {
        Self::Files(files)
    }
}

impl Listen {
    pub(super) fn read(section: &mut Section<'_>, keys: Keys) -> Option<Self> {
        let address = section.parsed_or("address", SocketAddr::from(([127, 0, 0, 1], 8080)), parse_address);
        let authorities = section.list("authorities", parse_authority);
        let trusted_proxies = section.list("trusted_proxies", parse_proxies);
        let tls = read_tls(section, authorities.as_deref().unwrap_or_default(), keys);
        let per_address = section.number_or("connections_per_address", CONNECTIONS_PER_ADDRESS, 1, 1024);
        if authorities.as_ref().is_some_and(Vec::is_empty) {
            section.fault(
                "authorities",
                "is empty; list the host names, with port unless it is the default, under which browsers reach the \
                 relay, e.g. [\"relay.broker.example\"]",
            );
        }
        let (address, trusted_proxies, tls) = (address?, trusted_proxies?, tls?);
        let unsaid = |authority: &String| authority.ends_with(":0");
        if address.port() != 0 && authorities.iter().flatten().any(unsaid) {
            section.fault(
                "authorities",
                format!(
                    "has port 0, which stands for the one of listen.address; write {}",
                    address.port()
                ),
            );
        }
        let is_local = |network: &IpNet| network.network().is_loopback();
        if tls.is_none() && !address.ip().is_loopback() && trusted_proxies.iter().all(is_local) {
            section.fault(
                "address",
                "without a certificate the relay speaks plain http, so beyond loopback it needs a TLS proxy in front of it; \
                 name listen.tls_certificate_file and tls_key_file, or write [listen.acme], or listen on 127.0.0.1, or name \
                 the proxy's network in listen.trusted_proxies",
            );
        }
        Some(Self {
            address,
            authorities: authorities?,
            trusted_proxies,
            tls,
            connections_per_address: per_address?,
        })
    }

    /// Whether a connection from there is served. In plain http, beyond loopback, only a trusted proxy's is, because what
    /// does not come through one has crossed a network for everybody to read.
    pub(crate) fn admits(&self, peer: IpAddr) -> bool {
        self.tls.is_some()
            || self.address.ip().is_loopback()
            || peer.to_canonical().is_loopback()
            || self.trusts(peer)
    }

    /// How many connections that address may hold; `None` for a trusted proxy.
    pub(crate) fn share(&self, peer: IpAddr) -> Option<usize> {
        let share = usize::try_from(self.connections_per_address).unwrap_or(usize::MAX);
        (!self.trusts(peer)).then_some(share)
    }

    fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

/// Where the certificate comes from, whatever is wrong with the rest of the section.
pub(super) fn tls_alone(section: &mut Section<'_>) -> Option<TlsSource> {
    let authorities = section.list("authorities", parse_authority);
    read_tls(section, &authorities.unwrap_or_default(), Keys::Skip).flatten()
}

/// The outer `None` means a fault.
#[expect(clippy::option_option, reason = "absent and faulty are different things here")]
fn read_tls(section: &mut Section<'_>, authorities: &[String], keys: Keys) -> Option<Option<TlsSource>> {
    let named = (section.has("tls_certificate_file"), section.has("tls_key_file"));
    let acme = section.section_if_there("acme", |section| Acme::read(section, authorities, keys));
    let certificate = section.text("tls_certificate_file");
    let key = section.text("tls_key_file");
    if acme.as_ref().is_none_or(Option::is_some) && named != (false, false) {
        section.fault(
            "acme",
            "gets the certificate that tls_certificate_file and tls_key_file name already; write one of the two",
        );
        return None;
    }
    match named {
        (false, false) => Some(acme?.map(TlsSource::Acme)),
        (true, true) => Some(Some(TlsSource::Files(TlsFiles {
            certificate: api_key::secret_path(&certificate?),
            key: api_key::secret_path(&key?),
        }))),
        (certificate, _) => {
            let (absent, other) = if certificate {
                ("tls_key_file", "tls_certificate_file")
            } else {
                ("tls_certificate_file", "tls_key_file")
            };
            section.fault(
                absent,
                format!("is missing: TLS needs both; name the file, or take {other} away"),
            );
            None
        }
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
    let (name, port) = host::split_port(text).map_err(|problem| format!("\"{text}\" {problem}"))?;
    if name.contains('*') {
        return Err(format!(
            "\"{text}\": a browser never sends a wildcard as Host, so it would match nothing; write each name in full"
        ));
    }
    let host = host::parse(name).ok_or_else(wrong)?;
    match port {
        Some(80 | 443) => Err(format!(
            "\"{text}\": browsers leave a default port out of the Host header, so leave it out here"
        )),
        Some(port) => Ok(format!("{host}:{port}")),
        None => Ok(host.to_string()),
    }
}

/// Of a network as wide as this nobody owns every address: it is a slip, or "everybody" in one or two pieces. The widest that
/// an operator has are 10.0.0.0/8 and fc00::/7.
const TOO_WIDE: (u8, u8) = (7, 6);

pub(super) fn parse_network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text
        .parse()
        .or_else(|_| address())
        .map_err(|_| "each must be a network such as \"10.0.0.0/8\", or one IP address".to_owned())?;
    Ok(canonical(network))
}

/// An IPv4 network that is written as a part of IPv6 (`::ffff:192.0.2.0/120`), in its own form: addresses are compared in it.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let bits = v6.prefix_len().checked_sub(96);
    let own = v6.network().to_ipv4_mapped().zip(bits);
    own.and_then(|(address, bits)| IpNet::new(address.into(), bits).ok())
        .unwrap_or(network)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_one_form() {
        for (text, expected) in [
            ("::ffff:198.51.100.0/120", "198.51.100.0/24"),
            ("::ffff:198.51.100.7", "198.51.100.7/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("198.51.100.7", "198.51.100.7/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(parse_network(text).unwrap().to_string(), expected, "{text}");
        }
        assert!(
            parse_proxies("::ffff:0:0/96")
                .unwrap_err()
                .contains("trusts strangers")
        );
    }

    #[test]
    fn a_wildcard_is_no_name_that_a_browser_sends() {
        let problem = parse_authority("*.broker.example").unwrap_err();
        assert!(problem.contains("write each name in full"), "{problem}");
        assert!(parse_authority("relay.broker.example:8443").is_ok());
    }

    #[test]
    fn an_authority_is_what_a_browser_sends() {
        for (text, expected) in [
            ("Relay.Broker.Example", "relay.broker.example"),
            ("relay.broker.example:021080", "relay.broker.example:21080"),
            ("bücher.example:8443", "xn--bcher-kva.example:8443"),
            ("[::0001]:8443", "[::1]:8443"),
        ] {
            assert_eq!(parse_authority(text).as_deref(), Ok(expected), "{text}");
        }
        for wrong in [
            "",
            "https://relay.example",
            "relay..example",
            "relay.example.",
            "user@relay.example",
            "relay.example/",
            "relay.example:65536",
            "relay.example:",
            "::1",
        ] {
            assert!(parse_authority(wrong).is_err(), "{wrong}");
        }
    }
}
