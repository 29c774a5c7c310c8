//! Posts checkpoints to a web server. Its answer's status decides; nothing else of the answer is read.

use std::{error::Error, time::Duration};

use reqwest::{
    Client,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect,
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Signed;
use crate::config::Receiver;

/// For resolving the name, connecting and TLS.
const CONNECT: Duration = Duration::from_secs(3);
/// For the whole request.
const ANSWER: Duration = Duration::from_secs(5);

/// The client of one receiver.
pub(super) struct Post {
    client: Client,
    receiver: Receiver,
}

impl Post {
    pub(super) fn new(receiver: Receiver) -> Result<Self, String> {
        // TLS needs it; a second call finds it installed, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(concat!("stagedoor/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .redirect(redirect::Policy::none())
            .referer(false)
            .pool_max_idle_per_host(0)
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(ANSWER);
        let builder = match receiver.url.scheme() {
            // Plain HTTP to loopback never uses TLS, and must work on a machine without CA certificates.
            "http" => builder.tls_certs_only([]),
            _ => builder.https_only(true),
        };
        let client = builder
            .build()
            .map_err(|_| "TLS cannot be set up; the machine's CA certificates must be installed")?;
        Ok(Self { client, receiver })
    }

    /// Posts a checkpoint once. The error names the host only: a path may be what lets people in.
    pub(super) async fn deliver(&self, signed: &Signed) -> Result<(), String> {
        let mut request = self
            .client
            .post(self.receiver.url.clone())
            .header(CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(signed.note.clone());
        if let Some(token) = self.receiver.token()? {
            request = request.header(AUTHORIZATION, bearer(&token)?);
        }
        let host = self.receiver.url.host_str().unwrap_or_default();
        let response = request
            .send()
            .await
            .map_err(|error| format!("{host}: {}", problem(&error)))?;
        let status = response.status();
        if status.is_success() {
            Ok(())
        } else if status.is_redirection() {
            let status = status.as_u16();
            Err(format!(
                "{host}: it answers {status}, a redirect, which is not followed; name the address that it leads to"
            ))
        } else {
            Err(format!(
                "{host}: it answers {}; it must answer 200 to 299",
                status.as_u16()
            ))
        }
    }
}

fn bearer(token: &SecretString) -> Result<HeaderValue, String> {
    let text = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
    let mut header = HeaderValue::from_str(&text).map_err(|_| "the token is not a header's value")?;
    header.set_sensitive(true);
    Ok(header)
}

/// What went wrong, without the address that the library's own text shows.
fn problem(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it does not answer in time".to_owned();
    }
    let mut root = error.source();
    while let Some(deeper) = root.and_then(Error::source) {
        root = Some(deeper);
    }
    let cause = root.map_or_else(|| "the connection broke".to_owned(), ToString::to_string);
    if error.is_connect() {
        format!("it cannot be connected to ({cause})")
    } else {
        format!("it gave no answer ({cause})")
    }
}
