//! Requests in whose bytes one reader sees another request than the next one.

use tokio::io::AsyncWriteExt;

use crate::{
    bad_input::{expected, relay, unharmed},
    bounds::{connect, read_to_end},
    support::TestApp,
};

/// What an attacker wants to be taken for a request of its own: it would be answered with 200.
const HIDDEN: &str = "GET /problems/internal HTTP/1.1\r\nhost: relay.example\r\n\r\n";

/// Everything that comes back for these bytes, after which the client sends no more.
async fn answers(app: &TestApp, bytes: &str) -> String {
    let mut socket = connect(app).await;
    socket.write_all(bytes.as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    read_to_end(&mut socket).await
}

#[tokio::test]
async fn what_follows_an_ambiguous_request_is_never_answered() {
    let (app, desk, login) = relay().await;
    let length = HIDDEN.len();
    let chunk = format!("{length:x}\r\n{HIDDEN}\r\n0\r\n\r\n");
    let longer = length + 5;
    for framed in [
        // Two lengths.
        format!("content-length: {longer}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("content-length: 0\r\ntransfer-encoding: chunked\r\n\r\n{chunk}{HIDDEN}"),
        format!("content-length: 0\r\ncontent-length: {length}\r\n\r\n{HIDDEN}"),
        format!("content-length: {length}\r\ncontent-length: 0\r\n\r\n{HIDDEN}"),
        format!("content-length: 0, {length}\r\n\r\n{HIDDEN}"),
        // Lengths that are none.
        format!("content-length: +0\r\n\r\n{HIDDEN}"),
        format!("content-length: 0x0\r\n\r\n{HIDDEN}"),
        format!("content-length: 0 0\r\n\r\n{HIDDEN}"),
        format!("content-length: 18446744073709551616\r\n\r\n{HIDDEN}"),
        format!("content-length : 0\r\n\r\n{HIDDEN}"),
        format!("content-length\t: 0\r\n\r\n{HIDDEN}"),
        // Codings that are none, or hide.
        format!("transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: identity\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: \u{b}chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("x: y\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("x: y\0\r\n\r\n{HIDDEN}"),
        // Chunks that are none.
        format!("transfer-encoding: chunked\r\n\r\n0x0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\n-0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\n0\n\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\n1;x\ny\r\nz\r\n0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\n1\r\nzz\r\n0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\n10000000000000000\r\n\r\n{HIDDEN}"),
    ] {
        let request = format!("POST /v1/logins HTTP/1.1\r\nhost: relay.example\r\n{framed}");
        let answer = answers(&app, &request).await;
        assert!(!answer.contains("HTTP/1.1 200"), "{framed:?}: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{framed:?}: {answer}");
    }
    let old = format!("POST /v1/logins HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}");
    assert!(!answers(&app, &old).await.contains(" 200"));
    unharmed(&app, &desk, &login).await;
}

/// The chunks count, and what comes after them on the connection does not (RFC 9112 section 6.1).
#[tokio::test]
async fn of_two_lengths_the_chunks_count_and_the_connection_ends() {
    let app = TestApp::start().await;
    for two in [
        "content-length: 500\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 500",
    ] {
        let start =
            format!("GET /problems/internal HTTP/1.1\r\nhost: relay.example\r\n{two}\r\n\r\n0\r\n\r\n");
        let mut socket = connect(&app).await;
        socket
            .write_all(format!("{start}{HIDDEN}").as_bytes())
            .await
            .unwrap();
        // The client leaves it open; it is the relay that closes.
        let answer = read_to_end(&mut socket).await;
        assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn http_2_is_not_spoken() {
    let app = TestApp::start().await;
    let preface = format!(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{}",
        "\0\0\0\u{4}\0\0\0\0\0".repeat(100)
    );
    assert!(!answers(&app, &preface).await.contains(" 200"));
    let upgrade = "GET /problems/internal HTTP/1.1\r\nhost: relay.example\r\nconnection: upgrade, http2-settings\r\n\
                   upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n";
    let answer = answers(&app, upgrade).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_line_end_without_cr_ends_the_same_line_for_all() {
    let app = TestApp::start().await;
    let answer = answers(&app, "GET /v1/session HTTP/1.1\nhost: relay.example\n\n").await;
    assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{answer}");
    assert!(
        ["HTTP/1.1 401", "HTTP/1.1 400"]
            .iter()
            .any(|start| answer.starts_with(start)),
        "{answer}"
    );
}

#[tokio::test]
async fn spellings_of_a_path_are_other_paths_and_targets_with_a_host_are_refused() {
    let (app, desk, login) = relay().await;
    for path in [
        "/v1/%2e%2e/v1/session",
        "/v1/%2e/session",
        "/v1/./session",
        "/problems/%2e%2e/v1/session",
        "/v1/sessio%6e",
        "/v1%2fsession",
        "/v1/session%00",
        "/v1/session%20",
        "/v1/session/%2e",
        "/v1\\session",
    ] {
        let bytes = desk.get(path).to_bytes();
        let answer = answers(&app, &String::from_utf8(bytes).unwrap()).await;
        let refused = ["HTTP/1.1 404", "HTTP/1.1 400"];
        assert!(
            refused.iter().any(|start| answer.starts_with(start)),
            "{path}: {answer}"
        );
    }
    let (code, authority) = (expected("malformed_request"), app.authority());
    for host in [authority.as_str(), "relay.example", "evil.example"] {
        let signed = String::from_utf8(desk.get("/v1/session").to_bytes()).unwrap();
        let absolute = signed.replacen("GET /v1", &format!("GET http://{host}/v1"), 1);
        let answer = answers(&app, &absolute).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {}", code.0)) && answer.contains(&code.1),
            "{host}: {answer}"
        );
    }
    unharmed(&app, &desk, &login).await;
}
