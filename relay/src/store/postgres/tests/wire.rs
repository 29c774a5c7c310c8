//! Stands between the store and the server, and cuts the connection at a chosen moment.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// The end of a request to commit, and of the answer to it.
const COMMIT: &[u8] = b"COMMIT\0";

/// When the next commit's connection is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before the server hears of it.
    Request,
    /// Once the server has answered, before the store hears that.
    Answer,
}

/// A wire; it passes everything on until a test says otherwise.
pub(super) struct Wire {
    pub(super) port: u16,
    state: Arc<State>,
}

struct State {
    /// Counts the cuts.
    cuts: watch::Sender<u64>,
    dead: AtomicBool,
    trap: Mutex<Option<Moment>>,
}

impl Wire {
    pub(super) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            cuts: watch::Sender::new(0),
            dead: AtomicBool::new(false),
            trap: Mutex::default(),
        });
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((store, _)) = listener.accept().await {
                if !shared.dead.load(Ordering::SeqCst) {
                    tokio::spawn(pass(store, server, shared.clone()));
                }
            }
        });
        Self { port, state }
    }

    /// Cuts every connection; new ones can be made.
    pub(super) fn cut(&self) {
        self.state.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Cuts every connection, and each new one at once.
    pub(super) fn kill(&self) {
        self.state.dead.store(true, Ordering::SeqCst);
        self.cut();
    }

    pub(super) fn revive(&self) {
        self.state.dead.store(false, Ordering::SeqCst);
    }

    /// Cuts the connection of the next commit.
    pub(super) fn cut_next_commit_at(&self, moment: Moment) {
        *self.state.trap.lock().unwrap() = Some(moment);
    }
}

async fn pass(store: TcpStream, server: u16, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else {
        return;
    };
    let mut cuts = state.cuts.subscribe();
    let (from_store, to_store) = store.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = copy(from_store, to_server, Moment::Request, &state) => {}
        () = copy(from_server, to_store, Moment::Answer, &state) => {}
        _ = cuts.changed() => {}
    }
}

/// Ends when either side does, or at the commit that is waited for.
async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, moment: Moment, state: &State) {
    let mut bytes = vec![0; 65_536];
    let mut end = Vec::new();
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        // A message may come in pieces.
        end.extend_from_slice(&bytes[..length]);
        if end.windows(COMMIT.len()).any(|window| window == COMMIT) {
            end.clear();
            let mut trap = state.trap.lock().unwrap();
            if *trap == Some(moment) {
                *trap = None;
                return;
            }
        }
        end.drain(..end.len().saturating_sub(COMMIT.len() - 1));
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
