//! Hosts and ports in settings. One parser reads them all, into the form in which browsers write and send them.

use url::{Host, Url};

/// A host as a browser writes it: lower case, in ASCII, an address of four numbers or in brackets. None, if it is none that
/// anybody can reach: a URL's host may have an empty label or a star in it, no host on the network does.
pub(super) fn parse(text: &str) -> Option<Host> {
    let host = Host::parse(text).ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let named = |label: &str| !label.is_empty() && label.chars().all(plain);
    match &host {
        Host::Domain(name) if !name.split('.').all(named) => None,
        _ => Some(host),
    }
}

/// The port after a host, and what stands before it.
pub(super) fn split_port(place: &str) -> Result<(&str, Option<u16>), String> {
    let Some((name, port)) = place.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) else {
        return Ok((place, None));
    };
    let digits = Some(port).filter(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    let number = number.ok_or("has a port that is no number from 1 to 65535")?;
    Ok((name, Some(number)))
}

/// Refuses a URL whose host or port nobody can reach.
pub(super) fn check(url: &Url) -> Result<(), String> {
    if url.host_str().and_then(parse).is_none() {
        return Err(
            "has a host that there cannot be; write its whole name, without a wildcard and without an empty part between dots"
                .to_owned(),
        );
    }
    if url.port() == Some(0) {
        return Err("has port 0, at which nobody can be reached; write the right one, or none".to_owned());
    }
    Ok(())
}

/// Whether a URL leads back to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, EXAMPLE, Keys};

    #[test]
    fn a_host_has_one_form() {
        for (text, expected) in [
            ("Relay.Broker.Example", Some("relay.broker.example")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("back_office", Some("back_office")),
            ("127.1", Some("127.0.0.1")),
            ("[::0001]", Some("[::1]")),
            ("relay..example", None),
            ("relay.example.", None),
            (".relay.example", None),
            ("*.broker.example", None),
            ("rel$ay.example", None),
            ("relay.example:80", None),
            ("::1", None),
            ("", None),
        ] {
            assert_eq!(
                parse(text).map(|host| host.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_place_that_there_cannot_be_is_a_fault() {
        for (line, replacement, fault) in [
            (
                r#"authorities = ["relay.broker.example"]"#,
                r#"authorities = ["relay.broker.example:0"]"#,
                "listen.authorities: has port 0, which stands for the one of listen.address; write 8080",
            ),
            (
                r#"platform_url = "https://platform.broker.example""#,
                r#"platform_url = "https://platform..example""#,
                "platform[0].platform_url: has a host that there cannot be",
            ),
            (
                r#"platform_url = "https://platform.broker.example""#,
                r#"platform_url = "https://*.broker.example""#,
                "platform[0].platform_url: has a host that there cannot be",
            ),
            (
                r#"base_url = "https://broker-api.broker.example""#,
                r#"base_url = "https://broker-api.broker.example:0/api""#,
                "platform[0].base_url: has port 0",
            ),
            (
                r#"api = "v1""#,
                "api = \"v1\"\nproxy = \"proxy.example:3128\"",
                "platform[0].proxy: has a host that there cannot be",
            ),
        ] {
            assert_eq!(EXAMPLE.matches(line).count(), 1, "{line}");
            let faults = Config::parse(&EXAMPLE.replace(line, replacement), Keys::Skip).unwrap_err();
            let found: Vec<_> = faults.faults().iter().map(ToString::to_string).collect();
            assert!(
                found.len() == 1 && found[0].starts_with(fault),
                "{replacement}: {found:?}"
            );
        }
    }

    #[test]
    fn a_port_is_digits() {
        assert_eq!(split_port("a:021080"), Ok(("a", Some(21080))));
        assert_eq!(split_port("[::1]"), Ok(("[::1]", None)));
        assert_eq!(split_port("[::1]:0"), Ok(("[::1]", Some(0))));
        for wrong in ["a:", "a:+80", "a:65536", "a:x"] {
            assert!(split_port(wrong).is_err(), "{wrong}");
        }
    }
}
