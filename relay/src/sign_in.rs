//! Signing in at the firm's OpenID provider: the relay redeems the code that the extension got, verifies the ID token, and
//! takes from it who signed in. No token of the provider reaches a browser, the store or the log.
//!
//! The library for tokens is `jsonwebtoken` with ring, which TLS uses, as its cryptography: the crate `openidconnect` brings
//! another implementation of all of it, among them one of RSA with a known fault. What a token must say is checked here,
//! against the relay's clock.

mod cache;
mod crypto;
mod exchange;
mod fault;
mod http;
mod id_token;
mod keys;
mod metadata;
mod person;
mod standing;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value};
use stagedoor_protocol::SignInOffer;
use tokio::sync::Semaphore;

use crate::config::{ConfigFaults, SignIn};
use cache::Cache;
pub(crate) use exchange::Grant;
pub(crate) use fault::Fault;
use http::Http;
pub(crate) use id_token::Expected;
use keys::Keys;
use metadata::Metadata;
pub(crate) use person::{admitted, person};
use standing::Standing;
pub(crate) use standing::keep;

/// How long the provider's description of itself is used without asking again.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// Codes that are redeemed at the same time. More would be somebody's flood, which must not become the provider's.
const AT_ONCE: usize = 16;

/// The provider, as the relay knows it.
#[derive(Debug)]
pub(crate) struct Provider {
    config: SignIn,
    secret: Option<SecretString>,
    http: Http,
    metadata: Cache<Metadata>,
    keys: Keys,
    places: Semaphore,
    standing: Standing,
}

/// What a verified ID token says.
pub(crate) struct Identity {
    /// What the provider calls the person.
    pub(crate) subject: String,
    /// Everything that the token says.
    pub(crate) claims: Map<String, Value>,
    /// Until when the token would be accepted again.
    pub(crate) good_until: Timestamp,
}

impl Provider {
    /// Reads the secret and the certificates and makes the client, which waits so long for an `answer`; sends nothing.
    pub(crate) fn configured(
        config: Option<&SignIn>,
        answer: Duration,
    ) -> Result<Option<Arc<Self>>, ConfigFaults> {
        let Some(config) = config else { return Ok(None) };
        crypto::install();
        let fault = |(key, problem): (&str, String)| ConfigFaults::one(format!("sign_in.{key}"), problem);
        let secret = config
            .client_secret
            .as_ref()
            .map(|source| source.read().map_err(|problem| (source.config_key(), problem)))
            .transpose()
            .map_err(fault)?;
        Ok(Some(Arc::new(Self {
            http: Http::new(config, answer).map_err(fault)?,
            secret,
            config: config.clone(),
            metadata: Cache::default(),
            keys: Keys::default(),
            places: Semaphore::new(AT_ONCE),
            standing: Standing::default(),
        })))
    }

    /// The same for a reload: where the section is as it was, what cannot be read of it leaves the former provider in use, and is
    /// returned beside it.
    pub(crate) fn succeeded_by(
        former: Option<Arc<Self>>,
        config: Option<&SignIn>,
        answer: Duration,
    ) -> Result<(Option<Arc<Self>>, ConfigFaults), ConfigFaults> {
        match (Self::configured(config, answer), former) {
            (Err(faults), Some(former)) if config == Some(&former.config) => Ok((Some(former), faults)),
            (made, _) => Ok((made?, ConfigFaults::all([]))),
        }
    }

    /// Where to sign in. The provider is asked at most once an hour, and once in a few seconds while it does not answer.
    pub(crate) async fn offer(&self, elapsed: Duration) -> Result<SignInOffer, Fault> {
        let metadata = self.metadata(elapsed).await?;
        Ok(SignInOffer {
            issuer: self.config.issuer.clone(),
            authorization_endpoint: metadata.authorization_endpoint.to_string(),
            client_id: self.config.client_id.clone(),
            scopes: self.config.scopes.clone(),
        })
    }

    /// Redeems a code and verifies the ID token.
    pub(crate) async fn redeem(
        &self,
        grant: &Grant<'_>,
        nonce: &str,
        now: Timestamp,
        elapsed: Duration,
    ) -> Result<Identity, Fault> {
        let Ok(_place) = self.places.try_acquire() else {
            return Err(Fault::overloaded());
        };
        let metadata = self.metadata(elapsed).await?;
        let token =
            exchange::redeem(&self.http, &metadata, &self.config, self.secret.as_ref(), grant).await?;
        let verifying = self.verify(&token, nonce, now, elapsed);
        verifying.await.map_err(Fault::of_the_answer)
    }

    async fn verify(
        &self,
        token: &str,
        nonce: &str,
        now: Timestamp,
        elapsed: Duration,
    ) -> Result<Identity, Fault> {
        let metadata = self.metadata(elapsed).await?;
        let header = id_token::header(token, &self.config.algorithms)?;
        let (http, url) = (&self.http, &metadata.jwks_uri);
        let found = self.keys.find(http, url, &header, elapsed).await?;
        let claims = match id_token::verified(token, header.alg, &found.key) {
            Ok(claims) => claims,
            Err(fault) => {
                let newer = self.keys.find_newer(http, url, &header, &found, elapsed).await?;
                id_token::verified(token, header.alg, &newer.ok_or(fault)?)?
            }
        };
        let expected = Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce,
            now,
        };
        id_token::check(claims, &expected)
    }

    /// Asks the provider for all that a sign-in needs but a person. The answer is what could go wrong later on.
    pub(crate) async fn test(&self) -> Result<Vec<String>, Fault> {
        let metadata = metadata::fetch(&self.http, &self.config.issuer).await?;
        let count = keys::fetch(&self.http, &metadata.jwks_uri).await?.len();
        let mut warnings = metadata.warnings(&self.config);
        if count == 0 {
            warnings
                .push("it publishes no key that could be used, so no ID token can be verified".to_owned());
        }
        Ok(warnings)
    }

    async fn metadata(&self, elapsed: Duration) -> Result<Arc<Metadata>, Fault> {
        let fetch = || metadata::fetch(&self.http, &self.config.issuer);
        self.metadata.get(FRESH, elapsed, fetch).await
    }
}
