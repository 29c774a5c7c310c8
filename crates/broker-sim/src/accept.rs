//! The accept loop: HTTP/1.1 over connections that a handler can reset and that end with their server.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A listener and the task that serves it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    /// Binds `address` and serves `router` there. Handlers find an `Extension<Connection>`.
    pub(crate) async fn start(address: SocketAddr, router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept_all(listener, router));
        Ok(Self {
            address,
            task: Mutex::new(Some(task)),
        })
    }

    /// Closes the listener and cuts every connection; returns when that is done. A second call does nothing.
    pub(crate) async fn shutdown(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            // The only way out of the accept loop is the abort just sent.
            let _ = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// The connection a request came in on.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) peer_ip: IpAddr,
    reset: Arc<AtomicBool>,
}

impl Connection {
    /// From now on nothing more is written, and the connection ends with a TCP RST. Takes effect at the next write: the
    /// handler must still answer something, which is never sent.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Release);
    }
}

async fn accept_all(listener: TcpListener, router: Router) {
    // Connections belong to this set, so that aborting the loop drops and thereby closes them all.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer, router.clone()));
                }
                // Out of descriptors, most likely: let other tasks close some.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, router: Router) {
    let reset = Arc::new(AtomicBool::new(false));
    let connection = Connection {
        peer_ip: peer.ip().to_canonical(),
        reset: Arc::clone(&reset),
    };
    let service = TowerToHyperService::new(router.layer(Extension(connection)));
    // A connection that breaks is the caller's business; what it asked for is in the journal.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(Wire { stream, reset }), service)
        .await;
}

/// A TCP stream that ends with RST instead of FIN once `reset` is set.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Wire {
    fn check(&self) -> io::Result<()> {
        if self.reset.load(Ordering::Acquire) {
            Err(io::ErrorKind::ConnectionReset.into())
        } else {
            Ok(())
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.check().is_err() {
            // Closing a socket whose linger time is zero discards what is unsent and sends RST.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A FIN sent before the RST would make the end look orderly.
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
