//! One platform's broker: its client, and the key that it has.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use stagedoor_broker_client::{BrokerClient, BrokerConfig, BrokerError};
use tracing::{info, warn};

use crate::{
    app::Limits,
    auth::sha256,
    config::{self, PlatformConfig},
    files::{Unread, in_time},
};

#[derive(Debug)]
pub(super) struct Upstream {
    config: PlatformConfig,
    pub(super) client: BrokerClient,
    answer: Duration,
    /// What is in the files of certificates that it trusts.
    roots: Vec<Vec<u8>>,
    key: Mutex<KeyState>,
}

#[derive(Debug)]
struct KeyState {
    /// The hash of the key in use: whether another one is there can be seen without keeping it.
    hash: [u8; 32],
    /// Why what is there now is not in use.
    refused: Option<String>,
    /// Whether the certificates to trust are not those on disk.
    roots_refused: bool,
}

/// What came of reading an API key again. The log has been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// It is the key in use.
    Same,
    /// The new one is used from the next mint on.
    Done,
    /// It cannot be used, for this cause; the old one stays.
    Refused(String),
    /// The broker or the file system could not say, for this cause; the old one stays for now.
    Unanswered(String),
}

/// A configuration key, and what is wrong there.
type Problem = (&'static str, String);

impl Upstream {
    pub(super) fn new(platform: &PlatformConfig, answer: Duration) -> Result<Self, Problem> {
        let source = &platform.api_key;
        let key = source.read().map_err(|problem| (source.config_key(), problem))?;
        let roots = read_roots(platform)?;
        Ok(Self {
            config: platform.clone(),
            key: Mutex::new(KeyState {
                hash: hash(&key),
                refused: None,
                roots_refused: false,
            }),
            client: client_with(platform, answer, key, &roots)?,
            answer,
            roots,
        })
    }

    /// The one for a platform of another configuration.
    pub(super) async fn succeeding(
        old: Option<&Arc<Self>>,
        platform: &PlatformConfig,
        limits: &Limits,
    ) -> Result<Arc<Self>, Problem> {
        let answer = limits.broker;
        let Some(old) = old.filter(|old| reached_alike(&old.config, platform)) else {
            let new = in_files(limits, platform, move |platform| Self::new(platform, answer)).await?;
            let tested = new.client.test_connection().await;
            return match tested {
                Ok(()) => Ok(Arc::new(new)),
                Err(error) => Err(blame(platform, &error)),
            };
        };
        old.rotate_key(limits).await;
        match old.with_new_roots(limits).await {
            Ok(Some(new)) => return Ok(Arc::new(new)),
            Ok(None) => old.key().roots_refused = false,
            Err((key, problem)) => {
                old.key().roots_refused = true;
                warn!(platform = %platform.id, key, problem, "the old certificates stay in use towards the broker");
            }
        }
        Ok(old.clone())
    }

    /// The same with what its files of certificates hold now, if that is something else and the broker can be reached by it.
    async fn with_new_roots(&self, limits: &Limits) -> Result<Option<Self>, Problem> {
        let roots = in_files(limits, &self.config, read_roots).await?;
        if roots == self.roots {
            return Ok(None);
        }
        let answer = self.answer;
        let new = in_files(limits, &self.config, move |platform| Self::new(platform, answer)).await?;
        match new.client.test_connection().await {
            Ok(()) => Ok(Some(new)),
            Err(error) => Err(blame(&self.config, &error)),
        }
    }

    /// Whether the key, or the certificates to trust, are not those on disk, because these cannot be used.
    pub(super) fn is_held_back(&self) -> bool {
        let key = self.key();
        key.refused.is_some() || key.roots_refused
    }

    fn key(&self) -> MutexGuard<'_, KeyState> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the broker was asked in vain, with the setting that is likely at fault.
    pub(super) fn problem(&self, error: &BrokerError) -> String {
        blame(&self.config, error).1
    }

    /// Reads the key again, and tells the log what came of it.
    pub(super) async fn rotate_key(&self, limits: &Limits) -> Rotation {
        let rotation = self.try_key(limits).await;
        let platform = &self.config.id;
        let refused = match &rotation {
            Rotation::Same => {
                if self.key().refused.is_some() {
                    info!(%platform, "the API key that is in use stands in its source again");
                }
                None
            }
            Rotation::Done => {
                info!(%platform, "the API key was read again and is in use");
                None
            }
            Rotation::Refused(problem) => {
                if self.key().refused.as_ref() != Some(problem) {
                    warn!(%platform, problem, "the old API key stays in use");
                }
                Some(problem.clone())
            }
            Rotation::Unanswered(problem) => {
                warn!(%platform, problem, "the old API key stays in use; the new one is tried again");
                Some(problem.clone())
            }
        };
        self.key().refused = refused;
        rotation
    }

    async fn try_key(&self, limits: &Limits) -> Rotation {
        let source = self.config.api_key.clone();
        let key = match in_time(limits.files, move || source.read()).await {
            Ok(Ok(key)) => key,
            Ok(Err(problem)) => return Rotation::Refused(problem),
            Err(unread) => return Rotation::Unanswered(format!("the API key {unread}")),
        };
        let new = hash(&key);
        if new == self.key().hash {
            return Rotation::Same;
        }
        let trial = match client_with(&self.config, self.answer, key.clone(), &self.roots) {
            Ok(trial) => trial,
            Err((_, problem)) => return Rotation::Refused(problem),
        };
        match trial.test_connection().await {
            Ok(()) => {}
            Err(error @ (BrokerError::KeyRefused | BrokerError::RightMissingOrAddressNotAllowed { .. })) => {
                return Rotation::Refused(error.to_string());
            }
            Err(error) => return Rotation::Unanswered(blame(&self.config, &error).1),
        }
        if let Err(error) = self.client.replace_api_key(key) {
            return Rotation::Refused(error.to_string());
        }
        self.key().hash = new;
        Rotation::Done
    }
}

/// Whether the broker is the same and is reached in the same way, with a key from the same place.
fn reached_alike(one: &PlatformConfig, other: &PlatformConfig) -> bool {
    let shown_alike = PlatformConfig {
        name: one.name.clone(),
        environment: one.environment,
        platform_url: one.platform_url.clone(),
        preview: one.preview,
        ..other.clone()
    };
    shown_alike == *one
}

/// Reads files of a platform without holding anybody up.
async fn in_files<T: Send + 'static>(
    limits: &Limits,
    platform: &PlatformConfig,
    read: impl FnOnce(&PlatformConfig) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let of = platform.clone();
    let unread = |unread: Unread| {
        (
            platform.api_key.config_key(),
            format!("a file of this platform {unread}"),
        )
    };
    in_time(limits.files, move || read(&of)).await.map_err(unread)?
}

fn read_roots(platform: &PlatformConfig) -> Result<Vec<Vec<u8>>, Problem> {
    let files = platform.root_certificate_files.iter();
    let read = files.map(|path| Ok(config::read_roots(path)?.to_vec()));
    let read: Result<_, _> = read.collect();
    read.map_err(|problem: String| ("root_certificate_files", problem))
}

/// Which setting is likely at fault when the broker was asked in vain, and why.
fn blame(platform: &PlatformConfig, error: &BrokerError) -> Problem {
    let text = error.to_string();
    match error {
        BrokerError::Unreachable { .. } if platform.proxy.is_some() => (
            "proxy",
            format!(
                "the broker cannot be reached through the proxy: check proxy first, then base_url ({text})"
            ),
        ),
        BrokerError::KeyRefused | BrokerError::RightMissingOrAddressNotAllowed { .. } => {
            (platform.api_key.config_key(), text)
        }
        _ => ("base_url", text),
    }
}

fn hash(key: &SecretString) -> [u8; 32] {
    sha256(key.expose_secret().as_bytes())
}

fn client_with(
    platform: &PlatformConfig,
    answer: Duration,
    key: SecretString,
    roots: &[Vec<u8>],
) -> Result<BrokerClient, Problem> {
    let mut config = BrokerConfig::new(platform.base_url.clone(), platform.dialect, key);
    config.request_timeout = answer;
    config.connect_timeout = answer / 2;
    config.egress_address = platform.egress_address;
    config.local_address = platform.local_address;
    config.proxy = platform.proxy.as_ref().map(|proxy| proxy.0.clone());
    config.extra_root_certificates = roots.to_vec();
    BrokerClient::new(config).map_err(|error| ("base_url", error.to_string()))
}
