//! A door that can hold an answer back: one of the broker's to the relay, or one of the relay's to a browser.
//!
//! While an answer is held, the token it carries exists but has reached nobody. That makes a token run out, or be
//! replaced by a newer one, at an exact point instead of after a pause that may be too short.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::wait::PATIENCE;

/// A door that has its address and leads nowhere yet; whoever comes waits.
pub struct Doorway {
    listener: TcpListener,
    address: SocketAddr,
}

/// The door.
pub struct Gate {
    address: SocketAddr,
    next: NextHold,
    server: JoinHandle<()>,
}

/// An answer that is held, or will be. It is let through when this is dropped.
pub struct Held {
    arrived: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

struct Hold {
    /// What the request begins with whose answer is meant.
    request: &'static str,
    arrived: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

type NextHold = Arc<Mutex<Option<Hold>>>;

impl Doorway {
    /// Makes one on loopback.
    pub async fn new() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("cannot listen on loopback")?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets whoever comes, and has come, through to `upstream`.
    pub fn open(self, upstream: SocketAddr) -> Gate {
        let Self { listener, address } = self;
        let next = NextHold::default();
        let server = tokio::spawn({
            let next = Arc::clone(&next);
            async move {
                while let Ok((asking, _)) = listener.accept().await {
                    tokio::spawn(pass(asking, upstream, Arc::clone(&next)));
                }
            }
        });
        Gate {
            address,
            next,
            server,
        }
    }
}

impl Gate {
    /// The base URL of what is behind it, as whoever is before it sees that.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Refuses connections from now on.
    pub async fn close(&mut self) {
        self.server.abort();
        // It ends by being aborted, which is an error to whoever waits for it.
        let _ = (&mut self.server).await;
    }

    /// Holds the next answer.
    pub fn hold_next(&self) -> Held {
        self.hold_next_to("")
    }

    /// Holds the next answer to a request that begins so.
    pub fn hold_next_to(&self, request: &'static str) -> Held {
        let (arrived, arrival) = oneshot::channel();
        let (release, released) = oneshot::channel();
        let hold = Hold {
            request,
            arrived,
            released,
        };
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(hold);
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
    /// Waits until there is an answer and it is held.
    pub async fn arrived(&mut self) -> Result<()> {
        let arrival = timeout(PATIENCE, &mut self.arrived).await;
        arrival
            .context("waited for an answer at the gate")?
            .context("the gate is gone")
    }

    /// Lets the answer through.
    pub fn release(self) {
        // Whoever asked may have given up.
        let _ = self.release.send(());
    }
}

async fn pass(asking: TcpStream, upstream: SocketAddr, next: NextHold) {
    let Ok(answering) = TcpStream::connect(upstream).await else {
        return;
    };
    let (questions, mut to_asking) = asking.into_split();
    let (mut answers, to_answering) = answering.into_split();
    let asked = Arc::new(Mutex::default());
    let request = tokio::spawn(ask(questions, to_answering, Arc::clone(&asked)));
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = answers.read(&mut buffer).await {
        let hold = {
            let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
            next.take_if(|hold| asked.starts_with(hold.request.as_bytes()))
        };
        if let Some(hold) = hold {
            // The holder may be gone already: then nothing is held.
            let _ = hold.arrived.send(());
            let _ = hold.released.await;
        }
        let Some(bytes) = buffer.get(..length) else { break };
        if to_asking.write_all(bytes).await.is_err() {
            break;
        }
    }
    request.abort();
}

/// Passes requests on, and notes how the last one began.
async fn ask(mut questions: OwnedReadHalf, mut to_answering: OwnedWriteHalf, asked: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = questions.read(&mut buffer).await {
        let Some(bytes) = buffer.get(..length) else { break };
        let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        // What follows the head of a request may come by itself, and is none.
        if line.ends_with(b" HTTP/1.1") {
            line.clone_into(&mut asked.lock().unwrap_or_else(PoisonError::into_inner));
        }
        if to_answering.write_all(bytes).await.is_err() {
            break;
        }
    }
}
