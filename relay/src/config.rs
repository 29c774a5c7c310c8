//! The relay's configuration: one TOML file, read once, with every fault in it reported together.

mod acme;
mod api_key;
mod domains;
mod extension;
mod health;
mod host;
mod ledger;
mod limits;
mod listen;
mod log;
mod login;
mod office;
mod partial;
mod platform;
mod policy;
mod recipe;
mod roots;
mod section;
mod sign_in;
mod sources;
mod staff;
mod store;
mod webhook;

use std::{fmt, path::Path, sync::Arc};

pub use acme::{Acme, ExternalAccount};
pub use api_key::ApiKeySource;
pub(crate) use domains::ascii_domain;
pub use extension::Extension;
pub use health::Health;
pub(crate) use host::is_loopback;
pub use ledger::{Ledger, Receiver};
pub use limits::LimitRules;
pub use listen::{Listen, TlsFiles, TlsSource};
pub use log::{Format, Level, Log};
pub use login::Login;
pub(crate) use office::OfficeConfig;
pub(crate) use partial::Partial;
pub use platform::{PlatformConfig, ProxyUrl};
pub use policy::{Approval, CustomerList, Grant, Hours, Named, PolicyRules, TicketRule};
pub(crate) use roots::read_roots;
pub use section::Fault;
pub use sign_in::{Admit, ClaimPath, ClientSecret, RoleMapping, SignIn};
pub(crate) use sources::Sources;
pub use staff::StaffRules;
pub use store::{PasswordSource, PostgresConfig, PostgresHost, StoreUrl};
pub use webhook::{SecretSource, WebhookConfig};

use crate::store::SignInTerms;
use section::{Faults, Section};
use stagedoor_protocol::Recipe;

use crate::{auth::sha256, files};

/// A commented configuration that parses; `stagedoor config example` prints it.
pub const EXAMPLE: &str = include_str!("config/example.toml");

/// Everything the operator decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// A fingerprint of the file and of the files that `[policy]` reads, under which the ledger names the rules that a login
    /// was allowed by.
    pub version: String,
    /// The public API's listener.
    pub listen: Listen,
    /// The health listener.
    pub health: Health,
    /// Where records are kept.
    pub store: StoreUrl,
    /// Checkpoints of the ledger.
    pub ledger: Ledger,
    /// Which extensions are served.
    pub extension: Extension,
    /// Rules for logins.
    pub login: Login,
    /// How many logins there may be.
    pub limits: LimitRules,
    /// Who may open whom.
    pub policy: PolicyRules,
    /// Signing in at the firm's provider, if it is offered.
    pub sign_in: Option<SignIn>,
    /// Whose addresses are never customers.
    pub staff: StaffRules,
    /// The platforms, in the file's order; at least one.
    pub platforms: Vec<PlatformConfig>,
    /// How extensions read CRMs that they do not know by themselves, in the file's order; none by default.
    pub recipes: Vec<Recipe>,
    /// Who is told of events; none by default.
    pub webhooks: Vec<WebhookConfig>,
    /// What is logged, and how.
    pub log: Log,
    /// The files that it is made of, if it was read from one.
    pub(crate) sources: Sources,
}

/// Which of the files that the configuration names are looked at while it is checked. Managing staff needs none, and may run
/// as a user who cannot read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Read each key, to find faults; the values are dropped again. The lists of customers are read and kept.
    Check,
    /// Read the lists of customers, and leave the keys alone.
    Lists,
    /// Leave them alone.
    Skip,
}

/// Every fault of a configuration.
#[derive(Debug, Clone)]
pub struct ConfigFaults(Vec<Fault>);

impl ConfigFaults {
    /// The faults, in the order of the file's sections.
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }

    /// One fault about one key.
    pub fn one(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self(vec![Fault {
            key: key.into(),
            problem: problem.into(),
        }])
    }

    /// Several together. What two have found is told once.
    pub(crate) fn all(several: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for fault in several.into_iter().flat_map(|faults| faults.0) {
            if !all.contains(&fault) {
                all.push(fault);
            }
        }
        Self(all)
    }
}

impl From<Vec<Fault>> for ConfigFaults {
    fn from(faults: Vec<Fault>) -> Self {
        Self(faults)
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = self.0.iter().map(ToString::to_string).collect::<Vec<_>>();
        f.write_str(&faults.join("\n"))
    }
}

impl std::error::Error for ConfigFaults {}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path, keys: Keys) -> Result<Self, ConfigFaults> {
        Self::load_with_sources(path, keys).1
    }

    /// Checks a configuration's text.
    pub fn parse(text: &str, keys: Keys) -> Result<Self, ConfigFaults> {
        Self::check(text, parse_table(text)?, keys)
    }

    /// By which sessions that sign-ins opened, and their roles, are judged.
    pub fn sign_in_terms(&self) -> Arc<SignInTerms> {
        let sign_in = self.sign_in.as_ref();
        sign_in.map_or_else(Arc::default, |sign_in| sign_in.terms.clone())
    }

    fn check(text: &str, table: toml::Table, keys: Keys) -> Result<Self, ConfigFaults> {
        let mut faults = Faults::default();
        let config = Self::read(Section::root(table, &mut faults), keys, text);
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(faults.into_vec().into()),
        }
    }

    fn read(mut root: Section<'_>, keys: Keys, text: &str) -> Option<Self> {
        let listen = root.section("listen", |section| Listen::read(section, keys));
        let health = root.section("health", Health::read);
        let store = root.section("store", |section| StoreUrl::read(section, keys));
        let ledger = root.section("ledger", |section| Ledger::read(section, keys));
        let extension = root.section("extension", Extension::read);
        let login = root.section("login", Login::read);
        let limits = root.section("limits", LimitRules::read);
        let policy = root.section("policy", |section| PolicyRules::read(section, keys));
        let mut sign_in = root.section_if_there("sign_in", |section| SignIn::read(section, keys));
        let staff = root.section("staff", StaffRules::read);
        let mut named = platform::PlatformIds::default();
        let platforms = root.sections("platform", |section| named.read(section, keys));
        let webhooks = root.sections_if_any("webhook", |section| WebhookConfig::read(section, keys));
        let recipes = root.sections_if_any("recipe", recipe::read);
        let log = root.section("log", Log::read);
        let webhooks = webhook::distinct(webhooks, &mut root);
        named.check(&mut root);
        let recipes = recipe::fitting(recipes, &mut root);
        if let Some(policy) = &policy {
            policy.check(login.as_ref(), &named, &mut root);
        }
        if let (Some(Some(sign_in)), Some(extension), Some(staff)) = (&mut sign_in, &extension, &staff) {
            sign_in.settle(extension, staff, &mut root);
        }
        if let (Some(listen), Some(health)) = (&listen, &health) {
            health.check(listen, &mut root);
        }
        root.finish();
        let policy = policy?;
        Some(Self {
            version: version(text, &policy),
            listen: listen?,
            health: health?,
            store: store?,
            ledger: ledger?,
            extension: extension?,
            login: login?,
            limits: limits?,
            policy,
            sign_in: sign_in?,
            staff: staff?,
            platforms,
            recipes,
            webhooks,
            log: log?,
            sources: Sources::default(),
        })
    }
}

fn read_text(path: &Path, most: u64) -> Result<String, ConfigFaults> {
    let fault = |problem: String| {
        let cure = "give the file with --config; `stagedoor config example` prints one to start from";
        ConfigFaults::one(path.display().to_string(), format!("{problem}; {cure}"))
    };
    let content = files::read(path, most).map_err(|error| fault(error.to_string()))?;
    let text = str::from_utf8(&content.bytes).map_err(|_| {
        ConfigFaults::one(
            path.display().to_string(),
            "is not UTF-8; save it as UTF-8 text".to_owned(),
        )
    })?;
    Ok(text.to_owned())
}

fn parse_table(text: &str) -> Result<toml::Table, ConfigFaults> {
    text.parse::<toml::Table>().map_err(|error| {
        // The message alone: the error's own display quotes the line, which may hold a key pasted by mistake.
        let line = error.span().map_or(0, |span| line_of(text, span.start));
        // An integer beyond 64 bits is TOML, which no table can hold; that message quotes it.
        let problem = match error.message() {
            quoting if quoting.starts_with("invalid type") => "integer number overflowed",
            message => message,
        };
        ConfigFaults::one(format!("line {line}"), format!("not TOML: {problem}"))
    })
}

/// The first half of the SHA-256, in hexadecimal, of the text and the hashes of the files that the policy reads.
fn version(text: &str, policy: &PolicyRules) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for digest in policy.digests() {
        bytes.extend(digest);
    }
    let hash = sha256(&bytes);
    let hex = hash.iter().take(16).map(|byte| format!("{byte:02x}"));
    hex.collect()
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests;
