//! The signature's headers: read in the one documented form, checked against everything that costs nothing.

use axum::http::{HeaderMap, HeaderName, header, request::Parts};
use jiff::{SignedDuration, Timestamp};
use stagedoor_protocol::{
    ErrorCode, KeyId, Nonce, SignatureInput, SignedRequest, content_digest, limits::SIGNATURE_WINDOW_SECONDS,
};

use super::verify::sha256;
use crate::{app::App, error::ApiError};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// The most that is said of how far two clocks are apart, in seconds: a day. Beyond it nobody needs the number.
const MOST_APART_SECONDS: i64 = 24 * 60 * 60;

/// How much longer than necessary a nonce is kept: the relay's clock may be set back by so much without opening a door
/// to replays.
const NONCE_MARGIN_SECONDS: i64 = 600;

/// A request's signature, still to be verified.
pub(super) struct SignedHeaders {
    pub(super) input: SignatureInput,
    pub(super) signature: [u8; 64],
    authority: String,
    digest: String,
}

impl SignedHeaders {
    /// Reads the headers and checks form, host and time. Nothing secret is touched yet.
    pub(super) fn read(parts: &Parts, app: &App) -> Result<Self, ApiError> {
        if parts.uri.query().is_some() || parts.uri.authority().is_some() {
            return Err(ApiError::new(ErrorCode::MalformedRequest).detail(
                "the request line must hold a path alone; update the extension, or the proxy in between",
            ));
        }
        let input = SignatureInput::parse(single(&parts.headers, &SIGNATURE_INPUT)?).map_err(form)?;
        let signature = SignatureInput::parse_signature(single(&parts.headers, &SIGNATURE)?).map_err(form)?;
        let digest = single(&parts.headers, &CONTENT_DIGEST)?;
        if !is_digest(digest) {
            return Err(ApiError::new(ErrorCode::SignatureMissing));
        }
        let authority = authority(&parts.headers, app)?;
        let now = app.clock.now().as_second();
        if now.abs_diff(input.created) > SIGNATURE_WINDOW_SECONDS.unsigned_abs() {
            return Err(stale(input.created.saturating_sub(now)));
        }
        Ok(Self {
            input,
            signature,
            authority,
            digest: digest.to_owned(),
        })
    }

    /// The bytes that were signed.
    pub(super) fn base(&self, parts: &Parts) -> String {
        self.input.base(&SignedRequest {
            method: parts.method.as_str(),
            authority: &self.authority,
            path: parts.uri.path(),
            content_digest: &self.digest,
        })
    }

    /// Whether the body is the one that the digest describes.
    pub(super) fn check_digest(&self, body: &[u8]) -> Result<(), ApiError> {
        if content_digest(&sha256(body)) == self.digest {
            Ok(())
        } else {
            Err(ApiError::new(ErrorCode::SignatureInvalid))
        }
    }

    /// Until when the nonce must be remembered.
    pub(super) fn nonce_expires_at(&self) -> Result<Timestamp, ApiError> {
        let keep = SignedDuration::from_secs(SIGNATURE_WINDOW_SECONDS + NONCE_MARGIN_SECONDS);
        Timestamp::from_second(self.input.created)
            .and_then(|created| created.checked_add(keep))
            .map_err(|error| ApiError::new(ErrorCode::Internal).caused_by(error))
    }
}

/// How far the clock that a request was signed by is from the relay's, for the log.
#[derive(Debug, thiserror::Error)]
#[error("the signature's time is {0:+} s from the relay's")]
struct Apart(i64);

/// Refuses a request that was signed so many seconds after the relay's time, or before it where that is negative. The relay's
/// time is no secret, so it is said by how much: whoever sets a clock sees which one to set.
fn stale(apart: i64) -> ApiError {
    let apart = apart.clamp(-MOST_APART_SECONDS, MOST_APART_SECONDS);
    let seconds = apart.unsigned_abs();
    let least = if apart.abs() == MOST_APART_SECONDS {
        "at least "
    } else {
        ""
    };
    let (way, other) = if apart > 0 {
        ("ahead of", "")
    } else {
        ("behind", ", or the request was on its way for so long")
    };
    let detail = format!(
        "The clock of this computer is {least}{seconds} seconds {way} the relay's ({apart:+} s){other}; \
         {SIGNATURE_WINDOW_SECONDS} are accepted. Set the clock of this computer, and the relay's, by a time server."
    );
    ApiError::new(ErrorCode::SignatureStale)
        .detail(detail)
        .caused_by(Apart(apart))
}

/// Records a nonce, durably; an error if it was used before. Call it only after the signature has been verified: otherwise
/// anybody could burn nonces of others.
pub(crate) async fn claim_nonce(
    app: &App,
    key: &KeyId,
    nonce: &Nonce,
    expires_at: Timestamp,
) -> Result<(), ApiError> {
    if app.store.claim_nonce(key, nonce, expires_at).await? {
        Ok(())
    } else {
        Err(ApiError::new(ErrorCode::SignatureReplayed))
    }
}

/// The `Host` header, which must be one of the configured names: a signature for another relay is none for this one.
fn authority(headers: &HeaderMap, app: &App) -> Result<String, ApiError> {
    let host = single(headers, &header::HOST)?.to_ascii_lowercase();
    if app.authorities.contains(&host) {
        Ok(host)
    } else {
        let told = "the relay does not go by this host name; use one of its names, or add it to listen.authorities, and if a \
                    proxy stands before the relay, let it pass Host unchanged";
        Err(ApiError::new(ErrorCode::SignatureInvalid)
            .detail(told)
            .caused_by(ForeignHost))
    }
}

/// Without the name: whoever is not known says what they like.
#[derive(Debug, thiserror::Error)]
#[error("the Host header is none of listen.authorities; a proxy before the relay must pass it unchanged")]
struct ForeignHost;

/// A header that is there exactly once.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(|value| value.to_str()), values.next()) {
        (Some(Ok(value)), None) => Ok(value),
        _ => Err(ApiError::new(ErrorCode::SignatureMissing)),
    }
}

fn form(_: impl std::error::Error) -> ApiError {
    ApiError::new(ErrorCode::SignatureMissing)
}

/// `sha-256=:` and 44 base64 characters and `:`.
fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha-256=:")
        .and_then(|rest| rest.strip_suffix(':'))
        .is_some_and(|encoded| encoded.len() == 44)
}
