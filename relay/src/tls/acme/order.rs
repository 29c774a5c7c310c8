//! One attempt at a certificate: account, order, proof that the names lead here, issue (RFC 8555; the proof is RFC 8737's).

use std::{sync::Arc, time::Duration};

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, Challenge, ChallengeType, Error, ExternalAccountKey,
    Identifier, NewAccount, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::{
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::{
    cache::{self, Cache},
    failure::{self, Failure},
    http::Http,
    shown::Shown,
};
use crate::config::Acme;

/// How long the server may take to validate, and then to issue.
const WAIT: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(120));

/// Gets a certificate: its key and, after it, the chain, in PEM. While the server validates, `shown` has the proof.
pub(super) async fn certificate(
    settings: &Acme,
    http: &Http,
    cache: &Cache,
    shown: &Shown,
) -> Result<Zeroizing<String>, Failure> {
    let domains = settings
        .domains
        .iter()
        .cloned()
        .map(Identifier::Dns)
        .collect::<Vec<_>>();
    let order = NewOrder::new(&domains);
    let account = account(settings, http, cache).await?;
    let refused = |error| Failure::of_order(error, &cache.account);
    let mut order = match account.new_order(&order).await.map_err(refused) {
        // A private server may have been set up anew.
        Err(Failure::AccountUnknown(_)) => {
            let account = new_account(settings, http, cache).await?;
            account.new_order(&order).await.map_err(refused)?
        }
        answer => answer?,
    };
    let _proofs = prove(&mut order, settings, shown).await?;
    if order.poll_ready(&WAIT).await.ok() != Some(OrderStatus::Ready) {
        return Err(why(&mut order, settings).await);
    }
    let key = Zeroizing::new(order.finalize().await?);
    let chain = order.poll_certificate(&WAIT).await?;
    Ok(Zeroizing::new(format!("{}\n{chain}", key.trim_end())))
}

async fn account(settings: &Acme, http: &Http, cache: &Cache) -> Result<Account, Failure> {
    let kept = cache::read(&cache.account).map_err(Failure::Cache)?;
    let kept = kept.and_then(|bytes| serde_json::from_slice::<AccountCredentials>(&bytes).ok());
    if let Some(credentials) = kept {
        let builder = Account::builder_with_http(Box::new(http.clone()));
        match builder.from_credentials(credentials).await {
            Err(Error::KeyRejected | Error::Crypto | Error::Str(_)) => {}
            account => return Ok(account?),
        }
    }
    // What is there and yet no account is as good as nothing.
    new_account(settings, http, cache).await
}

async fn new_account(settings: &Acme, http: &Http, cache: &Cache) -> Result<Account, Failure> {
    let contact = settings
        .contact
        .iter()
        .map(|email| format!("mailto:{email}"))
        .collect::<Vec<_>>();
    let wanted = NewAccount {
        contact: &contact.iter().map(String::as_str).collect::<Vec<_>>(),
        // Without it the configuration has a fault.
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let bound = settings.external_account.as_ref();
    let bound = bound
        .map(|bound| {
            let secret = bound.secret().map_err(Failure::Secret)?;
            let id = bound.key_id.clone();
            Ok::<_, Failure>(ExternalAccountKey::new(id, secret.expose_secret()))
        })
        .transpose()?;
    let builder = Account::builder_with_http(Box::new(http.clone()));
    let (account, credentials) = builder
        .create(&wanted, settings.directory.to_string(), bound.as_ref())
        .await?;
    let bytes = serde_json::to_vec(&credentials).map_err(|error| Failure::Crypto(error.to_string()))?;
    // Before it is used: an account that is forgotten each time is one of many that the server has to count.
    cache
        .write(&cache.account, &Zeroizing::new(bytes))
        .map_err(Failure::Cache)?;
    Ok(account)
}

/// Shows a proof for each name that was asked for and that the server does not believe yet, until the result is dropped.
async fn prove<'a>(order: &mut Order, settings: &Acme, shown: &'a Shown) -> Result<Proofs<'a>, Failure> {
    let proofs = Proofs(shown);
    let mut left = settings.domains.clone();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        let domain = authorization.identifier().to_string().to_ascii_lowercase();
        // Each once, so that the server cannot keep the relay at it.
        if !left.remove(&domain) {
            return Err(Failure::NotAskedFor(failure::tame(&domain)));
        }
        match authorization.status {
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => {}
            _ => {
                let problem = cause(&authorization.challenges);
                return Err(Failure::not_validated([(domain.as_str(), problem)]));
            }
        }
        let mut challenge = authorization
            .challenge(ChallengeType::TlsAlpn01)
            .ok_or_else(|| Failure::NoChallenge(domain.clone()))?;
        let digest = challenge.key_authorization().digest();
        shown.prove(&domain, proof(&domain, digest.as_ref())?);
        let ready = challenge.set_ready().await;
        ready.map_err(|error| Failure::of_name(error, &domain))?;
    }
    Ok(proofs)
}

/// The certificate that proves, made for this one challenge.
fn proof(domain: &str, digest: &[u8]) -> Result<Arc<CertifiedKey>, Failure> {
    let mut params = CertificateParams::new([domain.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = ring::sign::any_ecdsa_type(&key).map_err(|error| Failure::Crypto(error.to_string()))?;
    // Unchecked: what makes it a proof is an extension that nobody else may accept.
    Ok(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], key)))
}

/// Takes the proofs away again.
struct Proofs<'a>(&'a Shown);

impl Drop for Proofs<'_> {
    fn drop(&mut self) {
        self.0.prove_nothing();
    }
}

/// Why an order did not become ready: the names that keep it, as far as the server tells them apart.
async fn why(order: &mut Order, settings: &Acme) -> Failure {
    let (mut refused, mut waiting) = (Vec::new(), Vec::new());
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let domain = authorization.identifier().to_string().to_ascii_lowercase();
        // The server sends the order's names anew, and could send others than it did.
        if !settings.domains.contains(&domain) {
            return Failure::NotAskedFor(failure::tame(&domain));
        }
        match authorization.refresh().await {
            Ok(state) => match state.status {
                AuthorizationStatus::Invalid => refused.push((domain, cause(&state.challenges).cloned())),
                AuthorizationStatus::Pending => waiting.push(domain),
                _ => {}
            },
            Err(error) => return Failure::of_name(error, &domain),
        }
    }
    if !refused.is_empty() {
        let refused = refused.iter();
        return Failure::not_validated(refused.map(|(name, problem)| (name.as_str(), problem.as_ref())));
    }
    match &order.state().error {
        // The order may be known to have failed before the authorization is.
        Some(problem) if failure::is_of_validation(problem) => {
            if waiting.is_empty() {
                waiting.extend(settings.domains.iter().cloned());
            }
            let one_of = if waiting.len() > 1 { "one of " } else { "" };
            let names = format!("{one_of}{}", waiting.join(", "));
            Failure::not_validated([(names.as_str(), Some(problem))])
        }
        Some(problem) => Error::Api(problem.clone()).into(),
        None if waiting.is_empty() => Failure::TooSlow,
        None => Failure::NotYet(waiting.join(", ")),
    }
}

/// What the server says of a proof that it did not take.
fn cause(challenges: &[Challenge]) -> Option<&Problem> {
    challenges.iter().find_map(|challenge| challenge.error.as_ref())
}
