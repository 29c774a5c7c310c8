//! A request signed by an enrolled profile of a staff member who is not disabled.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, request::Parts},
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use stagedoor_protocol::{ErrorCode, KeyId, Nonce};
use tracing::{Span, field::display};

use super::{
    body,
    headers::{SignedHeaders, claim_nonce},
    parse_json,
    verify::{decoy, verify},
};
use crate::{
    app::App,
    error::ApiError,
    store::{Profile, SignInTerms},
};

/// A verified request that is still to be admitted: its nonce is not claimed, and its profile may have been revoked since
/// it was remembered. Whoever takes it must see to both, either by [`Verified::admit`] or together with what the request
/// writes.
///
/// The order of the checks is the order of their cost: form, host and time are free; then one look-up and one signature
/// over the headers; only then is the body read.
pub(crate) struct Verified {
    /// Whose request it is.
    pub(crate) profile: Profile,
    /// Good once.
    pub(crate) nonce: Nonce,
    /// Until when it must be remembered.
    pub(crate) nonce_expires_at: Timestamp,
    remembered: bool,
    headers: HeaderMap,
    body: Bytes,
}

/// A verified request whose nonce is claimed, of a profile that may log in.
pub(crate) struct Signed(Verified);

/// A verified request without a body whose nonce is claimed, of a profile whose session may have run out. Good for giving
/// up its key, and for nothing else.
pub(crate) struct Leaving {
    /// The key that signed.
    pub(crate) key: KeyId,
}

impl Verified {
    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        parse_json(&self.headers, &self.body)
    }

    /// The body's bytes.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Records the nonce, durably; an error if it was used before, or if the profile may not log in any more.
    pub(crate) async fn admit(&mut self, app: &App) -> Result<(), ApiError> {
        claim_nonce(app, &self.profile.key_id, &self.nonce, self.nonce_expires_at).await?;
        self.refresh(app).await?;
        Ok(())
    }

    /// Reads the profile as the store knows it now, if it was remembered; whether its owner is described differently. An error
    /// if it may not log in any more.
    pub(crate) async fn refresh(&mut self, app: &App) -> Result<bool, ApiError> {
        if !self.remembered {
            return Ok(false);
        }
        app.profiles.forget(&self.profile.key_id);
        let profile = enrolled(app, &self.profile.key_id).await?;
        let terms = app.config.sign_in_terms();
        let changed =
            profile.staff != self.profile.staff || profile.roles(&terms) != self.profile.roles(&terms);
        self.profile = profile;
        self.remembered = false;
        Ok(changed)
    }
}

impl Signed {
    /// Whose request it is.
    pub(crate) fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.0.json()
    }

    /// The body's bytes.
    pub(crate) fn body(&self) -> &[u8] {
        self.0.body()
    }

    /// Refuses a body where there is nothing to say.
    pub(crate) fn check_empty(&self) -> Result<(), ApiError> {
        self.0.check_empty()
    }
}

impl Verified {
    fn check_empty(&self) -> Result<(), ApiError> {
        if self.body.is_empty() {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::MalformedRequest)
            .detail("this request has no body; update the extension"))
    }

    /// Verifies a request of a profile for which this holds.
    async fn read(request: Request<Body>, app: &App, may: May) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        body::check_declared_length(&parts.headers)?;
        let headers = SignedHeaders::read(&parts, app)?;
        let key = &headers.input.key_id;
        // Its owner may have signed in again meanwhile, at another relay or another provider.
        let now = app.clock.now();
        let terms = app.config.sign_in_terms();
        let known = app.profiles.get(key);
        let known = known.filter(|profile| !profile.has_run_out(&terms, now));
        let remembered = known.is_some();
        let profile = match known {
            Some(profile) => Some(profile),
            None => app.store.profile(key).await?,
        };
        let profile = identify(profile, &headers, &parts)?;
        may(&profile, (&terms, now))?;
        Span::current().record("staff", display(profile.staff.id));
        let body = body::read(body, app.limits.body).await?;
        headers.check_digest(&body)?;
        if !remembered {
            app.profiles.remember(profile.clone());
        }
        Ok(Self {
            profile,
            nonce_expires_at: headers.nonce_expires_at()?,
            nonce: headers.input.nonce,
            remembered,
            headers: parts.headers,
            body,
        })
    }
}

impl FromRequest<Arc<App>> for Verified {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Self, ApiError> {
        Self::read(request, app, may_log_in).await
    }
}

impl FromRequest<Arc<App>> for Leaving {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Self, ApiError> {
        let verified = Verified::read(request, app, may_leave).await?;
        let key = verified.profile.key_id.clone();
        claim_nonce(app, &key, &verified.nonce, verified.nonce_expires_at).await?;
        verified.check_empty()?;
        Ok(Self { key })
    }
}

impl FromRequest<Arc<App>> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Self, ApiError> {
        let mut verified = Verified::from_request(request, app).await?;
        verified.admit(app).await?;
        Ok(Self(verified))
    }
}

/// The profile of an enrolled key that may log in, as the store knows it now.
pub(crate) async fn enrolled(app: &App, key: &KeyId) -> Result<Profile, ApiError> {
    let profile = app.store.profile(key).await?;
    let profile = profile.ok_or(ApiError::new(ErrorCode::ProfileUnknown))?;
    may_log_in(&profile, (&app.config.sign_in_terms(), app.clock.now()))?;
    app.profiles.remember(profile.clone());
    Ok(profile)
}

/// Verifies the signature, in the same time whether or not the profile exists. The codes do tell the two apart, because the
/// extension must know when to enrol anew; key ids are hashes of 256 bits, so there is nothing to enumerate.
fn identify(profile: Option<Profile>, headers: &SignedHeaders, parts: &Parts) -> Result<Profile, ApiError> {
    let algorithm = headers.input.algorithm;
    let key = profile
        .as_ref()
        .map_or_else(|| decoy(algorithm), |profile| profile.key);
    let genuine =
        verify(&key, headers.base(parts).as_bytes(), &headers.signature) && key.algorithm() == algorithm;
    match profile {
        None => Err(ApiError::new(ErrorCode::ProfileUnknown)),
        Some(_) if !genuine => Err(ApiError::new(ErrorCode::SignatureInvalid)),
        Some(profile) => Ok(profile),
    }
}

/// What is asked of a profile, under these terms at this time.
type May = fn(&Profile, (&SignInTerms, Timestamp)) -> Result<(), ApiError>;

fn may_log_in(profile: &Profile, under: (&SignInTerms, Timestamp)) -> Result<(), ApiError> {
    if profile.staff.disabled {
        return Err(ApiError::new(ErrorCode::StaffDisabled));
    }
    may_leave(profile, under)?;
    if profile.has_run_out(under.0, under.1) {
        return Err(ApiError::new(ErrorCode::SessionExpired));
    }
    Ok(())
}

fn may_leave(profile: &Profile, _: (&SignInTerms, Timestamp)) -> Result<(), ApiError> {
    if profile.revoked {
        return Err(ApiError::new(ErrorCode::ProfileUnknown));
    }
    Ok(())
}
