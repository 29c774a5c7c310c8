//! `[[platform]]`: one trading platform, and the broker's API that makes tokens for it.

use std::{fmt, net::IpAddr, path::PathBuf};

use stagedoor_broker_client::Dialect;
use stagedoor_protocol::{Environment, PlatformId};
use url::Url;

use super::{
    ApiKeySource, Keys, api_key,
    host::{self, is_loopback},
    read_roots,
    section::Section,
};
use crate::visible::is_odd_in_prose;

/// One platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformConfig {
    /// What the extension sends.
    pub id: PlatformId,
    /// What people read.
    pub name: String,
    /// Whether real money is behind it.
    pub environment: Environment,
    /// Which of the broker's APIs is spoken.
    pub dialect: Dialect,
    /// Where the broker's API is.
    pub base_url: Url,
    /// Where the platform's web page is, without a slash at the end.
    pub platform_url: String,
    /// Where the API key is kept.
    pub api_key: ApiKeySource,
    /// The address that the broker sees, if the operator knows it; named when the broker denies access.
    pub egress_address: Option<IpAddr>,
    /// The local address to connect from.
    pub local_address: Option<IpAddr>,
    /// A proxy towards the broker. Proxies in environment variables are ignored.
    pub proxy: Option<ProxyUrl>,
    /// PEM files of certificates to trust besides the system's.
    pub root_certificate_files: Vec<PathBuf>,
    /// Whether people are told who a customer is before they log in.
    pub preview: bool,
}

impl PlatformConfig {
    /// What a customer's newest token makes the others void in: the broker, known by where its API is. Two platforms in front
    /// of one broker have the same accounts, as far as anybody can tell, so a customer is held on both at once.
    pub fn token_scope(&self) -> &str {
        self.base_url.as_str().trim_end_matches('/')
    }

    fn read(section: &mut Section<'_>, id: Option<PlatformId>, keys: Keys) -> Option<Self> {
        let name = section.parsed("name", parse_name);
        let environment = section.parsed("environment", parse_environment);
        let dialect = section.parsed("api", parse_dialect);
        let base_url = section.parsed("base_url", parse_url);
        let platform_url = section.parsed("platform_url", parse_url);
        let api_key = read_key_source(section);
        let egress_address = optional(section, "egress_address", parse_ip);
        let local_address = optional(section, "local_address", parse_ip);
        let proxy = optional(section, "proxy", parse_proxy);
        let root_certificate_files = section.list("root_certificate_files", |text| Ok(PathBuf::from(text)));
        let preview = section.flag("preview");
        if let (Keys::Check, Some(source)) = (keys, &api_key)
            && let Err(problem) = source.read()
        {
            section.fault(source.config_key(), problem);
        }
        if keys == Keys::Check {
            for path in root_certificate_files.iter().flatten() {
                section.keep("root_certificate_files", read_roots(path));
            }
        }
        Some(Self {
            id: id?,
            name: name?,
            environment: environment?,
            dialect: dialect?,
            base_url: base_url?,
            platform_url: platform_url?.as_str().trim_end_matches('/').to_owned(),
            api_key: api_key?,
            egress_address: egress_address?,
            local_address: local_address?,
            proxy: proxy?,
            root_certificate_files: root_certificate_files?,
            preview: preview?,
        })
    }
}

/// A proxy's address, which may hold a password, so `Debug` shows the host only.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(pub Url);

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({})", self.0.host_str().unwrap_or_default())
    }
}

/// The ids in the file, those of platforms with faults among them: what is wrong with a platform is no fault of whoever names it.
#[derive(Debug, Default)]
pub(super) struct PlatformIds {
    ids: Vec<PlatformId>,
    /// Whether there is a platform whose id is not known.
    nameless: bool,
}

impl PlatformIds {
    /// Reads a platform, and remembers its id whatever is wrong with the rest.
    pub(super) fn read(&mut self, section: &mut Section<'_>, keys: Keys) -> Option<PlatformConfig> {
        let id = section.parsed("id", |text| {
            PlatformId::parse(text).map_err(|error| error.to_string())
        });
        match &id {
            Some(id) => self.ids.push(id.clone()),
            None => self.nameless = true,
        }
        PlatformConfig::read(section, id, keys)
    }

    /// Whether it is known that no platform has this id.
    pub(super) fn lack(&self, id: &PlatformId) -> bool {
        !self.nameless && !self.ids.contains(id)
    }

    /// Refuses a second platform of the same id.
    pub(super) fn check(&self, root: &mut Section<'_>) {
        for (index, id) in self.ids.iter().enumerate() {
            if self.ids.iter().take(index).any(|earlier| earlier == id) {
                root.fault(
                    "platform",
                    format!("the id \"{id}\" is used twice; ids name one platform each"),
                );
            }
        }
    }
}

fn read_key_source(section: &mut Section<'_>) -> Option<ApiKeySource> {
    match (section.has("api_key_file"), section.has("api_key_env")) {
        (true, true) => {
            section.text("api_key_file");
            section.text("api_key_env");
            section.fault("api_key_file", "stands beside api_key_env; keep one of the two");
            None
        }
        (false, true) => section.parsed("api_key_env", |name| {
            let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if plain {
                Ok(ApiKeySource::Environment(name.to_owned()))
            } else {
                Err("must be the name of an environment variable: letters, digits and _".to_owned())
            }
        }),
        (true, false) => section
            .text("api_key_file")
            .map(|path| ApiKeySource::File(api_key::secret_path(&path))),
        (false, false) => {
            section.text("api_key_env");
            section.text("api_key_file");
            section.fault(
                "api_key_file",
                "is missing; name the file that holds the broker's API key, or api_key_env",
            );
            None
        }
    }
}

/// The key `proxy`. The outer `None` means a fault.
#[expect(clippy::option_option, reason = "absent and faulty are different things here")]
pub(super) fn optional_proxy(section: &mut Section<'_>) -> Option<Option<ProxyUrl>> {
    optional(section, "proxy", parse_proxy)
}

/// The outer `None` means a fault.
#[expect(clippy::option_option, reason = "absent and faulty are different things here")]
fn optional<T>(
    section: &mut Section<'_>,
    key: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<Option<T>> {
    section.parsed_or(key, None, |text| parse(text).map(Some))
}

fn parse_name(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.chars().count())
        && !text.chars().any(|c| c.is_control() || is_odd_in_prose(c));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 64 characters, without line ends and invisible characters".to_owned())
    }
}

fn parse_environment(text: &str) -> Result<Environment, String> {
    match text {
        "live" => Ok(Environment::Live),
        "demo" => Ok(Environment::Demo),
        _ => Err("must be \"live\" or \"demo\"".to_owned()),
    }
}

fn parse_dialect(text: &str) -> Result<Dialect, String> {
    match text {
        "v1" => Ok(Dialect::V1),
        "v2" => Ok(Dialect::V2),
        "crm" => Ok(Dialect::Crm),
        _ => Err("must be \"v1\", \"v2\" or \"crm\"".to_owned()),
    }
}

pub(super) fn parse_url(text: &str) -> Result<Url, String> {
    let url = text
        .parse::<Url>()
        .map_err(|error| format!("must be a web address such as \"https://broker.example\" ({error})"))?;
    if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
        return Err("must be https; plain http is for loopback addresses only".to_owned());
    }
    host::check(&url)?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain {
        Ok(url)
    } else {
        Err("must be scheme, host and path only: no user name, password, query or fragment".to_owned())
    }
}

fn parse_proxy(text: &str) -> Result<ProxyUrl, String> {
    let url = text
        .parse()
        .map_err(|_| "must be a proxy's address, e.g. \"http://proxy.example:3128\"".to_owned())?;
    host::check(&url)?;
    Ok(ProxyUrl(url))
}

fn parse_ip(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| "must be an IP address, e.g. \"203.0.113.7\"".to_owned())
}
