//! Carries the ACME client's requests, with bounds on what a server can make the relay hold and wait for.

use std::{
    future::Future,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, Request, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use http_body_util::{BodyExt, Full};
use instant_acme::{BodyWrapper, BytesResponse, Error};
use url::Url;

use crate::{config, outgoing};

/// For resolving the name, connecting and TLS.
const CONNECT: Duration = Duration::from_secs(10);
/// For one answer.
const ANSWER: Duration = Duration::from_secs(30);
/// Largest answer, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// The longest wait that a server can ask for.
const LONGEST_WISH: Duration = Duration::from_secs(24 * 60 * 60);

/// The client, shared by all requests of an attempt.
#[derive(Clone)]
pub(super) struct Http {
    client: reqwest::Client,
    /// The file of certificates that it trusts, as it was read.
    roots: Option<Arc<[u8]>>,
    pause: Arc<Mutex<Duration>>,
}

/// Why no answer can be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    /// The connection failed.
    #[error("{0}")]
    Connection(String),
    /// Something that is not an ACME server's.
    #[error("it answered {0}, and not as an ACME server does")]
    Foreign(StatusCode),
    /// Too much.
    #[error("its answer is longer than {MAX_BYTES} bytes")]
    TooLong,
}

impl Http {
    /// A client that trusts the certificates of this file besides the system's.
    pub(super) fn new(roots: Option<&Path>) -> Result<Self, String> {
        let mut builder = outgoing::client(CONNECT, ANSWER);
        let mut read = None;
        if let Some(path) = roots {
            let (roots, bytes) = read_roots(path)?;
            builder = builder.tls_certs_merge(roots);
            read = Some(bytes.into());
        }
        let client = builder
            .build()
            .map_err(|_| "TLS cannot be set up; the machine's CA certificates must be installed")?;
        Ok(Self {
            client,
            roots: read,
            pause: Arc::default(),
        })
    }

    /// Whether it trusts what a file holds now.
    pub(super) fn trusts(&self, roots: Option<&Path>) -> Result<bool, String> {
        let now = roots.map(read_roots).transpose()?;
        Ok(self.roots.as_deref() == now.as_ref().map(|(_, bytes)| bytes.as_slice()))
    }

    /// For how long the server has asked not to be asked again, since this was last called.
    pub(super) fn take_pause(&self) -> Duration {
        std::mem::take(&mut *self.pause.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is at an address, where a server means to answer.
    pub(super) async fn get(&self, url: &Url) -> Result<Bytes, Unanswered> {
        let failed = |error: reqwest::Error| Unanswered::Connection(outgoing::problem(&error));
        let answer = self.client.get(url.clone()).send().await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(Unanswered::Foreign(answer.status()));
        }
        bounded(answer).await
    }

    async fn send(self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Unanswered> {
        let failed = |error: reqwest::Error| Unanswered::Connection(outgoing::problem(&error));
        let (parts, body) = request.into_parts();
        let body = body
            .collect()
            .await
            .unwrap_or_else(|never| match never {})
            .to_bytes();
        let mut request = self
            .client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        let answer = request.send().await.map_err(failed)?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        let pause = take_pause(&mut headers);
        if let (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(pause)) =
            (status, pause)
        {
            *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = pause;
        }
        if !status.is_success() && !is_problem(&headers) {
            return Err(Unanswered::Foreign(status));
        }
        let mut response = http::Response::new(Full::new(bounded(answer).await?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response.into())
    }
}

impl instant_acme::HttpClient for Http {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let http = self.clone();
        Box::pin(async move {
            http.send(request)
                .await
                .map_err(|error| Error::Other(error.into()))
        })
    }
}

/// The body, as far as anybody needs it.
async fn bounded(mut answer: reqwest::Response) -> Result<Bytes, Unanswered> {
    let failed = |error: reqwest::Error| Unanswered::Connection(outgoing::problem(&error));
    let mut bytes = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(Unanswered::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// The certificates in a file, and its bytes.
fn read_roots(path: &Path) -> Result<(Vec<reqwest::Certificate>, Vec<u8>), String> {
    let bytes = config::read_roots(path)?;
    let roots = reqwest::Certificate::from_pem_bundle(&bytes).unwrap_or_default();
    Ok((roots, bytes.to_vec()))
}

fn is_problem(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/problem+json"))
}

/// The pause that is asked for, in seconds; a date is not understood, and the pause is the relay's own then. Only what is
/// understood stays among the headers, and no more of it than is waited: the client adds it to the time without asking
/// whether there is such a time.
fn take_pause(headers: &mut HeaderMap) -> Option<Duration> {
    let asked = headers.remove(RETRY_AFTER)?;
    let seconds = asked.to_str().ok()?.trim().parse().ok()?;
    let pause = Duration::from_secs(seconds).min(LONGEST_WISH);
    headers.insert(RETRY_AFTER, HeaderValue::from(pause.as_secs()));
    Some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_ask_for_a_pause_of_a_day_at_most() {
        for (value, seconds) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999", Some(86_400)),
            ("18446744073709551615", Some(86_400)),
            ("18446744073709551616", None),
            ("-1", None),
            ("Sun, 29 Nov 2026 10:00:00 GMT", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(RETRY_AFTER, value.parse().unwrap());
            headers.append(RETRY_AFTER, "18446744073709551615".parse().unwrap());
            let pause = take_pause(&mut headers);
            assert_eq!(pause, seconds.map(Duration::from_secs), "{value}");
            let left = headers.get_all(RETRY_AFTER).iter().collect::<Vec<_>>();
            let seconds = seconds.map(|seconds: u64| HeaderValue::from(seconds));
            assert_eq!(left, Vec::from_iter(&seconds), "{value}");
        }
        assert_eq!(take_pause(&mut HeaderMap::new()), None);
    }
}
