//! Signing in at the firm's provider: the address that a person is sent to, and what the address says that they come
//! back to (RFC 6749 section 4.1, RFC 7636, RFC 9207).

use alloc::{boxed::Box, string::String, vec::Vec};

use base64ct::{Base64UrlUnpadded, Encoding};
use stagedoor_protocol::SignInOffer;

use crate::{
    environment::ParsedUrl,
    fault::{Code, Fault},
    record::SignIn,
    text::{harmless_within, joined},
    url_check::{is_safe, percent_encode},
};

/// Some providers' codes hold all that they stand for; a relay takes none that is longer.
const MAX_CODE_BYTES: usize = 8 * 1024;
/// What is shown of a provider's own words, in characters.
const MAX_WORDS: usize = 300;

/// Bytes as base64url.
pub fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Added to the address, it has the provider ask who the person is although it knows somebody already (OpenID Connect
/// Core section 3.1.2.1). `select_account` would fit better, but a provider that does not know it must refuse it.
pub const AFRESH: &str = "&prompt=login";

/// The address to sign in at.
pub fn address(
    offer: &SignInOffer,
    endpoint: &ParsedUrl,
    sign_in: &SignIn,
    nonce: &[u8; 32],
    challenge: &[u8; 32],
) -> Result<String, Box<Fault>> {
    let openid = offer.scopes.iter().any(|scope| scope == "openid");
    if !is_safe(endpoint) || !endpoint.hash.is_empty() || offer.client_id.is_empty() || !openid {
        return Err(Code::SignInOfferUnusable.into());
    }
    let mut scopes = String::new();
    for scope in &offer.scopes {
        scopes.push_str(if scopes.is_empty() { "" } else { " " });
        scopes.push_str(scope);
    }
    let mut address = joined(&[&endpoint.origin, &endpoint.pathname, &endpoint.search]);
    let mut separator = if endpoint.search.is_empty() { '?' } else { '&' };
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", &offer.client_id),
        ("redirect_uri", &sign_in.redirect_uri),
        ("scope", &scopes),
        ("state", &sign_in.state),
        ("nonce", &base64url(nonce)),
        ("code_challenge", &base64url(challenge)),
        ("code_challenge_method", "S256"),
    ] {
        address.push(separator);
        address.push_str(name);
        address.push('=');
        percent_encode(value, &mut address);
        separator = '&';
    }
    Ok(address)
}

/// The code in the address that the person came back to. Whatever does not belong to this very sign-in is not looked
/// at any further: whoever made it up is not given a say in what the person reads.
pub fn code(came_back: &ParsedUrl, sign_in: &SignIn) -> Result<String, Box<Fault>> {
    let place = joined(&[&came_back.origin, &came_back.pathname]);
    let at_home = place == sign_in.redirect_uri && !came_back.credentials && came_back.hash.is_empty();
    let said = Parameters::read(&came_back.search).filter(|_| at_home);
    let said = said.ok_or(Code::SignInAnswerForeign)?;
    let issuer = said.issuer.as_ref();
    if said.state.as_ref() != Some(&sign_in.state) || issuer.is_some_and(|issuer| *issuer != sign_in.issuer) {
        return Err(Code::SignInAnswerForeign.into());
    }
    if let Some(error) = said.error {
        if error == "access_denied" {
            return Err(Code::SignInDeclined.into());
        }
        let words = match &said.description {
            Some(description) => joined(&[&error, ": ", description]),
            None => error,
        };
        let words = harmless_within(&words, MAX_WORDS);
        return Err(Box::new(Fault::with_detail(Code::SignInProviderRefused, words)));
    }
    let code = said
        .code
        .filter(|code| (1..=MAX_CODE_BYTES).contains(&code.len()));
    Ok(code.ok_or(Code::SignInAnswerForeign)?)
}

/// What a provider says. Each at most once (RFC 6749 section 3.1); others are ignored.
#[derive(Default)]
struct Parameters {
    state: Option<String>,
    issuer: Option<String>,
    code: Option<String>,
    error: Option<String>,
    description: Option<String>,
}

impl Parameters {
    /// Nothing for a query with a parameter said twice, or one that is not UTF-8.
    fn read(query: &str) -> Option<Self> {
        let mut said = Self::default();
        for pair in query.trim_start_matches('?').split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let place = match decoded(name)?.as_str() {
                "state" => &mut said.state,
                "iss" => &mut said.issuer,
                "code" => &mut said.code,
                "error" => &mut said.error,
                "error_description" => &mut said.description,
                _ => continue,
            };
            if place.replace(decoded(value)?).is_some() {
                return None;
            }
        }
        Some(said)
    }
}

/// A name or value of a form-encoded query.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
