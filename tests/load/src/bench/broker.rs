//! The broker's simulator as a process of its own, and requests for it.

use std::{fs, net::SocketAddr, path::Path, process::Command};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use stagedoor_load::{Customers, Program, Upstream};

/// Everybody under this domain is a customer.
pub(crate) const CUSTOMER_DOMAIN: &str = "customers.example";
/// How many requests and tokens the simulator remembers.
const MEMORY: &str = "10000";
const API_KEY: &str = "benchmark-api-key-5f0c2a7e";

/// A running simulator.
pub(crate) struct Broker {
    pub(crate) upstream: Upstream,
    pub(crate) address: SocketAddr,
    /// Ends with this handle.
    _program: Program,
}

impl Broker {
    pub(crate) async fn start(binary: &Path, folder: &Path) -> Result<Self> {
        let key_file = folder.join("broker-api-key");
        fs::write(&key_file, API_KEY)?;
        let mut command = Command::new(binary);
        command
            .args(["--customer-domain", CUSTOMER_DOMAIN])
            .args(["--requests-per-minute", &u32::MAX.to_string()])
            .args(["--memory", MEMORY])
            .arg("--api-key-file")
            .arg(key_file);
        let mut program = Program::start("broker-sim", &mut command)?;
        let urls: Value = program.ready(|line| serde_json::from_str(line).ok()).await?;
        let url = |name: &str| {
            let url = urls[name].as_str().map(str::to_owned);
            url.with_context(|| format!("broker-sim named no {name}"))
        };
        let broker_url = url("brokerUrl")?;
        Ok(Self {
            address: broker_url.trim_start_matches("http://").parse()?,
            upstream: Upstream {
                broker_url,
                platform_url: url("platformUrl")?,
                api_key: API_KEY.to_owned(),
            },
            _program: program,
        })
    }
}

/// So many requests for a token, each of another customer, with the key or for a proxy that adds it.
pub(crate) fn mints(customers: &Customers, count: usize, key: Option<&str>) -> Vec<Vec<u8>> {
    let authorization = key.map_or_else(String::new, |key| format!("authorization: {key}\r\n"));
    let mint = |_| {
        let body = json!({"email": customers.next(), "validityTime": 30}).to_string();
        let head = format!(
            "POST /v1/one-time-token HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n{authorization}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        (head + &body).into_bytes()
    };
    (0..count).map(mint).collect()
}
