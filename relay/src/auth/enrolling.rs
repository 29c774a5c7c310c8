//! Requests whose sender has proved to hold a key that is to become a staff member's: by an enrolment code, or by signing in.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use stagedoor_protocol::{EnrolmentRequest, ErrorCode, KeyId, Nonce, PublicJwk, SignInRequest};

use super::{
    body,
    headers::{SignedHeaders, claim_nonce},
    parse_json,
    verify::{sha256, verify},
};
use crate::{
    app::App,
    error::ApiError,
    middleware::ClientAddress,
    store::{Enrolment, VerifyingKey},
};

/// A request that is signed by the key which it names. The attempt has been counted; nothing has been written, and the nonce
/// is still to be claimed.
pub(crate) struct Holder<R> {
    /// What it asks for.
    pub(crate) request: R,
    /// The key's id.
    pub(crate) key_id: KeyId,
    /// The key.
    pub(crate) key: VerifyingKey,
    /// Where it came from.
    pub(crate) client: ClientAddress,
    nonce: Nonce,
    nonce_expires_at: Timestamp,
}

/// A body that names the key that signs it.
pub(crate) trait NamesKey: DeserializeOwned {
    /// The key.
    fn public_key(&self) -> &PublicJwk;
    /// The extension's version.
    fn extension_version(&self) -> &str;
}

impl NamesKey for EnrolmentRequest {
    fn public_key(&self) -> &PublicJwk {
        &self.public_key
    }

    fn extension_version(&self) -> &str {
        &self.extension_version
    }
}

impl NamesKey for SignInRequest {
    fn public_key(&self) -> &PublicJwk {
        &self.public_key
    }

    fn extension_version(&self) -> &str {
        &self.extension_version
    }
}

impl<R> Holder<R> {
    /// Records the nonce, durably; an error if it was used before.
    pub(crate) async fn claim_nonce(&self, app: &App) -> Result<(), ApiError> {
        claim_nonce(app, &self.key_id, &self.nonce, self.nonce_expires_at).await
    }
}

impl<R: NamesKey> FromRequest<Arc<App>> for Holder<R> {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Self, ApiError> {
        let client = ClientAddress::of(&request);
        let (parts, body) = request.into_parts();
        body::check_declared_length(&parts.headers)?;
        let headers = SignedHeaders::read(&parts, app)?;
        // The key is in the body, so here the body comes before the signature; the digest comes before both.
        let body = body::read(body, app.limits.body).await?;
        headers.check_digest(&body)?;
        let request: R = parse_json(&parts.headers, &body)?;
        let public_key = request.public_key();
        let key = VerifyingKey(public_key.to_bytes().map_err(|error| {
            ApiError::new(ErrorCode::MalformedRequest).detail(format!("publicKey: {error}"))
        })?);
        let key_id = KeyId::from_thumbprint(&sha256(public_key.thumbprint_input().as_bytes()));
        let genuine = key_id == headers.input.key_id
            && key.algorithm() == headers.input.algorithm
            && verify(&key, headers.base(&parts).as_bytes(), &headers.signature);
        if !genuine {
            return Err(ApiError::new(ErrorCode::SignatureInvalid));
        }
        crate::handlers::check_label("extensionVersion", request.extension_version())?;
        // Anybody can make a key and sign, so the limit comes before the first look at the store or at a provider, and a
        // good code before the first write.
        app.guesses
            .acquire(client.0, app.clock.elapsed())
            .map_err(|seconds| ApiError::new(ErrorCode::TooManyRequests).retry_after(seconds))?;
        Ok(Self {
            request,
            key_id,
            key,
            client,
            nonce_expires_at: headers.nonce_expires_at()?,
            nonce: headers.input.nonce,
        })
    }
}

/// A request to enrol, with proof of possession and a code that was good a moment ago.
pub(crate) struct Enrolling {
    /// What to ask of the store.
    pub(crate) enrolment: Enrolment,
    /// Where it came from.
    pub(crate) client: ClientAddress,
}

impl FromRequest<Arc<App>> for Enrolling {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Self, ApiError> {
        let holder = Holder::<EnrolmentRequest>::from_request(request, app).await?;
        let code_sha256 = sha256(holder.request.code.expose().as_bytes());
        if !app.store.is_code_good(&code_sha256, app.clock.now()).await? {
            return Err(ApiError::new(ErrorCode::EnrolmentCodeRefused));
        }
        holder.claim_nonce(app).await?;
        Ok(Self {
            enrolment: Enrolment {
                code_sha256,
                key_id: holder.key_id,
                key: holder.key,
                extension_version: holder.request.extension_version,
            },
            client: holder.client,
        })
    }
}
