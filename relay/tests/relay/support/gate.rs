//! Stands between the relay and the simulated broker: requests always pass, answers only while the gate is open. So a test
//! can act while the broker "thinks", without guessing how long that takes.

use std::net::SocketAddr;

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
}

impl Gate {
    pub(crate) async fn before(broker: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = watch::Sender::new(true);
        let opened = open.subscribe();
        tokio::spawn(async move {
            while let Ok((relay, _)) = listener.accept().await {
                tokio::spawn(pass(relay, broker, opened.clone()));
            }
        });
        Self { address, open }
    }

    pub(crate) fn close(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }
}

/// When the broker does not take the connection, the relay's is dropped.
async fn pass(relay: TcpStream, broker: SocketAddr, opened: watch::Receiver<bool>) {
    let Ok(broker) = TcpStream::connect(broker).await else {
        return;
    };
    let (mut from_relay, to_relay) = relay.into_split();
    let (from_broker, mut to_broker) = broker.into_split();
    let requests = tokio::spawn(async move { copy(&mut from_relay, &mut to_broker).await });
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
