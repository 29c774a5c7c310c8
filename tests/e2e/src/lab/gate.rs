//! A door between the relay and the broker that can hold one of the broker's answers back.
//!
//! While an answer is held, the token it carries exists but has reached nobody. That makes a token run out, or be
//! replaced by a newer one, at an exact point instead of after a pause that may be too short.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::wait::PATIENCE;

/// The door.
pub struct Gate {
    address: SocketAddr,
    next: NextHold,
    server: JoinHandle<()>,
}

/// An answer of the broker that is held, or will be. It is let through when this is dropped.
pub struct Held {
    arrived: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

struct Hold {
    arrived: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

type NextHold = Arc<Mutex<Option<Hold>>>;

impl Gate {
    /// Opens a door to the broker at `upstream`.
    pub async fn open(upstream: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("cannot listen on loopback")?;
        let address = listener.local_addr()?;
        let next = NextHold::default();
        let server = tokio::spawn({
            let next = Arc::clone(&next);
            async move {
                while let Ok((relay, _)) = listener.accept().await {
                    tokio::spawn(pass(relay, upstream, Arc::clone(&next)));
                }
            }
        });
        Ok(Self {
            address,
            next,
            server,
        })
    }

    /// The broker's base URL as the relay sees it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Holds the next answer of the broker.
    pub fn hold_next(&self) -> Held {
        let (arrived, arrival) = oneshot::channel();
        let (release, released) = oneshot::channel();
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(Hold { arrived, released });
        Held {
            arrived: arrival,
            release,
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Held {
    /// Waits until the broker has answered and the answer is held.
    pub async fn arrived(&mut self) -> Result<()> {
        let arrival = timeout(PATIENCE, &mut self.arrived).await;
        arrival
            .context("waited for an answer of the broker")?
            .context("the gate is gone")
    }

    /// Lets the answer through.
    pub fn release(self) {
        // The relay may have given up.
        let _ = self.release.send(());
    }
}

async fn pass(relay: TcpStream, upstream: SocketAddr, next: NextHold) {
    let Ok(broker) = TcpStream::connect(upstream).await else {
        return;
    };
    let (mut from_relay, mut to_relay) = relay.into_split();
    let (mut from_broker, mut to_broker) = broker.into_split();
    let request = tokio::spawn(async move { copy(&mut from_relay, &mut to_broker).await });
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from_broker.read(&mut buffer).await {
        let hold = next.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(hold) = hold {
            // The holder may be gone already: then nothing is held.
            let _ = hold.arrived.send(());
            let _ = hold.released.await;
        }
        let Some(bytes) = buffer.get(..length) else { break };
        if to_relay.write_all(bytes).await.is_err() {
            break;
        }
    }
    request.abort();
}
