//! An enrolment request whose sender has proved to hold the key that it wants enrolled.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use stagedoor_protocol::{EnrolmentRequest, ErrorCode, KeyId};

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

/// A request to enrol, with proof of possession; its code is still to be looked at. The attempt has been counted.
pub(crate) struct Enrolling {
    /// What to ask of the store.
    pub(crate) enrolment: Enrolment,
    /// Where it came from.
    pub(crate) client: ClientAddress,
}

impl FromRequest<Arc<App>> for Enrolling {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Self, ApiError> {
        let client = ClientAddress::of(&request);
        let (parts, body) = request.into_parts();
        body::check_declared_length(&parts.headers)?;
        let headers = SignedHeaders::read(&parts, app)?;
        // The key is in the body, so here the body comes before the signature; the digest comes before both.
        let body = body::read(body, app.limits.body).await?;
        headers.check_digest(&body)?;
        let request: EnrolmentRequest = parse_json(&parts.headers, &body)?;
        let key = VerifyingKey(request.public_key.to_bytes().map_err(|error| {
            ApiError::new(ErrorCode::MalformedRequest).detail(format!("publicKey: {error}"))
        })?);
        let key_id = KeyId::from_thumbprint(&sha256(request.public_key.thumbprint_input().as_bytes()));
        let genuine = key_id == headers.input.key_id
            && key.algorithm() == headers.input.algorithm
            && verify(&key, headers.base(&parts).as_bytes(), &headers.signature);
        if !genuine {
            return Err(ApiError::new(ErrorCode::SignatureInvalid));
        }
        check_version(&request.extension_version)?;
        // Anybody can make a key and sign, so the limit comes before the first look at the store, and a good code before the
        // first write.
        app.guesses
            .acquire(client.0, app.clock.elapsed())
            .map_err(|seconds| ApiError::new(ErrorCode::TooManyRequests).retry_after(seconds))?;
        let code_sha256 = sha256(request.code.expose().as_bytes());
        if !app.store.is_code_good(&code_sha256, app.clock.now()).await? {
            return Err(ApiError::new(ErrorCode::EnrolmentCodeRefused));
        }
        claim_nonce(app, &key_id, &headers.input.nonce, headers.nonce_expires_at()?).await?;
        Ok(Self {
            enrolment: Enrolment {
                code_sha256,
                key_id,
                key,
                extension_version: request.extension_version,
            },
            client,
        })
    }
}

fn check_version(text: &str) -> Result<(), ApiError> {
    crate::handlers::check_label("extensionVersion", text)
}
