//! A certificate by ACME (RFC 8555), proven with tls-alpn-01 (RFC 8737) on the relay's own port, and renewed while it serves.

mod cache;
mod directory;
mod failure;
mod http;
mod keep;
mod order;
mod renewal;
mod shown;

use std::{
    cmp::Reverse,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use rustls::server::ResolvesServerCert;
use tracing::warn;

pub(super) use directory::ask;
pub(crate) use keep::keep;

use super::identity::{self, Identity};
use crate::config::{self, ConfigFaults};
use cache::Cache;
use http::Http;
use renewal::Waiting;
use shown::Shown;

/// The application protocol of a server that validates.
pub(crate) const PROTOCOL: &[u8] = b"acme-tls/1";

const CACHE: &str = "listen.acme.cache_directory";
const ROOT: &str = "listen.acme.root_certificate_file";
const SECRET: &str = "listen.acme.external_account.secret_file";

/// A certificate that the relay asks for itself.
pub(super) struct Acme {
    settings: config::Acme,
    http: Http,
    cache: Cache,
    shown: Arc<Shown>,
    waiting: Mutex<Waiting>,
}

/// What is wrong with a configuration, without making anything; or what is not right and yet no reason to refuse it.
pub(super) fn check(settings: &config::Acme, authorities: &[String]) -> Result<Vec<String>, ConfigFaults> {
    let found = faults([
        (CACHE, Cache::of(settings).check().err()),
        (ROOT, Http::new(settings.root_certificate_file.as_deref()).err()),
        (SECRET, secret(settings).err()),
    ]);
    if found.faults().is_empty() {
        Ok(names_missing(settings, authorities).into_iter().collect())
    } else {
        Err(found)
    }
}

impl Acme {
    /// Takes what was kept into use at once, or else what was in use until now, or else what was kept for others: a browser
    /// is better off with any of them than with nothing. Asks nobody.
    pub(super) fn open(
        settings: &config::Acme,
        authorities: &[String],
        former: Option<Identity>,
        now: Timestamp,
    ) -> Result<Self, ConfigFaults> {
        let cache = Cache::open(settings);
        let http = Http::new(settings.root_certificate_file.as_deref());
        let (cache, http) = match (cache, http, secret(settings)) {
            (Ok(cache), Ok(http), Ok(())) => (cache, http),
            (cache, http, secret) => {
                return Err(faults([
                    (CACHE, cache.err()),
                    (ROOT, http.err()),
                    (SECRET, secret.err()),
                ]));
            }
        };
        if let Some(warning) = names_missing(settings, authorities) {
            warn!("{warning}");
        }
        let kept = cache::read(&cache.certificate).map_err(|problem| ConfigFaults::one(CACHE, problem))?;
        let kept = kept.map(|bytes| usable(&bytes, settings, now));
        if let Some(Err(problem)) = &kept {
            warn!(
                file = %cache.certificate.display(),
                problem,
                "the certificate that was kept cannot be used; another one is asked for"
            );
        }
        let kept = kept.and_then(Result::ok);
        let stands_in = kept.is_none();
        let identity = kept.or(former).or_else(|| stand_in(&cache, settings, now));
        if stands_in && let Some(identity) = &identity {
            warn!(
                server = settings.directory.as_str(),
                not_after = %identity.not_after,
                "the former certificate stays in use until one is issued that was asked for"
            );
        }
        let shown = Arc::new(Shown::default());
        {
            let mut state = shown.lock();
            state.stands_in = stands_in && identity.is_some();
            state.identity = identity;
        }
        Ok(Self {
            settings: settings.clone(),
            http,
            cache,
            shown,
            waiting: Mutex::default(),
        })
    }

    /// Whether another configuration asks for the same.
    pub(super) fn is_for(&self, settings: &config::Acme) -> bool {
        self.settings == *settings
    }

    /// Looks at the server's root on the disk, and says whether it is the one that is trusted. One that cannot be used holds
    /// nothing back: the former one is trusted until there is another.
    pub(super) fn keeps_root(&self) -> bool {
        let (keeps, trouble) = match self.http.trusts(self.settings.root_certificate_file.as_deref()) {
            Ok(same) => (same, None),
            Err(problem) => {
                let trouble = format!("{ROOT}: {problem}; until then the former one is trusted");
                warn!(
                    problem = trouble,
                    "what is on disk for the ACME server cannot be used"
                );
                (true, Some(trouble))
            }
        };
        self.shown.lock().root_trouble = trouble;
        keeps
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        self.shown.clone()
    }

    pub(super) fn status(&self, now: Timestamp) -> String {
        let state = self.shown.lock();
        let troubles = [&state.trouble, &state.root_trouble].map(Option::as_deref);
        let troubles = troubles.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let because = |text: String| match troubles.as_str() {
            "" => text,
            troubles => format!("{text}: {troubles}"),
        };
        let Some(identity) = &state.identity else {
            return because(format!("waiting for one from {}", self.server()));
        };
        let not_after = identity.not_after;
        if not_after <= now {
            because(format!("expired at {not_after:.0}"))
        } else if state.stands_in {
            because(format!(
                "the former one is in use until {not_after:.0}, waiting for one from {}",
                self.server()
            ))
        } else if !troubles.is_empty() {
            because(format!("in use until {not_after:.0}"))
        } else if identity.is_ending(now) {
            format!("expires at {not_after:.0}")
        } else {
            "ok".to_owned()
        }
    }

    /// What there is to say of its end.
    pub(super) fn ending(&self, now: Timestamp) -> Option<String> {
        let state = self.shown.lock();
        let cure = "it is not renewed; the lines about that name the cause";
        state.identity.as_ref()?.ending("listen.acme", cure, now)
    }

    /// The certificate in use, unless it has expired.
    pub(super) fn identity(&self, now: Timestamp) -> Option<Identity> {
        let identity = self.shown.lock().identity.clone();
        identity.filter(|identity| identity.not_after > now)
    }

    fn server(&self) -> &str {
        self.settings.directory.as_str()
    }
}

/// Whether what binds the account can be read. It is when an account is made.
fn secret(settings: &config::Acme) -> Result<(), String> {
    let bound = settings.external_account.as_ref();
    bound.map_or(Ok(()), |bound| bound.secret().map(drop))
}

/// What was kept, if it is what would be asked for.
fn usable(bytes: &[u8], settings: &config::Acme, now: Timestamp) -> Result<Identity, String> {
    let identity = Identity::parse(bytes, now)?;
    let missing = identity.missing(&settings.domains);
    if missing.is_empty() {
        Ok(identity)
    } else {
        Err(format!("it is not for {}", missing.join(", ")))
    }
}

/// The best of the other certificates that were kept: from this server before others, for as many of the names as possible,
/// and the newest.
fn stand_in(cache: &Cache, settings: &config::Acme, now: Timestamp) -> Option<Identity> {
    let others = cache.others().into_iter().filter_map(|(same_server, bytes)| {
        let identity = Identity::parse(&bytes, now).ok()?;
        let missing = identity.missing(&settings.domains).len();
        let some = missing < settings.domains.len();
        let rank = (same_server, Reverse(missing), identity.not_before);
        some.then_some((rank, identity))
    });
    others.max_by_key(|(rank, _)| *rank).map(|(_, identity)| identity)
}

fn faults<const N: usize>(found: [(&str, Option<String>); N]) -> ConfigFaults {
    let found = found.into_iter();
    ConfigFaults::all(found.filter_map(|(key, problem)| Some(ConfigFaults::one(key, problem?))))
}

/// A warning about host names that the certificate will not be for.
fn names_missing(settings: &config::Acme, authorities: &[String]) -> Option<String> {
    let host = |authority: &String| {
        let authority = authority.parse::<::http::uri::Authority>().ok()?;
        Some(authority.host().to_owned())
    };
    let hosts = authorities.iter().filter_map(host).collect::<Vec<_>>();
    let missing = hosts.iter().filter(|host| !settings.domains.contains(*host));
    identity::names_missing(
        "listen.acme.domains: the certificate will not be",
        &missing.map(String::as_str).collect::<Vec<_>>(),
        "list it, or take it away",
    )
}
