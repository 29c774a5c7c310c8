//! Stands between the relay and the simulated broker: answers pass only while the gate is open, and single requests can be
//! held up. So a test can act while the broker "thinks", or a request travels, without guessing how long that takes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// A gate; it is open until a test closes it.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    open: watch::Sender<bool>,
    road: Arc<Road>,
}

/// What becomes of requests.
#[derive(Default)]
struct Road {
    /// The next one is held up.
    blocked: AtomicBool,
    /// How many were.
    held: AtomicU64,
    released: watch::Sender<bool>,
}

impl Gate {
    pub(crate) async fn before(broker: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = watch::Sender::new(true);
        let opened = open.subscribe();
        let road = Arc::new(Road::default());
        tokio::spawn({
            let road = road.clone();
            async move {
                while let Ok((relay, _)) = listener.accept().await {
                    tokio::spawn(pass(relay, broker, opened.clone(), road.clone()));
                }
            }
        });
        Self { address, open, road }
    }

    /// Holds up the next request before it reaches the broker; those after it overtake it.
    pub(crate) fn hold_next_request(&self) {
        self.road.blocked.store(true, Ordering::SeqCst);
    }

    /// How many requests were held up so far.
    pub(crate) fn held_requests(&self) -> u64 {
        self.road.held.load(Ordering::SeqCst)
    }

    /// Lets held requests go on.
    pub(crate) fn release_requests(&self) {
        self.road.released.send_replace(true);
    }

    pub(crate) fn close(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }
}

/// When the broker does not take the connection, the relay's is dropped.
async fn pass(relay: TcpStream, broker: SocketAddr, opened: watch::Receiver<bool>, road: Arc<Road>) {
    let Ok(broker) = TcpStream::connect(broker).await else {
        return;
    };
    let (mut from_relay, to_relay) = relay.into_split();
    let (from_broker, mut to_broker) = broker.into_split();
    let requests = tokio::spawn(async move {
        // A connection waits for its first request here, which is still unread: `readable` takes nothing.
        let _ = from_relay.readable().await;
        if road.blocked.swap(false, Ordering::SeqCst) {
            road.held.fetch_add(1, Ordering::SeqCst);
            let _ = road.released.subscribe().wait_for(|released| *released).await;
        }
        copy(&mut from_relay, &mut to_broker).await
    });
    answers(from_broker, to_relay, opened).await;
    requests.abort();
}

async fn answers(
    mut from_broker: OwnedReadHalf,
    mut to_relay: OwnedWriteHalf,
    mut opened: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 8192];
    while let Ok(length @ 1..) = from_broker.read(&mut bytes).await {
        // The gate lives as long as the test; when it is gone, so is the need to hold anything back.
        let _ = opened.wait_for(|open| *open).await;
        if to_relay.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
