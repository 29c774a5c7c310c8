//! Accepts connections and speaks HTTP/1.1 on them, with a bound on everything that a slow or greedy client could hold.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::warn;

use crate::{app::Limits, impatient::Impatient, middleware::Peer};

/// Most header fields of a request.
const MAX_HEADERS: usize = 64;
/// Largest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// For answers that are being written when the listener closes.
const CLOSING: Duration = Duration::from_secs(5);
/// Before accepting again after a failure such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves those whom `admits` lets in until `stop`, then lets answers that are under way be written.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    admits: impl Fn(IpAddr) -> bool + Send,
    stop: CancellationToken,
) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    loop {
        let (permit, stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            (permit, stream, peer) = accept(&listener, &permits) => (permit, stream, peer),
        };
        if !admits(peer.ip()) {
            warn!(peer = %peer.ip(), "a connection that did not come through a trusted proxy was closed");
            continue;
        }
        let connection = graceful.watch(connection(stream, peer, router.clone(), &limits));
        tokio::spawn(async move {
            // An error is the client's: it went away, was too slow, or does not speak HTTP.
            let _ = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    if timeout(CLOSING, graceful.shutdown()).await.is_err() {
        warn!("connections were still open at the end and have been cut");
    }
}

/// Waits for room, then for a client.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (Option<tokio::sync::OwnedSemaphorePermit>, TcpStream, SocketAddr) {
    // The semaphore is never closed, so there is always a permit.
    let permit = permits.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (permit, stream, peer),
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: &Limits,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    // Small answers must not wait for more bytes to go with them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(
                router
                    .oneshot(request)
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let stream = Impatient::new(stream, limits.write);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn a_peer_that_is_not_admitted_gets_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = serve(
            listener,
            Router::new(),
            Limits::default(),
            |_| false,
            stop.clone(),
        );
        let serving = tokio::spawn(serving);
        let mut socket = TcpStream::connect(address).await.unwrap();
        let read = timeout(CLOSING, socket.read(&mut [0; 1])).await.unwrap();
        assert_eq!(read.unwrap(), 0);
        stop.cancel();
        serving.await.unwrap();
    }
}
