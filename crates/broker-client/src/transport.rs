//! Sends one request once and reads one bounded answer; every way to fail is sorted by whether bytes may have left.

use std::{error::Error as StdError, io, time::SystemTime};

use reqwest::{
    Certificate, Client, Proxy, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, HeaderMap, HeaderValue},
    redirect,
};
use rustls::{
    RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject},
};
use zeroize::Zeroizing;

use crate::{
    config::{BrokerConfig, ConfigError},
    egress::{EgressAddress, local_address_towards},
    error::{BrokerError, LostAnswer, UnreachableCause},
    flaw::AnswerFlaw,
    status::Refusal,
};

/// How much of the answer to a refused request is looked at.
const MAX_REFUSAL_BYTES: usize = 16 * 1024;

/// What a request changes at the broker, which decides what a lost answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It makes a token: a lost answer is an unknown outcome.
    Mint,
    /// It reads: a lost answer is no answer.
    Read,
}

/// The HTTP client of one broker.
pub(crate) struct Transport {
    client: Client,
    max_answer_bytes: usize,
    configured_egress: Option<EgressAddress>,
}

impl Transport {
    pub(crate) fn new(config: &BrokerConfig) -> Result<Self, ConfigError> {
        if CryptoProvider::get_default().is_none() {
            return Err(ConfigError::NoCryptoProvider);
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
        let mut builder = Client::builder()
            .user_agent(concat!("stagedoor/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .http1_only()
            .redirect(redirect::Policy::none())
            .referer(false)
            // A request on a pooled connection that the broker is closing is repeated by hyper when it believes that
            // nothing was written, and has an unknown outcome otherwise. A fresh connection for each request, and no
            // retry policy, rule out both; TLS sessions are still resumed.
            .pool_max_idle_per_host(0)
            .retry(reqwest::retry::never())
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .no_proxy()
            .connect_timeout(config.connect_timeout)
            .timeout(config.request_timeout)
            // A connection lives for one request, which has a time limit of its own.
            .tcp_keepalive(None)
            .tcp_keepalive_interval(None)
            .tcp_keepalive_retries(None)
            .tcp_user_timeout(None)
            .local_address(config.local_address);
        if let Some(proxy) = &config.proxy {
            builder = builder.proxy(Proxy::all(proxy.clone()).map_err(|_| ConfigError::Proxy)?);
        }
        let roots = root_certificates(&config.extra_root_certificates)?;
        builder = match config.base_url.scheme() {
            // Plain HTTP to loopback never uses TLS, and must work on a machine without CA certificates.
            "http" => builder.tls_certs_only(roots),
            _ => builder.https_only(true).tls_certs_merge(roots),
        };
        Ok(Self {
            client: builder.build().map_err(|_| ConfigError::Tls)?,
            max_answer_bytes: config.max_answer_bytes,
            configured_egress: configured_egress(config),
        })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends the request once. Anything but a 2xx is an error.
    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        effect: Effect,
    ) -> Result<Response, BrokerError> {
        let response = request
            .send()
            .await
            .map_err(|error| sending_failed(&error, effect))?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.refusal(response).await)
        }
    }

    /// The whole body of a successful answer, empty for a 204.
    pub(crate) async fn body(
        &self,
        response: Response,
        effect: Effect,
    ) -> Result<Zeroizing<Vec<u8>>, BrokerError> {
        match read(response, self.max_answer_bytes).await {
            (_, Some(End::Lost(lost))) => Err(answer_lost(lost, effect)),
            (_, Some(End::TooLarge)) => Err(AnswerFlaw::TooLarge {
                limit: self.max_answer_bytes,
            }
            .into()),
            (body, None) => Ok(body),
        }
    }

    /// Looks at the beginning of a successful answer: a website answers any path with a page, an API does not.
    pub(crate) async fn refuse_html(&self, mut response: Response) -> Result<(), BrokerError> {
        let is_page = |chunk: &[u8]| chunk.trim_ascii_start().starts_with(b"<");
        match response.chunk().await {
            Ok(Some(chunk)) if is_page(&chunk) => Err(AnswerFlaw::Html.into()),
            Ok(_) => Ok(()),
            Err(error) => Err(answer_lost(lost_answer(&error), Effect::Read)),
        }
    }

    /// The status decides; a body that breaks off changes nothing about it.
    async fn refusal(&self, response: Response) -> BrokerError {
        let status = response.status();
        let headers = response.headers().clone();
        let peer = response.remote_addr();
        let egress_address = self.configured_egress.unwrap_or_else(|| {
            peer.and_then(local_address_towards)
                .map_or(EgressAddress::Unknown, EgressAddress::Local)
        });
        let body = match status {
            StatusCode::NOT_FOUND => read(response, MAX_REFUSAL_BYTES).await.0,
            _ => Zeroizing::default(),
        };
        let refusal = Refusal {
            status: status.as_u16(),
            headers: &headers,
            body: &body,
            egress_address,
        };
        refusal.into_error(SystemTime::now())
    }
}

/// Why reading stopped before the end.
enum End {
    Lost(LostAnswer),
    TooLarge,
}

/// Reads up to `limit` bytes, counted as they come: a declared length is not believed, in either direction.
///
/// The buffer has its full size from the start, so it never moves and leaves no unwiped copy behind.
async fn read(mut response: Response, limit: usize) -> (Zeroizing<Vec<u8>>, Option<End>) {
    let mut body = Zeroizing::new(Vec::with_capacity(limit));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => return (body, Some(End::TooLarge)),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return (body, None),
            Err(error) => return (body, Some(End::Lost(lost_answer(&error)))),
        }
    }
}

fn sending_failed(error: &reqwest::Error, effect: Effect) -> BrokerError {
    if error.is_builder() {
        return BrokerError::Unreachable {
            cause: UnreachableCause::ConnectFailed,
        };
    }
    if !error.is_connect() {
        // Perhaps nothing was written, but only the connector's failures prove it.
        return answer_lost(lost_answer(error), effect);
    }
    if is_tls(error) {
        return BrokerError::TlsFailed;
    }
    let cause = if proxy_wants_credentials(error) {
        UnreachableCause::ProxyRefused
    } else if error.is_dns() {
        UnreachableCause::NameNotResolved
    } else if error.is_timeout() {
        UnreachableCause::ConnectTimedOut
    } else {
        io_kinds(error)
            .find_map(|kind| match kind {
                io::ErrorKind::ConnectionRefused => Some(UnreachableCause::ConnectionRefused),
                io::ErrorKind::AddrNotAvailable => Some(UnreachableCause::LocalAddressNotAvailable),
                _ => None,
            })
            .unwrap_or(UnreachableCause::ConnectFailed)
    };
    BrokerError::Unreachable { cause }
}

fn answer_lost(cause: LostAnswer, effect: Effect) -> BrokerError {
    match effect {
        Effect::Mint => BrokerError::OutcomeUnknown { cause },
        Effect::Read => BrokerError::Unreachable {
            cause: UnreachableCause::NoAnswer(cause),
        },
    }
}

fn lost_answer(error: &reqwest::Error) -> LostAnswer {
    if error.is_timeout() {
        LostAnswer::TimedOut
    } else {
        LostAnswer::ConnectionLost
    }
}

/// Whether a failed connection failed in TLS. A connection that ends within the handshake counts: TCP alone reports
/// a refusal or a reset, never an early end.
fn is_tls(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.is::<rustls::Error>())
        || io_kinds(error).any(|kind| kind == io::ErrorKind::UnexpectedEof)
}

/// Whether a proxy answered 407 when it was asked for a way to the broker (CONNECT). The type of that error cannot be named
/// outside of its library, so its words have to do.
fn proxy_wants_credentials(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.to_string().ends_with("proxy authorization required"))
}

fn io_kinds(error: &reqwest::Error) -> impl Iterator<Item = io::ErrorKind> {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .map(io::Error::kind)
}

/// The chain of causes. An I/O error's `source` skips the error it wraps, and that is where TLS errors are.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause| {
        let cause: &(dyn StdError + 'static) = *cause;
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => cause.source(),
        }
    })
}

/// Each bundle must hold at least one certificate that can be a root; one that cannot is a mistake to be told.
fn root_certificates(bundles: &[Vec<u8>]) -> Result<Vec<Certificate>, ConfigError> {
    let mut certificates = Vec::new();
    for bundle in bundles {
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(bundle) {
            let certificate = certificate.map_err(|_| ConfigError::RootCertificates)?;
            certificates.extend(Certificate::from_der(&certificate));
            store
                .add(certificate)
                .map_err(|_| ConfigError::RootCertificates)?;
        }
        if store.is_empty() {
            return Err(ConfigError::RootCertificates);
        }
    }
    Ok(certificates)
}

fn configured_egress(config: &BrokerConfig) -> Option<EgressAddress> {
    match (config.egress_address, &config.proxy, config.local_address) {
        (Some(ip), _, _) => Some(EgressAddress::Configured(ip)),
        (None, Some(_), _) => Some(EgressAddress::Proxy),
        (None, None, Some(ip)) => Some(EgressAddress::Local(ip)),
        (None, None, None) => None,
    }
}
