//! The brokers' APIs as the relay uses them: one client a platform, their errors in the relay's terms, key rotation.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use stagedoor_broker_client::{BrokerClient, BrokerConfig, BrokerError};
use stagedoor_protocol::{CustomerEmail, ErrorCode, OneTimeToken, PlatformId};

use crate::{
    auth::sha256,
    config::{Config, ConfigFaults, Fault, PlatformConfig},
    error::ApiError,
    store::MintOutcome,
};

/// When the broker says "too many" without saying for how long: its limits are per minute.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(60);

/// A client for each platform.
#[derive(Debug)]
pub struct Brokers(BTreeMap<PlatformId, Upstream>);

#[derive(Debug)]
struct Upstream {
    config: PlatformConfig,
    client: BrokerClient,
    answer: Duration,
    /// The hash of the key in use: whether another one is there can be seen without keeping it.
    key: Mutex<[u8; 32]>,
}

/// What came of reading an API key again.
#[derive(Debug)]
pub(crate) enum Rotation {
    /// It is the key in use.
    Same,
    /// The new one is used from the next mint on.
    Done,
    /// It cannot be used, for this cause; the old one stays.
    Refused(String),
    /// The broker could not say, for this cause; the old one stays for now.
    Unanswered(String),
}

impl Brokers {
    /// Reads the keys and certificates and makes the clients, which wait so long for an `answer`; sends nothing.
    pub fn connect(config: &Config, answer: Duration) -> Result<Self, ConfigFaults> {
        // TLS needs it; a second call finds it installed, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut upstreams = BTreeMap::new();
        let mut faults = Vec::new();
        for (index, platform) in config.platforms.iter().enumerate() {
            match Upstream::new(platform, answer) {
                Ok(upstream) => {
                    upstreams.insert(platform.id.clone(), upstream);
                }
                Err((key, problem)) => faults.push(Fault {
                    key: format!("platform[{index}].{key}"),
                    problem,
                }),
            }
        }
        if faults.is_empty() {
            Ok(Self(upstreams))
        } else {
            Err(faults.into())
        }
    }

    /// Asks a platform's broker for a token, once.
    pub async fn mint(
        &self,
        platform: &PlatformId,
        email: &CustomerEmail,
        validity: Duration,
    ) -> Result<OneTimeToken, BrokerFailure> {
        let upstream = self.0.get(platform).ok_or_else(BrokerFailure::no_such_platform)?;
        let token = upstream.client.mint(email.as_str(), validity).await?;
        // Both crates have their own idea of a token; what only one of them accepts is not used.
        OneTimeToken::parse(token.expose().to_owned()).map_err(|_| BrokerFailure::unusable_token())
    }

    /// Tests each platform's connection; sends one harmless request each.
    pub async fn test(&self) -> Vec<(PlatformId, Result<(), String>)> {
        let mut results = Vec::new();
        for (id, upstream) in &self.0 {
            let result = upstream.client.test_connection().await;
            results.push((id.clone(), result.map_err(|error| error.to_string())));
        }
        results
    }

    /// The clients of another configuration. Where key or platform are new, the broker must take the key.
    pub(crate) async fn succeeded_by(&self, config: &Config, answer: Duration) -> Result<Self, ConfigFaults> {
        let next = Self::connect(config, answer)?;
        let mut faults = Vec::new();
        for (index, platform) in config.platforms.iter().enumerate() {
            let (old, Some(new)) = (self.0.get(&platform.id), next.0.get(&platform.id)) else {
                continue;
            };
            if old.is_some_and(|old| old.config == new.config && old.key_hash() == new.key_hash()) {
                continue;
            }
            if let Err(error) = new.client.test_connection().await {
                let key = platform.api_key.config_key();
                faults.push(Fault {
                    key: format!("platform[{index}].{key}"),
                    problem: error.to_string(),
                });
            }
        }
        if faults.is_empty() {
            Ok(next)
        } else {
            Err(faults.into())
        }
    }

    /// Reads a platform's key again. One that can be read and that the broker takes is used from the next mint on;
    /// otherwise the old one stays in use.
    pub(crate) async fn rotate_key(&self, platform: &PlatformId) -> Rotation {
        match self.0.get(platform) {
            Some(upstream) => upstream.rotate_key().await,
            None => Rotation::Same,
        }
    }
}

impl Upstream {
    /// The error names the configuration key that is at fault.
    fn new(platform: &PlatformConfig, answer: Duration) -> Result<Self, (&'static str, String)> {
        let source = &platform.api_key;
        let key = source.read().map_err(|problem| (source.config_key(), problem))?;
        Ok(Self {
            config: platform.clone(),
            key: Mutex::new(hash(&key)),
            client: client_with(platform, answer, key)?,
            answer,
        })
    }

    fn key_hash(&self) -> [u8; 32] {
        *self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn rotate_key(&self) -> Rotation {
        let key = match self.config.api_key.read() {
            Ok(key) => key,
            Err(problem) => return Rotation::Refused(problem),
        };
        let new = hash(&key);
        if new == self.key_hash() {
            return Rotation::Same;
        }
        let trial = match client_with(&self.config, self.answer, key.clone()) {
            Ok(trial) => trial,
            Err((_, problem)) => return Rotation::Refused(problem),
        };
        match trial.test_connection().await {
            Ok(()) => {}
            Err(error @ (BrokerError::KeyRefused | BrokerError::RightMissingOrAddressNotAllowed { .. })) => {
                return Rotation::Refused(error.to_string());
            }
            Err(error) => return Rotation::Unanswered(error.to_string()),
        }
        if let Err(error) = self.client.replace_api_key(key) {
            return Rotation::Refused(error.to_string());
        }
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = new;
        Rotation::Done
    }
}

fn hash(key: &SecretString) -> [u8; 32] {
    sha256(key.expose_secret().as_bytes())
}

fn client_with(
    platform: &PlatformConfig,
    answer: Duration,
    key: SecretString,
) -> Result<BrokerClient, (&'static str, String)> {
    let mut config = BrokerConfig::new(platform.base_url.clone(), platform.dialect, key);
    config.request_timeout = answer;
    config.connect_timeout = answer / 2;
    config.egress_address = platform.egress_address;
    config.local_address = platform.local_address;
    config.proxy = platform.proxy.as_ref().map(|proxy| proxy.0.clone());
    for path in &platform.root_certificate_files {
        let pem = fs::read(path).map_err(|error| {
            let problem = format!("{}: cannot be read ({error}); name a PEM file", path.display());
            ("root_certificate_files", problem)
        })?;
        config.extra_root_certificates.push(pem);
    }
    BrokerClient::new(config).map_err(|error| ("base_url", error.to_string()))
}

/// A mint that gave no token, in the relay's terms.
#[derive(Debug)]
pub struct BrokerFailure {
    /// What the extension is told.
    pub code: ErrorCode,
    /// Cause and cure, without any value of the request or the answer.
    pub detail: String,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// Whether a token may have been made.
    pub may_have_minted: bool,
}

impl BrokerFailure {
    /// What is recorded.
    pub fn outcome(&self) -> MintOutcome {
        if self.may_have_minted {
            MintOutcome::Unknown(self.code)
        } else {
            MintOutcome::Failed(self.code)
        }
    }

    /// What the extension is told.
    pub fn into_api_error(self) -> ApiError {
        let error = ApiError::new(self.code).detail(self.detail);
        match self.retry_after {
            Some(wait) => error.retry_after(u32::try_from(wait.as_secs().max(1)).unwrap_or(u32::MAX)),
            None => error,
        }
    }

    /// The relay itself failed while it asked.
    pub(crate) fn interrupted() -> Self {
        Self {
            code: ErrorCode::OutcomeUnknown,
            detail: "the relay made a mistake while it asked the broker; the cause is in its log".to_owned(),
            retry_after: None,
            may_have_minted: true,
        }
    }

    fn no_such_platform() -> Self {
        Self {
            code: ErrorCode::PlatformUnknown,
            detail: "the relay has no client for this platform".to_owned(),
            retry_after: None,
            may_have_minted: false,
        }
    }

    fn unusable_token() -> Self {
        Self {
            code: ErrorCode::BrokerAnswerUnusable,
            detail: "the broker's token has characters that do not belong in one".to_owned(),
            retry_after: None,
            may_have_minted: true,
        }
    }
}

impl From<BrokerError> for BrokerFailure {
    fn from(error: BrokerError) -> Self {
        let mut retry_after = None;
        let code = match &error {
            BrokerError::KeyRefused => ErrorCode::BrokerKeyRefused,
            BrokerError::RightMissingOrAddressNotAllowed { .. } => ErrorCode::BrokerAccessDenied,
            BrokerError::CustomerUnknown => ErrorCode::CustomerUnknown,
            BrokerError::RateLimited { retry_after: wait } => {
                retry_after = Some(wait.unwrap_or(DEFAULT_RETRY_AFTER));
                ErrorCode::BrokerRateLimited
            }
            BrokerError::RequestRefused { .. } => ErrorCode::BrokerRequestRefused,
            BrokerError::InvalidEmail => ErrorCode::CustomerEmailInvalid,
            BrokerError::Unreachable { .. } => ErrorCode::BrokerUnreachable,
            BrokerError::TlsFailed => ErrorCode::BrokerTlsFailed,
            BrokerError::OutcomeUnknown { .. } => ErrorCode::OutcomeUnknown,
            BrokerError::BrokerFailed { .. } => ErrorCode::BrokerFailed,
            BrokerError::UnusableAnswer { .. } => ErrorCode::BrokerAnswerUnusable,
            // A kind that a newer client knows: nothing can be said of it but that it is not known.
            _ => ErrorCode::OutcomeUnknown,
        };
        Self {
            code,
            detail: error.to_string(),
            retry_after,
            may_have_minted: error.may_have_minted() || code == ErrorCode::OutcomeUnknown,
        }
    }
}
