//! A door that can hold a request or an answer back: between the relay and the broker, or between browsers and the relay.
//!
//! While an answer is held, the token it carries exists but has reached nobody. That makes a token run out, or be
//! replaced by a newer one, at an exact point instead of after a pause that may be too short. A request that is held has
//! reached nobody either, and can be lost there. A door can also be shut, as a network is that is gone.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
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
    upstream: watch::Sender<SocketAddr>,
    next: NextHold,
    shut: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// A request or an answer that is held, or will be. It is let through when this is dropped.
pub struct Held {
    arrived: oneshot::Receiver<()>,
    release: oneshot::Sender<bool>,
}

struct Hold {
    /// Whether the request itself is held, and not its answer.
    early: bool,
    /// What the request begins with whose answer is meant.
    request: &'static str,
    arrived: oneshot::Sender<()>,
    released: oneshot::Receiver<bool>,
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
        let (shut, is_shut) = watch::channel(false);
        let (upstream, leads_to) = watch::channel(upstream);
        let server = tokio::spawn({
            let next = Arc::clone(&next);
            async move {
                while let Ok((asking, _)) = listener.accept().await {
                    let (next, mut is_shut) = (Arc::clone(&next), is_shut.clone());
                    let mut leads_to = leads_to.clone();
                    tokio::spawn(async move {
                        let upstream = *leads_to.borrow_and_update();
                        tokio::select! {
                            () = pass(asking, upstream, next) => {}
                            _ = is_shut.wait_for(|shut| *shut) => {}
                            _ = leads_to.changed() => {}
                        }
                    });
                }
            }
        });
        Gate {
            address,
            upstream,
            next,
            shut,
            server,
        }
    }
}

impl Gate {
    /// The base URL of what is behind it, as whoever is before it sees that.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts all connections, and any that is made, until it is opened again.
    pub fn shut(&self, shut: bool) {
        // Nobody listens where nobody has come yet.
        self.shut.send_replace(shut);
    }

    /// Cuts all connections, and leads the next ones elsewhere.
    pub fn lead_to(&self, elsewhere: SocketAddr) {
        self.upstream.send_replace(elsewhere);
    }

    /// Holds the next answer.
    pub fn hold_next(&self) -> Held {
        self.hold_next_to("")
    }

    /// Holds the next answer to a request that begins so.
    pub fn hold_next_to(&self, request: &'static str) -> Held {
        self.hold(request, false)
    }

    /// Holds the next request that begins so.
    pub fn hold_request(&self, request: &'static str) -> Held {
        self.hold(request, true)
    }

    fn hold(&self, request: &'static str, early: bool) -> Held {
        let (arrived, arrival) = oneshot::channel();
        let (release, released) = oneshot::channel();
        let hold = Hold {
            early,
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
        let _ = self.release.send(true);
    }

    /// Loses it: an answer with the connection. A request is swallowed, and its connection stays until the browser closes it:
    /// if a kept one broke under it, Firefox would send it again.
    pub fn lose(self) {
        let _ = self.release.send(false);
    }
}

async fn pass(asking: TcpStream, upstream: SocketAddr, next: NextHold) {
    let Ok(answering) = TcpStream::connect(upstream).await else {
        return;
    };
    let (questions, mut to_asking) = asking.into_split();
    let (mut answers, to_answering) = answering.into_split();
    let asked = Arc::new(Mutex::default());
    let request = AbortOnDrop(tokio::spawn(ask(
        questions,
        to_answering,
        Arc::clone(&asked),
        Arc::clone(&next),
    )));
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = answers.read(&mut buffer).await {
        let hold = {
            let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            take(&next, &asked, false)
        };
        if let Some(hold) = hold
            && !hold.last().await
        {
            break;
        }
        let Some(bytes) = buffer.get(..length) else { break };
        if to_asking.write_all(bytes).await.is_err() {
            break;
        }
    }
    drop(request);
}

/// The hold that is meant for a request, or for its answer.
fn take(next: &NextHold, asked: &[u8], early: bool) -> Option<Hold> {
    let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
    next.take_if(|hold| hold.early == early && asked.starts_with(hold.request.as_bytes()))
}

impl Hold {
    /// Tells that it is held, and waits until it is let through, or lost: then `false`.
    async fn last(self) -> bool {
        // The holder may be gone already: then nothing is held.
        let _ = self.arrived.send(());
        self.released.await.unwrap_or(true)
    }
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Passes requests on, and notes how the last one began.
async fn ask(
    mut questions: OwnedReadHalf,
    mut to_answering: OwnedWriteHalf,
    asked: Arc<Mutex<Vec<u8>>>,
    next: NextHold,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = questions.read(&mut buffer).await {
        let Some(bytes) = buffer.get(..length) else { break };
        let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        // What follows the head of a request may come by itself, and is none.
        if line.ends_with(b" HTTP/1.1") {
            line.clone_into(&mut asked.lock().unwrap_or_else(PoisonError::into_inner));
            if let Some(hold) = take(&next, line, true)
                && !hold.last().await
            {
                while let Ok(1..) = questions.read(&mut buffer).await {}
                break;
            }
        }
        if to_answering.write_all(bytes).await.is_err() {
            break;
        }
    }
}
