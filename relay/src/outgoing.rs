//! What the relay's own HTTP clients have in common: one host, encrypted, once, and bounded in time. (The broker's client is in
//! a crate of its own.)

use std::{error::Error, time::Duration};

use reqwest::{Client, ClientBuilder, redirect};

/// A client that follows no redirect, takes no proxy from the environment, and repeats nothing by itself.
pub(crate) fn client(connect: Duration, answer: Duration) -> ClientBuilder {
    // TLS needs it; a second call finds it installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("stagedoor/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .https_only(true)
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(connect)
        .timeout(answer)
}

/// The same in plain HTTP, to loopback: it never uses TLS, and must work on a machine without CA certificates.
pub(crate) fn plain(client: ClientBuilder) -> ClientBuilder {
    client.https_only(false).tls_certs_only([])
}

/// What went wrong, without the address that the library's own text shows.
pub(crate) fn problem(error: &reqwest::Error) -> String {
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
