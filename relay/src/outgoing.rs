//! What the relay's own HTTP clients have in common: one host, encrypted, once, and bounded in time. (The broker's client is in
//! a crate of its own.)

use std::{error::Error, io, iter::successors, time::Duration};

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

/// The same in a few words for whoever may ask, without any name in a certificate, of a host or of a file.
pub(crate) fn in_short(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        return "no answer in time";
    }
    if !error.is_connect() {
        return "no answer";
    }
    if error.is_dns() {
        return "its name does not resolve";
    }
    let mut causes = causes(error);
    let named = causes.find_map(|cause| {
        if cause.is::<rustls::Error>() {
            return Some("no trustworthy TLS");
        }
        let kind = cause.downcast_ref::<io::Error>()?.kind();
        (kind == io::ErrorKind::ConnectionRefused).then_some("connection refused")
    });
    named.unwrap_or("connection failed")
}

/// The chain of causes. An I/O error's `source` skips the error it wraps, and that is where TLS errors are.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    successors(error.source(), |cause| {
        let cause: &(dyn Error + 'static) = *cause;
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => cause.source(),
        }
    })
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

#[cfg(test)]
mod tests {
    use tokio::{
        io::AsyncWriteExt,
        net::{TcpListener, TcpSocket},
    };

    use super::*;

    #[tokio::test]
    async fn a_failure_is_said_in_few_words_and_names_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let mut held = Vec::new();
            // Neither TLS, nor an answer.
            for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", "no HTTP at all\r\n\r\n", ""] {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
                held.push(stream);
            }
            std::future::pending::<()>().await
        });
        let patience = Duration::from_millis(500);
        let failure = async |url: String| {
            let client = plain(client(patience, patience)).build().unwrap();
            in_short(&client.get(url).send().await.unwrap_err())
        };
        assert_eq!(failure(format!("https://{address}/")).await, "no trustworthy TLS");
        assert_eq!(failure(format!("http://{address}/")).await, "no answer");
        assert_eq!(failure(format!("http://{address}/")).await, "no answer in time");
        serving.abort();
        // Nobody listens there, and nobody else can.
        let nobody = TcpSocket::new_v4().unwrap();
        nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = nobody.local_addr().unwrap();
        assert_eq!(failure(format!("http://{address}/")).await, "connection refused");
    }
}
