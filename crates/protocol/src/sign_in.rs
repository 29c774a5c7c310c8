//! Signing in at the firm's OpenID provider: `GET /v1/sign-in` says where, and `POST /v1/sign-ins` makes a browser profile's
//! key that of whoever signed in there.
//!
//! The extension runs the authorization code flow with PKCE (RFC 6749, RFC 7636) and hands the code to the relay, which
//! redeems it and verifies the ID token. So no token of the provider ever reaches the browser.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{KeyId, PublicJwk, Staff};

/// Where to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignInOffer {
    /// The provider, as its ID tokens name it. An `iss` that comes back with the code must be this one (RFC 9207).
    pub issuer: String,
    /// Where the person signs in.
    pub authorization_endpoint: String,
    /// The relay's name at the provider.
    pub client_id: String,
    /// What is asked for; `openid` is among them.
    pub scopes: Vec<String>,
}

/// Asks to sign in the key that signs the request. Signing it proves that the profile holds the private key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInRequest {
    /// The authorization code.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::AuthorizationCode))]
    pub code: String,
    /// What the challenge of the authorization request was made of: 43 to 128 unreserved characters.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::CodeVerifier))]
    pub code_verifier: String,
    /// Where the code was sent, as in the authorization request.
    pub redirect_uri: String,
    /// The random part of the authorization request's `nonce`: 22 to 86 base64url characters.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::NonceSalt))]
    pub nonce_salt: String,
    /// The key to sign in; its thumbprint must be the `keyid` of the signature.
    pub public_key: PublicJwk,
    /// The extension's version, for support.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Label))]
    pub extension_version: String,
}

/// The code and the verifier are worth a session until they are redeemed.
impl fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInRequest")
            .field("redirect_uri", &self.redirect_uri)
            .field("extension_version", &self.extension_version)
            .finish_non_exhaustive()
    }
}

/// The key is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignInResponse {
    /// The key's id from now on.
    pub key_id: KeyId,
    /// Who signed in.
    pub staff: Staff,
    /// When they must sign in again, in seconds since 1970 (UTC).
    pub expires_at: u64,
}

/// The base64url SHA-256 of this text is the `nonce` of the authorization request, and comes back in the ID token: so the
/// token is good for this key alone.
pub fn sign_in_nonce_input(key_id: &KeyId, salt: &str) -> String {
    [key_id.as_str(), ".", salt].concat()
}
