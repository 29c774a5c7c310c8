//! What an attack costs the real process: memory and open files.

use std::{fs, time::Duration};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::support::installation::{Installation, Serving};

/// More than an honest client waits for. Less than it takes until all that is idle has had its time, one after the other.
const LONG: Duration = Duration::from_secs(20);

const CONNECTIONS: usize = 10_000;

impl Serving {
    /// Resident memory, in KiB.
    fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most of it that there ever was.
    fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id().unwrap()))
            .unwrap()
            .count()
    }

    async fn answers_honest_clients(&self) {
        let url = format!("http://{}/v1/session", self.api);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = timeout(LONG, client.get(url).send()).await;
        assert_eq!(answer.expect("an answer in time").unwrap().status(), 401);
    }
}

/// This process's own sockets need it.
fn allow_open_files(files: u64) {
    let limits = getrlimit(Resource::Nofile);
    assert!(
        limits.maximum.is_none_or(|most| most >= files),
        "this test needs {files} open files: raise the limit with `ulimit -Hn`"
    );
    let more = Rlimit {
        current: Some(files),
        maximum: limits.maximum,
    };
    setrlimit(Resource::Nofile, more).unwrap();
}

#[tokio::test]
async fn ten_thousand_idle_connections() {
    allow_open_files(CONNECTIONS as u64 + 500);
    let (_installation, serving) = Installation::new().await.serving().await;
    let (before, api) = (serving.memory(), serving.api.parse().unwrap());
    let mut coming = JoinSet::new();
    for index in 0..CONNECTIONS {
        let source = u8::try_from(2 + index % 250).unwrap();
        coming.spawn(async move {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(([127, 0, 2, source], 0).into()).unwrap();
            let mut socket = socket.connect(api).await.unwrap();
            // Some send the beginning of a request. The place may be another's by then.
            if index % 2 == 0 {
                let _ = socket.write_all(b"GET /v1/session HTTP/1.1\r\nx: ").await;
            }
            socket
        });
    }
    let mut idle = Vec::with_capacity(CONNECTIONS);
    while let Some(socket) = coming.join_next().await {
        idle.push(socket.unwrap());
        if idle.len() % 2000 == 0 {
            serving.answers_honest_clients().await;
        }
    }
    assert_eq!(idle.len(), CONNECTIONS);
    // Those that had to give way are closed while others come.
    let closed = async {
        while serving.open_files() >= 1024 + 100 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let closed = timeout(LONG, closed).await;
    assert!(closed.is_ok(), "{} are open", serving.open_files());
    // Not even for a moment were there many more.
    let grown = serving.peak_memory().saturating_sub(before);
    assert!(grown < 96 * 1024, "{grown} KiB");
    serving.answers_honest_clients().await;
}

/// Sends a body of 100 MB, as far as it is taken; the answer, and how much was sent.
async fn send_large(api: &str, framing: &str) -> (String, usize) {
    let mut socket = TcpStream::connect(api).await.unwrap();
    let head = format!(
        "POST /v1/logins HTTP/1.1\r\nhost: {api}\r\ncontent-type: application/json\r\n{framing}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = socket.into_split();
    let chunked = framing.starts_with("transfer");
    let write = async move {
        let piece = vec![b' '; 64 * 1024];
        let mut sent = 0;
        while sent < 100 * 1024 * 1024 {
            if chunked && writer.write_all(b"10000\r\n").await.is_err()
                || writer.write_all(&piece).await.is_err()
                || chunked && writer.write_all(b"\r\n").await.is_err()
            {
                break;
            }
            sent += piece.len();
        }
        sent
    };
    let read = async move {
        let mut answer = Vec::new();
        // A reset is an end like any other.
        let _ = reader.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    timeout(LONG, async { tokio::join!(read, write) })
        .await
        .expect("the relay ends it")
}

#[tokio::test]
async fn bodies_of_a_hundred_megabytes_are_refused_early_and_not_kept() {
    let (_installation, serving) = Installation::new().await.serving().await;
    serving.answers_honest_clients().await;
    let before = serving.memory();
    let mut senders = JoinSet::new();
    for index in 0..20 {
        let api = serving.api.clone();
        let framing = ["content-length: 104857600", "transfer-encoding: chunked"][index % 2];
        senders.spawn(async move { (framing, send_large(&api, framing).await) });
    }
    serving.answers_honest_clients().await;
    while let Some(done) = senders.join_next().await {
        let (framing, (answer, sent)) = done.unwrap();
        // The kernel's buffers hold some megabytes on both sides.
        assert!(sent < 32 * 1024 * 1024, "{framing}: {sent}");
        let early = answer.starts_with("HTTP/1.1 413") || answer.starts_with("HTTP/1.1 401");
        assert!(answer.is_empty() || early, "{framing}: {answer}");
    }
    let grown = serving.memory().saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB");
}
