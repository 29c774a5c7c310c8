//! What an ID token must be (OpenID Connect Core 1.0 section 3.1.3.7), by the relay's clock.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::{Fault, Identity};

/// How far the provider's clock may be from the relay's, in seconds.
const SKEW: i64 = 60;
/// A token is redeemed as soon as it is made, so an older one comes from somewhere else. In seconds.
const MAX_AGE: i64 = 600;
/// Longest name of a person at a provider (OpenID Connect Core 1.0 section 2).
const MAX_SUBJECT: usize = 255;

/// What a token is held to.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) now: Timestamp,
}

/// Reads a token's header. Of what it says only the algorithm and the key's id count; the algorithm must be one of these.
pub(super) fn header(token: &str, accepted: &[Algorithm]) -> Result<Header, Fault> {
    let refused = "the ID token is not signed with one of sign_in.algorithms";
    // One that is not known to the library at all, such as `none`, cannot even be read.
    let header = decode_header(token).map_err(|_| Fault::refused(refused))?;
    match accepted.contains(&header.alg) {
        true => Ok(header),
        false => Err(Fault::refused(refused)),
    }
}

/// The claims of a token whose signature is good; what they say is still to be checked.
pub(super) fn verified(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
) -> Result<Map<String, Value>, Fault> {
    let mut validation = Validation::new(algorithm);
    // The library asks the machine's clock, and lets absent claims pass: all of this is checked below.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims = HashSet::new();
    let data = decode(token, key, &validation)
        .map_err(|_| {
            Fault::refused(
                "the ID token's signature is not good, or it is no token at all; if the provider has just put a new key under \
                 the name of an old one, the next attempt after half a minute succeeds",
            )
        })?;
    Ok(data.claims)
}

/// Checks what a token says, and takes out who it is about.
pub(super) fn check(claims: Map<String, Value>, expected: &Expected<'_>) -> Result<Identity, Fault> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(Fault::refused("the ID token is of another issuer"));
    }
    check_audience(&claims, expected.client_id)?;
    let good_until = check_times(&claims, expected.now)?;
    match text("nonce") {
        None => {
            return Err(Fault::refused(
                "the ID token has no nonce, so it is not for this browser profile",
            ));
        }
        Some(nonce) if nonce != expected.nonce => {
            return Err(Fault::refused(
                "the ID token's nonce is not that of this browser profile's key",
            ));
        }
        Some(_) => {}
    }
    let subject = text("sub").filter(|subject| {
        (1..=MAX_SUBJECT).contains(&subject.len()) && subject.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    });
    let subject = subject
        .ok_or_else(|| Fault::refused("the ID token names no subject, or none of 1 to 255 ASCII characters"))?
        .to_owned();
    Ok(Identity {
        subject,
        good_until,
        claims,
    })
}

fn check_audience(claims: &Map<String, Value>, client_id: &str) -> Result<(), Fault> {
    let is_ours = |value: &Value| value.as_str() == Some(client_id);
    let (ours, several) = match claims.get("aud") {
        Some(Value::Array(audiences)) => (audiences.iter().any(is_ours), audiences.len() > 1),
        Some(audience) => (is_ours(audience), false),
        None => (false, false),
    };
    if !ours {
        return Err(Fault::refused("the ID token is for another audience"));
    }
    match claims.get("azp") {
        None if several => Err(Fault::refused(
            "the ID token is for several audiences and does not say which of them it was given to (azp)",
        )),
        Some(party) if !is_ours(party) => {
            Err(Fault::refused("the ID token was given to another client (azp)"))
        }
        _ => Ok(()),
    }
}

/// The answer is until when it would be accepted.
fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, Fault> {
    let now = now.as_second();
    let expires = seconds(claims, "exp")?
        .ok_or_else(|| Fault::refused("the ID token does not say when it ends (exp)"))?;
    let issued = seconds(claims, "iat")?
        .ok_or_else(|| Fault::refused("the ID token does not say when it was made (iat)"))?;
    let clocks = "compare the relay's clock with the provider's";
    if expires <= now.saturating_sub(SKEW) {
        return Err(Fault::refused(format!("the ID token has run out; {clocks}")));
    }
    if issued > now.saturating_add(SKEW) {
        return Err(Fault::refused(format!(
            "the ID token was made in the future; {clocks}"
        )));
    }
    if issued < now.saturating_sub(MAX_AGE + SKEW) {
        return Err(Fault::refused(format!(
            "the ID token was made more than {MAX_AGE} seconds ago; {clocks}"
        )));
    }
    if seconds(claims, "nbf")?.is_some_and(|from| from > now.saturating_add(SKEW)) {
        return Err(Fault::refused(format!(
            "the ID token is not good yet (nbf); {clocks}"
        )));
    }
    let last = expires.min(issued.saturating_add(MAX_AGE)).saturating_add(SKEW);
    // Clocks are set back now and then; so much later nobody could use it all the same.
    let margin = SignedDuration::from_secs(MAX_AGE);
    let last = Timestamp::from_second(last).and_then(|last| last.checked_add(margin));
    Ok(last.unwrap_or(Timestamp::MAX))
}

/// A time, which need not be whole (RFC 7519 section 2).
fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, Fault> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float is cut off at the ends of the range, which is what is wanted"
    )]
    let seconds = value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds as i64));
    match seconds {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(Fault::refused(format!("the ID token's {name} is no time"))),
    }
}
