//! The binary: its line on standard output, its flags, and the control API.

use std::net::Ipv4Addr;
use std::process::Stdio;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::bench::client_from;

const JANE: &str = "jane@customer.example";

struct Process {
    // Killed when dropped.
    _child: Child,
    urls: Value,
    http: Client,
}

impl Process {
    async fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_broker-sim"));
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("one line of JSON");
        Self {
            _child: child,
            urls: serde_json::from_str(&line).unwrap(),
            http: client_from(Ipv4Addr::LOCALHOST),
        }
    }

    fn url(&self, listener: &str, path: &str) -> String {
        format!("{}{path}", self.urls[listener].as_str().unwrap())
    }

    async fn control(&self, path: &str, body: Value) {
        let answer = self
            .http
            .post(self.url("controlUrl", path))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path} {body}");
    }

    async fn read(&self, path: &str) -> Value {
        self.http
            .get(self.url("controlUrl", path))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn mint(&self, authorization: &str) -> Response {
        let request = self.http.post(self.url("brokerUrl", "/v1/one-time-token"));
        let request = request.header("authorization", authorization);
        request
            .json(&json!({ "email": JANE, "validityTime": 30 }))
            .send()
            .await
            .unwrap()
    }

    async fn open(&self, token: &str) -> u16 {
        let page = self.http.get(self.url("platformUrl", &format!("/?auth={token}")));
        page.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn flags_and_control_do_what_the_library_does() {
    let key_file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key_file.path(), "key-from-file\n").unwrap();
    let process = Process::start(&[
        "--dialect",
        "v2",
        "--account",
        "jane@customer.example=Jane Roe",
        "--api-key-file",
        key_file.path().to_str().unwrap(),
        "--token-prefix",
        "planted-",
    ])
    .await;

    let answer: Value = process.mint("Bearer key-from-file").await.json().await.unwrap();
    let token = answer["oneTimeToken"].as_str().unwrap();
    assert!(token.starts_with("planted-"), "{token}");
    process
        .control("/control/advance", json!({ "seconds": 31 }))
        .await;
    assert_eq!(process.open(token).await, 401);

    let fault = json!({ "fault": "status", "status": 503, "body": "html", "endpoint": "mint", "times": 1 });
    process.control("/control/script", fault).await;
    assert_eq!(process.mint("Bearer key-from-file").await.status(), 503);
    process
        .control(
            "/control/script",
            json!({ "fault": "rate-limited", "retryAfter": "9" }),
        )
        .await;
    assert_eq!(
        process.mint("Bearer key-from-file").await.headers()["retry-after"],
        "9"
    );
    process
        .control(
            "/control/whitelist",
            json!({ "ip": "127.0.0.1", "allowed": false }),
        )
        .await;
    assert_eq!(process.mint("Bearer key-from-file").await.status(), 403);
    process
        .control(
            "/control/whitelist",
            json!({ "ip": "127.0.0.1", "allowed": true }),
        )
        .await;
    process
        .control("/control/keys", json!({ "value": "another", "mayMint": false }))
        .await;
    assert_eq!(process.mint("Bearer another").await.status(), 403);

    let journal = process.read("/control/journal").await;
    let statuses: Vec<_> = journal
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["status"].as_u64())
        .collect();
    assert_eq!(statuses, [200, 503, 429, 403, 403].map(Some));
    assert_eq!(journal[0]["token"], token);
    assert_eq!(journal[0]["peerIp"], "127.0.0.1");
    let redemptions = process.read("/control/redemptions").await;
    assert_eq!(redemptions[0]["result"], "expired");
    assert_eq!(
        (&redemptions[0]["tokenId"], &redemptions[0]["email"]),
        (&json!(1), &json!(JANE))
    );
}

#[tokio::test]
async fn every_fault_has_a_name_in_the_control_api() {
    let process = Process::start(&[]).await;
    let plain = [
        "hold",
        "hang-before-headers",
        "hang-after-headers",
        "reset",
        "reset-in-body",
        "closed-in-body",
        "truncated-json",
        "wrong-content-type",
        "html",
        "huge-body",
    ];
    for name in plain {
        process
            .control("/control/script", json!({ "fault": name, "endpoint": "look-up" }))
            .await;
    }
    process
        .control("/control/script", json!({ "fault": "delay", "milliseconds": 5 }))
        .await;
    process
        .control(
            "/control/script",
            json!({ "fault": "drip", "milliseconds": 5, "times": 2 }),
        )
        .await;
    process
        .control(
            "/control/script",
            json!({ "fault": "redirect", "url": "http://127.0.0.1/" }),
        )
        .await;
    process.control("/control/release", json!({})).await;

    let unknown = process
        .http
        .post(process.url("controlUrl", "/control/script"))
        .json(&json!({ "fault": "x" }));
    assert_eq!(unknown.send().await.unwrap().status(), 422);
}

#[tokio::test]
async fn a_control_api_open_to_the_network_is_refused() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_broker-sim"));
    let output = command
        .args(["--control-address", "0.0.0.0:0"])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("loopback addresses only"), "{error}");
}
