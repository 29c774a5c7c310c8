//! `[listen.acme]`: the relay asks an ACME server (RFC 8555), such as Let's Encrypt, for its certificate.

mod external;

use std::{collections::BTreeSet, net::IpAddr, path::PathBuf};

use http::uri::Authority;
use stagedoor_protocol::CustomerEmail;
use url::Url;

use super::{Keys, domains::ascii_domain, platform, read_roots, section::Section};
pub use external::ExternalAccount;

/// Let's Encrypt, and its server to try things out with.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// From whom to have a certificate, and for which names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acme {
    /// The names, in their ASCII form; at least one.
    pub domains: BTreeSet<String>,
    /// E-mail addresses that the server may write to.
    pub contact: Vec<String>,
    /// The server's directory.
    pub directory: Url,
    /// Where the account's key, the certificate and its key are kept.
    pub cache_directory: PathBuf,
    /// Certificates in PEM that the server's own may lead to besides the system's.
    pub root_certificate_file: Option<PathBuf>,
    /// What the server's account is bound to.
    pub external_account: Option<ExternalAccount>,
}

impl Acme {
    /// Without names of its own, a certificate is for those of `authorities`.
    pub(super) fn read(section: &mut Section<'_>, authorities: &[String], keys: Keys) -> Option<Self> {
        let of_authorities = !section.has("domains");
        let domains = section.list("domains", parse_domain);
        let contact = section.list("contact", parse_contact);
        let directory = section.parsed_or("directory", lets_encrypt(), parse_directory);
        let cache_directory = section.parsed("cache_directory", parse_folder);
        let root_certificate_file = section.text("root_certificate_file").map(PathBuf::from);
        let external_account =
            section.section_if_there("external_account", |section| ExternalAccount::read(section, keys));
        if let (Keys::Check, Some(path)) = (keys, &root_certificate_file) {
            section.keep("root_certificate_file", read_roots(path));
        }
        if section.flag("terms_of_service_agreed") == Some(false) {
            section.fault(
                "terms_of_service_agreed",
                "must be true: read the terms of the ACME server, and agree to them, or take [listen.acme] away",
            );
        }
        let domains = if of_authorities {
            names_of(authorities, section)
        } else {
            domains
        };
        if domains.as_ref().is_some_and(Vec::is_empty) {
            section.fault(
                "domains",
                "is empty; list the host names that the certificate is for",
            );
            return None;
        }
        Some(Self {
            domains: domains?.into_iter().collect(),
            contact: contact?,
            directory: directory?,
            cache_directory: cache_directory?,
            root_certificate_file,
            external_account: external_account?,
        })
    }
}

/// The host names of the authorities.
fn names_of(authorities: &[String], section: &mut Section<'_>) -> Option<Vec<String>> {
    let host = |authority: &String| {
        let authority = authority
            .parse::<Authority>()
            .map_err(|error| error.to_string())?;
        parse_domain(authority.host())
    };
    match authorities.iter().map(host).collect::<Result<Vec<_>, _>>() {
        // That there are none is a fault of theirs.
        Ok(names) if names.is_empty() => None,
        Ok(names) => Some(names),
        Err(_) => {
            section.fault(
                "domains",
                "is missing, and listen.authorities has a name that no certificate is issued for; list those that one is \
                 for",
            );
            None
        }
    }
}

fn parse_domain(text: &str) -> Result<String, String> {
    if text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Err(format!(
            "\"{text}\" is an address; certificates are asked for host names only"
        ));
    }
    if text.starts_with("*.") {
        return Err(format!(
            "\"{text}\": a wildcard is not to be had in this way; list each host name"
        ));
    }
    ascii_domain(text).ok_or_else(|| {
        format!("\"{text}\": each must be a host name such as \"relay.broker.example\", without port")
    })
}

fn parse_contact(text: &str) -> Result<String, String> {
    CustomerEmail::parse(text)
        .map(|email| email.as_str().to_owned())
        .map_err(|_| "each must be an e-mail address, e.g. \"operations@broker.example\"".to_owned())
}

fn parse_folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    path.is_absolute().then_some(path).ok_or_else(|| {
        "must be a whole path, e.g. \"/var/lib/stagedoor/acme\": what a part of one means depends on where the relay is started"
            .to_owned()
    })
}

fn parse_directory(text: &str) -> Result<Url, String> {
    match text {
        "production" => Ok(lets_encrypt()),
        "staging" => Ok(url(LETS_ENCRYPT_STAGING)),
        text => {
            let url = platform::parse_url(text).map_err(|_| wrong_directory())?;
            (url.scheme() == "https")
                .then_some(url)
                .ok_or_else(wrong_directory)
        }
    }
}

fn wrong_directory() -> String {
    "must be \"production\" or \"staging\" (of Let's Encrypt), or the https address of another ACME server's directory"
        .to_owned()
}

fn lets_encrypt() -> Url {
    url(LETS_ENCRYPT)
}

fn url(text: &str) -> Url {
    text.parse().expect("a constant that is a URL")
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, EXAMPLE, TlsSource};

    use super::*;

    const AUTHORITIES: &str = r#"authorities = ["relay.broker.example"]"#;

    fn parse(listen: &str, acme: &str) -> Result<Acme, String> {
        let text = EXAMPLE.replace("[health]", &format!("[listen.acme]\n{acme}\n[health]"));
        let text = text.replace(AUTHORITIES, listen);
        match Config::parse(&text, Keys::Skip) {
            Ok(config) => match config.listen.tls {
                Some(TlsSource::Acme(acme)) => Ok(acme),
                other => panic!("{other:?}"),
            },
            Err(faults) => Err(faults.to_string()),
        }
    }

    const LEAST: &str = "cache_directory = \"/var/lib/stagedoor/acme\"\nterms_of_service_agreed = true";

    #[test]
    fn names_and_server_have_defaults() {
        let names = r#"authorities = ["Relay.Broker.Example", "bücher.example:8443"]"#;
        let acme = parse(AUTHORITIES, LEAST).unwrap();
        assert_eq!(acme.directory.as_str(), LETS_ENCRYPT);
        assert_eq!(Vec::from_iter(acme.domains), ["relay.broker.example"]);
        assert_eq!((acme.contact, acme.root_certificate_file), (Vec::new(), None));
        let both = parse(names, LEAST).unwrap();
        assert_eq!(
            Vec::from_iter(both.domains),
            ["relay.broker.example", "xn--bcher-kva.example"]
        );
        let acme = parse(
            r#"authorities = ["Relay.Broker.Example", "127.0.0.1:8080"]"#,
            &format!("{LEAST}\ndomains = [\"bücher.example\", \"B.Example\", \"b.example\"]\ndirectory = \"staging\""),
        )
        .unwrap();
        assert_eq!(
            Vec::from_iter(acme.domains),
            ["b.example", "xn--bcher-kva.example"]
        );
        assert_eq!(acme.directory.as_str(), LETS_ENCRYPT_STAGING);
        let acme = parse(
            AUTHORITIES,
            &format!("{LEAST}\n[listen.acme.external_account]\nkey_id = \"kid-1\"\nsecret_file = \"/s\""),
        );
        let bound = acme.unwrap().external_account.unwrap();
        assert_eq!((bound.key_id.as_str(), bound.secret_file), ("kid-1", "/s".into()));
    }

    #[test]
    fn faults_name_key_and_cure() {
        let files = format!("{AUTHORITIES}\ntls_certificate_file = \"/c\"\ntls_key_file = \"/k\"");
        let address = r#"authorities = ["relay.broker.example", "203.0.113.7"]"#;
        let and = |line: &str| format!("{LEAST}\n{line}");
        for (listen, acme, key, says) in [
            (
                AUTHORITIES,
                "terms_of_service_agreed = true".to_owned(),
                "acme.cache_directory",
                "is missing",
            ),
            (
                AUTHORITIES,
                LEAST.replace("/var/lib/", ""),
                "acme.cache_directory",
                "must be a whole path",
            ),
            (
                AUTHORITIES,
                and("[listen.acme.external_account]\nkey_id = \"a b\"\nsecret_file = \"/s\""),
                "acme.external_account.key_id",
                "without blanks",
            ),
            (
                AUTHORITIES,
                "cache_directory = \"/a\"".to_owned(),
                "acme.terms_of_service_agreed",
                "must be true",
            ),
            (
                AUTHORITIES,
                LEAST.replace("true", "false"),
                "acme.terms_of_service_agreed",
                "must be true",
            ),
            (
                AUTHORITIES,
                and("domains = []"),
                "acme.domains",
                "list the host names",
            ),
            (
                AUTHORITIES,
                and("domains = [\"203.0.113.7\"]"),
                "acme.domains",
                "is an address",
            ),
            (
                AUTHORITIES,
                and("domains = [\"[::1]\"]"),
                "acme.domains",
                "is an address",
            ),
            (
                AUTHORITIES,
                and("domains = [\"*.broker.example\"]"),
                "acme.domains",
                "wildcard",
            ),
            (
                AUTHORITIES,
                and("domains = [\"relay.broker.example:443\"]"),
                "acme.domains",
                "without port",
            ),
            (
                AUTHORITIES,
                and("domains = [\"localhost\"]"),
                "acme.domains",
                "must be a host name",
            ),
            (
                address,
                LEAST.to_owned(),
                "acme.domains",
                "listen.authorities has a name",
            ),
            (
                AUTHORITIES,
                and("contact = [\"nobody\"]"),
                "acme.contact",
                "e-mail address",
            ),
            (
                AUTHORITIES,
                and("directory = \"http://127.0.0.1/dir\""),
                "acme.directory",
                "https address",
            ),
            (
                AUTHORITIES,
                and("directory = \"prod\""),
                "acme.directory",
                "\"production\" or",
            ),
            (
                AUTHORITIES,
                and("email = \"a@b.example\""),
                "acme.email",
                "is not a key",
            ),
            (files.as_str(), LEAST.to_owned(), "acme", "write one of the two"),
        ] {
            let found = parse(listen, &acme).unwrap_err();
            assert!(
                found.starts_with(&format!("listen.{key}: "))
                    && found.contains(says)
                    && !found.contains('\n'),
                "{acme}: {found}"
            );
        }
    }
}
