//! What the provider says of itself (OpenID Connect Discovery 1.0).

use serde::Deserialize;
use url::Url;

use super::{Fault, Http};
use crate::config::SignIn;

/// The parts that a sign-in needs.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    /// How clients may say who they are; absent means with the secret in a header.
    token_endpoint_auth_methods: Option<Vec<String>>,
    algorithms: Vec<String>,
    challenge_methods: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    id_token_signing_alg_values_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
}

pub(super) async fn fetch(http: &Http, issuer: &str) -> Result<Metadata, Fault> {
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let document: Document = http.json("the provider's discovery document", &url).await?;
    if document.issuer != issuer {
        // It is public, and what the operator must write.
        let named: String = document
            .issuer
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        return Err(Fault::failed(format!(
            "the provider calls itself \"{named}\", which is not sign_in.issuer to the letter; write it there if it is the \
             firm's own"
        )));
    }
    Ok(Metadata {
        authorization_endpoint: http.endpoint("authorization_endpoint", &document.authorization_endpoint)?,
        token_endpoint: http.endpoint("token_endpoint", &document.token_endpoint)?,
        jwks_uri: http.endpoint("jwks_uri", &document.jwks_uri)?,
        token_endpoint_auth_methods: document.token_endpoint_auth_methods_supported,
        algorithms: document.id_token_signing_alg_values_supported,
        challenge_methods: document.code_challenge_methods_supported,
    })
}

impl Metadata {
    /// Whether the secret goes into a header, which is the default, or among the parameters.
    pub(super) fn secret_in_header(&self) -> bool {
        let methods = self.token_endpoint_auth_methods.as_deref();
        let takes = |method: &str| methods.is_none_or(|methods| methods.iter().any(|known| known == method));
        takes("client_secret_basic") || !takes("client_secret_post")
    }

    /// What in it does not go with the configuration.
    pub(super) fn warnings(&self, config: &SignIn) -> Vec<String> {
        let mut warnings = Vec::new();
        let accepted: Vec<String> = config
            .algorithms
            .iter()
            .map(|known| format!("{known:?}"))
            .collect();
        if !self.algorithms.iter().any(|signed| accepted.contains(signed)) {
            warnings.push(format!(
                "it signs ID tokens with {}, and sign_in.algorithms accepts {}; add one that both know",
                self.algorithms.join(", "),
                accepted.join(", ")
            ));
        }
        if self
            .challenge_methods
            .as_ref()
            .is_some_and(|methods| !methods.iter().any(|known| known == "S256"))
        {
            warnings.push(
                "it does not take code_challenge_method=S256, without which nobody is signed in".to_owned(),
            );
        }
        warnings
    }
}
