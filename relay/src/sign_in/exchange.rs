//! Redeeming an authorization code (RFC 6749 section 4.1.3) with its verifier (RFC 7636).

use base64ct::{Base64, Encoding};
use reqwest::{
    RequestBuilder, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::{Fault, Http, Metadata};
use crate::config::SignIn;

/// What a provider may answer (RFC 6749 section 5.2); other words are not repeated to the log.
const KNOWN_ERRORS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// What the extension got. No `Debug`: it is worth a session.
pub(crate) struct Grant<'a> {
    /// The code.
    pub(crate) code: &'a str,
    /// What its challenge was made of.
    pub(crate) code_verifier: &'a str,
    /// Where it was sent.
    pub(crate) redirect_uri: &'a str,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// The ID token, still to be verified.
pub(super) async fn redeem(
    http: &Http,
    metadata: &Metadata,
    config: &SignIn,
    secret: Option<&SecretString>,
    grant: &Grant<'_>,
) -> Result<Zeroizing<String>, Fault> {
    let request = request(http, metadata, config, secret, grant)?;
    let (status, body) = http.send("the provider's answer to the code", request).await?;
    if status != StatusCode::OK {
        return Err(refusal(status, &body));
    }
    let tokens: Tokens = serde_json::from_slice(&body).map_err(|_| {
        Fault::failed("the provider's answer to the code is not JSON, or not of the documented form")
    })?;
    let token = tokens.id_token.map(Zeroizing::new);
    token.ok_or_else(|| {
        Fault::failed("the provider's answer to the code holds no ID token; is \"openid\" in sign_in.scopes?")
    })
}

fn request(
    http: &Http,
    metadata: &Metadata,
    config: &SignIn,
    secret: Option<&SecretString>,
    grant: &Grant<'_>,
) -> Result<RequestBuilder, Fault> {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", grant.code)
        .append_pair("redirect_uri", grant.redirect_uri)
        .append_pair("code_verifier", grant.code_verifier);
    let mut request = http.client().post(metadata.token_endpoint.clone());
    match secret {
        Some(secret) if metadata.secret_in_header() => {
            request = request.header(AUTHORIZATION, basic(&config.client_id, secret)?);
        }
        Some(secret) => {
            form.append_pair("client_id", &config.client_id)
                .append_pair("client_secret", secret.expose_secret());
        }
        None => {
            form.append_pair("client_id", &config.client_id);
        }
    }
    Ok(request
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.finish()))
}

/// As RFC 6749 section 2.3.1 has it: both parts are form-encoded before they are joined.
fn basic(client_id: &str, secret: &SecretString) -> Result<HeaderValue, Fault> {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Zeroizing::new(format!(
        "{}:{}",
        encode(client_id),
        encode(secret.expose_secret())
    ));
    let text = Zeroizing::new(format!("Basic {}", Base64::encode_string(pair.as_bytes())));
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| Fault::failed("the client's secret cannot be put into a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn refusal(status: StatusCode, body: &[u8]) -> Fault {
    let error = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.error);
    let known = error
        .as_deref()
        .ok()
        .and_then(|error| KNOWN_ERRORS.into_iter().find(|known| *known == error));
    match known {
        Some("invalid_grant") => Fault::refused(
            "the provider does not take the code (invalid_grant): it was used before, is too old, or was made for another \
             client, redirect URI or verifier",
        )
        .told("The provider did not take the sign-in. Try again from the start; each attempt is good once."),
        Some("invalid_client" | "unauthorized_client") => Fault::failed(
            "the provider does not take the relay as its client (invalid_client): compare sign_in.client_id and the client's \
             secret with what the provider shows; a secret may have run out",
        ),
        Some(error) => Fault::failed(format!("the provider refused the code with {error}; compare the client's settings there")),
        None => Fault::failed(format!("the provider answered {} to the code", status.as_u16())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_of_the_header_are_encoded() {
        let value = basic("a b:c", &SecretString::from("p%+/é")).unwrap();
        assert!(value.is_sensitive());
        let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let mut buffer = [0; 64];
        let pair = Base64::decode(text, &mut buffer).unwrap();
        assert_eq!(pair, b"a+b%3Ac:p%25%2B%2F%C3%A9");
    }
}
