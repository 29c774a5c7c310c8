//! A request signed by an enrolled profile of a staff member who is not disabled.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, request::Parts},
};
use serde::de::DeserializeOwned;
use stagedoor_protocol::ErrorCode;
use tracing::{Span, field::display};

use super::{
    body,
    headers::SignedHeaders,
    parse_json,
    verify::{decoy, verify},
};
use crate::{app::App, error::ApiError, store::Profile};

/// A verified request.
///
/// The order of the checks is the order of their cost: form, host and time are free; then one look-up and one signature
/// over the headers; only then is the body read, and only a verified request writes anything.
pub(crate) struct Signed {
    /// Whose request it is.
    pub(crate) profile: Profile,
    headers: HeaderMap,
    body: Bytes,
}

impl Signed {
    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        parse_json(&self.headers, &self.body)
    }

    /// The body's bytes.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}

impl FromRequest<Arc<App>> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        body::check_declared_length(&parts.headers)?;
        let headers = SignedHeaders::read(&parts, app)?;
        let profile = identify(app, &headers, &parts).await?;
        Span::current().record("staff", display(profile.staff.id));
        let body = body::read(body, app.limits.body).await?;
        headers.check_digest(&body)?;
        headers.claim_nonce(app).await?;
        Ok(Self {
            profile,
            headers: parts.headers,
            body,
        })
    }
}

/// Finds the profile and verifies the signature, in the same time whether or not the profile exists. The codes do tell
/// the two apart, because the extension must know when to enrol anew; key ids are hashes of 256 bits, so there is
/// nothing to enumerate.
async fn identify(app: &App, headers: &SignedHeaders, parts: &Parts) -> Result<Profile, ApiError> {
    let algorithm = headers.input.algorithm;
    let profile = app.store.profile(&headers.input.key_id).await?;
    let key = profile
        .as_ref()
        .map_or_else(|| decoy(algorithm), |profile| profile.key);
    let genuine =
        verify(&key, headers.base(parts).as_bytes(), &headers.signature) && key.algorithm() == algorithm;
    match profile {
        None => Err(ApiError::new(ErrorCode::ProfileUnknown)),
        Some(_) if !genuine => Err(ApiError::new(ErrorCode::SignatureInvalid)),
        Some(profile) if profile.staff.disabled => Err(ApiError::new(ErrorCode::StaffDisabled)),
        Some(profile) if profile.revoked => Err(ApiError::new(ErrorCode::ProfileUnknown)),
        Some(profile) => Ok(profile),
    }
}
