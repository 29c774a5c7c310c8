//! Accepts connections and speaks HTTP/1.1 on them, inside TLS if there is a certificate, with a bound on everything that a
//! slow or greedy client could hold.

use std::{
    convert::Infallible,
    mem,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
};
use hyper::{
    Request, Response,
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::warn;

use crate::{
    app::Limits,
    impatient::Impatient,
    middleware::Peer,
    places::{Busy, Place, Places},
    tls::ACME_PROTOCOL,
};

/// Most header fields of a request.
const MAX_HEADERS: usize = 64;
/// Largest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// For answers that are being written when the listener closes.
const CLOSING: Duration = Duration::from_secs(5);
/// Before accepting again after a failure such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);
/// Between two lines about connections that were turned away: whoever makes them should not fill the log.
const TELL: Duration = Duration::from_secs(60);

/// What decides about connections and requests. It is asked each time, so that a change counts from the next one on.
pub(crate) trait Rules: Send + Sync + 'static {
    /// Who answers the next request.
    fn router(&self) -> Router;

    /// With what the next connection is encrypted, if it is.
    fn tls(&self) -> Option<TlsAcceptor> {
        None
    }

    /// Whether a connection from there is served.
    fn admits(&self, _peer: IpAddr) -> bool {
        true
    }

    /// How many connections that address may hold; `None`: as many as there are.
    fn share(&self, _peer: IpAddr) -> Option<usize> {
        None
    }
}

impl Rules for Router {
    fn router(&self) -> Router {
        self.clone()
    }
}

/// Serves until `stop`, then lets answers that are under way be written.
pub(crate) async fn serve<R: Rules>(
    listener: TcpListener,
    rules: Arc<R>,
    limits: Limits,
    stop: CancellationToken,
) {
    let places = Places::new(limits.connections);
    let graceful = GracefulShutdown::new();
    let mut closed = Closed::default();
    let mut tell = interval(TELL);
    tell.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            _ = tell.tick(), if closed.any() => {
                mem::take(&mut closed).tell();
                continue;
            }
            accepted = accept(&listener) => accepted,
        };
        if !rules.admits(peer.ip()) {
            closed.bypassing += 1;
            closed.bypassed_by = Some(peer.ip());
            continue;
        }
        let place = tokio::select! {
            () = stop.cancelled() => break,
            place = places.take(peer.ip(), rules.share(peer.ip())) => place,
        };
        let Some(place) = place else {
            closed.turned_away += 1;
            continue;
        };
        let connection = Connection {
            peer,
            rules: rules.clone(),
            limits: limits.clone(),
            place: place.clone(),
        };
        let (watcher, stop) = (graceful.watcher(), stop.clone());
        let newness = limits.newness;
        tokio::spawn(async move {
            let ageing = async {
                sleep(newness).await;
                place.age();
                place.cut.cancelled().await;
            };
            tokio::select! {
                () = place.cut.cancelled() => {}
                () = ageing => {}
                () = connection.run(stream, watcher, stop) => {}
            }
        });
    }
    drop(listener);
    if timeout(CLOSING, graceful.shutdown()).await.is_err() {
        warn!("connections were still open at the end and have been cut");
    }
}

/// Connections that were closed at once, until the log has told of them.
#[derive(Default)]
struct Closed {
    turned_away: u64,
    bypassing: u64,
    bypassed_by: Option<IpAddr>,
}

impl Closed {
    fn any(&self) -> bool {
        self.turned_away > 0 || self.bypassing > 0
    }

    fn tell(self) {
        if self.turned_away > 0 {
            warn!(
                connections = self.turned_away,
                "connections were closed because their addresses had as many as they may, and all of those in use; if \
                 these are people behind one address, raise listen.connections_per_address"
            );
        }
        if let Some(last) = self.bypassed_by {
            warn!(
                connections = self.bypassing,
                %last,
                "connections were closed because they did not come through a trusted proxy"
            );
        }
    }
}

/// Waits for a client.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

/// One connection. Its errors are the client's: it went away, was too slow, or speaks neither TLS nor HTTP.
struct Connection<R> {
    peer: SocketAddr,
    rules: Arc<R>,
    limits: Limits,
    place: Arc<Place>,
}

impl<R: Rules> Connection<R> {
    async fn run(self, stream: TcpStream, watcher: Watcher, stop: CancellationToken) {
        // Small answers must not wait for more bytes to go with them.
        let _ = stream.set_nodelay(true);
        let stream = Impatient::new(stream, self.limits.write);
        let Some(tls) = self.rules.tls() else {
            return self.speak(stream, watcher).await;
        };
        let handshake = timeout(self.limits.handshake, tls.accept(stream));
        let encrypted = tokio::select! {
            () = stop.cancelled() => return,
            done = handshake => done,
        };
        if let Ok(Ok(stream)) = encrypted {
            // Who validates a challenge has seen the certificate by now, and wants nothing else (RFC 8737, section 3).
            if stream.get_ref().1.alpn_protocol() != Some(ACME_PROTOCOL) {
                self.speak(stream, watcher).await;
            }
        }
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S, watcher: Watcher) {
        let limits = self.limits.clone();
        let connection = Arc::new(self);
        let service = service_fn(move |request| {
            let connection = connection.clone();
            async move { Ok::<_, Infallible>(connection.answer(request).await) }
        });
        let http = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let _ = watcher.watch(http).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Answer> {
        let Some(busy) = self.place.begin() else {
            // The connection is being cut, and this with it.
            return std::future::pending().await;
        };
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(self.peer));
        let answered = self.rules.router().oneshot(request).await;
        let response = answered.unwrap_or_else(|never| match never {});
        response.map(|body| Answer { body, _busy: busy })
    }
}

/// An answer's body. The connection counts as idle only when it is written.
struct Answer {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    struct Nobody;

    impl Rules for Nobody {
        fn router(&self) -> Router {
            Router::new()
        }

        fn admits(&self, _peer: IpAddr) -> bool {
            false
        }
    }

    #[tokio::test]
    async fn a_peer_that_is_not_admitted_gets_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, Arc::new(Nobody), Limits::default(), stop.clone()));
        let mut socket = TcpStream::connect(address).await.unwrap();
        let read = timeout(CLOSING, socket.read(&mut [0; 1])).await.unwrap();
        assert_eq!(read.unwrap(), 0);
        stop.cancel();
        serving.await.unwrap();
    }
}
