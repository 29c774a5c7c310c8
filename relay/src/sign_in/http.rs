//! Requests to the provider: to it alone, encrypted, bounded in time and size, without redirects.

use std::{error::Error, time::Duration};

use reqwest::{Certificate, Client, Proxy, RequestBuilder, StatusCode, header::ACCEPT};
use serde::de::DeserializeOwned;
use url::Url;
use zeroize::Zeroizing;

use super::Fault;
use crate::{
    config::{self, SignIn},
    outgoing,
};

/// Larger answers are none: a provider's description, its keys, or a token with the person's groups.
const MAX_BYTES: usize = 256 * 1024;

/// The client.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    plain: bool,
}

impl Http {
    /// The error names the configuration key that is at fault.
    pub(super) fn new(config: &SignIn, answer: Duration) -> Result<Self, (&'static str, String)> {
        let plain = config.issuer.starts_with("http://");
        let mut builder = outgoing::client(answer, answer);
        if plain {
            builder = outgoing::plain(builder);
        }
        if let Some(proxy) = &config.proxy {
            let wrong = |_| ("proxy", "cannot be used as a proxy's address".to_owned());
            builder = builder.proxy(Proxy::all(proxy.0.clone()).map_err(wrong)?);
        }
        if let Some(path) = &config.root_certificate_file {
            let at = |problem: String| ("root_certificate_file", problem);
            let pem = config::read_roots(path).map_err(at)?;
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(&pem).unwrap_or_default());
        }
        let client = builder.build().map_err(|_| {
            let problem =
                "a root certificate cannot be used, or this machine has none (package ca-certificates)";
            ("root_certificate_file", problem.to_owned())
        })?;
        Ok(Self { client, plain })
    }

    /// An address that the provider names. It gets secrets, so it must be as safe as the issuer is.
    pub(super) fn endpoint(&self, what: &str, text: &str) -> Result<Url, Fault> {
        let url = text.parse::<Url>().ok().filter(|url| {
            let plain = self.plain && url.scheme() == "http" && config::is_loopback(url);
            let safe = url.scheme() == "https" || plain;
            safe && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
        });
        url.ok_or_else(|| {
            Fault::failed(format!(
                "the provider's {what} is no https address; see its discovery document"
            ))
        })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The JSON at an address. `what` names it in errors.
    pub(super) async fn json<T: DeserializeOwned>(&self, what: &str, url: &str) -> Result<T, Fault> {
        let (status, body) = self.send(what, self.client.get(url)).await?;
        if status != StatusCode::OK {
            return Err(Fault::failed(format!(
                "{what} cannot be had: the provider answered {}{}; compare sign_in.issuer with what the provider gave",
                status.as_u16(),
                if status.is_redirection() {
                    ", a redirect, which is not followed"
                } else {
                    ""
                },
            )));
        }
        serde_json::from_slice(&body).map_err(|_| {
            Fault::failed(format!(
                "{what} is not the JSON that OpenID providers send; compare sign_in.issuer"
            ))
        })
    }

    /// Sends a request once; status and body of the answer.
    pub(super) async fn send(
        &self,
        what: &str,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Zeroizing<Vec<u8>>), Fault> {
        let lost = |error: reqwest::Error| {
            Fault::failed(format!(
                "{what} cannot be had: {}; check network, proxy and certificates",
                reason(&error)
            ))
        };
        let mut response = request
            .header(ACCEPT, "application/json")
            .send()
            .await
            .map_err(lost)?;
        let mut body = Zeroizing::new(Vec::with_capacity(16 * 1024));
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(Fault::failed(format!(
                    "{what} is larger than {MAX_BYTES} bytes, which none is"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status(), body))
    }
}

/// What is behind an error. No URL is in it.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    match error.source() {
        Some(_) => last.to_string(),
        None => "the connection broke off".to_owned(),
    }
}
