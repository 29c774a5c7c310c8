//! What the relay has logged, once it is certain that none of it is still on the way.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Relay;
use crate::wait::{PATIENCE, until};

/// What the methods of our own requests begin with.
const MARK: &str = "MARK";

/// No two marks are alike.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A request, as the relay logged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its method.
    pub method: String,
    /// The route that it took, which is `none` where there is none.
    pub route: String,
    /// The status of its answer.
    pub status: u64,
    /// The code of what was refused, or nothing.
    pub code: String,
}

impl Relay {
    /// The log with the line of every request that has been answered by now.
    ///
    /// A line passes a thread of the relay's, a pipe, and a thread of ours, and whoever asked has the answer before. All lines
    /// come in their order, so a request of our own is made, and what came before its line is everything.
    pub async fn log_complete(&self) -> Result<String> {
        // Of all that a client can choose, only the method is logged as it came.
        let mark = format!("{MARK}{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let address = self.address()?;
        let request = format!("{mark} / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(address)
            .await
            .context("the relay takes no connection")?;
        stream.write_all(request.as_bytes()).await?;
        // Without anybody who takes the answer the relay might not come to the line.
        stream.read_to_end(&mut Vec::new()).await?;
        let log = until("the relay's log to come to our mark", PATIENCE, async || {
            let log = self.log();
            let before = log.lines().position(|line| method(line).as_ref() == Some(&mark));
            Ok(before.map(|count| log.lines().take(count).map(str::to_owned).collect::<Vec<_>>()))
        });
        let mut lines = log.await?;
        lines.retain(|line| method(line).is_none_or(|method| !method.starts_with(MARK)));
        Ok(lines.join("\n"))
    }

    /// Every request that has been answered by now.
    pub async fn requests(&self) -> Result<Vec<Logged>> {
        Ok(self.log_complete().await?.lines().filter_map(logged).collect())
    }
}

fn method(line: &str) -> Option<String> {
    logged(line).map(|request| request.method)
}

fn logged(line: &str) -> Option<Logged> {
    let entry: Value = serde_json::from_str(line).ok()?;
    if entry["message"] != "request" {
        return None;
    }
    let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    Some(Logged {
        method: text("method"),
        route: text("route"),
        status: entry["status"].as_u64().unwrap_or_default(),
        code: text("code"),
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use crate::lab::Lab;

    #[tokio::test]
    async fn whoever_has_an_answer_finds_its_line() {
        let lab = Lab::start().await.unwrap();
        let relay = lab.relay().unwrap();
        let address = relay.address().unwrap();
        let request = format!("GET /v1/session HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        for count in 1..=100 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
            let logged = relay.requests().await.unwrap();
            assert_eq!(logged.len(), count);
            assert!(logged.iter().all(|one| one.method == "GET"
                && one.route == "/v1/session"
                && one.status == 401
                && !one.code.is_empty()));
        }
    }
}
