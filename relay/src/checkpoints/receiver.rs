//! Posts checkpoints to a web server. Its answer's status decides; nothing else of the answer is read.

use std::time::Duration;

use reqwest::{
    Client,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Signed;
use crate::{config::Receiver, outgoing};

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
        let mut builder = outgoing::client(CONNECT, ANSWER).pool_max_idle_per_host(0);
        if receiver.url.scheme() == "http" {
            builder = outgoing::plain(builder);
        }
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
            .map_err(|error| format!("{host}: {}", outgoing::problem(&error)))?;
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
