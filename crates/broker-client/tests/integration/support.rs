//! Clients for tests, and a server that answers with exactly the bytes a test writes down.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use stagedoor_broker_client::{BrokerClient, BrokerConfig, Dialect};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The key that no error or log may show.
pub(crate) const KEY: &str = "SENTINEL-API-KEY";
/// The customer everybody asks for.
pub(crate) const EMAIL: &str = "ann+vip@customer.example";
/// An unremarkable validity.
pub(crate) const VALIDITY: Duration = Duration::from_secs(30);

/// The usual configuration, with times that no test runs into on a busy machine.
pub(crate) fn config(base_url: &str, dialect: Dialect) -> BrokerConfig {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .expect("nobody else installs one");
    });
    let mut config = BrokerConfig::new(base_url.parse().unwrap(), dialect, KEY.into());
    config.connect_timeout = Duration::from_secs(20);
    config.request_timeout = Duration::from_secs(30);
    config
}

/// A v1 client with the usual configuration.
pub(crate) fn client(base_url: &str) -> BrokerClient {
    BrokerClient::new(config(base_url, Dialect::V1)).unwrap()
}

/// A v1 client for tests that wait for a connection in vain.
pub(crate) fn hasty_client(base_url: &str) -> BrokerClient {
    let mut config = config(base_url, Dialect::V1);
    config.connect_timeout = Duration::from_millis(400);
    config.request_timeout = Duration::from_millis(800);
    BrokerClient::new(config).unwrap()
}

/// What a [`RawServer`] does after a request, or at once with a new connection.
#[derive(Clone)]
pub(crate) enum Script {
    /// Reads a request, writes these bytes, and serves the connection's next request.
    KeepAlive(Vec<u8>),
    /// Reads one request, writes these bytes, and closes.
    Close(Vec<u8>),
    /// As `Close`, with a TCP RST instead of an orderly end.
    Reset(Vec<u8>),
    /// Reads one request, writes these bytes, and then nothing more until the client goes.
    Hang(Vec<u8>),
    /// Reads one request, writes the first bytes, then the second again and again until the client goes.
    Flood(Vec<u8>, Vec<u8>),
    /// Reads one request, answers, and closes the connection as soon as another request begins to arrive on it.
    CloseOnSecond(Vec<u8>),
    /// Takes whatever comes first, writes these bytes, and closes.
    Blurt(Vec<u8>),
    /// Closes every new connection without reading.
    CloseAtOnce,
    /// Accepts and neither reads nor writes.
    Ignore,
}

/// What a [`RawServer`] saw.
#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<String>,
}

/// A server that counts connections and complete requests.
pub(crate) struct RawServer {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl RawServer {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let task = tokio::spawn(accept_all(listener, script, Arc::clone(&seen)));
        Self { address, seen, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// The requests, each with its head and body as received.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept_all(listener: TcpListener, script: Script, seen: Arc<Mutex<Seen>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        seen.lock().unwrap().connections += 1;
        tokio::spawn(serve(stream, script.clone(), Arc::clone(&seen)));
    }
}

async fn serve(mut stream: TcpStream, script: Script, seen: Arc<Mutex<Seen>>) {
    let take = async |stream: &mut TcpStream| {
        let request = read_request(stream).await;
        let complete = request.is_some();
        seen.lock().unwrap().requests.extend(request);
        complete
    };
    // A client that has gone makes writing fail, which is the end of that connection and nothing else.
    match script {
        Script::CloseAtOnce => {}
        Script::Ignore => std::future::pending().await,
        Script::KeepAlive(answer) => {
            while take(&mut stream).await && stream.write_all(&answer).await.is_ok() {}
        }
        Script::Close(answer) => {
            take(&mut stream).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
        Script::Reset(answer) => {
            take(&mut stream).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.set_zero_linger();
        }
        Script::Hang(answer) => {
            take(&mut stream).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        Script::Flood(first, again) => {
            take(&mut stream).await;
            let _ = stream.write_all(&first).await;
            while stream.write_all(&again).await.is_ok() {}
        }
        Script::Blurt(bytes) => {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Script::CloseOnSecond(answer) => {
            take(&mut stream).await;
            let _ = stream.write_all(&answer).await;
            let mut byte = [0];
            if stream.read(&mut byte).await.is_ok_and(|count| count == 1) {
                seen.lock()
                    .unwrap()
                    .requests
                    .push("a second request on one connection".to_owned());
            }
        }
    }
}

/// One request with its body, or `None` if the connection ended first.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        let count = stream.read_buf(&mut bytes).await.ok()?;
        if count == 0 {
            return None;
        }
    }
}

/// An answer with its length.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

/// A 200 with JSON.
pub(crate) fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", body)
}
