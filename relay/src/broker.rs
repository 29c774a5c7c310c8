//! The brokers' APIs as the relay uses them: one client a platform, their errors in the relay's terms, key rotation.

mod upstream;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use stagedoor_broker_client::{Account, BrokerError};
use stagedoor_protocol::{CustomerEmail, ErrorCode, OneTimeToken, PlatformId};

pub(crate) use upstream::Rotation;

use crate::{
    app::Limits,
    config::{Config, ConfigFaults, Fault},
    error::ApiError,
    store::MintOutcome,
};
use upstream::Upstream;

/// When the broker says "too many" without saying for how long: its limits are per minute.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(60);

/// A client for each platform.
#[derive(Debug)]
pub struct Brokers(BTreeMap<PlatformId, Arc<Upstream>>);

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
                    upstreams.insert(platform.id.clone(), Arc::new(upstream));
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

    /// Asks a platform's broker who a customer is.
    pub(crate) async fn look_up(
        &self,
        platform: &PlatformId,
        email: &CustomerEmail,
    ) -> Result<Account, BrokerFailure> {
        let upstream = self.0.get(platform).ok_or_else(BrokerFailure::no_such_platform)?;
        Ok(upstream.client.look_up(email.as_str()).await?)
    }

    /// Tests each platform's connection; sends one harmless request each.
    pub async fn test(&self) -> Vec<(PlatformId, Result<(), String>)> {
        let mut results = Vec::new();
        for (id, upstream) in &self.0 {
            let result = upstream.client.test_connection().await;
            results.push((id.clone(), result.map_err(|error| upstream.problem(&error))));
        }
        results
    }

    /// The clients of another configuration. A platform that is reached as before keeps its client, and its key if the file
    /// holds none that can be used now. One that is new, or is reached in another way, must have a key that its broker takes.
    pub(crate) async fn succeeded_by(&self, config: &Config, limits: &Limits) -> Result<Self, ConfigFaults> {
        let mut upstreams = BTreeMap::new();
        let mut faults = Vec::new();
        for (index, platform) in config.platforms.iter().enumerate() {
            let old = self.0.get(&platform.id);
            match Upstream::succeeding(old, platform, limits).await {
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

    /// Reads a platform's key again. One that can be read and that the broker takes is used from the next mint on;
    /// otherwise the old one stays in use.
    pub(crate) async fn rotate_key(&self, platform: &PlatformId, limits: &Limits) -> Rotation {
        match self.0.get(platform) {
            Some(upstream) => upstream.rotate_key(limits).await,
            None => Rotation::Same,
        }
    }

    /// How it stands with the keys, for the health page.
    pub(crate) fn status(&self) -> String {
        let held_back = self.0.iter().filter(|(_, upstream)| upstream.is_held_back());
        let names = held_back.map(|(id, _)| id.as_str()).collect::<Vec<_>>();
        match names.as_slice() {
            [] => "ok".to_owned(),
            names => format!(
                "what is on disk cannot be used, and the old one is in use: {}",
                names.join(", ")
            ),
        }
    }
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

    /// Nobody waited for the token any more when the intent was recorded.
    pub(crate) fn not_asked() -> Self {
        Self {
            code: ErrorCode::StoreUnavailable,
            detail: "the store recorded the login too late, and the broker was not asked".to_owned(),
            retry_after: None,
            may_have_minted: false,
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
            BrokerError::RightMissingOrAddressNotAllowed { .. } | BrokerError::LookUpNotAllowed { .. } => {
                ErrorCode::BrokerAccessDenied
            }
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
