//! Slow, greedy and garbled clients: each holds little, for a short time.

use std::time::Duration;

use serde_json::json;
use stagedoor_protocol::limits::MAX_BODY_BYTES;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::support::{Profile, STAFF, TestApp, eventually, http::problem, log};

/// Far longer than any limit that these tests set.
pub(crate) const LONG: Duration = Duration::from_secs(5);

pub(crate) async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.address).await.unwrap()
}

/// From another address of this machine.
async fn connect_from(app: &TestApp, source: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((source, 0).into()).unwrap();
    socket.connect(app.address).await.unwrap()
}

/// Everything that comes until the relay closes the connection.
pub(crate) async fn read_to_end(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end like any other.
    let _ = timeout(LONG, socket.read_to_end(&mut bytes))
        .await
        .expect("the relay closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends bytes as they are; the status of the answer, or 400 for a connection that is closed without one.
pub(crate) async fn status_of_raw(app: &TestApp, request: &str) -> u16 {
    let mut socket = connect(app).await;
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    match timeout(LONG, socket.read_exact(&mut answer))
        .await
        .expect("an answer")
    {
        Ok(_) => String::from_utf8_lossy(&answer[9..]).parse().unwrap(),
        Err(_) => 400,
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let app = TestApp::start_with(|_, limits| limits.head = Duration::from_millis(200)).await;
    for sent in [
        "",
        "G",
        "GET /v1/session HTTP/1.1\r\nhost: relay",
        "GET /v1/session HTTP/1.1\r\nhost: relay.example\r\n",
    ] {
        let mut socket = connect(&app).await;
        socket.write_all(sent.as_bytes()).await.unwrap();
        let answer = read_to_end(&mut socket).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{sent:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_head_that_drips_is_cut_off() {
    let app = TestApp::start_with(|_, limits| limits.head = Duration::from_millis(300)).await;
    let (mut reader, mut writer) = connect(&app).await.into_split();
    let drip = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        writer
            .write_all(b"GET /v1/session HTTP/1.1\r\nx: ")
            .await
            .unwrap();
        while writer.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
    });
    let mut bytes = Vec::new();
    let _ = timeout(LONG, reader.read_to_end(&mut bytes))
        .await
        .expect("the relay closes the connection");
    drip.abort();
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    // The request must be there in this time, too.
    let app = TestApp::start_with(|_, limits| limits.head = Duration::from_secs(2)).await;
    let mut socket = connect(&app).await;
    socket
        .write_all(b"GET /v1/session HTTP/1.1\r\nhost: relay.example\r\n\r\n")
        .await
        .unwrap();
    let answer = read_to_end(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up_on() {
    let app = TestApp::start_with(|_, limits| limits.body = Duration::from_millis(200)).await;
    let desk = app.enrolled(STAFF).await;
    let (draft, id) = desk.login();
    let request = draft.to_bytes();
    let mut socket = connect(&app).await;
    socket.write_all(&request[..request.len() - 10]).await.unwrap();
    let answer = read_to_end(&mut socket).await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"),
        "{answer}"
    );
    assert_eq!(app.records.login(&id).await, None);
    assert_eq!(app.mints(), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_does_nothing() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let (draft, id) = desk.login();
    let request = draft.to_bytes();
    let mut socket = connect(&app).await;
    socket.write_all(&request[..request.len() - 10]).await.unwrap();
    socket.shutdown().await.unwrap();
    read_to_end(&mut socket).await;
    assert_eq!(app.records.login(&id).await, None);
    assert_eq!(app.mints(), 0);
    assert_eq!(app.send(&draft).await.status, 201, "its nonce was not spent");
}

#[tokio::test]
async fn a_body_without_a_length_is_bounded_too() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    for (size, expected) in [(MAX_BODY_BYTES + 1, "HTTP/1.1 413"), (100, "HTTP/1.1 400")] {
        let draft = desk
            .post("/v1/logins", &json!({}))
            .body("x".repeat(size))
            .signed();
        let text = String::from_utf8(draft.to_bytes()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let head = head.replace(&format!("content-length: {size}"), "transfer-encoding: chunked");
        let request = format!("{head}\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n");
        let mut socket = connect(&app).await;
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), expected, "{size}");
    }
}

#[tokio::test]
async fn large_bodies_of_strangers_are_answered_not_reset() {
    let app = TestApp::start().await;
    let draft = app
        .profile()
        .post("/v1/logins", &json!({}))
        .body("x".repeat(200_000))
        .without("signature");
    assert_eq!(app.send(&draft).await.outcome(), problem(413, "body_too_large"));

    // A client that is still writing when it has been refused.
    let draft = draft.body("x".repeat(20_000));
    let mut socket = connect(&app).await;
    let request = draft.to_bytes();
    let (first, rest) = request.split_at(request.len() - 19_000);
    socket.write_all(first).await.unwrap();
    // The relay, which runs on this thread, gets to what it has of the request.
    assert_eq!(app.get_health("/healthz").await.status, 200);
    socket.write_all(rest).await.expect("the relay reads on");
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn heads_are_bounded_in_size_and_count() {
    let app = TestApp::start().await;
    let with = |headers: &str| format!("GET /v1/session HTTP/1.1\r\nhost: relay.example\r\n{headers}\r\n");
    assert_eq!(status_of_raw(&app, &with(&"x: y\r\n".repeat(60))).await, 401);
    assert_eq!(status_of_raw(&app, &with(&"x: y\r\n".repeat(70))).await, 431);
    assert_eq!(
        status_of_raw(&app, &with(&format!("x: {}\r\n", "y".repeat(20_000)))).await,
        431
    );
    let long_path = format!(
        "GET /{} HTTP/1.1\r\nhost: relay.example\r\n\r\n",
        "y".repeat(20_000)
    );
    assert!([400, 414, 431].contains(&status_of_raw(&app, &long_path).await));
}

#[tokio::test]
async fn requests_that_two_readers_would_frame_differently_are_refused_or_closed() {
    let app = TestApp::start().await;
    let start = "POST /v1/logins HTTP/1.1\r\nhost: relay.example\r\n";
    for headers in [
        "content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        "content-length: +5\r\n\r\nhello",
        "content-length: -1\r\n\r\n",
        "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "transfer-encoding: gzip\r\n\r\nhello",
        "host: evil.example\r\ncontent-length: 0\r\n\r\n",
        " folded: header\r\n\r\n",
        "bad header: x\r\n\r\n",
    ] {
        let status = status_of_raw(&app, &format!("{start}{headers}")).await;
        assert!([400, 401].contains(&status), "{headers:?}: {status}");
    }
    assert_eq!(app.mints(), 0);
}

/// A connection on which the relay waits for the rest of a request.
async fn unfinished(app: &TestApp, desk: &Profile) -> (TcpStream, Vec<u8>) {
    let draft = desk.login().0.header("expect", "100-continue");
    let bytes = draft.to_bytes();
    let head = bytes.len() - draft.body.len();
    let mut socket = connect(app).await;
    socket.write_all(&bytes[..head]).await.unwrap();
    let mut told = [0; 25];
    timeout(LONG, socket.read_exact(&mut told))
        .await
        .expect("it is asked for the body")
        .unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    (socket, draft.body)
}

#[tokio::test]
async fn idle_connections_give_way_and_requests_under_way_do_not() {
    let app = TestApp::start_with(|_, limits| {
        limits.connections = 2;
        limits.newness = Duration::from_millis(20);
        limits.head = Duration::from_secs(600);
        limits.body = Duration::from_secs(600);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let (mut first, body) = unfinished(&app, &desk).await;
    let mut idle = connect(&app).await;
    let (mut second, _) = unfinished(&app, &desk).await;
    assert_eq!(
        read_to_end(&mut idle).await,
        "",
        "it gave way long before its time"
    );

    let request = b"GET /v1/session HTTP/1.1\r\nhost: relay.example\r\n\r\n";
    let mut third = connect(&app).await;
    third.write_all(request).await.unwrap();
    let mut answer = [0; 12];
    let early = timeout(Duration::from_millis(200), third.read_exact(&mut answer)).await;
    assert!(early.is_err(), "the third waits");
    first.write_all(&body).await.unwrap();
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 201");
    timeout(LONG, third.read_exact(&mut answer))
        .await
        .expect("the third gets the place")
        .unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
    let cut = timeout(Duration::from_millis(50), second.read(&mut answer)).await;
    assert!(cut.is_err(), "the second is still waited for");
}

#[tokio::test]
async fn one_address_has_its_share_and_a_trusted_proxy_what_it_needs() {
    for trusted in [false, true] {
        let app = TestApp::start_with(move |config, limits| {
            config.listen.connections_per_address = 2;
            if trusted {
                config.listen.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
            }
            limits.head = Duration::from_secs(600);
            limits.body = Duration::from_secs(600);
        })
        .await;
        let desk = app.enrolled(STAFF).await;
        let _held = [unfinished(&app, &desk).await, unfinished(&app, &desk).await];
        let request = "GET /v1/session HTTP/1.1\r\nhost: relay.example\r\n\r\n";
        let mut third = connect(&app).await;
        // It may be closed before this is written.
        let _ = third.write_all(request.as_bytes()).await;
        if trusted {
            let mut answer = [0; 12];
            third.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"HTTP/1.1 401");
        } else {
            assert_eq!(read_to_end(&mut third).await, "", "closed without an answer");
            eventually("it is said", async || {
                log::mine().contains("raise listen.connections_per_address")
            })
            .await;
        }
        let mut other = connect_from(&app, [127, 0, 0, 2]).await;
        other.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        timeout(LONG, other.read_exact(&mut answer))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(&answer, b"HTTP/1.1 401", "others are served");
    }
}

#[tokio::test]
async fn a_client_that_asks_and_never_reads_is_cut_off() {
    let app = TestApp::start_with(|_, limits| {
        limits.connections = 1;
        limits.write = Duration::from_millis(300);
    })
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut deaf = socket.connect(app.address).await.unwrap();
    let request = b"GET /problems/overloaded HTTP/1.1\r\nhost: relay.example\r\n\r\n".repeat(64);
    let ask = async { while deaf.write_all(&request).await.is_ok() {} };
    timeout(Duration::from_secs(60), ask)
        .await
        .expect("the relay closes the connection");
    assert_eq!(
        status_of_raw(&app, "GET /v1/session HTTP/1.1\r\nhost: relay.example\r\n\r\n").await,
        401,
        "its place is free"
    );
}
