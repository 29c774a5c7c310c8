//! The way from relay to broker, on which requests may be slow: they can overtake each other, and arrive when whoever sent
//! them is dead.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use tokio::{
    io::{self, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

use super::random::Random;

/// A listener that passes on to the broker. It ends with this handle.
pub(crate) struct Road {
    pub(crate) address: SocketAddr,
    longest: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Road {
    pub(crate) async fn to(broker: SocketAddr, random: Random) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let longest = Arc::new(AtomicU64::new(0));
        let delays = Delays {
            longest: Arc::clone(&longest),
            random: Arc::new(Mutex::new(random)),
        };
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let delays = delays.clone();
                tokio::spawn(async move {
                    // A connection that breaks is one that breaks for both sides.
                    let _ = pass_on(client, broker, &delays).await;
                });
            }
        });
        Ok(Self {
            address,
            longest,
            task,
        })
    }

    /// How long requests take from now on, at most. Answers are not held up.
    pub(crate) fn takes_up_to(&self, longest: Duration) {
        let microseconds = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        self.longest.store(microseconds, Ordering::Relaxed);
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Delays {
    longest: Arc<AtomicU64>,
    random: Arc<Mutex<Random>>,
}

impl Delays {
    fn next(&self) -> Duration {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        random.microseconds(0..self.longest.load(Ordering::Relaxed).saturating_add(1))
    }
}

async fn pass_on(client: TcpStream, broker: SocketAddr, delays: &Delays) -> io::Result<()> {
    let broker = TcpStream::connect(broker).await?;
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_broker, mut to_broker) = broker.into_split();
    let there = async move {
        let mut piece = vec![0; 16 * 1024];
        // What was sent before the sender died still arrives.
        while let Ok(length @ 1..) = from_client.read(&mut piece).await {
            let delay = delays.next();
            if !delay.is_zero() {
                sleep(delay).await;
            }
            to_broker.write_all(&piece[..length]).await?;
        }
        to_broker.shutdown().await
    };
    let back = async move {
        io::copy(&mut from_broker, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(there, back).map(drop)
}
