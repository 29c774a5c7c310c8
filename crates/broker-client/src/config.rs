//! How to reach one broker, and what of it is refused at start-up.

use std::{fmt, net::IpAddr, time::Duration};

use secrecy::SecretString;
use url::{Host, Url};

/// Which of the broker's APIs is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Broker API v1: the raw key in `Authorization`.
    V1,
    /// Broker API v2: `Authorization: Bearer <key>`.
    V2,
    /// CRM API: the raw key in `Authorization`, paths as v1.
    Crm,
}

/// How to reach one broker.
pub struct BrokerConfig {
    /// Where the API is, with or without a trailing slash. https; http only for a loopback address.
    pub base_url: Url,
    /// Which API is spoken there.
    pub dialect: Dialect,
    /// The API key, alone: no `Bearer`, no line end.
    pub api_key: SecretString,
    /// Longest time for resolving the name, connecting and TLS. When it passes, nothing was asked.
    pub connect_timeout: Duration,
    /// Longest time for a whole request, connecting included; longer than `connect_timeout`. A mint that it ends after
    /// the connection stood has an unknown outcome.
    pub request_timeout: Duration,
    /// Longest answer that is read, in bytes; 1024 to 1 MiB.
    pub max_answer_bytes: usize,
    /// The address the broker sees, if the operator knows it. It is named when the broker answers 403.
    pub egress_address: Option<IpAddr>,
    /// The local address to connect from, on a machine with several.
    pub local_address: Option<IpAddr>,
    /// A proxy to go through. Proxies in environment variables are ignored.
    pub proxy: Option<Url>,
    /// PEM bundles of certificates to trust in addition to the system's.
    pub extra_root_certificates: Vec<Vec<u8>>,
}

impl BrokerConfig {
    /// The usual settings: 4 s to connect, 8 s in all, answers up to 64 KiB, no proxy, the system's certificates.
    ///
    /// 8 s, because a browser gives up on an extension's background work soon after.
    pub fn new(base_url: Url, dialect: Dialect, api_key: SecretString) -> Self {
        Self {
            base_url,
            dialect,
            api_key,
            connect_timeout: Duration::from_secs(4),
            request_timeout: Duration::from_secs(8),
            max_answer_bytes: 64 * 1024,
            egress_address: None,
            local_address: None,
            proxy: None,
            extra_root_certificates: Vec::new(),
        }
    }

    /// Refuses what could send the key to the wrong place, or can never work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        check_base_url(&self.base_url)?;
        if self.connect_timeout.is_zero() || self.request_timeout <= self.connect_timeout {
            return Err(ConfigError::Timeouts);
        }
        if !(1024..=1024 * 1024).contains(&self.max_answer_bytes) {
            return Err(ConfigError::MaxAnswerBytes);
        }
        Ok(())
    }
}

impl fmt::Debug for BrokerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proxy's address may hold a password and the base URL may until it is checked, so hosts only.
        f.debug_struct("BrokerConfig")
            .field("base_host", &self.base_url.host_str())
            .field("dialect", &self.dialect)
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("max_answer_bytes", &self.max_answer_bytes)
            .field("egress_address", &self.egress_address)
            .field("local_address", &self.local_address)
            .field("proxy_host", &self.proxy.as_ref().and_then(Url::host_str))
            .field("extra_root_certificates", &self.extra_root_certificates.len())
            .finish_non_exhaustive()
    }
}

/// Why a client could not be made, or a new API key not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Plain HTTP to another machine would show the key and the tokens to the network.
    #[error("base_url must be https (http is accepted for a loopback address only)")]
    BaseUrlNotHttps,
    /// User name, password, query or fragment in the base URL.
    #[error("base_url must be scheme, host and path only: no user name, password, query or fragment")]
    BaseUrlNotPlain,
    /// Empty, too long, or with characters that do not belong in a header.
    #[error(
        "the API key must be 1 to 8192 visible ASCII characters without blanks or line ends: the key alone, without \
         `Bearer`"
    )]
    ApiKey,
    /// Zero, or in the wrong order.
    #[error("connect_timeout must be longer than zero and shorter than request_timeout")]
    Timeouts,
    /// Out of range.
    #[error("max_answer_bytes must be 1024 to 1048576")]
    MaxAnswerBytes,
    /// Not an http, https or socks proxy's address.
    #[error("proxy is not a usable proxy address")]
    Proxy,
    /// Not PEM, or no certificate in it.
    #[error("extra_root_certificates holds a bundle without a readable PEM certificate")]
    RootCertificates,
    /// The program did not install a rustls crypto provider first.
    #[error("no TLS crypto provider is installed in this process")]
    NoCryptoProvider,
    /// TLS could not be set up.
    #[error("TLS could not be set up: install the system's CA certificates (package ca-certificates)")]
    Tls,
}

fn check_base_url(url: &Url) -> Result<(), ConfigError> {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if !(url.scheme() == "https" || url.scheme() == "http" && loopback) {
        return Err(ConfigError::BaseUrlNotHttps);
    }
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain {
        Ok(())
    } else {
        Err(ConfigError::BaseUrlNotPlain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(base_url: &str) -> BrokerConfig {
        BrokerConfig::new(base_url.parse().unwrap(), Dialect::V1, "SENTINEL-KEY".into())
    }

    #[test]
    fn base_urls() {
        for (url, expected) in [
            ("https://broker.example", Ok(())),
            ("https://broker.example/api/", Ok(())),
            ("http://127.0.0.1:8080/", Ok(())),
            ("http://[::1]:8080/", Ok(())),
            ("http://localhost:8080/", Ok(())),
            ("http://broker.example/", Err(ConfigError::BaseUrlNotHttps)),
            (
                "http://localhost.broker.example/",
                Err(ConfigError::BaseUrlNotHttps),
            ),
            ("http://10.0.0.1/", Err(ConfigError::BaseUrlNotHttps)),
            ("ftp://127.0.0.1/", Err(ConfigError::BaseUrlNotHttps)),
            ("data:text/plain,x", Err(ConfigError::BaseUrlNotHttps)),
            ("https://user@broker.example/", Err(ConfigError::BaseUrlNotPlain)),
            ("https://:pass@broker.example/", Err(ConfigError::BaseUrlNotPlain)),
            ("https://broker.example/?key=1", Err(ConfigError::BaseUrlNotPlain)),
            ("https://broker.example/#x", Err(ConfigError::BaseUrlNotPlain)),
        ] {
            assert_eq!(config(url).check(), expected, "{url}");
        }
    }

    #[test]
    fn bounds() {
        let mut slow_connect = config("https://broker.example");
        slow_connect.connect_timeout = slow_connect.request_timeout;
        assert_eq!(slow_connect.check(), Err(ConfigError::Timeouts));
        let mut unbounded = config("https://broker.example");
        unbounded.max_answer_bytes = usize::MAX;
        assert_eq!(unbounded.check(), Err(ConfigError::MaxAnswerBytes));
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut config = config("https://user:SENTINEL-PASSWORD@broker.example/SENTINEL-PATH");
        config.proxy = Some("http://user:SENTINEL-PROXY@proxy.example".parse().unwrap());
        let text = format!("{config:?} {config:#?}");
        assert!(!text.contains("SENTINEL"), "{text}");
        assert!(text.contains("proxy.example"), "{text}");
    }
}
