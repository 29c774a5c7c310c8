//! The provider's public keys, kept for a while. A token that names another key, or that the key of its name does not verify,
//! makes them be fetched again, once in a while: that is how a provider changes keys, and also what a flood of bad tokens
//! looks like.

use std::time::Duration;

use jsonwebtoken::{
    DecodingKey, Header,
    jwk::{Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::{Fault, Http};

/// How long the keys are used without asking again.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// How long they are used when no newer ones can be had.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two looks for a key that is not there, or for the one that has taken the place of another.
const PAUSE: Duration = Duration::from_secs(30);
/// No provider has more; a bound on memory.
const MOST: usize = 100;

/// The keys.
#[derive(Debug, Default)]
pub(super) struct Keys(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    keys: Vec<Jwk>,
    fetched: Option<Duration>,
    tried: Option<Duration>,
}

/// A key, and of which fetching it is.
pub(super) struct Found {
    pub(super) key: DecodingKey,
    fetched: Option<Duration>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// The keys that can be used for signatures; others may be of kinds that are not known here.
pub(super) async fn fetch(http: &Http, url: &Url) -> Result<Vec<Jwk>, Fault> {
    let document: Document = http.json("the provider's key set", url.as_str()).await?;
    let keys = document.keys.into_iter().take(MOST);
    let keys = keys.filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok(keys.filter(is_for_signatures).collect())
}

impl Keys {
    /// The key that a token names.
    pub(super) async fn find(
        &self,
        http: &Http,
        url: &Url,
        header: &Header,
        now: Duration,
    ) -> Result<Found, Fault> {
        let mut kept = self.0.lock().await;
        let since = |at: Option<Duration>| at.map(|at| now.saturating_sub(at));
        let fresh = since(kept.fetched).is_some_and(|age| age < FRESH);
        let may_ask = since(kept.tried).is_none_or(|age| age >= PAUSE);
        if fresh && let Some(key) = choose(&kept.keys, header)? {
            return Ok(kept.found(key));
        }
        if may_ask {
            kept.tried = Some(now);
            match fetch(http, url).await {
                Ok(keys) => {
                    kept.keys = keys;
                    kept.fetched = Some(now);
                }
                Err(fault) if since(kept.fetched).is_none_or(|age| age >= STALE) => return Err(fault),
                Err(_) => {}
            }
        } else if since(kept.fetched).is_none_or(|age| age >= STALE) {
            return Err(Fault::failed(
                "the provider's key set could not be had a moment ago, and is not asked for yet",
            ));
        }
        let key = choose(&kept.keys, header)?.ok_or_else(|| {
            Fault::refused(
                "the ID token is signed with a key that the provider does not publish; if it has just changed its keys, the \
                 next attempt after half a minute succeeds",
            )
        })?;
        Ok(kept.found(key))
    }

    /// The key that the provider publishes now in the place of one that did not verify a token: some put a new key under the
    /// name of the old one. `None`: there is no newer one, or the provider is not asked for it yet.
    pub(super) async fn find_newer(
        &self,
        http: &Http,
        url: &Url,
        header: &Header,
        old: &Found,
        now: Duration,
    ) -> Result<Option<DecodingKey>, Fault> {
        let mut kept = self.0.lock().await;
        // Somebody else may have fetched them since this one was taken.
        if kept.fetched == old.fetched {
            if kept.tried.is_some_and(|at| now.saturating_sub(at) < PAUSE) {
                return Ok(None);
            }
            kept.tried = Some(now);
            let Ok(keys) = fetch(http, url).await else {
                return Ok(None);
            };
            kept.keys = keys;
            kept.fetched = Some(now);
        }
        choose(&kept.keys, header)
    }
}

impl Kept {
    fn found(&self, key: DecodingKey) -> Found {
        Found {
            key,
            fetched: self.fetched,
        }
    }
}

/// The key of that id and kind. A token that names none is good for a provider with one key of the kind.
fn choose(keys: &[Jwk], header: &Header) -> Result<Option<DecodingKey>, Fault> {
    let fits = |jwk: &&Jwk| {
        let named = header.kid.is_none() || jwk.common.key_id == header.kid;
        let own = jwk.common.key_algorithm;
        named && own.is_none_or(|own| own == KeyAlgorithm::from(header.alg))
    };
    let key = |jwk| DecodingKey::from_jwk(jwk).ok();
    let mut found = keys
        .iter()
        .filter(fits)
        .filter_map(key)
        .filter(|key| key.family() == header.alg.family());
    let first = found.next();
    if header.kid.is_none() && found.next().is_some() {
        return Err(Fault::refused(
            "the ID token does not name its key, and the provider has several",
        ));
    }
    Ok(first)
}

fn is_for_signatures(jwk: &Jwk) -> bool {
    !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption))
}
