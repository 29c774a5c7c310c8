//! Attacks by many connections and by requests that two readers would frame differently: an honest client is answered
//! meanwhile, and nothing is done that nobody asked for.

mod binary;
mod framing;

use std::time::Duration;

use tokio::{io::AsyncWriteExt, task::JoinSet, time::timeout};

use crate::{
    bounds::{LONG, connect, read_to_end},
    support::{Profile, STAFF, TestApp},
};

/// Questions, each on a connection of its own, answered within the time that an honest client has.
async fn honest(app: &TestApp, desk: &Profile, times: usize) {
    let client = reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    for _ in 0..times {
        let draft = desk.get("/v1/session");
        let answer = timeout(LONG, draft.send(&client, app.address)).await;
        assert_eq!(answer.expect("an answer in time").status, 200);
    }
}

/// Many connections, from many addresses, that send a little now and then.
fn drip(app: &TestApp, start: &'static [u8], connections: u8) -> JoinSet<()> {
    let mut drips = JoinSet::new();
    for source in 1..=connections {
        let address = app.address;
        drips.spawn(async move {
            loop {
                let socket = tokio::net::TcpSocket::new_v4().unwrap();
                socket.bind(([127, 0, 1, source], 0).into()).unwrap();
                let Ok(mut socket) = socket.connect(address).await else {
                    continue;
                };
                let mut ticks = tokio::time::interval(Duration::from_millis(20));
                if socket.write_all(start).await.is_err() {
                    continue;
                }
                while socket.write_all(b"x").await.is_ok() {
                    ticks.tick().await;
                }
            }
        });
    }
    drips
}

#[tokio::test]
async fn slow_heads_from_everywhere_give_way_to_honest_clients() {
    let app = TestApp::start_with(|_, limits| {
        limits.connections = 32;
        limits.newness = Duration::from_millis(100);
        // They end by giving way only.
        limits.head = Duration::from_secs(600);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let mut drips = drip(
        &app,
        b"POST /v1/logins HTTP/1.1\r\nhost: relay.example\r\nx: ",
        100,
    );
    honest(&app, &desk, 5).await;
    assert!(drips.try_join_next().is_none(), "they go on all the time");
    drips.shutdown().await;
}

#[tokio::test]
async fn slow_bodies_hold_their_places_for_a_short_time_only() {
    let app = TestApp::start_with(|_, limits| {
        limits.connections = 32;
        limits.newness = Duration::from_millis(100);
        limits.body = Duration::from_millis(200);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let start = b"POST /v1/logins HTTP/1.1\r\nhost: relay.example\r\ncontent-type: application/json\r\n\
                  content-length: 9000\r\n\r\n";
    let mut drips = drip(&app, start, 48);
    honest(&app, &desk, 3).await;
    assert!(drips.try_join_next().is_none(), "they go on all the time");
    drips.shutdown().await;
}

/// They ask without a pause, and read nothing of the answers.
#[tokio::test]
async fn clients_that_never_read_give_way_to_honest_ones() {
    let app = TestApp::start_with(|_, limits| {
        limits.connections = 3;
        limits.newness = Duration::from_millis(100);
        // They end by giving way only.
        limits.write = Duration::from_secs(600);
        limits.head = Duration::from_secs(600);
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let mut deaf = JoinSet::new();
    for source in 1..=6 {
        let address = app.address;
        deaf.spawn(async move {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            socket.bind(([127, 0, 1, source], 0).into()).unwrap();
            let mut socket = socket.connect(address).await.unwrap();
            // Long heads, so that the relay, which shares its thread with the honest client here, reads few at a time.
            let request = format!(
                "GET /problems/overloaded HTTP/1.1\r\nhost: relay.example\r\nx: {}\r\n\r\n",
                "y".repeat(4000)
            );
            while socket.write_all(request.as_bytes()).await.is_ok() {}
        });
    }
    // Half of them have had all places before the honest client comes.
    for _ in 0..3 {
        timeout(4 * LONG, deaf.join_next())
            .await
            .expect("the others make room")
            .unwrap()
            .unwrap();
    }
    honest(&app, &desk, 3).await;
    deaf.shutdown().await;
}

#[tokio::test]
async fn a_head_without_end_is_cut_off_after_so_many_bytes() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    for line in [
        format!("x: {}\r\n", "y".repeat(1000)),
        "y".repeat(1000),
        "x: y\r\n".repeat(100),
    ] {
        let (mut reader, mut writer) = connect(&app).await.into_split();
        writer
            .write_all(b"GET /v1/session HTTP/1.1\r\nhost: relay.example\r\nx: y")
            .await
            .unwrap();
        let flood = tokio::spawn(async move { while writer.write_all(line.as_bytes()).await.is_ok() {} });
        let mut answer = Vec::new();
        // A reset is an end like any other.
        let _ = timeout(
            LONG,
            tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer),
        )
        .await
        .expect("the relay closes the connection");
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
            "{answer}"
        );
        timeout(LONG, flood).await.expect("nobody reads on").unwrap();
        honest(&app, &desk, 1).await;
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_one_by_one() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let mut signed = Vec::new();
    for _ in 0..20 {
        signed.extend(desk.get("/v1/session").to_bytes());
        signed.extend(b"GET /nowhere HTTP/1.1\r\nhost: relay.example\r\n\r\n");
    }
    signed.extend(b"GET /problems/internal HTTP/1.1\r\nhost: relay.example\r\nconnection: close\r\n\r\n");
    let mut socket = connect(&app).await;
    socket.write_all(&signed).await.unwrap();
    let answer = read_to_end(&mut socket).await;
    let statuses = answer
        .split("HTTP/1.1 ")
        .skip(1)
        .filter_map(|rest| rest.get(..3))
        .collect::<Vec<_>>();
    let expected = ["200", "404"].repeat(20);
    assert_eq!(statuses, [&expected[..], &["200"]].concat());
}
